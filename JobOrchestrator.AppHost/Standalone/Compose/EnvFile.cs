using System.Text;

namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>The <c>.env</c> file beside the compose file: documented names, sorted. Values the operator has written stay.</summary>
internal static class EnvFile
{
    public static string Render(IEnumerable<CapturedEnvironmentVariable> variables, string? existing)
    {
        var values = Parse(existing ?? string.Empty);
        var text = new StringBuilder();
        foreach (var variable in variables.OrderBy(v => v.Name, StringComparer.Ordinal))
        {
            text.Append(variable.Description is null ? string.Empty : $"# {variable.Description}\n");
            text.Append($"{variable.Name}={values.GetValueOrDefault(variable.Name)}\n\n");
            values.Remove(variable.Name);
        }

        // Settings of the operator's own are not ours to throw away.
        foreach (var (name, value) in values.Where(v => v.Value.Length > 0).OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            text.Append($"{name}={value}\n\n");
        }

        return text.ToString();
    }

    private static Dictionary<string, string> Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && !line.StartsWith('#'))
            {
                values[line[..equals].Trim()] = line[(equals + 1)..].TrimEnd('\r');
            }
        }

        return values;
    }
}
