namespace JobOrchestrator.Contracts.Files;

/// <summary>How much a directory holds.</summary>
public static class DirectorySize
{
    // Links are neither followed nor counted; a directory whose owner closed it, or that vanishes meanwhile, counts for nothing.
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    /// <summary>Bytes in all files below <paramref name="path"/>; 0 when there is no such directory.</summary>
    public static long Measure(string path)
    {
        try
        {
            return new DirectoryInfo(path).EnumerateFiles("*", Everything).Sum(LengthOf);
        }
        catch (DirectoryNotFoundException)
        {
            return 0;
        }
    }

    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (IOException)
        {
            return 0; // gone meanwhile
        }
    }
}
