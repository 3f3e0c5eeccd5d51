namespace JobOrchestrator.Launcher.Confinement;

/// <summary>
/// Which system calls a job may not make. Everything an ordinary program needs is left alone; refused is what reaches beyond the job: other
/// processes, other namespaces, the kernel's own machinery, and the network unless the job's service has it.
/// </summary>
internal static class CallRules
{
    private const int No = CallRule.NotPermitted;
    private const int Unknown = CallRule.NoSuchCall;

    private const uint Unix = 1;
    private const uint Inet = 2;
    private const uint Inet6 = 10;
    private const uint Netlink = 16;

    private const uint TypeMask = 0xf;
    private const uint Stream = 1;
    private const uint Datagram = 2;
    private const uint Raw = 3;
    private const uint SequentialPackets = 5;

    /// <summary>All CLONE_NEW… flags but CLONE_NEWTIME, whose bit is part of the exit signal here.</summary>
    private const uint NewNamespaces = 0x7E020000;

    private const int SetAffinity = 203; // sched_setaffinity on x86-64
    private const uint SetUserOrGroup = 0xC00; // S_ISUID | S_ISGID
    private const uint FileTypeMask = 0xF000;
    private const uint CharacterDevice = 0x2000;
    private const uint BlockDevice = 0x6000;

    private static readonly CallRule[] Always =
    [
        // Looked at most often, so first: what is allowed with most of its arguments.
        new(257, 56, No, ArgumentTest.AnyOf(3, SetUserOrGroup)), // openat
        new(2, -1, No, ArgumentTest.AnyOf(2, SetUserOrGroup)), // open
        new(56, 220, No, ArgumentTest.AnyOf(0, NewNamespaces)), // clone
        new(16, 29, No, ArgumentTest.OneOf(1, uint.MaxValue, 0x5412, 0x541C)), // ioctl: TIOCSTI, TIOCLINUX
        new(302, 261, No, ArgumentTest.NoneOf(0, 0)), // prlimit64: of itself only
        new(SetAffinity, 122, No, ArgumentTest.NoneOf(0, 0)),
        new(144, 119, No, ArgumentTest.NoneOf(0, 0)), // sched_setscheduler
        new(142, 118, No, ArgumentTest.NoneOf(0, 0)), // sched_setparam
        new(314, 274, No, ArgumentTest.NoneOf(0, 0)), // sched_setattr
        new(141, 140, No, ArgumentTest.NoneOf(0, 0), ArgumentTest.NoneOf(1, 0)), // setpriority: PRIO_PROCESS, itself
        new(251, 30, No, ArgumentTest.NoneOf(0, 1), ArgumentTest.NoneOf(1, 0)), // ioprio_set: IOPRIO_WHO_PROCESS, itself
        new(85, -1, No, ArgumentTest.AnyOf(1, SetUserOrGroup)), // creat
        new(90, -1, No, ArgumentTest.AnyOf(1, SetUserOrGroup)), // chmod
        new(91, 52, No, ArgumentTest.AnyOf(1, SetUserOrGroup)), // fchmod
        new(268, 53, No, ArgumentTest.AnyOf(2, SetUserOrGroup)), // fchmodat
        new(452, 452, No, ArgumentTest.AnyOf(2, SetUserOrGroup)), // fchmodat2
        new(133, -1, No, ArgumentTest.AnyOf(1, SetUserOrGroup), ArgumentTest.OneOf(1, FileTypeMask, CharacterDevice, BlockDevice)), // mknod
        new(259, 33, No, ArgumentTest.AnyOf(2, SetUserOrGroup), ArgumentTest.OneOf(2, FileTypeMask, CharacterDevice, BlockDevice)), // mknodat
        new(135, 92, No, ArgumentTest.NoneOf(0, 0, 8, 0x20000, 0x20008, 0xffffffff)), // personality: Linux, 32 bits, old version numbers, query

        // Their arguments lie in memory, where a filter cannot look; programs fall back on the older calls.
        new(435, 435, Unknown), // clone3
        new(437, 437, Unknown), // openat2

        // Namespaces, mounts and roots.
        new(272, 97, No), // unshare
        new(308, 268, No), // setns
        new(165, 40, No), // mount
        new(166, 39, No), // umount2
        new(155, 41, No), // pivot_root
        new(161, 51, No), // chroot
        new(429, 429, No), // move_mount
        new(428, 428, No), // open_tree
        new(467, 467, No), // open_tree_attr
        new(430, 430, No), // fsopen
        new(431, 431, No), // fsconfig
        new(432, 432, No), // fsmount
        new(433, 433, No), // fspick
        new(442, 442, No), // mount_setattr
        new(304, 265, No), // open_by_handle_at
        new(303, 264, No), // name_to_handle_at

        // Other processes.
        new(101, 117, No), // ptrace
        new(310, 270, No), // process_vm_readv
        new(311, 271, No), // process_vm_writev
        new(312, 272, No), // kcmp
        new(438, 438, No), // pidfd_getfd
        new(440, 440, No), // process_madvise
        new(448, 448, No), // process_mrelease
        new(256, 238, No), // migrate_pages
        new(279, 239, No), // move_pages

        // Parts of the kernel that are too powerful, too young, or both.
        new(321, 280, No), // bpf
        new(298, 241, No), // perf_event_open
        new(323, 282, No), // userfaultfd
        new(425, 425, No), // io_uring_setup
        new(426, 426, No), // io_uring_enter
        new(427, 427, No), // io_uring_register
        new(300, 262, No), // fanotify_init
        new(250, 219, No), // keyctl
        new(248, 217, No), // add_key
        new(249, 218, No), // request_key

        // The machine itself.
        new(169, 142, No), // reboot
        new(246, 104, No), // kexec_load
        new(320, 294, No), // kexec_file_load
        new(175, 105, No), // init_module
        new(313, 273, No), // finit_module
        new(176, 106, No), // delete_module
        new(167, 224, No), // swapon
        new(168, 225, No), // swapoff
        new(163, 89, No), // acct
        new(179, 60, No), // quotactl
        new(443, 443, No), // quotactl_fd
        new(103, 116, No), // syslog
        new(153, 58, No), // vhangup
        new(164, 170, No), // settimeofday
        new(227, 112, No), // clock_settime
        new(170, 161, No), // sethostname
        new(171, 162, No), // setdomainname
        new(172, -1, No), // iopl
        new(173, -1, No), // ioperm
        new(180, 42, No), // nfsservctl
        new(212, 18, No), // lookup_dcookie
    ];

