using Microsoft.Extensions.Primitives;

namespace JobOrchestrator.Server.Jobs;

/// <summary>A sender's name for one upload, and what the upload consisted of: the same name twice is one job, so that a lost answer may be followed by a repetition.</summary>
/// <param name="Caller">Who sends it: callers cannot get in each other's way, or learn of each other's jobs.</param>
/// <param name="Name">The <c>Idempotency-Key</c> header as sent.</param>
/// <param name="Digest">By <see cref="UploadDigest"/>; another upload under the same key is refused.</param>
internal sealed record Idempotency(string Caller, string Name, byte[] Digest)
{
    public const string HeaderName = "Idempotency-Key";
    private const int MaxLength = 255;

    /// <summary>How long a key names its job, from the upload on; it is free again afterwards.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>What is stored with the job.</summary>
    public string Key => $"{Caller}\n{Name}";

    /// <summary>The key of a request; null when it has none.</summary>
    /// <exception cref="UploadException">It is no usable key.</exception>
    public static string? KeyOf(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(HeaderName, out StringValues values))
        {
            return null;
        }

        return values is [{ Length: > 0 and <= MaxLength } key] && key.All(c => c is > ' ' and <= '~')
            ? key
            : throw new UploadException(
                StatusCodes.Status400BadRequest, $"Invalid {HeaderName} header: it must be one value of 1 to {MaxLength} visible ASCII characters");
    }

    /// <summary>Throws when a job of the same key came from another upload.</summary>
    /// <exception cref="UploadException">It did.</exception>
    public void ThrowIfOther(Job earlier)
    {
        if (!Digest.AsSpan().SequenceEqual(earlier.IdempotencyDigest))
        {
            throw new UploadException(
                StatusCodes.Status422UnprocessableEntity,
                $"{HeaderName} '{Name}' was used for another upload (job {earlier.Id}) less than {Window.TotalHours:0} hours ago; use a new key for a new job");
        }
    }
}
