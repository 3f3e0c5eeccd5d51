using System.Buffers;
using System.Collections.Concurrent;

namespace JobOrchestrator.Contracts.Files;

/// <summary>
/// Memory for a web server's connections in blocks of 64 KiB instead of its usual 4: files of hundreds of megabytes then come in by a sixteenth of
/// the system calls and wake-ups. A connection holds a block only while it receives or sends. Safe for concurrent use.
/// </summary>
public sealed class LargeBlockPool : MemoryPool<byte>
{
    /// <summary>Bytes of one block.</summary>
    public const int BlockBytes = 1 << 16;

    private const int MaxKept = 128;
    private readonly ConcurrentQueue<byte[]> _free = new();
    private int _kept;

    /// <summary>No larger block is given out.</summary>
    public override int MaxBufferSize => BlockBytes;

    /// <summary>A block of <see cref="BlockBytes"/>, whatever smaller size is asked for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More is asked for.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (_free.TryDequeue(out var block))
        {
            Interlocked.Decrement(ref _kept);
            return new Block(this, block);
        }

        // Pinned: sockets read into it and write from it.
        return new Block(this, GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true));
    }

    protected override void Dispose(bool disposing) => _free.Clear();

    private void Return(byte[] block)
    {
        if (Interlocked.Increment(ref _kept) <= MaxKept)
        {
            _free.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _kept);
        }
    }

    private sealed class Block(LargeBlockPool pool, byte[] block) : IMemoryOwner<byte>
    {
        private byte[]? _block = block;

        public Memory<byte> Memory => _block ?? throw new ObjectDisposedException(nameof(LargeBlockPool));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _block, null) is { } returned)
            {
                pool.Return(returned);
            }
        }
    }
}
