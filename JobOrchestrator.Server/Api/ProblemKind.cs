namespace JobOrchestrator.Server.Api;

/// <summary>
/// A kind of problem of the v1 API. Codes and status codes are part of the contract: they may be added, never changed.
/// <c>docs/api.md</c> lists them, and a test compares.
/// </summary>
/// <param name="Code">Stable word for programs; also the last part of the problem's <c>type</c>.</param>
/// <param name="Status">HTTP status code.</param>
/// <param name="Title">The kind of problem in a few words.</param>
/// <param name="Advice">What to do about it.</param>
internal sealed record ProblemKind(string Code, int Status, string Title, string Advice)
{
    public static readonly ProblemKind InvalidParameter = new(
        "invalid_parameter", 400, "A parameter is wrong", "The detail names the parameter and what it may be.");

    public static readonly ProblemKind InvalidUpload = new(
        "invalid_upload", 400, "The upload is wrong", "The detail names the field or file; nothing was stored.");

    public static readonly ProblemKind Unauthenticated = new(
        "unauthenticated", 401, "Nobody knows who you are", "Send a valid key or token as 'Authorization: Bearer <key>'.");

    public static readonly ProblemKind Forbidden = new(
        "forbidden", 403, "You may not do this", "It needs a key of a higher role, or one that acts for this user.");

    public static readonly ProblemKind NotFound = new(
        "not_found", 404, "There is nothing here", "Look up the path in the interactive documentation at /swagger.");

    public static readonly ProblemKind JobNotFound = new(
        "job_not_found", 404, "There is no such job", "Check the id; GET /api/v1/jobs lists the jobs.");

    public static readonly ProblemKind FileNotFound = new(
        "file_not_found", 404, "The job has no such file", "GET /api/v1/jobs/{id}/files lists its files.");

    public static readonly ProblemKind NoResult = new(
        "no_result", 404, "The job has no files to show", "It ended before any were made; the job's message says why.");

    public static readonly ProblemKind ClientNotFound = new(
        "client_not_found", 404, "There is no such client node", "GET /api/v1/clients lists them, with name and address.");

    public static readonly ProblemKind MethodNotAllowed = new(
        "method_not_allowed", 405, "This method is not possible here", "The Allow header lists the ones that are.");

    public static readonly ProblemKind TooSlow = new(
        "too_slow", 408, "The body came too slowly", "Send it again without long pauses; nothing was stored.");

    public static readonly ProblemKind NotReady = new(
        "not_ready", 409, "It is too early for that", "Wait for the job; GET /api/v1/jobs/{id}/explain says what it waits for.");

    public static readonly ProblemKind AlreadyEnded = new(
        "already_ended", 409, "The job has ended already", "There is nothing left to cancel.");

    public static readonly ProblemKind AmbiguousClient = new(
        "ambiguous_client", 409, "Several client nodes have this name", "Name it by host and port instead, as in 127.0.0.1:9000.");

    public static readonly ProblemKind NotSupported = new(
        "not_supported", 409, "The client node cannot do that", "It speaks the classic protocol only.");

    public static readonly ProblemKind FilesRemoved = new(
        "files_removed", 410, "The job's files are gone", "Their time was over (MAX_AGE); submit the job again from your own copy.");

    public static readonly ProblemKind TooLarge = new(
        "too_large", 413, "The upload is too large", "The detail names the limit; nothing was stored.");

    public static readonly ProblemKind UnsupportedMediaType = new(
        "unsupported_media_type", 415, "The body is of the wrong type", "Send multipart/form-data.");

    public static readonly ProblemKind KeyReused = new(
        "idempotency_key_reused", 422, "The Idempotency-Key was used for another upload", "Use a new key for a new job.");

    public static readonly ProblemKind TooManyWaiting = new(
        "too_many_waiting", 429, "Too many jobs wait already", "Try again after the seconds that the Retry-After header names.");

    public static readonly ProblemKind TooManyRequests = new(
        "too_many_requests", 429, "Too many requests", "Try again after the seconds that the Retry-After header names.");

    public static readonly ProblemKind InternalError = new(
        "internal_error", 500, "The server failed", "It is not your fault; the server's log has the details.");

    public static readonly ProblemKind ClientFailed = new(
        "client_failed", 502, "The client node did not answer properly", "Try again; the job itself is safe.");

    public static readonly ProblemKind Unavailable = new(
        "unavailable", 503, "Not possible at the moment", "Try again later; the detail says what is missing.");

    public static readonly ProblemKind DiskFull = new(
        "disk_full", 507, "The server's disk is full", "Nothing was stored; try again later, or tell the operator.");

    /// <summary>Every kind there is.</summary>
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        InvalidParameter, InvalidUpload, Unauthenticated, Forbidden, NotFound, JobNotFound, FileNotFound, NoResult, ClientNotFound, MethodNotAllowed, TooSlow, NotReady, AlreadyEnded,
        AmbiguousClient, NotSupported, FilesRemoved, TooLarge, UnsupportedMediaType, KeyReused, TooManyWaiting, TooManyRequests, InternalError,
        ClientFailed, Unavailable, DiskFull,
    ];

    /// <summary>The kind of a refusal that was made before any endpoint was asked.</summary>
    public static ProblemKind OfRefusal(int statusCode) => statusCode switch
    {
        StatusCodes.Status401Unauthorized => Unauthenticated,
        StatusCodes.Status403Forbidden => Forbidden,
        StatusCodes.Status429TooManyRequests => TooManyRequests,
        _ => throw new ArgumentOutOfRangeException(nameof(statusCode), statusCode, "No status code of a refusal."),
    };

    /// <summary>Where its documentation is: the problem's <c>type</c>.</summary>
    public string Type => $"{V1Api.Prefix}/problems/{Code}";
}
