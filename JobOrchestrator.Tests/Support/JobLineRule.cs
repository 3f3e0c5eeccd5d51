using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace JobOrchestrator.Tests.Support;

/// <summary>
/// Listens to every line of a program under test: one that names a job must be within a scope that says its number, attempt and service, or an
/// operator who filters by them misses it. Applied by all tests that run a server or client in their own process.
/// </summary>
internal sealed class JobLineRule : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<string> _offenders = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    /// <summary>Where the job is unknown, so is its service: what a client node has from another history of the database.</summary>
    private const string Foreign = "which this server does not know";

    /// <summary>Listens whatever else is said or not.</summary>
    public void Attach(ILoggingBuilder logging) => logging.AddProvider(this).AddFilter<JobLineRule>("JobOrchestrator", LogLevel.Trace);

    public void Check() => Assert.Empty(_offenders);

    public ILogger CreateLogger(string categoryName) => new Listener(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
    }

    private static IEnumerable<string> Names(object? state) =>
        state is IEnumerable<KeyValuePair<string, object?>> pairs ? pairs.Where(p => p.Value is not null).Select(p => p.Key) : [];

    private void Look(string category, object? state, string line)
    {
        if (!Names(state).Contains("JobId") || line.Contains(Foreign, StringComparison.Ordinal))
        {
            return;
        }

        var scoped = false;
        _scopes.ForEachScope((scope, _) => scoped |= new[] { "JobId", "Attempt", "Service" }.All(Names(scope).Contains), 0);
        if (!scoped)
        {
            _offenders.Enqueue($"{category}: {line}");
        }
    }

    private sealed class Listener(JobLineRule rule, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => rule._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            rule.Look(category, state, formatter(state, exception));
    }
}
