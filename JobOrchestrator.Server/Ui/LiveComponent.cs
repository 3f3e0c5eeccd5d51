using JobOrchestrator.Server.Api;
using Microsoft.AspNetCore.Components;

namespace JobOrchestrator.Server.Ui;

/// <summary>A component that keeps what it shows up to date while somebody looks at it, and says so when it cannot.</summary>
public abstract partial class LiveComponent : ComponentBase, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _gone = new();

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private ILoggerFactory Loggers { get; set; } = null!;

    /// <summary>False until there is something to show.</summary>
    protected bool IsLoaded { get; private set; }

    /// <summary>Why what is shown may be old; null when it is not.</summary>
    protected string? Problem { get; private set; }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Fetches what is shown.</summary>
    protected abstract Task LoadAsync();

    /// <summary>Fetches and shows it now.</summary>
    protected async Task RefreshAsync()
    {
        try
        {
            await LoadAsync();
            (IsLoaded, Problem) = (true, null);
        }
        catch (ApiException e)
        {
            Problem = e.Message;
        }
        catch (Exception e)
        {
            Log.LoadFailed(Loggers.CreateLogger(GetType()), e);
            Problem = "The server could not answer; its log says why. This page goes on trying.";
        }

        StateHasChanged();
    }

    protected override async Task OnParametersSetAsync() => await RefreshAsync();

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            _ = LoopAsync();
        }
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gone.Cancel();
            _gone.Dispose();
        }
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Period, Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_gone.Token))
            {
                await InvokeAsync(RefreshAsync);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Nobody looks any more.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A page could not fetch what it shows")]
        public static partial void LoadFailed(ILogger logger, Exception exception);
    }
}
