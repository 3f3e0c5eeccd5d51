using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>
/// A fingerprint of everything that decides what a line means: it changes with each change, and is what it was when the change is undone. Seeded
/// at random in each process, so that nobody can prepare two states that look the same.
/// </summary>
internal struct StateHash
{
    private static readonly ulong Seed = RandomOdd();
    private static readonly ulong Multiplier = RandomOdd();

    public ulong Value { get; private set; }

    /// <summary>Notes that something has another content now.</summary>
    /// <param name="name">What.</param>
    /// <param name="before">Fingerprint of its content before, 0 for none.</param>
    /// <param name="after">And now.</param>
    public void Change(string name, ulong before, ulong after)
    {
        if (before != after)
        {
            Value ^= Mix(name, before) ^ Mix(name, after);
        }
    }

    /// <summary>Fingerprint of a text, never 0. All of its 64 bits count: with half a million files two of them do not look the same.</summary>
    public static ulong Of(ReadOnlySpan<char> text)
    {
        var bytes = MemoryMarshal.AsBytes(text);
        var hash = Seed ^ (ulong)bytes.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = Fold(hash ^ MemoryMarshal.Read<ulong>(bytes));
        }

        var rest = 0UL;
        foreach (var b in bytes)
        {
            rest = (rest << 8) | b;
        }

        return Fold(hash ^ rest) | 1;
    }

    public static ulong Of(IReadOnlyList<string>? texts)
    {
        var hash = 0UL;
        for (var i = 0; i < (texts?.Count ?? 0); i++)
        {
            hash = Scatter(hash ^ Of(texts![i]));
        }

        return hash;
    }

    private static ulong Fold(ulong value)
    {
        var high = Math.BigMul(value, Multiplier, out var low);
        return high ^ low;
    }

    private static ulong RandomOdd()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return MemoryMarshal.Read<ulong>(bytes) | 1;
    }

    private static ulong Mix(string name, ulong content) => content == 0 ? 0 : Scatter(Of(name) ^ Scatter(content));

    private static ulong Scatter(ulong value)
    {
        value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93;
        value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93;
        return value ^ (value >> 32);
    }
}
