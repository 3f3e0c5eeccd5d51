using System.Buffers;
using System.Globalization;
using System.Text;
using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <content>What words become.</content>
internal sealed partial class ShellInterpreter
{
    private const string Unknown = Mark.UnknownText;
    private const int MaxValue = 4096;
    private const int MaxChoices = 16;
    private const int KeptText = 1 << 20;

    /// <summary>Longer values are not matched with patterns.</summary>
    private const int MaxPatterned = 256;

    /// <summary>What an unquoted value may be split at, or be a pattern by.</summary>
    private static readonly SearchValues<char> SplitOrPattern = SearchValues.Create(" \t\n*?");

    private readonly Stack<StringBuilder> _builders = new();
    private bool _inTest;
    private int _line;

    /// <summary>Adds the fields that a word becomes.</summary>
    private void Expand(Word word, List<string> fields)
    {
        if (word.Text is { } text && !word.HasBraces)
        {
            if (text.Length > 0 || word.Quoted)
            {
                fields.Add(text);
            }

            return;
        }

        var before = fields.Count;
        if (!word.HasBraces)
        {
            ExpandParts(word, fields);
        }
        else
        {
            foreach (var one in Braces.Expand(word))
            {
                Count(WorkOfBraces);
                ExpandParts(one, fields);
            }
        }

        CountFields(fields, before);
    }

    private void ExpandParts(Word word, List<string> fields)
    {
        if (word.Text is { } text)
        {
            if (text.Length > 0 || word.Quoted)
            {
                fields.Add(text);
            }

            return;
        }

        if (word.Parts is [{ Kind: PartKind.Variable } only] && ElementsOf(only) is null)
        {
            var value = VariableOf(only);
            if (only.Quoted || (value.Length > 0 && !value.AsSpan().ContainsAny(SplitOrPattern) && !_variables.ContainsKey("IFS")))
            {
                fields.Add(value);
                return;
            }

            if (value.Length == 0 && !word.Quoted)
            {
                return;
            }
        }

        var current = _builders.TryPop(out var free) ? free : new StringBuilder();
        var isField = word.Quoted;
        var parts = word.Parts!;
        for (var p = 0; p < parts.Count; p++)
        {
            var part = parts[p];
            if (part.Kind == PartKind.Variable && ElementsOf(part) is { } elements)
            {
                for (var i = 0; i < elements.Count; i++)
                {
                    if (i > 0)
                    {
                        fields.Add(current.ToString());
                        current.Clear();
                    }

                    current.Append(elements[i]);
                    isField = true;
                }

                continue;
            }

            var value = IsNeverSet(parts, p) ? Mark.NeverSet : ValueOf(part);
            if (part.Kind is PartKind.Text or PartKind.Process or PartKind.Arithmetic || part.Quoted)
            {
                current.Append(value);
                isField |= value.Length > 0;
            }
            else
            {
                Split(value, current, fields, ref isField);
            }

            if (current.Length > MaxText)
            {
                current.Length = MaxText;
                current.Append(Mark.LeftOut);
                break;
            }
        }

        if (isField || current.Length > 0)
        {
            fields.Add(current.ToString());
        }

        GiveBack(current);
    }

    private void GiveBack(StringBuilder builder)
    {
        if (builder.Capacity <= MaxValue)
        {
            builder.Clear();
            _builders.Push(builder);
        }
    }

    /// <summary>What words are split at.</summary>
    private string Separators => _variables.TryGetValue("IFS", out var ifs) && Mark.IsKnown(ifs.Value) ? ifs.Value : " \t\n";

    private void Split(string value, StringBuilder current, List<string> fields, ref bool isField)
    {
        var separators = Separators;
        foreach (var c in value)
        {
            if (separators.Contains(c))
            {
                if (current.Length > 0 || isField)
                {
                    fields.Add(current.ToString());
                    current.Clear();
                    isField = false;
                }
            }
            else
            {
                current.Append(c switch { '*' => Mark.Star, '?' => Mark.Question, _ => c });
            }
        }
    }

