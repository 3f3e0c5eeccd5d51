using System.Buffers;
using System.Collections.Frozen;
using JobOrchestrator.Client.Validation.Code;
using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Client.Validation.Commands;

/// <summary>
/// Tells, in a few nanoseconds, commands that no rule and no part of the interpreter knows by name, with arguments nobody has anything to say
/// about: most of what scripts run, and so most of the time saved. A test compares the list with the code that handles the names.
/// </summary>
internal static class HandledCommands
{
    /// <summary>An argument longer than this may be a wallet.</summary>
    private const int MaxLength = 90;

    private static readonly FrozenSet<string> Names = Split("""
        . : [ 7z abduco alias apptainer awk aws az base32 base64 basename basenc bash brew brotli bun busctl bzip2 bzr c++ cabal cargo case cat cc cd ch-run charliecloud chattr
        chdir chgrp chmod chown chvt cksum clang clang++ cmake command composer conda coproc cp cpan cpanm cpio cqlsh createdb dropdb clickhouse-client influx sqlcmd cvs cut b2sum daemonize darcs datalad date dbus-send dc dd declare dircolors
        direnv dirname dmsetup dpkg dtach dvc easy_install echo ed egrep enroot entr env eval ex exec exit export expr fallocate false fgrep find fold fossil function fuser g++ gcc gdb
        gdbus gdown gem getent getopts gfortran gh ghcup git gmake go gpg gpg2 grep gsed guix gzip hash hashcat head hexdump hg history host hostname huggingface-cli hyperfine ifort ifx flang java javac kotlinc scalac rustc xhost ifconfig install ip john
        journalctl kaggle keyctl kill kwallet-query let link lmod ln local logger logrotate lsassy lsof ltrace luarocks lz4 make mamba mapfile md5sum mesg micromamba
        mimipenguin mkdir mkfifo mknod mktemp module modulecmd mongo mongodump mongoexport mongoimport mongorestore mongosh mount mv mysql mysqladmin mysqldump mysqlimport mariadb mariadb-dump nimble nl npm npx nvim oc od opam openssl p4 parallel pass poetry pipenv pdm man paste perf pg_dump pg_dumpall pg_restore pgrep pidof pigz pip pip2 pip3 pipx pkill
        pnpm popd prefetch printenv printf ps psql pushd pv pwd pyenv rar rbenv read readarray readlink readonly realpath redis-cli valkey-cli register-python-argcomplete return rev rfkill rg rm rmdir
        route rpm rsync run.sh runuser rush rustup sarus screen script secret-tool sed select sem seq set setfacl setterm sg sh sha1sum sha224sum sha256sum sha384sum sha512sum shell shift
        shifter shopt singularity sleep snap sort source spack sqlite3 ssh ssh-add stdbuf strace strings su svn swapoff sysctl tac tail tar tcc tee test time tmux touch tr trap true truncate type typeset
        udocker unalias uniq unlink unset unshadow unzip uudecode uv vi view vim wait wandb watch wc wget whereis which xargs xxd xz yarn yes zgrep zip zstd
        ag ack jq if then else elif fi for while until do done esac zcat gunzip xzcat unxz bzcat bunzip2 zstdcat unzstd lz4cat uncompress zlib-flate unpigz iconv recode ascii2uni rot13 caesar
        column fmt age deno ls sash dash zsh ksh ksh93 mksh ash rbash yash fish csh tcsh posh pdksh
        """);

