namespace JobOrchestrator.Contracts.Files;

/// <summary>How much is collected at most; what is beyond is left out and noted.</summary>
/// <param name="Entries">Files, directories and links.</param>
/// <param name="Bytes">Content of all files together, before compression. Holes count: a sparse file is as long as it says.</param>
public sealed record CollectionLimits(int Entries, long Bytes)
{
    public static readonly CollectionLimits Default = new(250_000, 64L << 30);
}
