namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>A directory that goes with its user.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("joborchestrator-benchmark-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
