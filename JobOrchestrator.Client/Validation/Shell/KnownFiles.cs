using System.Text;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Files whose text is known because the script writes them itself; bounded.</summary>
internal sealed class KnownFiles
{
    private const int MaxFiles = 256;
    private const int MaxText = 1 << 20;

    private readonly Dictionary<string, (StringBuilder Text, int Line)> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<Statement>> _sinks = new(StringComparer.Ordinal);
    private int _pipes;

    public bool IsEmpty => _files.Count == 0;

    /// <summary>Notes what a file holds now.</summary>
    /// <param name="path">Normalised.</param>
    /// <param name="text">What is written; may have marks.</param>
    /// <param name="line">Where the text stands in the script, 0 when it is not a piece of it.</param>
    /// <param name="append">Whether it comes behind what is there.</param>
    public void Write(string path, string text, int line, bool append)
    {
        if (append && _files.TryGetValue(path, out var before))
        {
            if (before.Text.Length + text.Length <= MaxText)
            {
                before.Text.Append(text);
                return;
            }

            text = Mark.Unknown.ToString();
        }

        if (text.Length <= MaxText && (_files.Count < MaxFiles || _files.ContainsKey(path)))
        {
            _files[path] = (new StringBuilder(text), line);
        }
        else
        {
            _files.Remove(path);
        }
    }

    public bool TryRead(string path, out string text, out int line)
    {
        var known = _files.TryGetValue(path, out var file);
        (text, line) = known ? (file.Text.ToString(), file.Line) : ("", 0);
        return known;
    }

    /// <summary>A name for the output of a process substitution.</summary>
    public string AddPipe(string text)
    {
        var path = $"/dev/fd/p{_pipes++}";
        Write(path, text, 0, append: false);
        return path;
    }

    /// <summary>A name for the input of a process substitution.</summary>
    public string AddSink(IReadOnlyList<Statement> statements)
    {
        var path = $"/dev/fd/s{_pipes++}";
        if (_sinks.Count < MaxFiles)
        {
            _sinks[path] = statements;
        }

        return path;
    }

    public IReadOnlyList<Statement>? FindSink(string path) => _sinks.GetValueOrDefault(path);
}