    /// <summary>What a word becomes where it stays one field: assignments, redirections, here-documents.</summary>
    private string ExpandToString(Word word)
    {
        if (word.Text is not null)
        {
            return word.HasBraces ? string.Join(' ', Braces.Expand(word).Select(w => w.Text)) : word.Text;
        }

        if (word.Parts is [{ Kind: not PartKind.Variable } only])
        {
            return ShortOf(ValueOf(only));
        }

        if (word.Parts is [{ } variable])
        {
            var one = ShortOf(ElementsOf(variable) is { } all ? string.Join(' ', all) : VariableOf(variable));
            CountText(one.Length);
            return one;
        }

        var result = _builders.TryPop(out var free) ? free : new StringBuilder();
        for (var p = 0; p < word.Parts!.Count; p++)
        {
            // Beyond a length the text is not kept, but what it runs is looked at all the same.
            var part = word.Parts[p];
            var value = part.Kind == PartKind.Variable && ElementsOf(part) is { } elements ? string.Join(' ', elements)
                : IsNeverSet(word.Parts, p) ? Mark.NeverSet : ValueOf(part);
            if (result.Length <= KeptText)
            {
                result.Append(value);
            }
        }

        CountText(result.Length);
        var text = result.Length <= KeptText ? result.ToString() : result.ToString(0, KeptText) + Mark.LeftOut;
        GiveBack(result);
        return text;
    }

    private static string ShortOf(string text) => text.Length <= KeptText ? text : text[..KeptText] + Mark.LeftOut;

    private string ValueOf(Part part)
    {
        switch (part.Kind)
        {
            case PartKind.Text:
                return part.Text;
            case PartKind.Commands:
                var output = OutputOf(part);
                return output.Length > MaxText ? output[..MaxText] : output.TrimEnd('\n');
            case PartKind.Process when part.IsSink:
                RunList(part.Statements, new Invocation { Line = LineOf(part), Input = Unknown });
                return _files.AddSink(part.Statements);
            case PartKind.Process:
                return _files.AddPipe(OutputOf(part));
            case PartKind.Arithmetic:
                return ArithmeticOf(part.Operand!);
            default:
                return VariableOf(part);
        }
    }

    private string OutputOf(Part part)
    {
        Count(WorkOfSubstitution);
        var directory = Directory;
        _decoded = false;
        _detached++;
        var output = RunList(part.Statements, new Invocation { Line = LineOf(part), OutputMatters = true });
        _detached--;
        output = _decoded && !output.StartsWith(Mark.Hidden) ? Mark.Hidden + output : output;
        _decoded = false;
        Directory = directory;
        return output;
    }

    private static int LineOf(Part part) => part.Statements is [{ Stages: [{ Line: var line }, ..] }, ..] ? line : 0;

    /// <summary>The fields of <c>"$@"</c>, <c>${a[@]}</c> and <c>${!prefix*}</c>; null for what is one value.</summary>
    private IReadOnlyList<string>? ElementsOf(Part part)
    {
        if (part.Operator.Length > 0 && part.Operator is not ":")
        {
            return null;
        }

        IReadOnlyList<string>? all = null;
        if (part.Text is "@" or "*")
        {
            all = _arguments ?? [Unknown];
        }
        else if (part.Index is { Text: "@" or "*" or [Mark.Star] })
        {
            all = _variables.TryGetValue(Meant(part.Text), out var variable) ? variable.Elements ?? [variable.In(Touch(variable))] : [Unknown];
        }

        if (all is not null && part.Quoted && part.Operator.Length == 0 && (part.Text == "*" || part.Index is { Text: "*" or [Mark.Star] }))
        {
            var separator = _variables.TryGetValue("IFS", out var ifs) ? ifs.Value.Length > 0 ? ifs.Value[..1] : "" : " ";
            return [string.Join(separator, all)];
        }

        if (all is null || part.Operator.Length == 0)
        {
            return all;
        }

        var first = part.Text is "@" or "*" ? 1 : 0;
        return TryNumber(part.Operand, out var start) && start - first >= 0 && (part.Second is null || TryNumber(part.Second, out _))
            ? [.. all.Skip(start - first).Take(part.Second is null ? int.MaxValue : Number(part.Second))]
            : all;
    }

    private int Touch(Variable variable)
    {
        _worlds = Math.Max(_worlds, variable.Others.Count);
        return _world;
    }

