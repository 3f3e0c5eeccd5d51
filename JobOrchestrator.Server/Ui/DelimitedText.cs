using System.Text;

namespace JobOrchestrator.Server.Ui;

/// <summary>Rows of a CSV or TSV file (RFC 4180: quotes around cells, doubled inside), as far as a preview needs them.</summary>
internal static class DelimitedText
{
    public static IReadOnlyList<string[]> Parse(string text, char delimiter, int maxRows)
    {
        var rows = new List<string[]>();
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length && rows.Count < maxRows; i++)
        {
            var c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"')
            {
                cell.Append('"');
                i++;
            }
            else if (c == '"' && (quoted || cell.Length == 0))
            {
                quoted = !quoted;
            }
            else if (!quoted && c == delimiter)
            {
                cells.Add(Take(cell));
            }
            else if (!quoted && c == '\n')
            {
                cells.Add(Take(cell));
                rows.Add([.. cells]);
                cells.Clear();
            }
            else if (quoted || c != '\r')
            {
                cell.Append(c);
            }
        }

        if (rows.Count < maxRows && (cell.Length > 0 || cells.Count > 0))
        {
            cells.Add(Take(cell));
            rows.Add([.. cells]);
        }

        return rows;
    }

    private static string Take(StringBuilder cell)
    {
        var text = cell.ToString();
        cell.Clear();
        return text;
    }
}
