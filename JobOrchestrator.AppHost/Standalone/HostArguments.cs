namespace JobOrchestrator.AppHost.Standalone;

/// <summary>The arguments Aspire's own tools hand to a host, as far as this host knows them.</summary>
internal static class HostArguments
{
    private static readonly string[] Known = ["--operation", "--step", "--output-path"];

    /// <summary>Whether <c>--operation publish</c> is asked for.</summary>
    /// <exception cref="HostException">An argument is unknown or lacks its value.</exception>
    public static bool IsPublish(string[] args)
    {
        var publish = false;
        for (var i = 0; i < args.Length; i += 2)
        {
            if (!Known.Contains(args[i], StringComparer.Ordinal))
            {
                throw new HostException($"Unknown argument '{args[i]}'; --help lists the options.", 2);
            }

            if (i + 1 == args.Length)
            {
                throw new HostException($"'{args[i]}' needs a value.", 2);
            }

            if (args[i] == "--operation")
            {
                publish = args[i + 1] switch
                {
                    "publish" => true,
                    "run" => false,
                    var other => throw new HostException($"--operation is '{other}', but must be run or publish.", 2),
                };
            }
        }

        return publish;
    }

    /// <summary>Where to publish to: <c>--output-path</c>, else Aspire's own default.</summary>
    public static string OutputPath(string[] args)
    {
        var at = Array.IndexOf(args, "--output-path");
        return Path.GetFullPath(at < 0 ? "aspire-output" : args[at + 1]);
    }
}
