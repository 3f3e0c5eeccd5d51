using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobOrchestrator.Server.Data;

/// <summary>Registers the database and brings it up to date before anything else runs.</summary>
internal static class DatabaseModule
{
    public static void AddDatabase(this IServiceCollection services, ServerOptions options)
    {
        services.AddDatabaseContexts(options);
        services.AddSingleton<DatabaseStart>();
        services.AddSingleton<DatabaseWriter>();
        services.AddHostedService<StartupService>();
        services.AddHostedService<DatabaseCheck>();
        services.AddHealthChecks().AddCheck<DatabaseHealthCheck>("database", HealthStatus.Unhealthy, tags: []);
    }

    /// <summary>Contexts alone, for commands that work beside a running server.</summary>
    public static void AddDatabaseContexts(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton<SqlitePragmas>();
        services.AddPooledDbContextFactory<JobsDbContext>((provider, builder) => builder
            .UseSqlite($"Data Source={options.DatabasePath}")
            .AddInterceptors(provider.GetRequiredService<SqlitePragmas>()));
    }
}