    private string VariableOf(Part part)
    {
        if (_inTest || part.Operator is ":?" or "?" or ":+" or "+")
        {
            _tested.Add(part.Text);
        }

        var value = PlainValueOf(part.Text, part.Index);
        if (value.Length > MaxValue && part.Operator.Length > 0)
        {
            return Unknown;
        }

        switch (part.Operator)
        {
            case "":
                if (value.Length > 0 && value[0] == Mark.Unknown && !_variables.ContainsKey(part.Text))
                {
                    CheckSecret(part.Text);
                }

                return value;
            case ":-" or "-" or ":=" or "=":
                // Something from outside wins over a default; then it is unknown. With nothing known, the default is what it is.
                var otherwise = ExpandToString(part.Operand ?? Word.Empty);
                var result = value.Length == 0 || (value == Unknown && !_variables.ContainsKey(part.Text)) ? otherwise : value;
                if (part.Operator.EndsWith('='))
                {
                    Set(part.Text, result, conditional: false);
                }

                return result;
            case ":+" or "+":
                var alternative = ExpandToString(part.Operand ?? Word.Empty);
                return value.Length == 0 ? "" : alternative;
            case ":?" or "?":
                return value;
            case "#" when part.Operand is null:
                return Mark.IsKnown(value) ? value.Length.ToString(CultureInfo.InvariantCulture) : Unknown;
            case "!":
                return Mark.IsKnown(value) && value.Length > 0 ? PlainValueOf(value, null) : Unknown;
            case ":":
                return Substring(value, part);
            default:
                CountText(part.Operator[0] is '#' or '%' or '/' ? value.Length * (long)Math.Min(value.Length, MaxPatterned) : value.Length);
                return Transform(value, part.Operator, ExpandToString(part.Operand ?? Word.Empty), ExpandToString(part.Second ?? Word.Empty));
        }
    }

    private string PlainValueOf(string name, Word? index)
    {
        if (_variables.TryGetValue(Meant(name), out var variable))
        {
            if (index is null || variable.Elements is null)
            {
                return variable.Elements is [var head, ..] ? head : variable.In(Touch(variable));
            }

            var isKey = index.Text is { Length: > 0 } key && ShellLexer.IsNameStart(key[0]) && !_variables.ContainsKey(key);
            if (variable.Keys is { } keys && keys.TryGetValue(ExpandToString(index), out var place))
            {
                return variable.Elements[place];
            }

            var hasNumber = TryNumber(index, out var i);
            if (variable.Elements.Count > 0 && (isKey || (!hasNumber && variable.HasCommands)))
            {
                // A key of an associative array, or an index nobody knows: it may be any of its elements.
                _worlds = Math.Max(_worlds, Math.Min(variable.Elements.Count, MaxChoices) - 1);
                return variable.Elements[Math.Min(_world, variable.Elements.Count - 1)];
            }

            return hasNumber && i < variable.Elements.Count && i >= -variable.Elements.Count
                ? variable.Elements[i < 0 ? i + variable.Elements.Count : i]
                : variable.Elements is [.., Mark.LeftOut] ? Mark.LeftOut : Unknown;
        }

        if (name.Length == 1 && char.IsAsciiDigit(name[0]) && name != "0")
        {
            return _arguments is null ? Unknown : name[0] - '1' is var i && i < _arguments.Count ? _arguments[i] : "";
        }

        return name switch
        {
            "HOME" => Mark.Home.ToString(),
            "TMPDIR" or "TMP" or "TEMP" or "SCRATCH" or "SLURM_TMPDIR" or "LOCAL_SCRATCH" or "PBS_JOBFS" or "SCRATCHDIR" or "TMPDIR_LOCAL" => Mark.Scratch.ToString(),
            "PWD" => Directory,
            "IFS" => " \t\n",
            "0" or "BASH_SOURCE" => "./run.sh",
            "SHELL" or "BASH" => "/bin/bash",
            "PATH" => "/usr/local/bin:/usr/bin:/bin",
            "PPID" => Mark.Processes.ToString(),
            "@" or "*" => _arguments is null ? Unknown : string.Join(' ', _arguments),
            _ => Unknown,
        };
    }

    private string Substring(string value, Part part)
    {
        if (value is [Mark.Home or Mark.Job or Mark.Scratch, ..])
        {
            value = "/" + Unknown; // a path after all
        }

        if (!TryNumber(part.Operand, out var offset))
        {
            return OfPiece(value);
        }

        offset = offset < 0 ? value.Length + offset : offset;
        if (offset < 0 || offset > value.Length)
        {
            return "";
        }

        if (part.Second is null)
        {
            return value[offset..];
        }

        if (!TryNumber(part.Second, out var length))
        {
            return OfPiece(value);
        }

        var end = length < 0 ? value.Length + length : Math.Min(value.Length, offset + (long)length);
        return end <= offset ? "" : value[offset..(int)end];
    }

