using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Tests.Support;

/// <summary>A directory of one test's own.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("joborchestrator-test-").FullName;

    public void Dispose() => TreeDeletion.Delete(Path);
}
