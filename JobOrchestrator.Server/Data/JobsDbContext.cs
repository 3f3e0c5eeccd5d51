using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Events;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Webhooks;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace JobOrchestrator.Server.Data;

/// <summary>The schema. Times are stored as UTC ticks, because SQLite cannot order by <see cref="DateTimeOffset"/>.</summary>
internal sealed class JobsDbContext(DbContextOptions<JobsDbContext> options) : DbContext(options)
{
    public DbSet<Job> Jobs => Set<Job>();

    public DbSet<JobAttempt> Attempts => Set<JobAttempt>();

    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    public DbSet<OidcUser> OidcUsers => Set<OidcUser>();

    public DbSet<JobTag> Tags => Set<JobTag>();

    /// <summary>Written by triggers on <see cref="Jobs"/>, so that no change of state can escape; see <see cref="EventTriggers"/>.</summary>
    public DbSet<JobEvent> Events => Set<JobEvent>();

    public DbSet<WebhookDelivery> Deliveries => Set<WebhookDelivery>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Job>(job =>
        {
            job.HasKey(j => j.Id);
            job.Property(j => j.Id).ValueGeneratedOnAdd();
            job.HasIndex(j => j.StagingKey).IsUnique();
            job.HasIndex(j => j.IdempotencyKey).IsUnique().HasFilter("\"IdempotencyKey\" IS NOT NULL");
            // Live jobs are few however long the history grows: what start-up and deadlines ask for is found without a scan.
            job.HasIndex(j => new { j.State, j.ChangedAt });
            job.HasIndex(j => j.EndedAt).HasFilter("\"CleanedAt\" IS NULL AND \"EndedAt\" IS NOT NULL");
            // For lists, newest first: in SQLite every index ends with the row's id, which is the job's, so these give the order too.
            // Those on the state hold ended jobs only: a job enters them once, at its end, and its changes before that cost nothing.
            job.HasIndex(j => j.UserId);
            job.HasIndex(j => j.Service);
            job.HasIndex(j => j.State, "IX_Jobs_Ended_State").HasFilter("\"EndedAt\" IS NOT NULL");
            job.HasIndex(j => new { j.UserId, j.State }, "IX_Jobs_Ended_UserId_State").HasFilter("\"EndedAt\" IS NOT NULL");
        });

        modelBuilder.Entity<JobAttempt>(attempt =>
        {
            attempt.HasKey(a => new { a.JobId, a.Number });
            attempt.HasOne<Job>().WithMany().HasForeignKey(a => a.JobId).OnDelete(DeleteBehavior.Cascade);
            // Spelled as the query spells it: a partial index serves only a query that contains its condition.
            attempt.HasIndex(a => a.Client).HasFilter("NOT \"Released\"");
        });

        modelBuilder.Entity<ApiKey>(key => key.Property(k => k.Role).HasConversion<string>());
        modelBuilder.Entity<OidcUser>(user =>
        {
            user.Ignore(u => u.UserId);
            user.HasIndex(u => new { u.Issuer, u.Subject }).IsUnique();
        });

        modelBuilder.Entity<JobTag>(tag =>
        {
            tag.HasKey(t => new { t.Tag, t.JobId });
            tag.HasOne<Job>().WithMany().HasForeignKey(t => t.JobId).OnDelete(DeleteBehavior.Cascade);
        });

        modelBuilder.Entity<JobEvent>(jobEvent =>
        {
            jobEvent.HasKey(e => e.Sequence);
            jobEvent.Property(e => e.Sequence).ValueGeneratedOnAdd();
            jobEvent.HasIndex(e => e.JobId);
        });

        modelBuilder.Entity<WebhookDelivery>(delivery =>
        {
            delivery.HasKey(d => d.Id);
            delivery.Property(d => d.Id).ValueGeneratedOnAdd();
            delivery.HasIndex(d => d.DueAt).HasFilter("\"DueAt\" IS NOT NULL");
            delivery.HasIndex(d => d.JobId);
        });
    }

    private sealed class UtcTicksConverter()
        : ValueConverter<DateTimeOffset, long>(time => time.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
}
