namespace JobOrchestrator.Server.Webhooks;

/// <summary>Registers the reports of job ends.</summary>
internal static class WebhookModule
{
    public static void AddWebhooks(this IServiceCollection services, WebhookOptions options) => services
        .AddSingleton(options)
        .AddSingleton<CallbackAddress>()
        .AddSingleton<WebhookStore>()
        .AddSingleton(provider => new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = provider.GetRequiredService<CallbackAddress>().ConnectAsync,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            AllowAutoRedirect = false, // a redirect is not a delivery, and would be a way around
            UseProxy = false,
            UseCookies = false,
        }))
        .AddHostedService<WebhookSender>();
}