    /// <summary>Memory, semaphores and queues that have names of their own, outlive their makers, and are shared by everybody of the same user.</summary>
    private static readonly CallRule[] SharedIpc =
    [
        new(29, 194, No), // shmget
        new(30, 196, No), // shmat
        new(31, 195, No), // shmctl
        new(64, 190, No), // semget
        new(66, 191, No), // semctl
        new(68, 186, No), // msgget
        new(71, 187, No), // msgctl
        new(240, 180, No), // mq_open
        new(241, 181, No), // mq_unlink
    ];

    /// <summary>The rules.</summary>
    /// <param name="network">Whether the job may use IPv4 and IPv6.</param>
    /// <param name="privateIpc">Whether it has an IPC namespace of its own.</param>
    /// <param name="unixSockets">Whether it may open local sockets; pairs of connected ones it may have in any case.</param>
    /// <param name="fixedCores">
    /// Whether it is kept to the cores it has. Programs that spread their threads over cores by themselves take a refusal for fatal, so they are told that it is done.
    /// </param>
    public static List<CallRule> For(bool network, bool privateIpc, bool unixSockets, bool fixedCores = false)
    {
        var families = new List<uint>();
        if (unixSockets)
        {
            families.Add(Unix);
        }

        if (network)
        {
            families.AddRange([Inet, Inet6, Netlink]);
        }

        var socket = families.Count == 0
            ? new CallRule(41, 198, CallRule.NoSuchFamily)
            : new CallRule(
                41, 198, CallRule.NoSuchFamily,
                ArgumentTest.NoneOf(0, [.. families]),
                // With the network, raw sockets are left to the kernel, which wants a capability no job has: netlink's usual type has the same number.
                new ArgumentTest(1, TypeMask, Among: false, network ? [Stream, Datagram, Raw, SequentialPackets] : [Stream, Datagram, SequentialPackets]));
        List<CallRule> rules = [.. Always, socket, new CallRule(53, 199, CallRule.NoSuchFamily, ArgumentTest.NoneOf(0, Unix))];
        if (fixedCores)
        {
            rules.RemoveAll(r => r.X64 == SetAffinity);
            rules.Add(new CallRule(SetAffinity, 122, CallRule.Ignored));
        }

        if (!privateIpc)
        {
            rules.AddRange(SharedIpc);
        }

        return rules;
    }
}
