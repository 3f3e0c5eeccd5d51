using System.IO.Pipelines;
using System.Text;
using JobOrchestrator.Client.Executions;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace JobOrchestrator.Tests.Client.Executions;

/// <summary>A script's output while it is written, with a clock that stands still: whatever waited for it would never arrive.</summary>
public sealed class ExecutionLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly Pipe _pipe = new();
    private readonly Execution _execution;

    public ExecutionLogTests()
    {
        _execution = new Execution(
            _directory.Path, new ExecutionRecord(Report(ExecutionState.Running), new ExecutionRequest("example")), new ExecutionEvents());
        Directory.CreateDirectory(Workspace.ControlOf(_directory.Path));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string File => ExecutionLog.Find(_execution, ExecutionLog.Stdout)!;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task No_interval_stands_between_a_line_and_its_follower_nor_between_the_end_and_the_end()
    {
        var context = new DefaultHttpContext();
        context.Response.Body = _pipe.Writer.AsStream();
        var sending = SendAsync(context);
        await using (var file = new FileStream(File, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            for (var i = 0; i < 100; i++)
            {
                var line = Encoding.ASCII.GetBytes($"line {i}\n");
                await file.WriteAsync(line, Cancellation);
                var read = await _pipe.Reader.ReadAtLeastAsync(line.Length, Cancellation);
                Assert.Equal($"line {i}\n", Encoding.ASCII.GetString(read.Buffer));
                _pipe.Reader.AdvanceTo(read.Buffer.End);
            }

            await file.WriteAsync("last words"u8.ToArray(), Cancellation);
            Assert.True(_execution.TryAdvance(Report(ExecutionState.Completed), keep: false));
        }

        await sending;
        var rest = await _pipe.Reader.ReadAtLeastAsync(int.MaxValue, Cancellation);
        Assert.Equal("last words", Encoding.ASCII.GetString(rest.Buffer));
    }

    [Fact]
    public async Task A_change_without_a_notice_is_seen_by_and_by()
    {
        // The directory is not there: nothing can be watched.
        var missing = Path.Combine(_directory.Path, "none", "stdout.log");
        using var changes = new FileChanges(missing, _execution.Ended, _clock);
        var next = changes.NextAsync(Cancellation).AsTask();
        Assert.False(next.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(50));
        await next;
    }

    private async Task SendAsync(DefaultHttpContext context)
    {
        await new ExecutionLog(_execution, File, 0, null, follow: true, _clock).ExecuteAsync(context);
        await _pipe.Writer.CompleteAsync();
    }

    private static ExecutionReport Report(ExecutionState state) => new() { JobId = 1, Attempt = 1, State = state, AcceptedAt = default };
}
