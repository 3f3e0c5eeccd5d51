namespace JobOrchestrator.Tests.Conformance;

/// <summary>Talking to somebody.</summary>
internal static class NetworkAttacks
{
    public static AttackCase[] Cases { get; } =
    [
        AttackCases.Try("TCP to the client", "exec 3<> /dev/tcp/127.0.0.1/{port}", AttackCase.Done),
        AttackCases.Try("UDP", "exec 3<> /dev/udp/127.0.0.1/9", AttackCase.Done),
        Socket("TCP over IPv4", 2, 1, 0, AttackCase.Done),
        Socket("TCP over IPv6", 10, 1, 0),
        Socket("UDP over IPv4", 2, 2, 0, AttackCase.Done),
        Socket("UDP over IPv6", 10, 2, 0),
        Socket("ICMP without privileges", 2, 2, 1),
        Socket("raw IP", 2, 3, 1, AttackCase.Held),
        Socket("raw packets", 17, 3, 768, AttackCase.Held),
        Socket("netlink", 16, 3, 0, AttackCase.Done),
        Socket("vsock", 40, 1, 0),
        Socket("the kernel's cryptography", 38, 5, 0),
        Socket("Bluetooth", 31, 3, 1),
        Socket("a family of the future", 60, 1, 0),
        AttackCases.Perl("a pair of sockets of another family", "use Socket; $r = socketpair(my $a, my $b, AF_INET, SOCK_STREAM, 0)"),
        AttackCases.Perl("a pair of local sockets is fine", "use Socket; $r = socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0)", AttackCase.Done) with { Confined = AttackCase.Done },
        AttackCases.Perl(
            "local sockets of its own are fine",
            "use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; bind($s, pack_sockaddr_un(\"own\")) or die; listen($s, 1); socket(my $c, AF_UNIX, SOCK_STREAM, 0); $r = connect($c, pack_sockaddr_un(\"own\"))",
            AttackCase.Done) with { Confined = AttackCase.Done },
        AttackCases.Perl(
            "an abstract socket of somebody else", "use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; $r = connect($s, pack(\"S a*\", AF_UNIX, \"\\0{abstract}\"))", AttackCase.Done),
        AttackCases.Try("TCP to the client with the network allowed", "exec 3<> /dev/tcp/127.0.0.1/{port}", AttackCase.Done) with { Network = true, Confined = AttackCase.Done },
        AttackCases.Perl(
            "an abstract socket with the network allowed", "use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; $r = connect($s, pack(\"S a*\", AF_UNIX, \"\\0{abstract}\"))") with { Network = true },
        Socket("raw IP with the network allowed", 2, 3, 1, AttackCase.Held) with { Network = true },
        Socket("vsock with the network allowed", 40, 1, 0) with { Network = true },
    ];

    private static AttackCase Socket(string name, int family, int type, int protocol, string? process = null) =>
        AttackCases.Perl("a socket: " + name, $"$r = socket(my $s, {family}, {type}, {protocol})", process);
}
