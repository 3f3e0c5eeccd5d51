using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobOrchestrator.Contracts.V1;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace JobOrchestrator.Server.Api;

/// <summary>
/// What the code alone does not say in the OpenAPI document: the fields of a submission, the problems a route answers with, and an example of every
/// answer. Examples are serialised from real objects, so they have the shape of real answers.
/// </summary>
internal static class V1OpenApi
{
    private const string Json = "application/json";

    public static void AddV1(this OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "JobOrchestrator";
            document.Info.Version = "v1";
            document.Info.Description = "Submit jobs, follow them, fetch their results. Errors of /api/v1 are problem details (RFC 9457) with a stable code.";
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(TransformAsync);
    }

    private static async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var route = context.Description.RelativePath ?? "";
        if (!route.StartsWith(V1Api.Prefix[1..], StringComparison.Ordinal))
        {
            return;
        }

        var problem = await context.GetOrCreateSchemaAsync(typeof(Problem), null, cancellationToken);
        context.Document!.AddComponent(nameof(Problem), problem);
        AddExamples(operation);
        foreach (var kinds in KindsOf(context, route).GroupBy(k => k.Status))
        {
            operation.Responses![kinds.Key.ToString(CultureInfo.InvariantCulture)] = ToResponse([.. kinds], context.Document);
        }

        if (operation.OperationId == "submitJob")
        {
            operation.RequestBody = Submission();
        }
    }

    private static IEnumerable<ProblemKind> KindsOf(OpenApiOperationTransformerContext context, string route)
    {
        var named = context.Description.ActionDescriptor.EndpointMetadata.OfType<ProblemKinds>().SelectMany(k => k.Kinds);
        return named.Concat(route.Contains("{id", StringComparison.Ordinal) ? [ProblemKind.JobNotFound] : [])
            .Concat([ProblemKind.Unauthenticated, ProblemKind.Forbidden, ProblemKind.TooManyRequests, ProblemKind.InternalError])
            .Concat(context.Description.ParameterDescriptions.Any(p => p.Source.Id == "Query") ? [ProblemKind.InvalidParameter] : [])
            .Distinct();
    }

    private static OpenApiResponse ToResponse(ProblemKind[] kinds, OpenApiDocument document) => new()
    {
        Description = string.Join("; ", kinds.Select(k => $"{k.Code}: {k.Title}")),
        Content = new Dictionary<string, OpenApiMediaType>
        {
            [V1Errors.ContentType] = new()
            {
                Schema = new OpenApiSchemaReference(nameof(Problem), document),
                Example = JsonSerializer.SerializeToNode(
                    new Problem
                    {
                        Type = kinds[0].Type,
                        Title = kinds[0].Title,
                        Status = kinds[0].Status,
                        Detail = kinds[0].Advice,
                        Instance = V1Api.Prefix + "/jobs",
                        Code = kinds[0].Code,
                    },
                    V1Json.Default.Problem),
            },
        },
    };

    private static void AddExamples(OpenApiOperation operation)
    {
        foreach (var (_, response) in operation.Responses ?? [])
        {
            if (response.Content is { } contents && contents.TryGetValue(Json, out var content)
                && V1Examples.Of(operation.OperationId) is { } example)
            {
                content.Example = example;
            }
        }
    }

    private static OpenApiRequestBody Submission() => new()
    {
        Required = true,
        Description = "Every part with a file name is a file, stored under its base name; the part 'archive' is unpacked. Fields and files may come in any order.",
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["multipart/form-data"] = new()
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string> { "user_id", "service" },
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["user_id"] = Field(JsonSchemaType.Integer, "Whose job it is; a key that acts for one user may leave it out.", 1),
                        ["service"] = Field(JsonSchemaType.String, "Kind of job; see GET /services.", "example"),
                        ["file"] = new OpenApiSchema
                        {
                            Type = JsonSchemaType.Array,
                            Items = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
                            Description = "Files; one of all files must be run.sh.",
                        },
                        ["archive"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "A zip, tar or tar.gz with more files, in directories if need be." },
                        ["name"] = Field(JsonSchemaType.String, "What you call it.", "dock 2oob"),
                        ["priority"] = Field(JsonSchemaType.Integer, "-100 to 100; higher goes first among your own jobs.", 0),
                        ["timeout"] = Field(JsonSchemaType.Integer, "Wall-clock limit of the script, in seconds.", 3600),
                        ["max_attempts"] = Field(JsonSchemaType.Integer, "Dispatches before it fails for reasons that are not the script's.", 3),
                        ["tags"] = Field(JsonSchemaType.String, "Labels to find it by, separated by commas.", "night,run=7"),
                        ["cpus"] = Field(JsonSchemaType.Number, "Processor cores it may use at once. This and the limits below can only lower the service's.", 2),
                        ["cpu_time"] = Field(JsonSchemaType.Integer, "CPU time of all its processes together, in seconds.", 7200),
                        ["memory"] = Field(JsonSchemaType.String, "Memory it may use, bytes or with a unit.", "4G"),
                        ["processes"] = Field(JsonSchemaType.Integer, "Processes at once.", 100),
                        ["open_files"] = Field(JsonSchemaType.Integer, "Open files of one process.", 1024),
                        ["file_size"] = Field(JsonSchemaType.String, "Length of one file, bytes or with a unit.", "1G"),
                        ["disk"] = Field(JsonSchemaType.String, "What its directory may take on the disk, bytes or with a unit.", "10G"),
                        ["disk_entries"] = Field(JsonSchemaType.Integer, "Files and directories in it.", 10000),
                        ["output"] = Field(JsonSchemaType.String, "How much of stdout, and of stderr, is kept, bytes or with a unit.", "16M"),
                        ["callback_url"] = Field(JsonSchemaType.String, "Where its end is reported to.", "https://example.org/hook"),
                    },
                },
            },
        },
    };

    private static OpenApiSchema Field(JsonSchemaType type, string description, JsonNode example) => new()
    {
        Type = type,
        Description = description,
        Examples = [example],
    };
}
