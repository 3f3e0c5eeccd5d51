using System.CommandLine;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs completion</c>: what a shell must know to complete commands and options; the program itself names the candidates.</summary>
internal static class CompletionCommand
{
    private const string Bash =
        """
        _jobs_complete() {
          local IFS=$'\n'
          COMPREPLY=($(jobs "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null | grep -- "^${COMP_WORDS[COMP_CWORD]}"))
          [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -F _jobs_complete jobs
        """;

    private const string Zsh =
        """
        _jobs() {
          local candidates=(${(f)"$(jobs "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)"})
          compadd -- $candidates || _files
        }
        compdef _jobs jobs
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash or zsh" };
        shell.AcceptOnlyFromAmong("bash", "zsh");
        var command = new Command("completion", "Print the script that makes a shell complete commands and options\n  eval \"$(command jobs completion bash)\"") { shell };
        command.SetAction(result => Console.WriteLine(result.GetValue(shell) == "bash" ? Bash : Zsh));
        return command;
    }
}
