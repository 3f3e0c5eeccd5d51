namespace JobOrchestrator.Launcher.Confinement;

/// <summary>What the filter does with one system call.</summary>
/// <param name="X64">Its number on x86-64; negative where it does not exist.</param>
/// <param name="Arm64">Its number on arm64; negative where it does not exist.</param>
/// <param name="Errno">The error it fails with when it is refused.</param>
/// <param name="Tests">Refused when any of these holds; none means always.</param>
internal readonly record struct CallRule(int X64, int Arm64, int Errno, params ArgumentTest[] Tests)
{
    public const int Ignored = 0; // it succeeds, and does nothing
    public const int NotPermitted = 1; // EPERM
    public const int NoSuchCall = 38; // ENOSYS
    public const int NoSuchFamily = 97; // EAFNOSUPPORT
}
