using System.Runtime.InteropServices;
using JobOrchestrator.Launcher.Confinement;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>The system call filter, instruction by instruction; what the kernel makes of it is the conformance suite's.</summary>
public class SeccompProgramTests
{
    private const uint NotPermitted = SeccompProgram.Fail | 1;
    private const uint NoSuchCall = SeccompProgram.Fail | 38;
    private const uint NoSuchFamily = SeccompProgram.Fail | 97;

    public static TheoryData<Architecture, uint, int> Architectures => new()
    {
        { Architecture.X64, SeccompProgram.X64Audit, 0 },
        { Architecture.Arm64, SeccompProgram.Arm64Audit, 1 },
    };

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Every_rule_holds_on_every_architecture(Architecture architecture, uint audit, int column)
    {
        foreach (var network in new[] { false, true })
        {
            var rules = CallRules.For(network, privateIpc: false, unixSockets: true, fixedCores: network);
            var program = SeccompProgram.Generate(rules, architecture);
            Assert.InRange(program.Length, 100, 4096); // the kernel's limit
            foreach (var rule in rules)
            {
                var number = column == 0 ? rule.X64 : rule.Arm64;
                if (number < 0)
                {
                    continue;
                }

                if (rule.Tests.Length == 0)
                {
                    Assert.Equal(SeccompProgram.Fail | (uint)rule.Errno, BpfInterpreter.Run(program, audit, (uint)number));
                    continue;
                }

                // Whatever the arguments, the filter says what its rule says.
                foreach (var value in new ulong[] { 0, 1, 2, 3, 8, 10, 16, 17, 40, 0x2000, 0x5412, 0x6000, 0x10000000, 0x800, 0x400, 0xffffffff, 0x1_0000_0000 })
                {
                    ulong[] arguments = [value, value, value, value, value, value];
                    var refused = rule.Tests.Any(t => t.Values.Contains((uint)value & t.Mask) == t.Among);
                    Assert.Equal(
                        refused ? SeccompProgram.Fail | (uint)rule.Errno : SeccompProgram.Allow, BpfInterpreter.Run(program, audit, (uint)number, arguments));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void A_call_of_another_architecture_ends_the_process_and_one_too_new_does_not_exist(Architecture architecture, uint audit, int column)
    {
        var program = SeccompProgram.Generate(CallRules.For(network: false, privateIpc: false, unixSockets: true), architecture);
        Assert.Equal(SeccompProgram.KillProcess, BpfInterpreter.Run(program, 0x40000003, 1)); // i386
        Assert.Equal(SeccompProgram.KillProcess, BpfInterpreter.Run(program, column == 0 ? SeccompProgram.Arm64Audit : SeccompProgram.X64Audit, 1));
        Assert.Equal(NoSuchCall, BpfInterpreter.Run(program, audit, SeccompProgram.NewestCall + 1));
        Assert.Equal(NoSuchCall, BpfInterpreter.Run(program, audit, 0x40000000));
        Assert.Equal(NoSuchCall, BpfInterpreter.Run(program, audit, uint.MaxValue));
    }

    [Fact]
    public void Sockets_are_those_of_the_service()
    {
        uint Socket(bool network, bool unix, ulong family, ulong type) => BpfInterpreter.Run(
            SeccompProgram.Generate(CallRules.For(network, privateIpc: false, unixSockets: unix), Architecture.X64), SeccompProgram.X64Audit, 41, family, type);
        Assert.Equal(SeccompProgram.Allow, Socket(network: false, unix: true, 1, 1));
        Assert.Equal(NoSuchFamily, Socket(network: false, unix: false, 1, 1));
        Assert.Equal(NoSuchFamily, Socket(network: false, unix: true, 2, 1));
        Assert.Equal(NoSuchFamily, Socket(network: false, unix: true, 10, 2));
        Assert.Equal(SeccompProgram.Allow, Socket(network: true, unix: true, 2, 1 | 0x80000)); // SOCK_CLOEXEC is no type
        Assert.Equal(SeccompProgram.Allow, Socket(network: true, unix: true, 10, 2));
        Assert.Equal(NoSuchFamily, Socket(network: true, unix: true, 40, 1)); // vsock
        Assert.Equal(NoSuchFamily, Socket(network: true, unix: true, 17, 3)); // packets
    }

    [Fact]
    public void Ordinary_calls_pass_and_the_same_with_forbidden_arguments_do_not()
    {
        var program = SeccompProgram.Generate(CallRules.For(network: false, privateIpc: false, unixSockets: true), Architecture.X64);
        uint Run(uint number, params ulong[] arguments) => BpfInterpreter.Run(program, SeccompProgram.X64Audit, number, arguments);
        foreach (var ordinary in new uint[] { 0, 1, 3, 9, 59, 60, 61, 62, 202, 231, 334 }) // read, write, close, mmap, execve, exit, wait4, kill, futex, exit_group, rseq
        {
            Assert.Equal(SeccompProgram.Allow, Run(ordinary));
        }

        Assert.Equal(SeccompProgram.Allow, Run(56, 0x4111)); // clone: as posix_spawn does
        Assert.Equal(NotPermitted, Run(56, 0x10000011)); // with a user namespace
        Assert.Equal(SeccompProgram.Allow, Run(257, 0, 0, 0x241, 0b110_110_110)); // openat
        Assert.Equal(NotPermitted, Run(257, 0, 0, 0x241, 0b100_111_101_101)); // set-user-id
        Assert.Equal(SeccompProgram.Allow, Run(302, 0)); // its own limits
        Assert.Equal(NotPermitted, Run(302, 1));
    }
}