    /// <summary>What makes an argument worth a look.</summary>
    private static readonly SearchValues<string> Noticeable = SearchValues.Create(
        [
            .. Secrets.Noticeable, .. Mining.Noticeable, "://", "/etc", "/proc", "/dev", "/root", "/run", "/var", "/sys", "/boot", "/home", "/inet", "..",
        ],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a program of that name is nothing but a program.</summary>
    public static bool IsUnknown(ReadOnlySpan<char> name) =>
        name.Length > 0 && !Lookup.Contains(name) && !WrapperLookup.Contains(name) && !ForbiddenTools.TryGet(name, out _)
        && !name.StartsWith("ld-linux") && !name.StartsWith("ld.so") && Interpreters.Find(name) is null;

    /// <summary>
    /// Names of programs and builtins that the interpreter knows for what they print, and of which no rule has anything to say when their
    /// arguments are ordinary. A test compares them with the rules.
    /// </summary>
    internal static IReadOnlyCollection<string> QuietNames => Quiet;

    private static readonly FrozenSet<string> Quiet =
        Split("echo printf cat head tail sort uniq wc cut tr grep basename dirname seq true : false sleep");

    /// <summary>Whether a command may be one of which nothing is to be said.</summary>
    public static bool IsQuiet(string name) => Quiet.Contains(name);

    /// <summary>Whether nothing is to be said of such a command with these arguments.</summary>
    public static bool AreQuietArguments(string name, List<string> fields)
    {
        for (var i = 1; i < fields.Count; i++)
        {
            var argument = fields[i];
            if (!IsPlainArgument(argument) || (argument is ['-', ..] && IsTelling(name, argument)) || (name == "grep" && Secrets.IsSecretPattern(argument)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Names of those that make or remove files, of which nothing is to be said inside the job's directory.</summary>
    internal static IReadOnlyCollection<string> TidyingNames => Tidying;

    private static readonly FrozenSet<string> Tidying = Split("rm rmdir mkdir touch");

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> QuietLookup { get; } = Quiet.GetAlternateLookup<ReadOnlySpan<char>>();

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> TidyingLookup { get; } = Tidying.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>
    /// Whether nothing is to be said of a line of such a command, if it is plain (<see cref="IsPlainLine"/>). Options of those that print, and names
    /// that begin with a dot, are left to the rules.
    /// </summary>
    public static bool IsQuietLine(ReadOnlySpan<char> name, ReadOnlySpan<char> line, bool isAtHome) =>
        TidyingLookup.Contains(name) ? isAtHome && line.IndexOf(" .") < 0 && line.IndexOf("/.") < 0
        : QuietLookup.Contains(name) && name is not ("grep" or "printf") && line.IndexOf(" -") < 0;

    /// <summary>Whether an option is about a size, a variable, a program or a file that is written.</summary>
    private static bool IsTelling(string name, string option) => name switch
    {
        "head" => option[1..] is ['c' or '-', ..],
        "printf" => true,
        "sort" => option.AsSpan(1).ContainsAnyExcept(SortOptions),
        _ => false,
    };

    private static readonly SearchValues<char> SortOptions = SearchValues.Create("bdfghiMnRrVcmstuk0123456789.,");

    /// <summary>Whether such a command prints what nobody can know.</summary>
    public static bool PrintsUnknown(string name, in Invocation around) =>
        name is "wc" or "grep" || (name is "cut" or "tr" && (around.Input is not { Length: > 0 } input || !around.IsFed || input is [Mark.Unknown]));

    /// <summary>Whether nobody has anything to say about an argument.</summary>
    public static bool IsPlainArgument(ReadOnlySpan<char> argument) =>
        argument.Length < MaxLength && !(argument.Length > 0 && argument[0] is '/' or '@') && !argument.ContainsAnyInRange(Mark.Star, Mark.Processes) && !argument.ContainsAny(Noticeable);

    /// <summary>Whether a line of such a command holds no more than that. The line has no character that is special in shell.</summary>
    public static bool IsPlainLine(ReadOnlySpan<char> line) =>
        line.Length < 4 * MaxLength && !line.ContainsAny(Noticeable) && line.IndexOf(" /") < 0 && !HasLongWord(line);

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup { get; } = Names.GetAlternateLookup<ReadOnlySpan<char>>();

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> WrapperLookup { get; } =
        Wrappers.Names.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private static bool HasLongWord(ReadOnlySpan<char> line)
    {
        while (line.Length >= MaxLength)
        {
            var end = line.IndexOf(' ');
            if (end < 0 || end >= MaxLength)
            {
                return true;
            }

            line = line[(end + 1)..];
        }

        return false;
    }

    private static FrozenSet<string> Split(string names) =>
        names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
