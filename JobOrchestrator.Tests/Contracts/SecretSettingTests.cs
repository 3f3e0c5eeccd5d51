using JobOrchestrator.Contracts;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Contracts;

/// <summary>A secret comes from the environment or from a file, and never half.</summary>
public sealed class SecretSettingTests : IDisposable
{
    private const string Good = "0123456789abcdef";
    private readonly TemporaryDirectory _directory = new();

    private string SecretFile => Path.Combine(_directory.Path, "secret");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void It_is_taken_from_the_environment_or_from_the_file_without_its_line_end()
    {
        Assert.Equal((Good, null), Load(("X", Good)));
        File.WriteAllText(SecretFile, Good + "\n");
        Assert.Equal((Good, null), Load(("X_FILE", SecretFile)));
        Assert.Equal((Good, null), Load(("X_FILE", SecretFile), ("X", "")));
        Assert.Equal((null, null), Load());
        Assert.Equal((null, null), Load(("X", ""), ("X_FILE", "")));
    }

    [Fact]
    public void What_is_wrong_with_it_is_named_and_it_is_not()
    {
        File.WriteAllText(SecretFile, "too short\n");
        Assert.Equal((null, "X and X_FILE are both set; keep one."), Load(("X", Good), ("X_FILE", SecretFile)));
        Assert.Equal((null, "X_FILE must be 16 or more visible ASCII characters without blanks; make one with: openssl rand -hex 32"), Load(("X_FILE", SecretFile)));
        Assert.Equal((null, "X must be 16 or more visible ASCII characters without blanks; make one with: openssl rand -hex 32"), Load(("X", "0123456789 abcdef")));
        var (secret, error) = Load(("X_FILE", SecretFile + "-not-there"));
        Assert.Null(secret);
        Assert.StartsWith($"X_FILE is '{SecretFile}-not-there', which cannot be read: ", error, StringComparison.Ordinal);
    }

    private static (string? Secret, string? Error) Load(params (string Name, string Value)[] settings)
    {
        var errors = new List<string>();
        var secret = SecretSetting.Load("X", settings.ToDictionary(s => s.Name, s => s.Value).GetValueOrDefault, errors);
        return (secret, errors.Count == 0 ? null : Assert.Single(errors));
    }
}
