using System.Globalization;
using System.Text;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Events;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Logs;

/// <summary>
/// Sends output as server-sent events: <c>log</c> with text and position, <c>end</c> when the job has ended. An event's id is
/// <c>attempt:position</c> of the byte after it. A character whose bytes have not all been written yet waits for the rest of them.
/// </summary>
internal sealed class LogEventStream(HttpResponse response, JobStore store)
{
    private const int LongestCharacter = 4;

    private readonly SseResponse _sse = new(response);
    private readonly byte[] _held = new byte[LongestCharacter];
    private int _heldLength;
    private int _attempt;
    private long _position;

    public async Task SendAsync(int jobId, IAsyncEnumerable<LogPiece> pieces, CancellationToken cancellationToken)
    {
        await _sse.BeginAsync(cancellationToken);
        await foreach (var piece in pieces)
        {
            if (piece.Attempt != _attempt || piece.Offset != _position + _heldLength)
            {
                await FlushHeldAsync(cancellationToken);
                (_attempt, _position) = (piece.Attempt, piece.Offset);
            }

            if (piece.Output.IsEmpty)
            {
                await _sse.WriteSignOfLifeAsync(Id(_position), cancellationToken);
            }
            else
            {
                await SendAsync(piece.Output, cancellationToken);
            }
        }

        await FlushHeldAsync(cancellationToken);
        if (await store.FindAsync(jobId, cancellationToken) is { } job)
        {
            var end = new LogEnd { State = job.State.ToStatus(), Message = job.Message, ExitCode = job.ExitCode };
            await _sse.WriteAsync("end", Id(_position), end, V1Json.Default.LogEnd, cancellationToken);
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> output, CancellationToken cancellationToken)
    {
        byte[] bytes = [.. _held.AsSpan(0, _heldLength), .. output.Span];
        var complete = bytes.Length - IncompleteAtEnd(bytes);
        _heldLength = bytes.Length - complete;
        bytes.AsSpan(complete).CopyTo(_held);
        if (complete > 0)
        {
            await SendTextAsync(bytes.AsMemory(0, complete), cancellationToken);
        }
    }

    private async Task FlushHeldAsync(CancellationToken cancellationToken)
    {
        if (_heldLength > 0)
        {
            var length = _heldLength;
            _heldLength = 0;
            await SendTextAsync(_held.AsMemory(0, length), cancellationToken);
        }
    }

    private async Task SendTextAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var chunk = new LogChunk
        {
            Attempt = _attempt,
            From = _position,
            To = _position + bytes.Length,
            Text = Encoding.UTF8.GetString(bytes.Span),
        };
        _position = chunk.To;
        await _sse.WriteAsync("log", Id(_position), chunk, V1Json.Default.LogChunk, cancellationToken);
    }

    /// <summary>How many bytes at the end are the beginning of a character that is not all there.</summary>
    private static int IncompleteAtEnd(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length < LongestCharacter && length <= bytes.Length; length++)
        {
            var lead = bytes[^length];
            if (lead >= 0xC0)
            {
                return length < (lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2) ? length : 0;
            }

            if (lead < 0x80)
            {
                break;
            }
        }

        return 0;
    }

    private string Id(long position) => string.Create(CultureInfo.InvariantCulture, $"{_attempt}:{position}");
}
