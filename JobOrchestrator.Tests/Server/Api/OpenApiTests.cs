using System.Text.Json.Nodes;
using JobOrchestrator.Tests.Support;
using Microsoft.OpenApi;

namespace JobOrchestrator.Tests.Server.Api;

/// <summary>The OpenAPI document itself; that answers follow it is checked in all other tests by <see cref="ContractChecker"/>.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public async Task The_document_is_valid_and_every_v1_operation_has_name_summary_answers_problems_and_an_example()
    {
        await using var system = await TestSystem.StartAsync(clients: 0);
        var text = await system.Http.GetStringAsync("/api-docs/openapi.json", TestContext.Current.CancellationToken);
        var read = OpenApiDocument.Parse(text, "json");
        Assert.Empty(read.Diagnostic!.Errors);
        var document = JsonNode.Parse(text)!;
        Assert.StartsWith("3.1.", (string?)document["openapi"], StringComparison.Ordinal);
        var operations = document["paths"]!.AsObject().Where(p => p.Key.StartsWith("/api/v1", StringComparison.Ordinal))
            .SelectMany(p => p.Value!.AsObject().Select(o => (Name: $"{o.Key} {p.Key}", Operation: o.Value!))).ToList();
        Assert.True(operations.Count >= 17, $"{operations.Count} operations");
        foreach (var (name, operation) in operations)
        {
            Assert.True(operation["operationId"] is not null && operation["summary"] is not null, name);
            var answers = operation["responses"]!.AsObject();
            Assert.True(answers.Any(a => a.Key.StartsWith('2')), $"{name} has no good answer");
            Assert.All(answers.Where(a => a.Key[0] is '4' or '5'), a => Assert.NotNull(a.Value!["content"]!["application/problem+json"]!["example"]));
            Assert.True(answers.Where(a => a.Key.StartsWith('2')).All(a => a.Value!["content"]?["application/json"] is not { } json || json["example"] is not null), $"{name} has no example");
        }

        Assert.Contains("archive", document["paths"]!["/api/v1/jobs"]!["post"]!["requestBody"]!["content"]!["multipart/form-data"]!["schema"]!["properties"]!.AsObject().Select(p => p.Key));
    }
}
