using System.Globalization;
using System.Text.RegularExpressions;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Server.Api;

/// <summary>Errors of the v1 API as problem details (RFC 9457), those of the framework included.</summary>
internal static partial class V1Errors
{
    public const string ContentType = "application/problem+json";

    /// <summary>Turns what a handler throws about a request into its problem. Failures of ours pass, to be logged and answered further out.</summary>
    public static IApplicationBuilder UseV1Errors(this IApplicationBuilder app) => app.Use(static async (context, next) =>
    {
        try
        {
            await next(context);
        }
        catch (ApiException e) when (!context.Response.HasStarted)
        {
            if (e.RetryAfterSeconds is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }

            await WriteAsync(context, e.Kind, e.Message);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted && V1Api.Owns(context.Request))
        {
            var (kind, detail) = Describe(e);
            await WriteAsync(context, kind, detail);
        }
    });

    public static Task WriteAsync(HttpContext context, ProblemKind kind, string detail)
    {
        context.Response.StatusCode = kind.Status;
        var problem = new Problem
        {
            Type = kind.Type,
            Title = kind.Title,
            Status = kind.Status,
            Detail = detail,
            Instance = context.Request.Path,
            Code = kind.Code,
        };
        return context.Response.WriteAsJsonAsync(problem, V1Json.Default.Problem, ContentType, CancellationToken.None);
    }

    /// <summary>The answer to a status code that the framework set without a body.</summary>
    public static Task WriteAsync(HttpContext context, int statusCode) => statusCode switch
    {
        StatusCodes.Status404NotFound => WriteAsync(context, ProblemKind.NotFound, $"There is nothing at {context.Request.Path}; see /swagger."),
        StatusCodes.Status405MethodNotAllowed => WriteAsync(
            context, ProblemKind.MethodNotAllowed, $"{context.Request.Method} is not possible at {context.Request.Path}; see /swagger."),
        StatusCodes.Status413PayloadTooLarge => WriteAsync(context, ProblemKind.TooLarge, "The body is larger than is allowed here."),
        StatusCodes.Status415UnsupportedMediaType => WriteAsync(
            context, ProblemKind.UnsupportedMediaType, $"'{context.Request.ContentType}' is not what is expected here; see /swagger."),
        StatusCodes.Status400BadRequest => WriteAsync(context, ProblemKind.InvalidParameter, "The request is malformed."),
        _ => WriteAsync(context, ProblemKind.InternalError, $"The request was answered with {statusCode}."),
    };

    private static (ProblemKind Kind, string Detail) Describe(BadHttpRequestException exception)
    {
        if (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (ProblemKind.TooLarge, "The body is larger than is allowed here.");
        }

        if (exception.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            return (ProblemKind.TooSlow, "For some seconds nothing of the body came, or next to nothing.");
        }

        // The framework's message on a parameter it cannot read: Failed to bind parameter "Nullable<int> limit" from "many".
        var parameter = ParameterPattern().Match(exception.Message);
        return (ProblemKind.InvalidParameter, parameter.Success
            ? $"Parameter '{parameter.Groups[2].Value}' cannot be '{parameter.Groups[3].Value}'; it must be {Kind(parameter.Groups[1].Value)}."
            : exception.Message);
    }

    private static string Kind(string type) => type switch
    {
        _ when type.Contains("bool", StringComparison.Ordinal) => "true or false",
        _ when type.Contains("int", StringComparison.Ordinal) || type.Contains("long", StringComparison.Ordinal) => "a whole number",
        _ when type.Contains("DateTimeOffset", StringComparison.Ordinal) => "a time like 2026-01-31T12:00:00Z",
        _ => $"a {type}",
    };

    [GeneratedRegex("""parameter "(\S+) (\w+)" from "(.*)"\.""")]
    private static partial Regex ParameterPattern();
}
