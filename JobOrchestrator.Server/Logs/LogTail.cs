namespace JobOrchestrator.Server.Logs;

/// <summary>
/// The latest output of one stream of one job, for all who follow it: one writer, any number of readers, a fixed amount of memory. A reader
/// that is further behind than <see cref="Capacity"/> fetches what it lacks from the client node itself; nothing is ever skipped.
/// Safe for concurrent use.
/// </summary>
internal sealed class LogTail
{
    public const int Capacity = 128 << 10;

    private readonly Lock _lock = new();
    private byte[]? _ring; // byte at position p is at p % Capacity
    private int _attempt;
    private long _start;
    private long _end;
    private bool _ended;
    private TaskCompletionSource _more = NewSource();

    /// <summary>How things stand; what completes when they change.</summary>
    public LogView Look()
    {
        lock (_lock)
        {
            return new LogView(_attempt, _start, _end, _ended, _more.Task);
        }
    }

    /// <summary>Output of another attempt begins, its first byte at hand being at <paramref name="offset"/>.</summary>
    public void Begin(int attempt, long offset)
    {
        lock (_lock)
        {
            (_attempt, _start, _end) = (attempt, offset, offset);
            Tell();
        }
    }

    public void Append(ReadOnlySpan<byte> output)
    {
        lock (_lock)
        {
            _ring ??= new byte[Capacity];
            _end += output.Length;
            var kept = output[^Math.Min(output.Length, Capacity)..];
            var at = (int)((_end - kept.Length) % Capacity);
            var first = Math.Min(kept.Length, Capacity - at);
            kept[..first].CopyTo(_ring.AsSpan(at));
            kept[first..].CopyTo(_ring);
            _start = Math.Max(_start, _end - Capacity);
            Tell();
        }
    }

    /// <summary>There will be no more.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Tell();
        }
    }

    /// <summary>Copies output from a position; 0 when nothing of that attempt and position is at hand.</summary>
    public int Copy(int attempt, long offset, Span<byte> target)
    {
        lock (_lock)
        {
            if (attempt != _attempt || offset < _start || offset >= _end)
            {
                return 0;
            }

            var length = (int)Math.Min(target.Length, _end - offset);
            var at = (int)(offset % Capacity);
            var first = Math.Min(length, Capacity - at);
            _ring.AsSpan(at, first).CopyTo(target);
            _ring.AsSpan(0, length - first).CopyTo(target[first..]);
            return length;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Tell()
    {
        _more.SetResult();
        _more = NewSource();
    }
}
