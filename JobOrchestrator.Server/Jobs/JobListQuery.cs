using System.Globalization;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Api;

namespace JobOrchestrator.Server.Jobs;

/// <summary>What a list of jobs was asked for, checked.</summary>
internal sealed class JobListQuery
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 500;

    /// <exception cref="ApiException">A parameter is wrong.</exception>
    public JobListQuery(
        string? state, int? userId, string? service, string? tag, DateTimeOffset? createdAfter, DateTimeOffset? createdBefore, string? cursor, int? limit)
    {
        if (createdAfter >= createdBefore)
        {
            throw new ApiException(ProblemKind.InvalidParameter, "Parameter 'created_after' must be earlier than 'created_before'.");
        }

        Filter = new JobFilter
        {
            States = [.. (state ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseState)],
            UserId = userId,
            Service = service?.ToLowerInvariant(),
            Tag = tag,
            CreatedAfter = createdAfter,
            CreatedBefore = createdBefore,
        };
        Before = cursor is null ? int.MaxValue : ParseCursor(cursor);
        Limit = limit is null or (>= 1 and <= MaxLimit)
            ? limit ?? DefaultLimit
            : throw new ApiException(ProblemKind.InvalidParameter, $"Parameter 'limit' is {limit}, but must be from 1 to {MaxLimit}.");
    }

    public JobFilter Filter { get; }

    /// <summary>Only jobs with lower ids.</summary>
    public int Before { get; }

    public int Limit { get; }

    /// <summary>The cursor of the page that begins after this job.</summary>
    public static string CursorAfter(int jobId) => jobId.ToString(CultureInfo.InvariantCulture);

    private static JobState ParseState(string word)
    {
        foreach (var state in Enum.GetValues<JobState>())
        {
            if (state.ToString().Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return state;
            }
        }

        var known = string.Join(", ", Enum.GetValues<JobStatus>().Select(s => s.ToString().ToLowerInvariant()));
        throw new ApiException(ProblemKind.InvalidParameter, $"Parameter 'state' contains '{word}'; it is a comma-separated list of {known}.");
    }

    private static int ParseCursor(string cursor) =>
        int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var before)
            ? before
            : throw new ApiException(ProblemKind.InvalidParameter, "Parameter 'cursor' must be the next_cursor of an earlier page.");
}
