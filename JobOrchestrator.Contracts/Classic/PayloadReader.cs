using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace JobOrchestrator.Contracts.Classic;

/// <summary>
/// Reads a classic client's <see cref="Payload"/> in constant memory: the classic program echoes every uploaded byte as a JSON
/// number in <c>input</c>, a gigabyte for a job of 300 MiB, which must pass by without being kept.
/// </summary>
public static class PayloadReader
{
    /// <summary>Reads one payload; <c>input</c> is skipped and comes back empty.</summary>
    /// <exception cref="JsonException">The body is not JSON, or lacks <c>id</c> or <c>status</c>.</exception>
    public static async Task<Payload> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(body, new StreamPipeReaderOptions(leaveOpen: true));
        var scan = new Scan();
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken);
                var consumed = scan.Advance(read.Buffer, read.IsCompleted);
                reader.AdvanceTo(consumed, read.Buffer.End);
                if (read.IsCompleted)
                {
                    return scan.ToPayload();
                }
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private sealed class Scan
    {
        private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = 64 });
        private string? _property;
        private int? _id;
        private ClassicStatus? _status;
        private string _loc = "";
        private int _pid;
        private bool _killed;

        public SequencePosition Advance(ReadOnlySequence<byte> buffer, bool isFinal)
        {
            var json = new Utf8JsonReader(buffer, isFinal, _state);
            while (json.Read())
            {
                if (json.CurrentDepth != 1)
                {
                    continue;
                }

                if (json.TokenType == JsonTokenType.PropertyName)
                {
                    _property = json.GetString();
                }
                else
                {
                    TakeValue(ref json);
                }
            }

            _state = json.CurrentState;
            return json.Position;
        }

        private void TakeValue(ref Utf8JsonReader json)
        {
            switch (_property, json.TokenType)
            {
                case ("id", JsonTokenType.Number) when json.TryGetInt32(out var id):
                    _id = id;
                    break;
                case ("status", JsonTokenType.String):
                    _status = Enum.TryParse<ClassicStatus>(json.GetString(), out var status) ? status : ClassicStatus.Unknown;
                    break;
                case ("loc", JsonTokenType.String):
                    _loc = json.GetString() ?? "";
                    break;
                case ("pid", JsonTokenType.Number) when json.TryGetInt32(out var pid):
                    _pid = pid;
                    break;
                case ("killed", JsonTokenType.True):
                    _killed = true;
                    break;
            }
        }

        public Payload ToPayload() => _id is { } id && _status is { } status
            ? new Payload(id, new PayloadInput(), status, _loc, _pid, _killed)
            : throw new JsonException("The client's answer is not a payload: 'id' or 'status' is missing.");
    }
}
