using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;

namespace JobOrchestrator.Tests.Support;

/// <summary>Compares every JSON answer of the v1 API with what the server's own OpenAPI document says of it. Fails the test that got another one.</summary>
internal sealed class ContractChecker(Uri server) : DelegatingHandler(new SocketsHttpHandler())
{
    private static readonly ConcurrentDictionary<string, JsonSchema> Schemas = new(StringComparer.Ordinal);
    private static JsonObject? _document;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var path = request.RequestUri!.AbsolutePath;
        if (path.StartsWith("/api/v1/", StringComparison.Ordinal) && response.Content.Headers.ContentType?.MediaType is "application/json" or "application/problem+json")
        {
            _document ??= await LoadAsync(cancellationToken);
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            Check(_document, request.Method.Method, path, (int)response.StatusCode, response.Content.Headers.ContentType!.MediaType!,
                await response.Content.ReadAsStringAsync(cancellationToken));
        }

        return response;
    }

    private static void Check(JsonObject document, string method, string path, int status, string type, string body)
    {
        var operation = Find(document, method, path);
        if (operation is null)
        {
            Assert.True(status is 404 or 405, $"{method} {path} is not in the document, but answered {status}");
            return;
        }

        var schema = operation["responses"]?[$"{status}"]?["content"]?[type]?["schema"];
        Assert.True(schema is not null, $"{method} {path}: the document knows no answer {status} of type {type}");
        var compiled = Schemas.GetOrAdd(schema.ToJsonString(), text => Compile(document, text));
        using var json = JsonDocument.Parse(body);
        var result = compiled.Evaluate(json.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(result.IsValid, $"{method} {path} {status}: "
            + string.Join("; ", (result.Details ?? []).Where(d => d.Errors is not null).Select(d => $"{d.InstanceLocation} {string.Join(", ", d.Errors!.Values)}")) + $"\n{body}");
    }

    private static JsonNode? Find(JsonObject document, string method, string path)
    {
        foreach (var (template, item) in document["paths"]!.AsObject().OrderBy(p => p.Key.Count(c => c == '{')))
        {
            var pattern = "^" + Regex.Replace(Regex.Escape(template).Replace("\\{path}", "{**}", StringComparison.Ordinal), @"\\\{[^}]+}", "[^/]+")
                .Replace("{**}", ".+", StringComparison.Ordinal) + "$";
            if (Regex.IsMatch(path, pattern) && item![method.ToLowerInvariant()] is { } operation)
            {
                return operation;
            }
        }

        return null;
    }

    /// <summary>The schema with all it refers to, as a JSON Schema of its own.</summary>
    private static JsonSchema Compile(JsonObject document, string schema)
    {
        var definitions = document["components"]!["schemas"]!.ToJsonString();
        return JsonSchema.FromText($$"""{"$defs":{{definitions}},"allOf":[{{schema}}]}""".Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal));
    }

    private async Task<JsonObject> LoadAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        return JsonNode.Parse(await http.GetStringAsync(new Uri(server, "/api-docs/openapi.json"), cancellationToken))!.AsObject();
    }
}
