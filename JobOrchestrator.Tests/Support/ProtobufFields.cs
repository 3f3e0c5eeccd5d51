using System.Buffers.Binary;
using System.Text;

namespace JobOrchestrator.Tests.Support;

/// <summary>The fields of one protobuf message, read from its wire format; what they mean is its reader's business.</summary>
internal sealed class ProtobufFields
{
    private readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    /// <exception cref="InvalidDataException">It is no protobuf message.</exception>
    public ProtobufFields(ReadOnlyMemory<byte> message)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message.Span, ref at);
            var (value, bytes) = (0UL, ReadOnlyMemory<byte>.Empty);
            switch (tag & 7)
            {
                case 0:
                    value = Varint(message.Span, ref at);
                    break;
                case 1:
                    value = BinaryPrimitives.ReadUInt64LittleEndian(message.Span[at..]);
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message.Span, ref at);
                    bytes = message.Slice(at, length);
                    at += length;
                    break;
                case 5:
                    value = BinaryPrimitives.ReadUInt32LittleEndian(message.Span[at..]);
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7} at {at}.");
            }

            _fields.Add(((int)(tag >> 3), value, bytes));
        }
    }

    public bool Has(int number) => _fields.Any(f => f.Number == number);

    /// <summary>A number or a flag; 0 where it is left out.</summary>
    public ulong Number(int number) => _fields.LastOrDefault(f => f.Number == number).Value;

    public double Double(int number) => BitConverter.UInt64BitsToDouble(Number(number));

    public string Text(int number) => Encoding.UTF8.GetString(_fields.LastOrDefault(f => f.Number == number).Bytes.Span);

    public IEnumerable<ProtobufFields> Messages(int number) => _fields.Where(f => f.Number == number).Select(f => new ProtobufFields(f.Bytes));

    /// <summary>A packed list of 64-bit numbers.</summary>
    public IReadOnlyList<ulong> Packed(int number) =>
        [.. _fields.Where(f => f.Number == number).SelectMany(f => f.Bytes.ToArray().Chunk(8)).Select(c => BinaryPrimitives.ReadUInt64LittleEndian(c))];

    private static ulong Varint(ReadOnlySpan<byte> message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("A number of more than 64 bits.");
    }
}
