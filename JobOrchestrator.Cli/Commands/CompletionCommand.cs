using System.CommandLine;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs completion</c>: what a shell must know to complete commands and options; the program itself names the candidates.</summary>
internal static class CompletionCommand
{
    private const string Bash =
        """
        # bash has a builtin of this name, for its own background jobs; whatever that does not understand goes to the program.
        jobs() {
          case "${1:-}" in
            ''|-[lnprsx]|%*) builtin jobs "$@" ;;
            *) env jobs "$@" ;;
          esac
        }
        _jobs_complete() {
          local IFS=$'\n'
          COMPREPLY=($(env jobs "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null | grep -- "^${COMP_WORDS[COMP_CWORD]}"))
          [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -F _jobs_complete jobs
        """;

    private const string Zsh =
        """
        # zsh has a builtin of this name, for its own background jobs; whatever that does not understand goes to the program.
        jobs() {
          case "${1:-}" in
            ''|-[dlprsZ]|%*) builtin jobs "$@" ;;
            *) env jobs "$@" ;;
          esac
        }
        _jobs() {
          local candidates=(${(f)"$(env jobs "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)"})
          compadd -- $candidates || _files
        }
        compdef _jobs jobs
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash or zsh" };
        shell.AcceptOnlyFromAmong("bash", "zsh");
        var command = new Command("completion", "Print what a shell must know: that jobs is this program and not only its builtin, and how to complete commands and options\n  eval \"$(env jobs completion bash)\"") { shell };
        command.SetAction(result => Console.WriteLine(result.GetValue(shell) == "bash" ? Bash : Zsh));
        return command;
    }
}
