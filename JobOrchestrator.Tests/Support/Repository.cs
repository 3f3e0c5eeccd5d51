using System.Reflection;

namespace JobOrchestrator.Tests.Support;

/// <summary>The source tree the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    public static string Read(params string[] parts) => File.ReadAllText(PathOf(parts));

    /// <summary>Fails when a generated page differs from what the code says; with <c>UPDATE_DOCS=1</c> in the environment it is written instead.</summary>
    public static void AssertGenerated(string expected, params string[] parts)
    {
        var path = PathOf(parts);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == expected,
            $"{Path.GetRelativePath(Root, path)} is out of date: run the tests once with UPDATE_DOCS=1 in the environment, and commit what it writes.");
    }
}
