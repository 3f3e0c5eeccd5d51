using System.Security.Cryptography;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>Somebody who sends jobs of many kinds, one after the other, and changes their mind about some.</summary>
internal sealed class ChaosUser(ChaosSystem system, int userId, Random random)
{
    private readonly List<Task> _cancelling = [];

    /// <summary>What was acknowledged.</summary>
    public List<Submitted> Sent { get; } = [];

    /// <summary>Sends so many jobs, with pauses, and returns when each has an answer (or, of those sent without a key, was lost from sight).</summary>
    public async Task RunAsync(int jobs, TimeSpan meanPause, CancellationToken cancellation)
    {
        using var sender = new PersistentSender(system.Server.Address);
        for (var i = 0; i < jobs; i++)
        {
            var token = $"user{userId}-job{i}";
            var (form, exitCode) = Compose(token);
            var keyed = random.Next(4) > 0;
            int? id = keyed ? await sender.SubmitAsync(form, token, cancellation) : await sender.TrySubmitAsync(form, null, cancellation);
            if (id is { } acknowledged)
            {
                var sent = new Submitted(token, acknowledged, userId, exitCode);
                Sent.Add(sent);
                if (random.Next(20) == 0)
                {
                    sent.Cancelled = true;
                    _cancelling.Add(CancelAsync(sender, acknowledged, cancellation));
                }
            }

            await Task.Delay(meanPause * (2 * random.NextDouble()), TimeProvider.System, cancellation);
        }

        await Task.WhenAll(_cancelling);
    }

    private async Task CancelAsync(PersistentSender sender, int id, CancellationToken cancellation)
    {
        await Task.Delay(TimeSpan.FromSeconds(random.NextDouble()), TimeProvider.System, cancellation);
        await sender.CancelAsync(id, cancellation);
    }

    private (Form Form, int ExitCode) Compose(string token)
    {
        var ledger = system.Ledger;
        switch (random.Next(20))
        {
            case 0:
                return (Form.Job(ledger.Script(token, exitCode: 3), userId), 3);
            case 1:
                return (Form.Job(ledger.Script(token, $"sleep {1 + random.Next(3)}"), userId), 0);
            case 2:
                // What it leaves running must not outlive it.
                return (Form.Job(ledger.Script(token, "setsid sleep 1000 & (sleep 1000 &)"), userId), 0);
            case 3:
                var input = new byte[random.Next(1 << 20)];
                random.NextBytes(input);
                var sum = Convert.ToHexStringLower(SHA256.HashData(input));
                return (Form.Job(ledger.Script(token, $"[ $(sha256sum < input.bin | cut -d' ' -f1) = {sum} ] || exit 9; cp input.bin copy.bin"), userId)
                    .File("input.bin", input), 0);
            default:
                return (Form.Job(ledger.Script(token, $"sleep 0.{random.Next(1, 30):00}"), userId), 0);
        }
    }
}
