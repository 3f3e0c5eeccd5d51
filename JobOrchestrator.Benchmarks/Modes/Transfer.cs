using System.Diagnostics;
using System.Security.Cryptography;
using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>A large incompressible file through the whole system.</summary>
internal static class Transfer
{
    private const int MiB = 300;

    public static async Task MeasureAsync(RunContext context)
    {
        await using var system = await SystemUnderTest.StartAsync(context);
        using var directory = new ScratchDirectory();
        var file = Path.Combine(directory.Path, "input.bin");
        WriteRandom(file);
        await using var nginx = await NginxUpload.TryStartAsync(directory.Path, context.Cancellation);
        var (upload, whole, copy) = (new List<double>(), new List<double>(), new List<double>());
        var (raw, put) = (new List<double>(), new List<double>());
        system.Server?.ResetPeak();
        system.Client?.ResetPeak();
        double serverBefore = system.Server?.ResidentMiB ?? 0, clientBefore = system.Client?.ResidentMiB ?? 0;
        for (var round = 0; round < context.Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            var id = await system.Driver.SubmitAsync(1, "true\n", context.Cancellation, file);
            upload.Add(MiB / Stopwatch.GetElapsedTime(started).TotalSeconds);
            var size = await system.Driver.WaitForResultAsync(id, TimeSpan.FromMilliseconds(5), context.Cancellation);
            whole.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            if (size < (long)MiB << 20)
            {
                throw new InvalidOperationException($"The result has only {size} bytes.");
            }

            raw.Add(MiB / await RawTransfer.SecondsAsync(file, file + ".raw", context.Cancellation));
            if (nginx is not null)
            {
                put.Add(MiB / await nginx.SecondsAsync(file, context.Cancellation));
            }

            copy.Add(MiB / await Shell.SecondsAsync($"dd if='{file}' of='{file}.copy' bs=1M conv=fdatasync status=none", context.Cancellation));
        }

        context.Report.Add(
            $"{MiB} MiB incompressible input: upload, durable",
            Report.Invariant($"{upload.Median():0} MiB/s"),
            Report.Invariant($"raw loopback into a file {raw.Median():0} MiB/s, dd with fdatasync {copy.Median():0} MiB/s")
            + (nginx is null ? "" : Report.Invariant($", nginx PUT {put.Median():0} MiB/s")));
        context.Report.AddRatio("… of raw loopback into a file", upload.Zip(raw, (a, b) => a / b).Median(), Goal.Upload);
        context.Report.Add("… until its result is read", Report.Invariant($"{whole.Median():0.0} s"));
        if (system is { Server: { } server, Client: { } client })
        {
            context.Report.Add(
                "… peak resident memory",
                Report.Invariant($"server {server.PeakMiB:0} MiB, client {client.PeakMiB:0} MiB"),
                Report.Invariant($"before: server {serverBefore:0} MiB, client {clientBefore:0} MiB"));
        }
    }

    private static void WriteRandom(string path)
    {
        using var stream = File.Create(path);
        var block = new byte[1 << 20];
        for (var i = 0; i < MiB; i++)
        {
            RandomNumberGenerator.Fill(block);
            stream.Write(block);
        }
    }
}
