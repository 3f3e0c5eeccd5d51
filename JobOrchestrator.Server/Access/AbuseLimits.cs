using System.Globalization;
using System.Threading.RateLimiting;

namespace JobOrchestrator.Server.Access;

/// <summary>
/// Keeps one caller from taking everything: requests a second, and uploads at once, per caller (the key or the token's subject; the address where
/// nobody is named). Sizes, slow bodies and headers are limited by Kestrel.
/// </summary>
internal static class AbuseLimits
{
    private static readonly TimeSpan HeadersLimit = TimeSpan.FromSeconds(15);
    private const int BurstSeconds = 2;
    private const string Retry = "1";

    public static void AddAbuseLimits(this WebApplicationBuilder builder, AccessOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // A sender that opens connections and says nothing is cut off; so is, by Kestrel's own default, a body slower than 240 bytes a second.
            kestrel.Limits.RequestHeadersTimeout = HeadersLimit;
        });
        if (options is { RequestsPerSecond: 0, UploadsAtOnce: 0 })
        {
            return;
        }

        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(Requests(options.RequestsPerSecond), Uploads(options.UploadsAtOnce));
            limiter.OnRejected = async (context, _) =>
            {
                context.HttpContext.Response.Headers.RetryAfter = Retry;
                await AccessHandler.RefuseAsync(context.HttpContext, StatusCodes.Status429TooManyRequests, string.Create(
                    CultureInfo.InvariantCulture,
                    $"Too much at once: {options.RequestsPerSecond} requests a second and {options.UploadsAtOnce} uploads at a time are the limits of one caller (0: none). Try again in a second"));
            };
        });
    }

    public static void UseAbuseLimits(this WebApplication app)
    {
        if (app.Services.GetRequiredService<AccessOptions>() is not { RequestsPerSecond: 0, UploadsAtOnce: 0 })
        {
            app.UseRateLimiter();
        }
    }

    private static PartitionedRateLimiter<HttpContext> Requests(int perSecond) => PartitionedRateLimiter.Create<HttpContext, string>(context =>
        perSecond == 0 || IsSignOfLife(context)
            ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetTokenBucketLimiter(CallerOf(context), _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perSecond * BurstSeconds,
                TokensPerPeriod = perSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));

    private static PartitionedRateLimiter<HttpContext> Uploads(int atOnce) => PartitionedRateLimiter.Create<HttpContext, string>(context =>
        atOnce == 0 || !IsUpload(context)
            ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetConcurrencyLimiter(CallerOf(context), _ => new ConcurrencyLimiterOptions { PermitLimit = atOnce, QueueLimit = 0 }));

    private static bool IsSignOfLife(HttpContext context) => context.Request.Path.Value is "/health" or "/alive";

    private static bool IsUpload(HttpContext context) =>
        HttpMethods.IsPost(context.Request.Method) && context.Request.Path.Value is "/upload" or "/api/v1/jobs";

    private static string CallerOf(HttpContext context) =>
        context.User.Identity is { IsAuthenticated: true, Name: { } name } && name != Caller.Anybody.Name
            ? "caller " + name
            : "address " + context.Connection.RemoteIpAddress;
}
