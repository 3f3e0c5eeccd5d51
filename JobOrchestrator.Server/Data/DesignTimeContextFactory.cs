using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace JobOrchestrator.Server.Data;

/// <summary>Lets <c>dotnet ef migrations add</c> work without starting a server.</summary>
internal sealed class DesignTimeContextFactory : IDesignTimeDbContextFactory<JobsDbContext>
{
    public JobsDbContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<JobsDbContext>().UseSqlite("Data Source=design.sqlite").Options);
}
