using JobOrchestrator.Server;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace JobOrchestrator.Tests.Server.Data;

/// <summary>A database that must not be used stops the start with its file and a mend named, and is left as it is.</summary>
public sealed class DatabaseStartTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Database => TestServer.DatabaseIn(_directory.Path);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_empty_directory_is_a_new_server_and_the_next_start_finds_its_database()
    {
        await CreateAsync();
        var written = File.ReadAllBytes(Database).Length;
        await CreateAsync();
        Assert.True(written > 0);
    }

    [Fact]
    public async Task A_database_that_is_gone_while_its_jobs_files_are_there_is_not_replaced_by_a_new_one()
    {
        await CreateAsync();
        File.Delete(Database);
        Directory.CreateDirectory(Path.Combine(_directory.Path, "data", "jobs", "7", "input"));
        await RefusedAsync("does not exist, but", $"{_directory.Path}/data/jobs has the files of 1 jobs", "restore --from DIR");
        Assert.False(File.Exists(Database));

        await File.WriteAllBytesAsync(Database, [], Cancellation); // an empty file is none either
        await RefusedAsync("does not exist, but");
        Assert.Equal(0, new FileInfo(Database).Length);
    }

    [Fact]
    public async Task A_file_that_is_no_database_stays_as_it_is()
    {
        await File.WriteAllTextAsync(Database, "these are somebody's notes, not a database", Cancellation);
        await RefusedAsync("is damaged or no database at all: it does not begin as an SQLite file does", "restore --from DIR");
        Assert.StartsWith("these are", await File.ReadAllTextAsync(Database, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_another_program_stays_as_it_is()
    {
        await ExecuteAsync("CREATE TABLE bookmarks (url TEXT)");
        await RefusedAsync("is the database of another program (its tables: bookmarks)", "DB_PATH");
    }

    [Fact]
    public async Task A_damaged_database_is_told_with_what_is_wrong()
    {
        await CreateAsync();
        await ExecuteAsync(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
            + "INSERT INTO ApiKeys (Name, Role, SecretHash, CreatedAt) SELECT 'key ' || i || hex(randomblob(50)), 'Read', randomblob(32), i FROM n; "
            + "PRAGMA wal_checkpoint(TRUNCATE)");
        var bytes = await File.ReadAllBytesAsync(Database, Cancellation);
        new Random(1).NextBytes(bytes.AsSpan(bytes.Length / 2, 20_000)); // in the midst of the table
        await File.WriteAllBytesAsync(Database, bytes, Cancellation);
        await RefusedAsync("is damaged or no database at all", "restore --from DIR", ".recover");
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Database, Cancellation));
    }

    [Fact]
    public async Task A_large_database_is_looked_through_beside_the_work_and_damage_ends_the_server()
    {
        await CreateAsync();
        await ExecuteAsync(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
            + "INSERT INTO ApiKeys (Name, Role, SecretHash, CreatedAt) SELECT 'key ' || i || hex(randomblob(400)), 'Read', randomblob(32), i FROM n; "
            + "PRAGMA wal_checkpoint(TRUNCATE)");
        Assert.InRange(new FileInfo(Database).Length, 33 << 20, 100 << 20);
        await using (var sound = StartProgram())
        {
            await sound.LineAsync("Application started", Cancellation);
            await sound.LineAsync("is whole; looked through", Cancellation);
            Processes.Signal(sound.Id, Processes.SigTerm);
            Assert.Equal(0, await sound.ExitAsync(Cancellation));
        }

        await using (var file = File.OpenWrite(Database))
        {
            file.Position = file.Length / 2; // in the midst of the table
            var noise = new byte[20_000];
            new Random(1).NextBytes(noise);
            await file.WriteAsync(noise, Cancellation);
        }

        await using var server = StartProgram();
        await server.LineAsync("Application started", Cancellation);
        Assert.Equal(1, await server.ExitAsync(Cancellation));
        Assert.Contains($"\nThe database {Database} is damaged or no database at all", "\n" + server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_told_with_what_it_has()
    {
        await CreateAsync();
        await ExecuteAsync("INSERT INTO __EFMigrationsHistory VALUES ('29991231000000_TimeTravel', '99.0.0')");
        await RefusedAsync("was last used by a newer version of this program (it has 29991231000000_TimeTravel)", "Run that version");
    }

    [Fact]
    public async Task A_database_somebody_holds_locked_is_told_after_a_while()
    {
        await CreateAsync();
        await using var other = new SqliteConnection($"Data Source={Database};Pooling=false");
        await other.OpenAsync(Cancellation);
        await using var transaction = other.BeginTransaction(deferred: false);
        await RefusedAsync("Another program holds the database", "locked", "fuser");
    }

    [Fact]
    public async Task Two_servers_never_share_a_database()
    {
        await using var first = await TestServer.StartAsync(_directory.Path, []);
        await RefusedAsync("Another server, or a restore or maintenance, is using the database", "twice");
        Assert.Equal("""{"message":"pong"}""", await first.Http.GetStringAsync("/", Cancellation));
    }

    [Fact]
    public async Task A_path_that_is_a_directory_is_told()
    {
        Directory.CreateDirectory(Database);
        await RefusedAsync($"{Database} is a directory", "DB_PATH");
    }

    [Fact]
    public async Task A_database_on_a_read_only_file_system_is_told()
    {
        await CreateAsync();
        using var mount = SmallDisk.MountReadOnly(_directory.Path);
        await RefusedAsync(Database, "read-only");
    }

    [Fact]
    public async Task The_program_prints_it_and_ends_with_1()
    {
        await File.WriteAllTextAsync(Database, "no database", Cancellation);
        await using var server = StartProgram();
        Assert.Equal(1, await server.ExitAsync(Cancellation));
        Assert.Contains($"\nThe database {Database} is damaged or no database at all", "\n" + server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal); // in words, not as a stack of calls
    }

    private ProgramRun StartProgram() => ProgramRun.Start(
        Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server"), ["--urls=http://127.0.0.1:0"], new Dictionary<string, string>
        {
            ["DB_PATH"] = Database,
            ["DATA_PATH"] = Path.Combine(_directory.Path, "data"),
            ["AUTH"] = "off",
        });

    private async Task CreateAsync()
    {
        await using (await TestServer.StartAsync(_directory.Path, []))
        {
        }

        SqliteConnection.ClearAllPools();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Database};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task RefusedAsync(params string[] words)
    {
        await using var app = ServerApp.Create(
            ["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", "--AUTH=off", $"--DB_PATH={Database}", $"--DATA_PATH={_directory.Path}/data"]);
        var refusal = await Assert.ThrowsAsync<StartException>(() => app.Services.GetRequiredService<DatabaseStart>().CheckAsync(Cancellation));
        Assert.All(words, word => Assert.Contains(word, refusal.Message, StringComparison.Ordinal));
    }
}
