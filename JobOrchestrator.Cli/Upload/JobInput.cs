using System.Formats.Tar;
using System.IO.Compression;
using Microsoft.Extensions.FileSystemGlobbing;
using Microsoft.Extensions.FileSystemGlobbing.Abstractions;

namespace JobOrchestrator.Cli.Upload;

/// <summary>
/// The files of a submission. Plain files are sent as they are; as soon as a directory is among them everything travels as one archive, so that
/// directories keep their shape. One directory alone is the job's directory itself.
/// </summary>
internal sealed class JobInput
{
    private const string Script = "run.sh";
    private const string ArchiveName = "job.tar.gz";

    private readonly IReadOnlyList<(string Path, string Name)> _files;
    private readonly bool _asArchive;

    private JobInput(IReadOnlyList<(string Path, string Name)> files, bool asArchive) => (_files, _asArchive) = (files, asArchive);

    public int Count => _files.Count;

    public long Bytes => _files.Sum(f => new FileInfo(f.Path).Length);

    /// <summary>Finds what the arguments name: files, directories, patterns.</summary>
    /// <exception cref="CliException">Something is not there, is there twice, or there is no <c>run.sh</c>.</exception>
    public static JobInput Find(IReadOnlyList<string> arguments)
    {
        var files = new List<(string Path, string Name)>();
        var hasDirectory = false;
        foreach (var argument in arguments)
        {
            if (Directory.Exists(argument))
            {
                hasDirectory = true;
                files.AddRange(Below(argument, arguments.Count == 1 ? "" : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(argument))) + "/"));
            }
            else if (File.Exists(argument))
            {
                files.Add((argument, Path.GetFileName(argument)));
            }
            else
            {
                files.AddRange(Matching(argument));
            }
        }

        if (files.GroupBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new CliException($"Two files would be '{twice.Key}' in the job's directory: {string.Join(" and ", twice.Select(f => f.Path))}. Rename one.", ExitCodes.Usage);
        }

        return files.Any(f => f.Name == Script)
            ? new JobInput(files, hasDirectory)
            : throw new CliException($"There is no {Script} among the files, and that is what a job runs: write one, or name it.", ExitCodes.Usage);
    }

    /// <summary>Adds the files to a form.</summary>
    public void AddTo(MultipartFormDataContent form)
    {
        if (_asArchive)
        {
            form.Add(new StreamContent(CreateArchive()), "archive", ArchiveName);
            return;
        }

        foreach (var (path, name) in _files)
        {
            form.Add(new StreamContent(File.OpenRead(path)), "file", name);
        }
    }

    /// <summary>Packs everything into a temporary file, which is gone as soon as it is closed.</summary>
    private FileStream CreateArchive()
    {
        var archive = new FileStream(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 17, FileOptions.DeleteOnClose);
        using (var gzip = new GZipStream(archive, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            foreach (var (path, name) in _files)
            {
                tar.WriteEntry(path, name);
            }
        }

        archive.Position = 0;
        return archive;
    }

    private static IEnumerable<(string Path, string Name)> Below(string directory, string prefix) =>
        from file in new DirectoryInfo(directory).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        select (file.FullName, prefix + Path.GetRelativePath(Path.GetFullPath(directory), file.FullName));

    private static List<(string Path, string Name)> Matching(string pattern)
    {
        var matcher = new Matcher(StringComparison.Ordinal).AddInclude(Path.IsPathRooted(pattern) ? Path.GetRelativePath("/", pattern) : pattern);
        var root = Path.IsPathRooted(pattern) ? "/" : Environment.CurrentDirectory;
        var found = pattern.IndexOfAny(['*', '?']) < 0
            ? []
            : matcher.Execute(new DirectoryInfoWrapper(new DirectoryInfo(root))).Files.Select(f => (Path.Combine(root, f.Path), Path.GetFileName(f.Path))).ToList();
        return found.Count > 0 ? found : throw new CliException($"There is no file '{pattern}'.", ExitCodes.Usage);
    }
}
