using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>
/// All attacks of the table that a tier claims to stop, on one client, some at a time, with a neighbour that must not notice. Run once; the tests then look at the
/// outcomes one by one.
/// </summary>
internal sealed class TierRun(string tier, ConformanceClient client)
{
    private const int AtOnce = 4;
    private const int NeighbourId = 1_000_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan PatiencePerCase = TimeSpan.FromSeconds(120);

    private readonly string _word = "attack" + Guid.NewGuid().ToString("N")[..12];
    private readonly ConcurrentDictionary<string, AttackOutcome> _outcomes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Exception> _failures = new(StringComparer.Ordinal);
    private int _nextJob;

    /// <summary>The tier the client says is in force.</summary>
    public string? ReportedTier { get; private set; }

    public ClientStatus? StatusAfter { get; private set; }

    public string? HealthAfter { get; private set; }

    public ExecutionReport? Neighbour { get; private set; }

    public static IEnumerable<AttackCase> CasesOf(string tier) => AttackCases.All.Values.Where(c => c.ExpectedIn(tier) is not null);

    public AttackOutcome OutcomeOf(AttackCase attack) => _outcomes.TryGetValue(attack.Name, out var outcome)
        ? outcome
        : throw new InvalidOperationException($"'{attack.Name}' did not come to an end: {_failures.GetValueOrDefault(attack.Name)?.ToString() ?? "it was not run"}");

    public async Task RunAsync()
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        var cancellation = patience.Token;
        ReportedTier = (await StatusAsync(cancellation)).SandboxTier;
        using var listener = ListenAbstractly();
        var (directory, victim) = await StartNeighbourAsync(cancellation);
        await Parallel.ForEachAsync(CasesOf(tier), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (attack, _) =>
        {
            using var limit = new CancellationTokenSource(PatiencePerCase, TimeProvider.System);
            try
            {
                _outcomes[attack.Name] = await RunOneAsync(attack, directory, victim, limit.Token);
            }
            catch (Exception e)
            {
                _failures[attack.Name] = e;
            }
        });
        await File.WriteAllTextAsync(Path.Combine(directory, "go"), "", cancellation);
        Neighbour = await EndAsync(NeighbourId, cancellation);
        StatusAfter = await StatusAsync(cancellation);
        HealthAfter = await client.Http.GetStringAsync("/health", cancellation);
    }

    private Socket ListenAbstractly()
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint("\0" + _word));
        listener.Listen(64);
        return listener;
    }

    private async Task<(string Directory, int Victim)> StartNeighbourAsync(CancellationToken cancellation)
    {
        var duration = "86400." + Random.Shared.Next(1, int.MaxValue).ToString(CultureInfo.InvariantCulture);
        await SubmitAsync(NeighbourId, new ExecutionRequest("example"), $"""
            trap 'echo hit >> hits' URG
            echo secret > secret
            sleep {duration} &
            until [ -e go ]; do sleep 0.1; done
            kill $! && [ ! -e hits ] && [ "$(ls)" = "$(printf 'go\nrun.sh\nsecret')" ]
            """, cancellation);
        while (true)
        {
            var victim = Processes.WithMarker(duration).FirstOrDefault(p => p.Value.StartsWith("sleep", StringComparison.Ordinal)).Key;
            if (victim != 0)
            {
                return (Path.Combine(client.DataPath, "executions", $"{NeighbourId}-1", "work"), victim);
            }

            await Task.Delay(Pause, TimeProvider.System, cancellation);
        }
    }

    private async Task<AttackOutcome> RunOneAsync(AttackCase attack, string neighbour, int victim, CancellationToken cancellation)
    {
        var job = Interlocked.Increment(ref _nextJob);
        var token = _word + "x" + job.ToString(CultureInfo.InvariantCulture);
        var script = attack.Script
            .Replace("{client}", client.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{port}", client.Http.BaseAddress!.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{victim}", victim.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{data}", client.DataPath, StringComparison.Ordinal)
            .Replace("{outside}", client.Outside, StringComparison.Ordinal)
            .Replace("{neighbour}", neighbour, StringComparison.Ordinal)
            .Replace("{abstract}", _word, StringComparison.Ordinal)
            .Replace("{token}", token, StringComparison.Ordinal);
        await SubmitAsync(job, new ExecutionRequest("example", attack.TimeLimit, attack.Limits, attack.Network), script, cancellation);
        if (attack.Kill)
        {
            while (!(await client.Http.GetStringAsync($"/executions/{job}/1/logs", cancellation)).Contains("ready", StringComparison.Ordinal))
            {
                await Task.Delay(Pause, TimeProvider.System, cancellation);
            }

            using var killed = await client.Http.PostAsync($"/executions/{job}/1/kill", null, cancellation);
        }

        var report = await EndAsync(job, cancellation);
        var leftovers = Processes.WithMarker(token).Values;
        var outcome = new AttackOutcome(
            report, await LogAsync(job, "stdout", cancellation), await LogAsync(job, "stderr", cancellation), await ResultAsync(job, cancellation), leftovers, ReportedTier!, token);
        using var deleted = await client.Http.DeleteAsync($"/executions/{job}/1", cancellation);
        deleted.EnsureSuccessStatusCode();
        return Directory.Exists(Path.Combine(client.DataPath, "executions", $"{job}-1"))
            ? throw new InvalidOperationException("Its directory was not deleted.")
            : outcome;
    }

    private async Task SubmitAsync(int job, ExecutionRequest request, string script, CancellationToken cancellation)
    {
        using var content = new Form()
            .Field(ExecutionRequest.FieldName, JsonSerializer.Serialize(request, ContractsJson.Default.ExecutionRequest))
            .File("run.sh", script, field: "run.sh").ToContent();
        using var answer = await client.Http.PutAsync($"/executions/{job}/1", content, cancellation);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<ExecutionReport> EndAsync(int job, CancellationToken cancellation)
    {
        while (true)
        {
            var report = await client.Http.GetFromJsonAsync($"/executions/{job}/1", ContractsJson.Default.ExecutionReport, cancellation);
            if (report!.State.IsFinal())
            {
                return report;
            }

            await Task.Delay(Pause, TimeProvider.System, cancellation);
        }
    }

    private Task<string> LogAsync(int job, string stream, CancellationToken cancellation) =>
        client.Http.GetStringAsync($"/executions/{job}/1/logs?stream={stream}", cancellation);

    private async Task<Dictionary<string, string>> ResultAsync(int job, CancellationToken cancellation)
    {
        const int longest = 10_000;
        using var answer = await client.Http.GetAsync($"/executions/{job}/1/result", HttpCompletionOption.ResponseContentRead, cancellation);
        answer.EnsureSuccessStatusCode();
        using var zip = new ZipArchive(await answer.Content.ReadAsStreamAsync(cancellation));
        return zip.Entries.ToDictionary(e => e.FullName, Text, StringComparer.Ordinal);

        static string Text(ZipArchiveEntry entry)
        {
            using var reader = new StreamReader(entry.Open());
            return entry.Length > longest ? "" : reader.ReadToEnd();
        }
    }

    private async Task<ClientStatus> StatusAsync(CancellationToken cancellation) =>
        (await client.Http.GetFromJsonAsync("/status", ContractsJson.Default.ClientStatus, cancellation))!;
}
