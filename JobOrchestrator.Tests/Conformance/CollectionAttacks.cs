namespace JobOrchestrator.Tests.Conformance;

/// <summary>Leading the collection of results astray. All of it must hold in every tier: the client does it, not the sandbox.</summary>
internal static class CollectionAttacks
{
    public static AttackCase[] Cases { get; } =
    [
        Leave("a link to a secret", "ln -s /etc/shadow link; ln -s {outside}/file other", o =>
        {
            Assert.DoesNotContain("link", o.Result.Keys);
            Assert.DoesNotContain("other", o.Result.Keys);
            Assert.Contains("link: a link that leads out of the directory, to '/etc/shadow'", o.Notes, StringComparison.Ordinal);
        }),
        Leave("a link that climbs out", "mkdir a; ln -s ../../control/spec.json a/link; ln -s ../../../../../../etc/passwd deep", o =>
        {
            Assert.DoesNotContain("a/link", o.Result.Keys);
            Assert.DoesNotContain("deep", o.Result.Keys);
        }),
        Leave("a link to a directory outside", "ln -s /etc etc; ln -s .. parent", o => Assert.DoesNotContain(o.Result.Keys, k => k.StartsWith("etc", StringComparison.Ordinal) || k.StartsWith("parent", StringComparison.Ordinal))),
        Leave("links inside stay links", "mkdir -p a/b; echo x > a/x; ln -s ../x a/b/link; ln -s a dir; ln -s nowhere broken", o =>
            Assert.Equal(("../x", "a", "nowhere"), (o.Result["a/b/link"], o.Result["dir"], o.Result["broken"]))),
        Leave("links in a circle", "ln -s b a; ln -s a b; mkdir c; ln -s ../c c/c; ln -s . self", o => Assert.Equal(("b", "a", "../c", "."), (o.Result["a"], o.Result["b"], o.Result["c/c"], o.Result["self"]))),
        Leave("a hard link to a file outside", "ln {outside}/file link || echo refused", o =>
        {
            Assert.DoesNotContain("link", o.Result.Keys);
            Assert.True(o.Stdout.Contains("refused", StringComparison.Ordinal) || o.Notes.Contains("link: the file has another name, outside of the directory", StringComparison.Ordinal));
        }),
        Leave("hard links inside", "echo x > a; ln a b; mkdir d; ln a d/c", o => Assert.Equal(("x\n", "x\n", "x\n"), (o.Result["a"], o.Result["b"], o.Result["d/c"]))),
        Leave("a FIFO", "mkfifo fifo; ln -s fifo link", o =>
        {
            Assert.DoesNotContain("fifo", o.Result.Keys);
            Assert.Contains("fifo: a FIFO is not a file", o.Notes, StringComparison.Ordinal);
        }),
        Leave("a socket", "perl -e 'use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; bind($s, pack_sockaddr_un(\"socket\")) or die'", o =>
            Assert.Contains("socket: a socket is not a file", o.Notes, StringComparison.Ordinal)),
        Leave("names with line ends", "echo x > $'a\\nb'; ln -s /etc/passwd $'evil\\nlink'", o =>
        {
            Assert.Equal("x\n", o.Result["a\nb"]);
            Assert.Contains("evil\\x0alink: a link that leads out", o.Notes, StringComparison.Ordinal);
        }),
        Leave("names that are no text", "echo 1 > $'a\\xff'; echo 2 > $'a\\xfe'; mkdir $'d\\xff'; echo 3 > $'d\\xff/x'", o =>
            Assert.Equal(["1\n", "2\n", "3\n"], o.Result.Where(e => e.Key.Contains('\ufffd', StringComparison.Ordinal) && !e.Key.EndsWith('/')).Select(e => e.Value).Order(StringComparer.Ordinal))),
        Leave("names that are ways out elsewhere", "echo x > '..\\..\\evil'; echo y > 'C:\\evil'", o => Assert.DoesNotContain(o.Result.Keys, k => k.Contains('\\', StringComparison.Ordinal))),
        Leave("notes of its own", "echo mine > orchestrator-notes.txt; mkfifo f", o =>
        {
            Assert.Equal("mine\n", o.Result["orchestrator-notes.txt"]);
            Assert.Contains("f: a FIFO", o.Result["orchestrator-notes.txt~2"], StringComparison.Ordinal);
        }),
        Leave("files nobody may read", "echo x > a; chmod 000 a; mkdir d; echo y > d/y; chmod 000 d", o => Assert.True(o.Result.ContainsKey("a") || o.Notes.Contains("a: Permission denied", StringComparison.Ordinal))),
        Leave("a terabyte of nothing", "truncate -s 1T hole; echo x > x", o =>
        {
            Assert.DoesNotContain("hole", o.Result.Keys);
            Assert.Contains("hole: with its 1099511627776 bytes", o.Notes, StringComparison.Ordinal);
            Assert.Equal("x\n", o.Result["x"]);
        }),
        Leave("a hundred thousand files", "perl -e 'for $d (1..10) { mkdir $d; for (1..10000) { open(my $h, \">\", \"$d/$_\"); } }'", o => Assert.Equal(100_010 + 3, o.Result.Count)),
        Leave("deeper than any path", "perl -e 'for (1..3000) { mkdir \"dd\"; chdir \"dd\" or last }'; echo x > x", o =>
        {
            Assert.Equal("x\n", o.Result["x"]);
            Assert.Contains("its contents: File name too long", o.Notes, StringComparison.Ordinal);
        }),
        Leave("set-user-id bits", "cp /bin/true t; chmod 6755 t; ls -l t > modes", o => Assert.Contains("t", o.Result.Keys)),
    ];

    private static AttackCase Leave(string name, string script, Action<AttackOutcome> check) => new("collection: " + name, script + "\necho result=left")
    {
        Confined = "left",
        Process = "left",
        Check = check,
    };
}
