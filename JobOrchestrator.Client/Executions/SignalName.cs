namespace JobOrchestrator.Client.Executions;

/// <summary>Names of the signals that end programs (Linux, the same on x86-64 and arm64).</summary>
internal static class SignalName
{
    /// <summary><c>signal 11 (SIGSEGV, invalid memory access)</c>; without the parentheses where there is nothing to say.</summary>
    public static string Describe(int signal) => signal switch
    {
        1 => "signal 1 (SIGHUP)",
        2 => "signal 2 (SIGINT)",
        3 => "signal 3 (SIGQUIT)",
        4 => "signal 4 (SIGILL, a program for another kind of processor)",
        6 => "signal 6 (SIGABRT, it gave up by itself)",
        7 => "signal 7 (SIGBUS, invalid memory access)",
        8 => "signal 8 (SIGFPE, invalid arithmetic)",
        9 => "signal 9 (SIGKILL, not sent by us; often the system being short of memory)",
        11 => "signal 11 (SIGSEGV, invalid memory access)",
        13 => "signal 13 (SIGPIPE)",
        14 => "signal 14 (SIGALRM)",
        15 => "signal 15 (SIGTERM, not sent by us)",
        24 => "signal 24 (SIGXCPU, the limit of CPU time)",
        25 => "signal 25 (SIGXFSZ, the limit of file size)",
        31 => "signal 31 (SIGSYS, a forbidden system call)",
        _ => $"signal {signal}",
    };
}
