namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Files whose text is known because the script writes them itself; bounded.</summary>
internal sealed class KnownFiles
{
    private const int MaxFiles = 500_000;
    private const long MaxText = 1L << 26;

    /// <summary>Process substitutions that are known at the same time; no command has more.</summary>
    private const int MaxPipes = 1024;

    private readonly Dictionary<string, KnownFile> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _nameLookup;
    private readonly Dictionary<string, IReadOnlyList<Statement>> _sinks = new(StringComparer.Ordinal);
    private StateHash _hash;
    private long _length;
    private int _pipes;

    public KnownFiles() => _nameLookup = _names.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether there were more files, or more text, than is followed.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>Fingerprint of what the files hold.</summary>
    public ulong Hash => _hash.Value;

    /// <summary>Whether there may be a file of that name, in whichever directory.</summary>
    public bool MayHold(ReadOnlySpan<char> baseName) => IsIncomplete || (_names.Count > 0 && _nameLookup.Contains(baseName));

    /// <summary>Notes what a file holds now.</summary>
    /// <param name="path">Normalised.</param>
    /// <param name="text">What is written; may have marks.</param>
    /// <param name="line">Where the text stands in the script, 0 when it is not a piece of it.</param>
    /// <param name="append">Whether it comes behind what is there.</param>
    public void Write(string path, string text, int line, bool append)
    {
        if (!_files.TryGetValue(path, out var file))
        {
            if (_files.Count >= MaxFiles || _length + text.Length > MaxText)
            {
                IsIncomplete = true;
                return;
            }

            _files[path] = new KnownFile(text, line);
            _names.Add(Paths.BaseName(path));
            _length += text.Length;
            _hash.Change(path, 0, StateHash.Of(text));
            return;
        }

        if (!append && file.Holds(text))
        {
            return;
        }

        // A file that grows is told apart by its length and its last piece: reading all of it each time would not be linear.
        var before = file.Hash;
        if (_length + text.Length > MaxText)
        {
            IsIncomplete = true;
            file.Replace(Mark.LeftOut, line);
        }
        else if (append)
        {
            file.Append(text);
            _length += text.Length;
        }
        else
        {
            _length += text.Length - file.Length;
            file.Replace(text, line);
        }

        _hash.Change(path, before, file.Hash);
    }

    public bool TryRead(string path, out string text, out int line)
    {
        var known = _files.TryGetValue(path, out var file);
        (text, line) = known ? (file!.Text, file.Line) : ("", 0);
        return known;
    }

    /// <summary>A name for the output of a process substitution.</summary>
    public string AddPipe(string text)
    {
        var path = $"/dev/fd/p{_pipes++ % MaxPipes}";
        _files[path] = new KnownFile(text, 0);
        return path;
    }

    /// <summary>A name for the input of a process substitution.</summary>
    public string AddSink(IReadOnlyList<Statement> statements)
    {
        var path = $"/dev/fd/s{_pipes++ % MaxPipes}";
        _sinks[path] = statements;
        return path;
    }

    public IReadOnlyList<Statement>? FindSink(string path) => _sinks.GetValueOrDefault(path);
}