    /// <summary>Of a constant that is taken apart letter by letter comes text that nobody was meant to read.</summary>
    private static string OfPiece(string constant) => constant.Length > 1 && Mark.IsKnown(constant) ? Mark.Hidden.ToString() : Unknown;

    private static string Transform(string value, string op, string pattern, string replacement)
    {
        switch (op)
        {
            case "^^":
                return value.ToUpperInvariant();
            case ",,":
                return value.ToLowerInvariant();
            case "^" or ",":
                var first = value.Length == 0 ? "" : op == "^" ? value[..1].ToUpperInvariant() : value[..1].ToLowerInvariant();
                return value.Length == 0 ? "" : first + value[1..];
            case "#" or "##" or "%" or "%%":
                return Trim(value, op, pattern);
            case "/" or "//":
                return Replace(value, pattern, replacement, all: op == "//");
            case "@" when pattern is "P" or "E":
                return Escapes.Decode(value, stopAtC: false);
            default:
                return value;
        }
    }

    private static string Trim(string value, string op, string pattern)
    {
        if (value.Contains(Mark.Processes))
        {
            return Mark.Processes.ToString();
        }

        if (pattern.Length == 0 || !Mark.IsKnown(value))
        {
            return pattern.Length == 0 ? value : Unknown + (op[0] == '#' ? value[(value.LastIndexOf(Mark.Unknown) + 1)..] : "");
        }

        if (value.Length > MaxPatterned)
        {
            return Unknown;
        }

        var longest = op.Length == 2;
        for (var i = 0; i <= value.Length; i++)
        {
            var cut = longest ? value.Length - i : i;
            if (op[0] == '#' ? Glob.Matches(pattern, value.AsSpan(0, cut), crossSlash: true) : Glob.Matches(pattern, value.AsSpan(value.Length - cut), crossSlash: true))
            {
                return op[0] == '#' ? value[cut..] : value[..^cut];
            }
        }

        return value;
    }

    private static string Replace(string value, string pattern, string replacement, bool all)
    {
        if (pattern.Length == 0 || !Mark.IsKnown(value))
        {
            return value;
        }

        var anchor = pattern[0] is '#' or '%' && !all ? pattern[0] : '\0';
        pattern = anchor == '\0' ? pattern : pattern[1..];
        if (Mark.IsKnown(pattern) && anchor == '\0' && pattern.Length > 0)
        {
            var at = value.IndexOf(pattern, StringComparison.Ordinal);
            return at < 0 ? value : all ? value.Replace(pattern, replacement, StringComparison.Ordinal) : value[..at] + replacement + value[(at + pattern.Length)..];
        }

        if (value.Length > MaxPatterned)
        {
            return Unknown;
        }

        var result = new StringBuilder();
        for (var i = 0; i < value.Length;)
        {
            var length = (all || result.Length == i) ? MatchLength(pattern, value.AsSpan(i)) : 0;
            if (length == 0 || (anchor == '#' && i > 0) || (anchor == '%' && i + length != value.Length))
            {
                result.Append(value[i++]);
                continue;
            }

            result.Append(replacement);
            i += length;
            if (!all)
            {
                return result.Append(value.AsSpan(i)).ToString();
            }
        }

        return result.ToString();
    }

    private static int MatchLength(string pattern, ReadOnlySpan<char> text)
    {
        for (var length = text.Length; length > 0; length--)
        {
            if (Glob.Matches(pattern, text[..length], crossSlash: true))
            {
                return length;
            }
        }

        return 0;
    }

    private string ArithmeticOf(Word expression)
    {
        var text = ExpandToString(expression);
        return Arithmetic.TryEvaluate(text, name => _variables.TryGetValue(name, out var v) && long.TryParse(v.Value, CultureInfo.InvariantCulture, out var n) ? n : null) is { } value
            ? value.ToString(CultureInfo.InvariantCulture)
            : Unknown;
    }

    private bool TryNumber(Word? word, out int number)
    {
        number = 0;
        return word is not null
            && Arithmetic.TryEvaluate(ExpandToString(word), name => _variables.TryGetValue(name, out var v) && long.TryParse(v.Value, CultureInfo.InvariantCulture, out var n) ? n : null) is { } value
            && value is > -1_000_000 and < 1_000_000
            && (number = (int)value) == value;
    }

    private int Number(Word word) => TryNumber(word, out var number) ? Math.Max(0, number) : 0;

