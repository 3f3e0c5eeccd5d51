using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Jobs;

/// <summary>Archives as submissions, honest and otherwise, and submitting a job again.</summary>
public sealed class V1ArchiveTests : IAsyncLifetime
{
    private TestSystem _system = null!;

    private HttpClient Http => _system.Http;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(settings: ["MAX_UNPACKED_BYTES=100000"], clientSettings: ["KILL_GRACE=1"]);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Theory]
    [InlineData("zip")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    public async Task An_archive_with_directories_becomes_the_job_s_directory(string kind)
    {
        (string, string)[] files = [("run.sh", "cat data/in/x.txt extra.txt; find . -name '*.txt' | sort"), ("data/in/x.txt", "x\n")];
        var archive = kind == "zip" ? Zip(files) : Tar(kind == "tar.gz", files);
        var job = await Http.JobEndAsync((await Http.SubmitV1Async(Base().File($"job.{kind}", archive, field: "archive").File("extra.txt", "extra\n"))).Id);
        Assert.Equal((JobStatus.Completed, ""), (job.State, job.Message));
        Assert.Equal("x\nextra\n./data/in/x.txt\n./extra.txt\n", await Http.GetStringAsync($"/api/v1/jobs/{job.Id}/logs", Cancellation));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Path.Combine(_system.Directory, "data", "jobs", $"{job.Id}", "input")), f => Path.GetFileName(f).StartsWith('.'));

        using var again = await Http.PostAsync($"/api/v1/jobs/{job.Id}/resubmit", null, Cancellation);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        var second = await Http.JobEndAsync(int.Parse(again.Headers.Location!.OriginalString.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal((JobStatus.Completed, job.Id, job.UserId), (second.State, second.ResubmitOf, second.UserId));
        Assert.Equal("x\nextra\n./data/in/x.txt\n./extra.txt\n", await Http.GetStringAsync($"/api/v1/jobs/{second.Id}/logs", Cancellation));
    }

    public static TheoryData<string, byte[], HttpStatusCode, string> Attacks() => new()
    {
        { "climbs out", Zip(("run.sh", "true"), ("../evil.txt", "x")), HttpStatusCode.BadRequest, "'../evil.txt' cannot be unpacked" },
        { "climbs out, tar", Tar(true, ("a/../../evil.txt", "x")), HttpStatusCode.BadRequest, "cannot be unpacked" },
        { "absolute", Zip(("/etc/evil", "x")), HttpStatusCode.BadRequest, "cannot be unpacked" },
        { "backslash", Zip(("a\\..\\evil", "x")), HttpStatusCode.BadRequest, "cannot be unpacked" },
        { "link in tar", Link(TarEntryType.SymbolicLink), HttpStatusCode.BadRequest, "'link' is a link" },
        { "hard link", Link(TarEntryType.HardLink), HttpStatusCode.BadRequest, "'link' is a link" },
        { "device", Link(TarEntryType.CharacterDevice), HttpStatusCode.BadRequest, "'link' is no regular file" },
        { "link in zip", ZipLink(), HttpStatusCode.BadRequest, "'link' is a link" },
        { "twice", Zip(("a", "1"), ("a", "2")), HttpStatusCode.BadRequest, "Two files are named 'a'" },
        { "file and directory", Zip(("a", "1"), ("a/b", "2")), HttpStatusCode.BadRequest, "lies in what is a file already" },
        { "directory and file", Zip(("a/b", "1"), ("a", "2")), HttpStatusCode.BadRequest, "is a file and a directory at once" },
        { "bomb, zip", Zip(("bomb", new string('0', 5_000_000))), HttpStatusCode.RequestEntityTooLarge, "unpacks to more than 100000 bytes" },
        { "bomb, tar.gz", Tar(true, ("bomb", new string('0', 5_000_000))), HttpStatusCode.RequestEntityTooLarge, "unpacks to more than 100000 bytes" },
        { "many files", Zip([.. Enumerable.Range(0, 10_001).Select(i => ($"{i}", ""))]), HttpStatusCode.BadRequest, "More than 10000 files" },
        { "cut short", Zip(("run.sh", "true"))[..^10], HttpStatusCode.BadRequest, "is damaged" },
        { "cut short, tar.gz", Tar(true, ("run.sh", "true"), ("noise", Convert.ToBase64String(new byte[3000])))[..^20], HttpStatusCode.BadRequest, "is damaged" },
        { "no archive", Encoding.UTF8.GetBytes("hello"), HttpStatusCode.BadRequest, "neither a zip nor a tar.gz" },
        { "empty", [], HttpStatusCode.BadRequest, "neither a zip nor a tar.gz" },
    };

    [Theory]
    [MemberData(nameof(Attacks), DisableDiscoveryEnumeration = true)]
    public async Task An_archive_that_is_up_to_something_is_refused_and_leaves_nothing(string name, byte[] archive, HttpStatusCode status, string detail)
    {
        using var content = Base().File("a.zip", archive, field: "archive").ToContent();
        var told = await Http.ProblemAsync(
            HttpMethod.Post, "/jobs", status, status == HttpStatusCode.BadRequest ? "invalid_upload" : "too_large", content);
        Assert.True(told.Contains(detail, StringComparison.Ordinal), $"{name}: {told}");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_system.Directory, "data", "staging")));
        Assert.False(File.Exists(Path.Combine(_system.Directory, "data", "evil.txt")));
    }

    private static Form Base() => new Form().Field("user_id", "1").Field("service", "example");

    private static byte[] Zip(params (string Name, string Content)[] files)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var writer = new StreamWriter(zip.CreateEntry(name).Open());
                writer.Write(content);
            }
        }

        return bytes.ToArray();
    }

    private static byte[] ZipLink()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            var entry = zip.CreateEntry("link");
            entry.ExternalAttributes = Convert.ToInt32("120777", 8) << 16;
            using var writer = new StreamWriter(entry.Open());
            writer.Write("/etc/passwd");
        }

        return bytes.ToArray();
    }

    private static byte[] Tar(bool compressed, params (string Name, string Content)[] files)
    {
        using var bytes = new MemoryStream();
        using (Stream stream = compressed ? new GZipStream(bytes, CompressionMode.Compress, leaveOpen: true) : new BufferedStream(bytes))
        using (var tar = new TarWriter(stream, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
            }

            tar.Dispose();
            stream.Flush();
        }

        return bytes.ToArray();
    }

    private static byte[] Link(TarEntryType type)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
        {
            var entry = new PaxTarEntry(type, "link");
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
            {
                entry.LinkName = "/etc/passwd";
            }

            tar.WriteEntry(entry);
        }

        return bytes.ToArray();
    }
}
