using System.Net;
using System.Net.Http.Headers;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Access;

/// <summary>Tokens of an identity provider that really signs them.</summary>
public sealed class OidcTests : IAsyncLifetime
{
    private IdentityProviderDouble _provider = null!;
    private TestSystem _system = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _provider = await IdentityProviderDouble.StartAsync();
        _system = await TestSystem.StartAsync(settings: ["AUTH=on", $"OIDC_AUTHORITY={_provider.Issuer}", "OIDC_AUDIENCE=jobs"]);
    }

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task The_subject_of_a_token_is_the_user_and_sees_its_own_jobs_only()
    {
        using var ada = With(_provider.Token("ada", "jobs"));
        using var bob = With(_provider.Token("bob", "jobs"));
        using var admin = With(_provider.Token("eve", "jobs", roles: ["joborchestrator-admin"]));
        var form = new Form().Field("service", "example").File("run.sh", "true");
        var id = await ada.SubmitAsync(form);
        Assert.Equal(ClassicStatus.Completed, (await ada.EndAsync(id)).Status);
        Assert.Equal(ClassicStatus.Completed, (await admin.StatusAsync(id)).Status);
        using var answer = await bob.GetAsync($"/download/{id}", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);

        // The same user again after a restart, when nothing is remembered in memory.
        await _system.RestartServerAsync(["AUTH=on", $"OIDC_AUTHORITY={_provider.Issuer}", "OIDC_AUDIENCE=jobs"]);
        using var again = With(_provider.Token("ada", "jobs"));
        Assert.Equal(ClassicStatus.Completed, (await again.StatusAsync(id)).Status);
    }

    [Fact]
    public async Task A_token_for_another_audience_an_expired_one_and_a_forged_one_are_refused()
    {
        string[] tokens =
        [
            _provider.Token("ada", "mail"),
            _provider.Token("ada", "jobs", validFor: TimeSpan.FromMinutes(-5)),
            _provider.Token("ada", "jobs", forged: true),
            _provider.Token("ada", "jobs", unsigned: true),
        ];
        foreach (var token in tokens)
        {
            using var http = With(token);
            using var answer = await http.GetAsync("/download/1", Cancellation);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Contains("The token was not accepted", (await answer.StatusBodyAsync()).Message, StringComparison.Ordinal);
        }
    }

    private HttpClient With(string token)
    {
        var http = new HttpClient { BaseAddress = _system.Server.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }
}
