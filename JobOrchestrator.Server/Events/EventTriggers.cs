using JobOrchestrator.Server.Data;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Events;

/// <summary>
/// What makes the event log and the webhooks complete: the database itself writes them, in the transaction of the change, whoever makes
/// it and by whatever statement. Created anew at every start, because a migration that rebuilds the table of jobs would drop them.
/// </summary>
internal static class EventTriggers
{
    private const string Event =
        """
        INSERT INTO "Events" ("JobId", "Attempt", "State", "Reason", "At")
        VALUES (new."Id", new."Attempt", new."State", new."Reason", new."ChangedAt");
        """;

    private const string Sql =
        $"""
        DROP TRIGGER IF EXISTS "Jobs_Created";
        CREATE TRIGGER "Jobs_Created" AFTER INSERT ON "Jobs"
        BEGIN {Event} END;

        DROP TRIGGER IF EXISTS "Jobs_Changed";
        CREATE TRIGGER "Jobs_Changed" AFTER UPDATE OF "State", "HasResult" ON "Jobs"
        WHEN new."State" <> old."State" OR (new."HasResult" AND NOT old."HasResult")
        BEGIN {Event} END;

        DROP TRIGGER IF EXISTS "Jobs_Ended";
        CREATE TRIGGER "Jobs_Ended" AFTER UPDATE OF "EndedAt" ON "Jobs"
        WHEN new."CallbackUrl" IS NOT NULL AND old."EndedAt" IS NULL AND new."EndedAt" IS NOT NULL
        BEGIN
            INSERT INTO "Deliveries" ("JobId", "Calls", "DueAt", "LastOutcome") VALUES (new."Id", 0, new."EndedAt", '');
        END;
        """;

    public static Task CreateAsync(JobsDbContext context, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlRawAsync(Sql, cancellationToken);
}
