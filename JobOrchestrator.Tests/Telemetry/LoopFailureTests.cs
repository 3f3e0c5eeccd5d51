using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using JobOrchestrator.Client;
using JobOrchestrator.Server;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Telemetry;
using JobOrchestrator.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Hosting;

namespace JobOrchestrator.Tests.Telemetry;

/// <summary>Background loops survive what nobody foresaw, and an operator sees which of them do.</summary>
public sealed partial class LoopFailureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [SuppressMessage("Security", "CA2100", Justification = "The statements are our own.")]
    public async Task Loops_that_fail_are_counted_by_name_and_go_on()
    {
        await using var system = await TestSystem.StartAsync(settings: ["MAX_AGE=5", "CLIENT_LOST_AFTER=1"]);
        using var failures = new MetricCollector<long>(system.Server.Get<IMeterFactory>(), ServerMetrics.MeterName, "joborchestrator.loop.failures");
        await RenameAsync("Jobs", "Gone");
        while (!Names().IsSupersetOf(["rescuer", "retention"]))
        {
            await failures.WaitForMeasurementsAsync(failures.GetMeasurementSnapshot().Count + 1, Cancellation);
        }

        await RenameAsync("Gone", "Jobs");
        await system.Http.EndAsync(await system.Http.SubmitAsync(Form.Job("true")));

        HashSet<string> Names() => [.. failures.GetMeasurementSnapshot().Select(m => (string)m.Tags["loop"]!)];

        async Task RenameAsync(string from, string to)
        {
            await using var connection = new SqliteConnection($"Data Source={TestServer.DatabaseIn(system.Directory)};Pooling=false");
            await connection.OpenAsync(Cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA legacy_alter_table=ON; ALTER TABLE {from} RENAME TO {to}";
            await command.ExecuteNonQueryAsync(Cancellation);
        }
    }

    [Fact]
    public void Every_background_service_counts_what_it_survives_and_the_page_names_its_loop()
    {
        var row = Repository.Read("docs", "metrics.md").Split('\n').Single(l => l.StartsWith("| `loop` |", StringComparison.Ordinal));
        var halves = row.Split("on a client");
        foreach (var (program, assembly, named) in new[]
        {
            ("JobOrchestrator.Server", typeof(ServerOptions).Assembly, halves[0]), ("JobOrchestrator.Client", typeof(ClientOptions).Assembly, halves[1]),
        })
        {
            var sources = Directory.EnumerateFiles(Repository.PathOf(program), "*.cs", SearchOption.AllDirectories)
                .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
                .ToDictionary(f => f, File.ReadAllText);
            var loops = sources.Values.SelectMany(s => CallPattern().Matches(s)).Select(m => m.Groups[1].Value).ToList();
            Assert.Equal(loops.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), NamePattern().Matches(named).Select(m => m.Groups[1].Value).Where(n => n != "loop").Order(StringComparer.Ordinal));

            // The monitor only starts the watchers, each a loop that counts; the check of the database looks once, and what it finds ends the server.
            var services = assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(BackgroundService)) && t != typeof(ClientMonitor) && t != typeof(DatabaseCheck)).ToList();
            Assert.NotEmpty(services);
            Assert.All(services, s => Assert.Matches(CallPattern(), sources.Single(f => Path.GetFileName(f.Key) == s.Name + ".cs").Value));
        }
    }

    [GeneratedRegex("""LoopFailed\("(\w+)"\)""")]
    private static partial Regex CallPattern();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex NamePattern();
}
