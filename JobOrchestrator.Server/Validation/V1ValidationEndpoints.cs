using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Api;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Scheduling;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobOrchestrator.Server.Validation;

/// <summary><c>/api/v1/validate</c>: what a client node's validator says of a script, without a job.</summary>
internal static class V1ValidationEndpoints
{
    private const int MaxScriptBytes = 20 << 20;
    private const int MaxFieldBytes = 4096;

    public static void MapV1Validation(this RouteGroupBuilder group) => group.MapPost("", ValidateAsync).WithName("validateScript")
        .WithSummary("Look at a script (the one file of a multipart form, with the field service) as a client node would before it runs.")
        .Fails(ProblemKind.InvalidUpload, ProblemKind.TooLarge, ProblemKind.TooSlow, ProblemKind.ClientFailed, ProblemKind.Unavailable)
        .For(Role.Submit).DisableAntiforgery();

    private static async Task<Ok<ScriptVerdict>> ValidateAsync(
        HttpRequest request, ServiceCatalog catalog, ClientRegistry registry, CancellationToken cancellationToken)
    {
        var (service, script) = await ReadAsync(request, cancellationToken);
        if (service is not null && !catalog.Services.ContainsKey(service))
        {
            throw new ApiException(ProblemKind.InvalidUpload, $"There is no service '{service}'; GET {V1Api.Prefix}/services lists them.");
        }

        var node = registry.All.FirstOrDefault(n => n is { Health: NodeHealth.Healthy, IsClassic: false }
                && (service is null || n.Services.Contains(service.ToLowerInvariant())))
            ?? throw new ApiException(ProblemKind.Unavailable, "There is no client node now that could look at the script.");
        try
        {
            return TypedResults.Ok(await node.Protocol.ValidateAsync(service?.ToLowerInvariant() ?? "", script, cancellationToken)
                ?? throw new ApiException(ProblemKind.Unavailable, $"Client node {node.Address} has no validator."));
        }
        catch (ClientException e)
        {
            throw new ApiException(ProblemKind.ClientFailed, e.Message);
        }
    }

    private static async Task<(string? Service, byte[] Script)> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        string? service = null;
        byte[]? script = null;
        try
        {
            var parts = MultipartParts.Open(request);
            while (await parts.ReadNextAsync(cancellationToken) is { } part)
            {
                if (part.FileName is not null)
                {
                    script = script is null
                        ? await MultipartParts.GuardAsync(() => ReadScriptAsync(part.Body, cancellationToken))
                        : throw new ApiException(ProblemKind.InvalidUpload, "Send one file, the script.");
                }
                else if (part.Name == "service")
                {
                    service = await MultipartParts.GuardAsync(() => part.ReadTextAsync(MaxFieldBytes, cancellationToken));
                }
            }
        }
        catch (MultipartException e)
        {
            throw new ApiException(ProblemKind.InvalidUpload, e.Message);
        }

        return (service, script ?? throw new ApiException(ProblemKind.InvalidUpload, "No file was sent; send the script as one."));
    }

    private static async Task<byte[]> ReadScriptAsync(Stream body, CancellationToken cancellationToken)
    {
        using var script = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            script.Write(buffer, 0, read);
            if (script.Length > MaxScriptBytes)
            {
                throw new ApiException(ProblemKind.TooLarge, $"The script is longer than {MaxScriptBytes} bytes, which is the limit.");
            }
        }

        return script.ToArray();
    }
}
