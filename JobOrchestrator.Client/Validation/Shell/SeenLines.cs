namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>
/// Lines that were looked at, said nothing, and left everything as it was: the same line says nothing again as long as the state is the same.
/// Long scripts are written by programs and repeat themselves.
/// </summary>
internal sealed class SeenLines(string text)
{
    /// <summary>Places to remember a line in; a later line takes the place of an earlier one.</summary>
    private const int Places = 1 << 10;

    /// <summary>Longer pieces are not remembered.</summary>
    private const int MaxLength = 1 << 12;

    private readonly (int Start, int Length, ulong State)[] _places = new (int, int, ulong)[Places];

    /// <summary>Remembers what stands from one position to another.</summary>
    public void Add(int start, int end, ulong state)
    {
        if (end - start <= MaxLength && text[end - 1] == '\n')
        {
            _places[PlaceOf(start)] = (start, end - start, state);
        }
    }

    /// <summary>Length of what stands here and is known to say nothing, 0 when it is not.</summary>
    public int LengthAt(int start, ulong state)
    {
        var seen = _places[PlaceOf(start)];
        return seen.Length > 0 && seen.State == state && text.Length - start >= seen.Length && text.AsSpan(start, seen.Length).SequenceEqual(text.AsSpan(seen.Start, seen.Length))
            ? seen.Length : 0;
    }

    private int PlaceOf(int start)
    {
        var rest = text.AsSpan(start, Math.Min(MaxLength, text.Length - start));
        var end = rest.IndexOf('\n');
        return string.GetHashCode(end < 0 ? rest : rest[..end]) & (Places - 1);
    }
}
