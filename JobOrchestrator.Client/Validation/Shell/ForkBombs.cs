namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Recognises processes that multiply, by the shape of the code.</summary>
internal static class ForkBombs
{
    /// <summary>Whether a function starts itself in the background, or more than once in a pipeline.</summary>
    public static bool Multiplies(IReadOnlyList<Statement> body, string name) =>
        body.Any(s =>
        {
            var calls = s.Stages.Count(n => Calls(n, name));
            return calls > 1 || (calls == 1 && s.Background) || s.Stages.Any(n => n is CompoundNode inner
                && (Multiplies(inner.Body, name) || (s.Background && inner.Kind != CompoundKind.Function && inner.Body.Any(b => b.Stages.Any(i => Calls(i, name))))));
        });

    /// <summary>Whether statements start something in the background and nothing in them waits or ends.</summary>
    public static bool SpawnsWithoutEnd(IReadOnlyList<Statement> body) => Statement.Any(body, s => s.Background) && !Statement.Any(body, Pauses);

    private static bool Pauses(Statement statement) => !statement.Background && statement.Stages.Any(n => n is SimpleNode { Words: [{ Text: { } name }, ..] }
        && name is "wait" or "sleep" or "break" or "exit" or "return" or "read" or "kill" or "inotifywait" or "sem" or "exec");

    private static bool Calls(Node node, string name) => node is SimpleNode { Words: [{ Text: { } first }, ..] words }
        && (first == name || (first is "bash" or "sh" && words is [_, { Text: "-c" }, { Text: { } text }, ..] && HasCommand(text, name)));

    /// <summary>Whether a command of that name stands in a text for a shell.</summary>
    private static bool HasCommand(string text, string name) =>
        text.Split([';', '&', '|', '\n', '(', '{']).Any(c => c.AsSpan().Trim() is var command && command.StartsWith(name) && (command.Length == name.Length || command[name.Length] == ' '));
}
