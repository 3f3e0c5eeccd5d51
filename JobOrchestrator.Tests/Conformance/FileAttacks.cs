namespace JobOrchestrator.Tests.Conformance;

/// <summary>Reading and writing what is not one's own.</summary>
internal static class FileAttacks
{
    public static AttackCase[] Cases { get; } =
    [
        AttackCases.Try("reading /etc/shadow", "cat /etc/shadow"),
        AttackCases.Try("reading /etc/shadow through a link", "ln -s /etc/shadow s && cat s"),
        AttackCases.Try("reading /etc/ssh", "cat /etc/ssh/*"),
        AttackCases.Try("listing /root", "ls /root/."),
        AttackCases.Try("listing /home", "ls /home/."),
        AttackCases.Try("reading /var", "ls /var/lib"),
        AttackCases.Try("reading the client's record of it", "cat ../execution.json"),
        AttackCases.Try("reading the launcher's orders", "cat ../control/spec.json"),
        AttackCases.Try("listing all jobs", "[ $(ls {data}/executions | wc -l) -gt 1 ]"),
        AttackCases.Try("reading the neighbour's files", "cat {neighbour}/secret"),
        AttackCases.Try("reading the neighbour's files through /proc", "cat /proc/{victim}/cwd/secret"),
        AttackCases.Try("reading through its own root in /proc", "cat /proc/self/root{neighbour}/secret"),
        AttackCases.Try("writing to the neighbour's directory", ": > {neighbour}/marked-by-{token}"),
        AttackCases.Try("writing to the client's directory", ": > {data}/marked-by-{token}"),
        AttackCases.Try("writing beside its directory", ": > ../marked-by-{token}"),
        AttackCases.Try("writing to nobody's directory", ": > {outside}/marked-by-{token}", AttackCase.Done),
        AttackCases.Try("making a directory in nobody's", "mkdir {outside}/directory-of-{token}"),
        AttackCases.Try("removing from nobody's directory", "rm {outside}/removable"),
        AttackCases.Try("cutting off somebody's file", "perl -e 'truncate(\"{outside}/file\", 0) or exit 1'"),
        AttackCases.Try("appending to somebody's file", "echo x >> {outside}/file"),
        AttackCases.Try("moving a file out", "echo x > x && mv x {outside}/moved-by-{token}"),
        AttackCases.Try("moving a file in", "mv {outside}/file stolen"),
        AttackCases.Try("a hard link to somebody's file", "ln {outside}/file mine && cat mine"),
        AttackCases.Try("writing to /usr/bin", "echo > /usr/bin/marked-by-{token}"),
        AttackCases.Try("writing to /etc", "echo > /etc/marked-by-{token}"),
        AttackCases.Try("writing to /var/tmp", "echo > /var/tmp/marked-by-{token}"),
        AttackCases.Try("writing to the root", "echo > /marked-by-{token}"),
        AttackCases.Try("writing to /dev", "echo > /dev/marked-by-{token}"),
        AttackCases.Try("changing the kernel's settings", "echo x > /proc/sys/kernel/{token}"),
        AttackCases.Try("writing a kernel setting back as it is", "cat /proc/sys/kernel/core_pattern > p && cat p > /proc/sys/kernel/core_pattern"),
        AttackCases.Try("triggering the magic key", ": >> /proc/sysrq-trigger"),
        AttackCases.Try("being spared when memory runs out", "echo 0 > /proc/self/oom_score_adj && [ $(cat /proc/self/oom_score_adj) = 0 ]"),
        AttackCases.Try("reading a disk", "for d in /dev/vda /dev/sda /dev/nvme0n1 /dev/xvda; do [ $(head -c 1 $d | wc -c) = 1 ] && break; done"),
        AttackCases.Try("reading physical memory", "head -c 1 /dev/mem"),
        AttackCases.Try("writing to the kernel's log", "echo {token} > /dev/kmsg"),
        AttackCases.Try("opening FUSE", "exec 3<> /dev/fuse"),
        AttackCases.Try("opening KVM", "exec 3<> /dev/kvm"),
        AttackCases.Try("making a device", "mknod d b 1 1", AttackCase.Held),
        AttackCases.Try("making a character device", "mknod d c 5 1", AttackCase.Held),
        AttackCases.Try("set-user-id by chmod", "cp /bin/true t && chmod u+s t && [ -u t ]"),
        AttackCases.Try("set-group-id by chmod", "cp /bin/true t && chmod 2755 t && [ -g t ]"),
        AttackCases.Perl("set-user-id by open", "use Fcntl; umask 0; sysopen(my $h, \"t\", O_CREAT|O_WRONLY, 04755); $r = -u \"t\" ? 1 : undef"),
        AttackCases.Try("set-user-id programs give nothing", "su -c id < /dev/null || [ \"$(sudo -n id -u)\" = 0 ]", AttackCase.Held),
        AttackCases.Try(
            "ordinary work",
            "mkdir -p a/b && printf 'c\\nb\\na\\n' | sort > a/b/x && mv a/b/x a/y && ln a/y a/z && ln -s y a/l && cat <<<here > $TMPDIR/t && mkfifo f && (cat f > g & echo through > f; wait) && "
            + "[ $(cat g) = through ] && awk 'NR==1' a/l | grep -q a && chmod 755 a/y && diff <(echo 1) <(echo 1) && perl -e 'exit(fork ? (wait, $?>>8)[1] : 0)' && date > /dev/null && [ $(id -u) -ge 0 ] && "
            + "cat /proc/self/status /proc/meminfo /proc/cpuinfo > /dev/null && nproc > /dev/null && cp /bin/true ./t && ./t",
            AttackCase.Done) with { Confined = AttackCase.Done },
    ];
}
