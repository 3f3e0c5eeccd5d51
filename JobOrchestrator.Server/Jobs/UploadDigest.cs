using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// What an upload consists of, as 32 bytes: its fields, its files' names and contents, whatever the order they came in. Files are hashed as they
/// pass by (SHA-256); nothing is read twice.
/// </summary>
internal sealed class UploadDigest
{
    private readonly SortedDictionary<string, byte[]> _entries = new(StringComparer.Ordinal);

    /// <summary>A field as it is understood, not as it was spelled.</summary>
    public void AddField(string name, string value) => _entries["field " + name] = Encoding.UTF8.GetBytes(value);

    /// <summary>A stream that passes on <paramref name="content"/> and notes what it was once it is read to its end.</summary>
    public Stream AddFile(string name, Stream content) => new HashingStream(content, hash => _entries["file " + name] = hash);

    public byte[] Finish()
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, value) in _entries)
        {
            Append(Encoding.UTF8.GetBytes(name));
            Append(value);
        }

        return sum.GetHashAndReset();

        // With their lengths: otherwise the end of one could be taken for the beginning of the next.
        void Append(byte[] bytes)
        {
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            sum.AppendData(length);
            sum.AppendData(bytes);
        }
    }
}
