using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Client.Validation;

/// <summary><c>POST /validate?service=</c>: what the validator says of the script in the body, without running it.</summary>
internal static class ValidationEndpoints
{
    public static void MapValidation(this IEndpointRouteBuilder routes) => routes.MapPost("/validate", async (
        string? service, HttpRequest request, ValidationTuning tuning, CancellationToken cancellationToken) =>
    {
        // One byte more than is allowed is enough for the validator to say so.
        using var script = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (script.Length <= ScriptValidator.MaxScriptBytes && await request.Body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            script.Write(buffer, 0, read);
        }

        var findings = ScriptValidator.Validate(script.GetBuffer().AsSpan(0, (int)script.Length), tuning.For(service ?? ""));
        return TypedResults.Json(
            new ScriptVerdict
            {
                Accepted = findings.All(f => f.Severity != Severity.Error),
                Findings = [.. findings.Select(ToRecord)],
            },
            V1Json.Default.ScriptVerdict);
    });

    private static ScriptFinding ToRecord(Finding finding) => new()
    {
        Rule = finding.RuleId,
        Severity = finding.Severity.ToString().ToLowerInvariant(),
        Line = finding.Line,
        Message = finding.Message,
        Reason = finding.Reason,
    };
}
