using System.Runtime.InteropServices;

namespace JobOrchestrator.Launcher.Confinement;

/// <summary>
/// Turns the rules into the filter the kernel runs before every system call. It has one block per rule, so that no jump is longer than the
/// rule it belongs to. A call of another architecture (a 32-bit program, or <c>int 0x80</c>) ends the process; one newer than the newest known, and
/// with it the x32 calls, does not exist for it. Calls without a rule are never looked at twice: the kernel notes them as allowed.
/// </summary>
internal static class SeccompProgram
{
    public const uint Allow = 0x7fff0000;
    public const uint KillProcess = 0x80000000;
    public const uint Fail = 0x00050000; // | errno

    /// <summary>The newest call the rules were written against (<c>file_setattr</c>, Linux 6.17); the numbers are shared by all architectures.</summary>
    public const uint NewestCall = 469;

    public const uint X64Audit = 0xC000003E;
    public const uint Arm64Audit = 0xC00000B7;

    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint ArgumentsOffset = 16;

    /// <summary>The filter.</summary>
    /// <param name="rules">At most one per call.</param>
    /// <param name="architecture">x86-64 or arm64.</param>
    /// <exception cref="PlatformNotSupportedException">There are no rules for the architecture.</exception>
    public static BpfInstruction[] Generate(IReadOnlyList<CallRule> rules, Architecture architecture)
    {
        var audit = architecture switch
        {
            Architecture.X64 => X64Audit,
            Architecture.Arm64 => Arm64Audit,
            _ => throw new PlatformNotSupportedException($"There is no system call filter for {architecture}."),
        };
        var program = new List<BpfInstruction>(512)
        {
            BpfInstruction.Load(ArchitectureOffset),
            new(BpfInstruction.JumpIfEqual, 1, 0, audit),
            BpfInstruction.Answer(KillProcess),
            BpfInstruction.Load(NumberOffset),
            new(BpfInstruction.JumpIfGreater, 0, 1, NewestCall),
            BpfInstruction.Answer(Fail | CallRule.NoSuchCall),
        };
        foreach (var rule in rules)
        {
            var number = architecture == Architecture.X64 ? rule.X64 : rule.Arm64;
            if (number >= 0)
            {
                Add(program, (uint)number, rule);
            }
        }

        program.Add(BpfInstruction.Answer(Allow));
        return [.. program];
    }

    private static void Add(List<BpfInstruction> program, uint number, CallRule rule)
    {
        var start = program.Count;
        program.Add(default); // its jump is known when the block is
        foreach (var test in rule.Tests)
        {
            program.Add(BpfInstruction.Load(ArgumentsOffset + (8 * (uint)test.Argument)));
            if (test.Mask != uint.MaxValue)
            {
                program.Add(new(BpfInstruction.And, 0, 0, test.Mask));
            }

            // Equal to one of the values: jump behind the comparisons, to the refusal or past it.
            for (var i = 0; i < test.Values.Length; i++)
            {
                var left = test.Values.Length - 1 - i;
                program.Add(new(BpfInstruction.JumpIfEqual, (byte)(test.Among ? left : left + 1), (byte)(left == 0 && test.Among ? 1 : 0), test.Values[i]));
            }

            program.Add(BpfInstruction.Answer(Fail | (uint)rule.Errno));
        }

        program.Add(BpfInstruction.Answer(rule.Tests.Length == 0 ? Fail | (uint)rule.Errno : Allow));
        program[start] = new(BpfInstruction.JumpIfEqual, 0, checked((byte)(program.Count - start - 1)), number);
    }
}
