namespace JobOrchestrator.Contracts;

/// <summary>A secret among the settings: <c>NAME</c>, or the content of the file that <c>NAME_FILE</c> names.</summary>
public static class SecretSetting
{
    private const int MinLength = 16;

    /// <summary>Reads it; every problem is added to <paramref name="errors"/>. Null when none is set.</summary>
    public static string? Load(string name, Func<string, string?> setting, List<string> errors)
    {
        var fileName = name + "_FILE";
        var (direct, file) = (setting(name), setting(fileName));
        if (string.IsNullOrEmpty(file))
        {
            return string.IsNullOrEmpty(direct) ? null : Check(direct, name, errors);
        }

        if (!string.IsNullOrEmpty(direct))
        {
            errors.Add($"{name} and {fileName} are both set; keep one.");
            return null;
        }

        try
        {
            return Check(File.ReadAllText(file).Trim(), fileName, errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{fileName} is '{file}', which cannot be read: {e.Message}");
            return null;
        }
    }

    private static string? Check(string secret, string source, List<string> errors)
    {
        if (secret.Length >= MinLength && secret.All(c => c is > ' ' and < '\x7f'))
        {
            return secret;
        }

        errors.Add($"{source} must be {MinLength} or more visible ASCII characters without blanks; make one with: openssl rand -hex 32");
        return null;
    }
}
