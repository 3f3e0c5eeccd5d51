using JobOrchestrator.Server.Access;
using Microsoft.AspNetCore.Authorization;
using MudBlazor.Services;

namespace JobOrchestrator.Server.Ui;

/// <summary>The web page at <c>/ui</c>: registers it and says who may use it.</summary>
internal static class UiModule
{
    public const string Prefix = "/ui";
    public const string LoginPath = "/ui/login";

    public static void AddUi(this WebApplicationBuilder builder)
    {
        // Builds that were not published find the component library's files where its package is.
        builder.WebHost.UseStaticWebAssets();
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        builder.Services.AddCascadingAuthenticationState();
        builder.Services.AddMudServices();
        builder.Services.AddScoped<UiGateway>();
        builder.Services.AddSingleton<HourlyActivity>();
    }

    public static void MapUi(this WebApplication app)
    {
        app.UseStaticFiles();
        app.UseAntiforgery();
        app.MapSession();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode().Add(endpoint =>
        {
            // Pages are for whoever may look at jobs, but for the one that says otherwise; scripts of the framework are for anybody.
            if (endpoint.Metadata.OfType<IAllowAnonymous>().Any() || endpoint.Metadata.OfType<IAuthorizeData>().Any())
            {
                return;
            }

            var isScript = (endpoint as RouteEndpointBuilder)?.RoutePattern.RawText?.Contains("_framework", StringComparison.Ordinal) ?? false;
            endpoint.Metadata.Add(isScript ? new AllowAnonymousAttribute() : new AuthorizeAttribute(nameof(Role.Read)));
        });
    }

    /// <summary>Whether a request is for a page, so that one who is not logged in is led to the login.</summary>
    public static bool IsPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Path.StartsWithSegments(Prefix)
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