    private void Assign(Assignment assignment)
    {
        if (assignment.Elements is { } elements)
        {
            var fields = new List<string>();
            var keys = assignment.Keys is null ? null : new Dictionary<string, int>(StringComparer.Ordinal);
            for (var e = 0; e < elements.Count; e++)
            {
                var element = elements[e];
                if (keys is not null && fields.Count < MaxFields && assignment.Keys![e].Length > 0)
                {
                    keys[assignment.Keys[e]] = fields.Count;
                    fields.Add(ExpandToString(element));
                }
                else if (fields.Count < MaxFields)
                {
                    Expand(element, fields);
                }
                else if (element.Text is null)
                {
                    ExpandToString(element); // for what it runs
                }
            }

            if (elements.Count > MaxFields)
            {
                fields.Add(Mark.LeftOut);
            }

            var known = _variables.TryGetValue(assignment.Name, out var array) ? array : null;
            var isMore = assignment.Append && known?.Elements is { Count: < MaxFields };
            SetArray(assignment.Name, isMore ? [.. known!.Elements!, .. fields] : fields, isMore ? null : keys);
            return;
        }

        var value = ExpandToString(assignment.Value);
        if (BuildsEscapes(assignment.Value))
        {
            value = Mark.Hidden + value;
        }

        _rules.JudgeAssignment(assignment.Name, value);
        if (assignment.Index is { } index)
        {
            var before = _variables.TryGetValue(assignment.Name, out var present) && present.Elements is { } all ? all : [];
            if (!TryNumber(index, out var i))
            {
                // A key, or a place nobody knows: the value is one of the elements.
                var keys = before.Count == 0 ? new Dictionary<string, int>(StringComparer.Ordinal) : present?.Keys;
                var key = ExpandToString(index);
                var place = before.IndexOf(value);
                if (place < 0 && before.Count < MaxFields)
                {
                    place = before.Count;
                    SetArray(assignment.Name, [.. before, value], keys);
                }

                if (keys is not null && place >= 0)
                {
                    _state.Change($"{assignment.Name}\n[{key}", keys.TryGetValue(key, out var old) ? (ulong)old + 1 : 0, (ulong)place + 1);
                    keys[key] = place;
                }
            }
            else if (i == before.Count && i < MaxFields)
            {
                SetArray(assignment.Name, [.. before, value]);
            }
            else if (i >= 0 && i < before.Count && before[i] != value)
            {
                SetArray(assignment.Name, [.. before[..i], value, .. before[(i + 1)..]]);
            }
            else if (present is null)
            {
                SetArray(assignment.Name, []);
            }

            return;
        }

        if (assignment.Append)
        {
            var before = _variables.TryGetValue(assignment.Name, out var variable) ? variable.Value : "";
            value = before.Length + value.Length > MaxText ? Unknown : before + value;
            // What is put together piece by piece counts as put together, whatever each piece depends on.
            Set(assignment.Name, value, conditional: false);
            return;
        }

        Set(assignment.Name, value, _conditional > 0 && _repeating == 0);
    }

    /// <summary>Whether a value is the code of a character with a number that is put in: <c>"\x${h:0:2}"</c>.</summary>
    private static bool BuildsEscapes(Word value)
    {
        for (var i = 1; i < value.Parts?.Count; i++)
        {
            if (value.Parts[i].Kind != PartKind.Text && value.Parts[i - 1] is { Kind: PartKind.Text, Text: { } before } && (before.EndsWith("\\x", StringComparison.Ordinal) || before.EndsWith("\\u", StringComparison.Ordinal) || before.EndsWith("\\0", StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }

    private void Set(string name, string value, bool conditional)
    {
        name = Meant(name);
        CountKept(value);
        if (_variables.TryGetValue(name, out var variable))
        {
            var before = variable.Hash;
            variable.Assign(value, conditional);
            _state.Change(name, before, variable.Hash);
        }
        else
        {
            _variables[name] = variable = new Variable(value);
            _state.Change(name, 0, variable.Hash);
        }
    }

    private void SetArray(string name, List<string> elements, Dictionary<string, int>? keys = null)
    {
        name = Meant(name);
        if (!_variables.TryGetValue(name, out var variable))
        {
            _variables[name] = variable = new Variable("");
            _state.Change(name, 0, variable.Hash);
        }

        var before = variable.Hash;
        variable.Elements = elements;
        variable.Keys = keys;
        _state.Change(name, before, variable.Hash);
    }

    private void CheckSecret(string name)
    {
        if (!_inTest && Secrets.IsSecretName(name))
        {
            _findings.Add(ScriptRules.SecretVariable, _line, $"environment variable '{name}'");
        }
    }
}
