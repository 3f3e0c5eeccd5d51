using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Tests.Contracts;

public sealed class SafeFileNameTests
{
    [Theory]
    [InlineData("run.sh", "run.sh")]
    [InlineData("../../evil.txt", "evil.txt")]
    [InlineData("C:\\data\\input.pdb", "input.pdb")]
    [InlineData("-rf", "-rf")]
    [InlineData("名前.txt", "名前.txt")]
    public void A_base_name_is_what_follows_the_last_separator(string sent, string stored)
    {
        Assert.True(SafeFileName.TryGetBaseName(sent, out var name, out _));
        Assert.Equal(stored, name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    public void A_name_that_cannot_be_stored_is_refused_with_a_reason(string sent)
    {
        Assert.False(SafeFileName.TryGetBaseName(sent, out _, out var problem));
        Assert.NotEmpty(problem);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("a//b")]
    [InlineData("./a")]
    public void A_relative_path_may_not_leave_the_directory(string sent) =>
        Assert.False(SafeFileName.TryGetRelativePath(sent, out _, out _));

    [Fact]
    public void A_name_of_256_bytes_is_too_long()
    {
        Assert.True(SafeFileName.TryGetBaseName(new string('x', 255), out _, out _));
        Assert.False(SafeFileName.TryGetBaseName(new string('é', 128), out _, out var problem));
        Assert.Contains("255", problem, StringComparison.Ordinal);
    }
}
