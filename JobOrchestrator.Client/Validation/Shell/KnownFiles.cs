namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Files whose text is known because the script writes them itself; bounded.</summary>
internal sealed class KnownFiles
{
    private const int MaxFiles = 500_000;
    private const long MaxText = 1L << 26;

    /// <summary>Process substitutions that are known at the same time; no command has more.</summary>
    private const int MaxPipes = 1024;

    // By fingerprint of the path: a script may write hundreds of thousands, and most of them hold what nobody can know.
    private readonly Dictionary<ulong, KnownFile> _files = [];
    private readonly HashSet<ulong> _unknown = [];
    private readonly HashSet<ulong> _names = [];
    private readonly Dictionary<string, IReadOnlyList<Statement>> _sinks = new(StringComparer.Ordinal);
    private StateHash _hash;
    private long _length;
    private int _pipes;

    /// <summary>Whether there were more files, or more text, than is followed.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>Fingerprint of what the files hold.</summary>
    public ulong Hash => _hash.Value;

    /// <summary>Whether there may be a file of that name, in whichever directory.</summary>
    public bool MayHold(ReadOnlySpan<char> baseName) => IsIncomplete || (_names.Count > 0 && _names.Contains(StateHash.Of(baseName)));

    /// <summary>Notes what a file holds now.</summary>
    /// <param name="path">Normalised.</param>
    /// <param name="text">What is written; may have marks.</param>
    /// <param name="line">Where the text stands in the script, 0 when it is not a piece of it.</param>
    /// <param name="append">Whether it comes behind what is there.</param>
    public void Write(string path, string text, int line, bool append)
    {
        var key = StateHash.Of(path);
        if (!_files.TryGetValue(key, out var file))
        {
            if (text is [Mark.Unknown] && _unknown.Contains(key))
            {
                return;
            }

            if (_files.Count + _unknown.Count >= MaxFiles || _length + text.Length > MaxText)
            {
                IsIncomplete = true;
                return;
            }

            _names.Add(StateHash.Of(path.AsSpan(path.LastIndexOf('/') + 1)));
            if (text is [Mark.Unknown])
            {
                _unknown.Add(key);
                _hash.Change(path, 0, 1);
                return;
            }

            var wasUnknown = _unknown.Remove(key);
            text = wasUnknown && append ? Mark.Unknown + text : text;
            _files[key] = new KnownFile(text, line);
            _length += text.Length;
            _hash.Change(path, wasUnknown ? 1UL : 0, StateHash.Of(text));
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
        if (_files.Count == 0 && _unknown.Count == 0)
        {
            (text, line) = ("", 0);
            return false;
        }

        var key = StateHash.Of(path);
        if (_files.TryGetValue(key, out var file))
        {
            (text, line) = (file.Text, file.Line);
            return true;
        }

        var isUnknown = _unknown.Contains(key);
        (text, line) = (isUnknown ? Mark.UnknownText : "", 0);
        return isUnknown;
    }

    /// <summary>A name for the output of a process substitution.</summary>
    public string AddPipe(string text)
    {
        var path = $"/dev/fd/p{_pipes++ % MaxPipes}";
        _files[StateHash.Of(path)] = new KnownFile(text, 0);
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
