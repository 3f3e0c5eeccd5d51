using System.CommandLine;
using System.Globalization;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Data;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Commands;

/// <summary><c>keys create|list|revoke</c>: the API keys, in the database the server uses, which may be running.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "API keys: who may use the server, and as whom") { CreateKey(), List(), Revoke() };

    private static Command CreateKey()
    {
        var name = new Option<string>("--name") { Description = "What the key is called in lists and in the audit log", Required = true, HelpName = "NAME" };
        var role = new Option<Role>("--role") { Description = "read: look; submit: also submit and cancel; admin: everything", DefaultValueFactory = _ => Role.Submit };
        var user = new Option<int?>("--user") { Description = "The one user it acts for", HelpName = "ID" };
        var anyUser = new Option<bool>("--any-user") { Description = "It may name any user, as a portal must" };
        var days = new Option<int?>("--days") { Description = "Days until it expires [default: never]", HelpName = "N" };
        var command = new Command("create", "Make a key and print it. It is shown this once. Example: keys create --name portal --any-user")
        {
            name, role, user, anyUser, days,
        };
        command.Validators.Add(result =>
        {
            var isAdmin = result.GetValue(role) == Role.Admin;
            var (bound, trusted) = (result.GetValue(user) is not null, result.GetValue(anyUser));
            if (bound == trusted && !(isAdmin && !bound))
            {
                result.AddError("Say either --user ID (the key acts for that user only) or --any-user (it may name any user).");
            }
            else if (isAdmin && bound)
            {
                result.AddError("An admin key acts for everybody; leave --user out.");
            }

            if (result.GetValue(days) is < 1)
            {
                result.AddError("--days must be at least 1.");
            }
        });
        command.SetAction(async (result, cancellationToken) =>
        {
            var clock = TimeProvider.System;
            DateTimeOffset? expires = result.GetValue(days) is { } count ? clock.GetUtcNow().AddDays(count) : null;
            var keys = await OpenAsync(cancellationToken);
            var (key, token) = await keys.CreateAsync(result.GetValue(name)!, result.GetValue(role), result.GetValue(user), expires, cancellationToken);
            await Console.Error.WriteLineAsync($"Key {key.Id} '{key.Name}' ({Describe(key)}). Keep it safe; it cannot be shown again:");
            Console.WriteLine(token);
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "List all keys ever made, without their secrets");
        command.SetAction(async (_, cancellationToken) =>
        {
            var now = TimeProvider.System.GetUtcNow();
            Console.WriteLine("id\tname\trole\tuser\tcreated\tstate");
            foreach (var key in await (await OpenAsync(cancellationToken)).ListAsync(cancellationToken))
            {
                var state = key switch
                {
                    { RevokedAt: { } at } => $"revoked {Date(at)}",
                    { ExpiresAt: { } at } => $"{(at > now ? "expires" : "expired")} {Date(at)}",
                    _ => "valid",
                };
                Console.WriteLine($"{key.Id}\t{key.Name}\t{Word(key.Role)}\t{key.UserId?.ToString(CultureInfo.InvariantCulture) ?? "any"}\t{Date(key.CreatedAt)}\t{state}");
            }
        });
        return command;
    }

    private static Command Revoke()
    {
        var id = new Argument<int>("ID") { Description = "Of the key, as 'keys list' shows it" };
        var command = new Command("revoke", "End a key; a running server notices within seconds") { id };
        command.SetAction(async (result, cancellationToken) =>
        {
            if (await (await OpenAsync(cancellationToken)).RevokeAsync(result.GetValue(id), cancellationToken))
            {
                Console.WriteLine($"Key {result.GetValue(id)} is revoked; a running server lets it in for {ApiKeys.Remembered.TotalSeconds:0} more seconds at most.");
                return 0;
            }

            await Console.Error.WriteLineAsync($"There is no valid key {result.GetValue(id)}; 'keys list' shows all.");
            return 1;
        });
        return command;
    }

    /// <summary>The keys of the database the settings name, which is created when there is none yet: keys are made before the first start.</summary>
    private static async Task<ApiKeys> OpenAsync(CancellationToken cancellationToken)
    {
        var errors = new List<string>();
        var options = ServerOptions.Load(ServerCommands.Settings(), errors);
        if (errors.Count > 0)
        {
            throw new ConfigurationException(errors);
        }

        var services = new ServiceCollection().AddLogging();
        services.AddDatabaseContexts(options);
        Directory.CreateDirectory(Path.GetDirectoryName(options.DatabasePath)!);
        var contexts = services.BuildServiceProvider().GetRequiredService<IDbContextFactory<JobsDbContext>>();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
        return new ApiKeys(contexts, TimeProvider.System);
    }

    private static string Describe(ApiKey key) =>
        $"{Word(key.Role)}, {(key.UserId is { } user ? $"user {user}" : "any user")}, {(key.ExpiresAt is { } at ? $"until {Date(at)}" : "never expires")}";

    private static string Word(Role role) => role.ToString().ToLowerInvariant();

    private static string Date(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
