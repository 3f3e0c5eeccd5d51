using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace JobOrchestrator.Tests.Server.Access;

/// <summary>Keys, roles and whose jobs are whose, on a real server.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private const int LargerThanAnyBuffer = 1 << 20;

    private TestSystem _system = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(settings: ["AUTH=on"]);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    /// <summary>
    /// Every route of the server for every kind of caller. The table is made from the routes themselves: one that has no rule is listed
    /// as such, and fails.
    /// </summary>
    [Fact]
    public async Task Every_route_lets_in_whom_its_rule_says_and_nobody_else()
    {
        var owner = await ClientAsync(Role.Submit, 7);
        var id = await owner.SubmitAsync(Form.Job("true", userId: 7));
        await owner.EndAsync(id);
        (string Name, HttpClient Http, Role? Role, bool OwnsIt)[] callers =
        [
            ("anonymous", Anonymous(), null, false),
            ("other user", await ClientAsync(Role.Submit, 8), Role.Submit, false),
            ("owner", owner, Role.Submit, true),
            ("read key of the owner", await ClientAsync(Role.Read, 7), Role.Read, true),
            ("read key", await ClientAsync(Role.Read, null), Role.Read, true),
            ("portal", await ClientAsync(Role.Submit, null), Role.Submit, true),
            ("admin", await ClientAsync(Role.Admin, null), Role.Admin, true),
        ];
        var wrong = new List<string>();
        foreach (var route in Routes())
        {
            foreach (var caller in callers)
            {
                if (await ProblemAsync(route, caller, id) is { } problem)
                {
                    wrong.Add($"{route.Method} {route.Pattern} as {caller.Name}: {problem}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task A_user_s_job_is_for_others_as_if_it_were_not_there()
    {
        var owner = await ClientAsync(Role.Submit, 7);
        var other = await ClientAsync(Role.Submit, 8);
        var id = await owner.SubmitAsync(Form.Job("sleep 1000", userId: 7));
        var missing = id + 1000;
        foreach (var path in (string[])["/download/", "/download_partial/"])
        {
            Assert.Equal(await ReadAsync(other, path, missing), (await ReadAsync(other, path, id)).Replace($" {id} ", $" {missing} ", StringComparison.Ordinal));
        }

        var (code, _) = await other.TerminateAsync(id);
        Assert.Equal(HttpStatusCode.NotFound, code);
        Assert.NotEqual(ClassicStatus.Killed, (await owner.StatusAsync(id)).Status);
        Assert.Equal(HttpStatusCode.OK, (await owner.TerminateAsync(id)).Code);
    }

    [Fact]
    public async Task A_key_of_one_user_submits_for_that_user_only()
    {
        var owner = await ClientAsync(Role.Submit, 7);
        var (code, body) = await owner.UploadAsync(Form.Job("true", userId: 8).ToContent());
        Assert.Equal((HttpStatusCode.Forbidden, "'submit-7' acts for user 7 only and cannot submit for user 8"), (code, body.Message));
        Assert.Equal(ClassicStatus.Completed, (await owner.EndAsync(await owner.SubmitAsync(new Form().Field("service", "example").File("run.sh", "true")))).Status);
    }

    [Fact]
    public async Task Refusals_say_what_is_missing()
    {
        using var answer = await Anonymous().GetAsync("/download/1", Cancellation);
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
        Assert.Contains("'Authorization: Bearer <key>'", (await answer.StatusBodyAsync()).Message, StringComparison.Ordinal);

        var reader = await ClientAsync(Role.Read, null);
        var (code, body) = await reader.UploadAsync(Form.Job("true").ToContent());
        Assert.Equal((HttpStatusCode.Forbidden, "'read-any' may not do this; it needs a key of a higher role"), (code, body.Message));
    }

    [Theory]
    [InlineData("jok_1_AAAA")]
    [InlineData("jok_1_wrong")]
    [InlineData("jok_1_***!***")]
    [InlineData("jok_999_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("jok_1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("jok_")]
    [InlineData("a.b.c")]
    public async Task A_key_that_was_not_given_out_opens_nothing(string token)
    {
        await ClientAsync(Role.Admin, null); // so that there is a key 1
        using var http = With(token);
        using var answer = await http.GetAsync("/download/1", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("not known, has expired or was revoked", (await answer.StatusBodyAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_key_opens_nothing()
    {
        var (_, token) = await _system.Server.Get<ApiKeys>().CreateAsync(
            "old", Role.Admin, null, TimeProvider.System.GetUtcNow().AddSeconds(-1), Cancellation);
        using var http = With(token);
        using var answer = await http.GetAsync("/download/1", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task The_classic_surface_can_be_left_open_and_nothing_else_with_it()
    {
        await _system.RestartServerAsync(["AUTH=on", "AUTH_CLASSIC=open"]);
        var id = await _system.Http.SubmitAsync(Form.Job("true"));
        Assert.Equal(ClassicStatus.Completed, (await _system.Http.EndAsync(id)).Status);
    }

    [Fact]
    public async Task What_changes_something_and_what_is_refused_is_in_the_audit_log()
    {
        var portal = await ClientAsync(Role.Submit, null);
        var id = await portal.SubmitAsync(Form.Job("sleep 1000"));
        await portal.StatusAsync(id);
        await portal.TerminateAsync(id);
        (await Anonymous().GetAsync($"/download/{id}", Cancellation)).Dispose();
        await _system.RestartServerAsync(["AUTH=on"]);

        var file = Assert.Single(Directory.GetFiles(Path.Combine(_system.Directory, "data", "audit")));
        var lines = (await File.ReadAllLinesAsync(file, Cancellation)).Select(line => System.Text.Json.Nodes.JsonNode.Parse(line))
            .Select(e => $"{e!["caller"]} {e["action"]} {e["status"]} {e["address"]}");
        Assert.Equal(
            ["submit-any POST /upload 201 127.0.0.1", $"submit-any POST /terminate/{id} 200 127.0.0.1", $"anybody on the classic surface GET /download/{id} 401 127.0.0.1"],
            lines);
    }

    [Fact]
    public async Task One_caller_is_held_to_its_rate_and_others_are_not()
    {
        await _system.RestartServerAsync(["AUTH=on", "RATE_LIMIT=5"]);
        var (greedy, modest) = (await ClientAsync(Role.Read, 7), await ClientAsync(Role.Read, 8));
        HttpResponseMessage answer;
        do
        {
            answer = await greedy.GetAsync("/download/1", Cancellation);
        }
        while (answer.StatusCode == HttpStatusCode.NotFound);

        Assert.Equal((HttpStatusCode.TooManyRequests, "1"), (answer.StatusCode, answer.Headers.RetryAfter?.ToString()));
        Assert.Contains("5 requests a second", (await answer.StatusBodyAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await modest.GetAsync("/download/1", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await greedy.GetAsync("/health", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task One_caller_uploads_so_many_at_once_and_no_more()
    {
        await _system.RestartServerAsync(["AUTH=on", "UPLOADS_AT_ONCE=1"]);
        var (greedy, modest) = (await ClientAsync(Role.Submit, 7), await ClientAsync(Role.Submit, 8));
        var body = new System.IO.Pipelines.Pipe(new System.IO.Pipelines.PipeOptions(pauseWriterThreshold: 2 * LargerThanAnyBuffer));
        using var form = new MultipartFormDataContent { { new StringContent("7"), "user_id" }, { new StreamContent(body.Reader.AsStream()), "file", "run.sh" } };
        var first = greedy.PostAsync("/upload", form, Cancellation);
        await body.Writer.WriteAsync(new byte[LargerThanAnyBuffer], Cancellation); // or its head would wait on our side for more to come
        var staging = Path.Combine(_system.Directory, "data", "staging");
        while (!Directory.EnumerateFileSystemEntries(staging).Any())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation); // it has not reached the server yet
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await greedy.UploadAsync(Form.Job("true", userId: 7).ToContent())).Code);
        await modest.SubmitAsync(Form.Job("true", userId: 8));
        await body.Writer.CompleteAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await first).StatusCode); // it names no service
        await greedy.SubmitAsync(Form.Job("true", userId: 7));
    }

    [Theory]
    [InlineData("127.0.0.0/8", "203.0.113.9")]
    [InlineData("10.0.0.0/8", "127.0.0.1")]
    public async Task Only_a_trusted_proxy_is_believed_where_a_request_comes_from(string trusted, string address)
    {
        await _system.RestartServerAsync(["AUTH=on", $"TRUSTED_PROXIES={trusted}"]);
        var portal = await ClientAsync(Role.Submit, null);
        portal.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        await portal.TerminateAsync(1);
        await _system.RestartServerAsync(["AUTH=on"]);
        var line = Assert.Single(await File.ReadAllLinesAsync(Directory.GetFiles(Path.Combine(_system.Directory, "data", "audit")).Single(), Cancellation));
        Assert.Contains($"\"address\":\"{address}\"", line, StringComparison.Ordinal);
    }

    private static async Task<string> ReadAsync(HttpClient http, string path, int id)
    {
        using var answer = await http.GetAsync($"{path}{id}", Cancellation);
        return $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancellation)}";
    }

    /// <summary>Every route there is: method, pattern, and the role its rule names (null for anybody).</summary>
    private IEnumerable<(string Method, string Pattern, Role? Role, bool HasRule)> Routes() =>
        from endpoint in _system.Server.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let open = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null
        let policy = endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select (method, endpoint.RoutePattern.RawText!, open || policy is null ? (Role?)null : Enum.Parse<Role>(policy), open || policy is not null);

    private static async Task<string?> ProblemAsync(
        (string Method, string Pattern, Role? Role, bool HasRule) route, (string Name, HttpClient Http, Role? Role, bool OwnsIt) caller, int id)
    {
        if (!route.HasRule)
        {
            return "the route has no rule; give it ForAnybody, For or ForOwnJob";
        }

        var pattern = route.Pattern.Replace("{id:int}", "{id}", StringComparison.Ordinal).Replace("{Id:int}", $"{id}", StringComparison.Ordinal).Replace("{**path}", "run.sh", StringComparison.Ordinal);
        var isAboutJob = pattern.Contains("{id}", StringComparison.Ordinal);
        var path = System.Text.RegularExpressions.Regex.Replace(
            pattern.Replace("{id}", id.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), @"\{[^}]*\}", "openapi");
        using var request = new HttpRequestMessage(new HttpMethod(route.Method), path.StartsWith('/') ? path : "/" + path);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var answer = await caller.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        HttpStatusCode? refusal = route.Role switch
        {
            null => null,
            _ when caller.Role is null => HttpStatusCode.Unauthorized,
            _ when caller.Role < route.Role => HttpStatusCode.Forbidden,
            _ when isAboutJob && !caller.OwnsIt => HttpStatusCode.NotFound,
            _ => null,
        };
        return refusal is { } expected
            ? answer.StatusCode == expected ? null : $"answered {answer.StatusCode}, not {expected}"
            : answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                || (isAboutJob && answer.StatusCode == HttpStatusCode.NotFound && !route.Pattern.Contains("partial", StringComparison.Ordinal))
                ? $"was refused with {answer.StatusCode}"
                : null;
    }

    private HttpClient Anonymous() => With(null);

    private async Task<HttpClient> ClientAsync(Role role, int? userId)
    {
        var name = $"{role.ToString().ToLowerInvariant()}-{userId?.ToString(CultureInfo.InvariantCulture) ?? "any"}";
        var (_, token) = await _system.Server.Get<ApiKeys>().CreateAsync(name, role, userId, null, Cancellation);
        return With(token);
    }

    private HttpClient With(string? token)
    {
        var http = new HttpClient { BaseAddress = _system.Server.Address };
        http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return http;
    }
}
