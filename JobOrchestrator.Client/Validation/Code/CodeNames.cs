using System.Collections.Frozen;

namespace JobOrchestrator.Client.Validation.Code;

/// <summary>Names that mean something in inline code, over all languages: few of them mean two things.</summary>
internal static class CodeNames
{
    /// <summary>Modules and functions that open connections.</summary>
    private static readonly FrozenDictionary<string, FrozenSet<string>> Network = new Dictionary<string, FrozenSet<string>>(StringComparer.Ordinal)
    {
        ["Python"] = Set("""
            socket socketserver urllib.request urllib2 urllib3 http.client http.server httplib httplib2 requests aiohttp httpx ftplib smtplib telnetlib telnetlib3 poplib imaplib
            nntplib paramiko pycurl scapy scapy.all asyncio.open_connection asyncio.start_server asyncore asynchat xmlrpc.client websocket websockets boto3 botocore
            pysftp fabric dns.resolver SocketServer BaseHTTPServer SimpleHTTPServer urllib.urlopen urllib.urlretrieve wget impacket twisted tornado.httpclient flask pexpect.pxssh
            """),
        ["Perl"] = Set("IO::Socket IO::Socket::INET IO::Socket::SSL IO::Socket::IP Socket LWP LWP::Simple LWP::UserAgent HTTP::Tiny HTTP::Request Net::FTP Net::SMTP Net::SSH Net::HTTP Net::Telnet WWW::Mechanize socket connect Mojo::UserAgent Net::Ping CPAN CPANPLUS"),
        ["Ruby"] = Set("TCPSocket TCPServer UDPSocket Socket socket net net/http open-uri Net::HTTP Net::FTP Net::SSH URI.open Socket.tcp httparty HTTParty OpenURI webrick WEBrick"),
        ["JavaScript"] = Set("net http https dgram tls fetch XMLHttpRequest WebSocket net.connect net.createConnection net.Socket http.get https.get http.request https.request Deno.connect Bun.connect axios http2 dns"),
        ["PHP"] = Set("fsockopen pfsockopen stream_socket_client socket_create socket_connect curl_init curl_exec ftp_connect mail ssh2_connect stream_socket_server"),
        ["R"] = Set("download.file socketConnection url make.socket curl::curl httr::GET RCurl httr curl utils::download.file httr2 curl_download getURL"),
        ["Julia"] = Set("Sockets Downloads HTTP download Downloads.download connect HTTP.get LibCURL"),
        ["Lua"] = Set("socket socket.http socket.tcp ssl.https luasocket"),
        ["Tcl"] = Set("socket http::geturl http"),
        ["Octave"] = Set("urlread urlwrite webread webwrite websave tcpclient tcpip ftp websocket"),
        ["PowerShell"] = Set("Invoke Invoke-WebRequest WebClient Net.WebClient System.Net.Sockets.TCPClient iwr irm wget curl"),
        ["Go"] = Set("net.Dial net.DialTimeout net.Listen net.DialTCP net.ListenTCP http.Get http.Post http.ListenAndServe http.NewRequest http.PostForm tls.Dial rpc.Dial"),
        ["Rust"] = Set("TcpStream TcpListener UdpSocket std::net reqwest ureq hyper TcpStream::connect TcpListener::bind UdpSocket::bind"),
        ["Java"] = Set("Socket ServerSocket DatagramSocket URL HttpClient HttpURLConnection InetSocketAddress SocketChannel HttpClient.newHttpClient HttpRequest.newBuilder"),
        ["C"] = Set("connect gethostbyname getaddrinfo accept inet_addr inet_pton"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Calls whose strings are run by a shell, or as a program with its arguments.</summary>
    private static readonly FrozenSet<string> Runs = Set("""
        os.system os.popen os.popen2 os.popen3 subprocess.run subprocess.call subprocess.Popen subprocess.check_call subprocess.check_output subprocess.getoutput
        subprocess.getstatusoutput run Popen call check_call check_output getoutput commands.getoutput commands.getstatusoutput os.execl os.execle os.execlp os.execv os.execve os.execvp os.execvpe
        os.spawnl os.spawnlp os.spawnv os.spawnvp os.posix_spawn pty.spawn popen popen2 system exec qx execl execlp execv execvp execve IO.popen Open3.capture2 Open3.capture3 Open3.popen3 Process.spawn
        Kernel.system Kernel.exec spawn Kernel.spawn PTY.spawn child_process.exec child_process.execSync child_process.spawn child_process.spawnSync execSync spawnSync execFile execFileSync
        shell_exec passthru proc_open pcntl_exec system2 shell os.execute io.popen asyncio.create_subprocess_shell asyncio.create_subprocess_exec sh.Command cp.exec cp.execSync pipe
        exec.Command exec.CommandContext ProcessBuilder Command::new process::Command::new std::process::Command::new execute_command_line
        unix dos evalc Deno.Command Deno.run Bun.spawn os.startfile pexpect.spawn pexpect.run posix.system sh.curl sh.wget
        """);

    private static readonly FrozenSet<string> Deletes = Set("""
        shutil.rmtree os.remove os.unlink os.rmdir os.removedirs unlink rmtree FileUtils.rm_rf FileUtils.rm_r FileUtils.rm FileUtils.remove_dir File.delete Dir.delete rmSync rmdirSync unlinkSync
        fs.rmSync fs.rmdirSync fs.unlinkSync fs.rm fs.unlink file.remove os.truncate remove_tree File::Path::rmtree pathlib.Path.unlink rmdir fs.promises.rm os.RemoveAll os.Remove os.Truncate fs::remove_dir_all fs::remove_file std::fs::remove_dir_all std::fs::remove_file Files.delete Files.deleteIfExists
        """);

    private static readonly FrozenSet<string> Evaluates = Set("exec eval compile loadstring load instance_eval class_eval Function vm.runInNewContext vm.runInThisContext assert create_function exec_code execfile __import__ runpy.run_path builtins.exec builtins.eval");

    private static readonly FrozenSet<string> DecodeCalls = Set("""
        base64.b64decode base64.decodebytes base64.b32decode base64.b85decode base64.a85decode b64decode b32decode a85decode b85decode decodestring base64.decodestring codecs.decode codecs.getdecoder bytes.fromhex fromhex bytearray.fromhex binascii.unhexlify
        unhexlify binascii.a2b_base64 zlib.decompress gzip.decompress lzma.decompress bz2.decompress marshal.loads pickle.loads decode_base64 MIME::Base64 MIME::Base64::decode pack unpack
        Base64.decode64 Base64.strict_decode64 unpack1 Buffer.from atob base64_decode gzinflate gzuncompress str_rot13 hex2bin convert_uudecode rot13 chr String.fromCharCode fromCharCode base64decode rawToChar intToUtf8 string.char utf8.char unquote urllib.parse.unquote urllib.unquote decodeURIComponent unescape URI.decode URI.decode_www_form_component
        """);

    private static readonly FrozenSet<string> Forks = Set("os.fork fork Process.fork pcntl_fork os.forkpty");

    private static readonly FrozenSet<string> SystemCalls = Set("unshare setns mount umount umount2 pivot_root chroot reboot init_module finit_module delete_module ptrace process_vm_readv swapon swapoff sethostname kexec_load bpf");

    private static readonly FrozenSet<string> SetsUser = Set("os.setuid os.seteuid os.setreuid os.setgid setuid seteuid setreuid setresuid POSIX::setuid Process::UID.change_privilege os.setresuid posix_setuid process.setuid");

    /// <summary>All that a name may mean in a language.</summary>
    public static CodeName Of(Language language, string name) =>
        (IsDecode(name) ? CodeName.Decode : 0)
        | (Evaluates.Contains(name) ? CodeName.Evaluate : 0)
        | (Forks.Contains(name) ? CodeName.Fork : 0)
        | (IsWait(name) ? CodeName.Wait : 0)
        | (IsNative(language, name) ? CodeName.Native : 0)
        | (Loops.MayLeave(name) ? CodeName.Leave : 0)
        | (Loops.Grows(name) ? CodeName.Grow : 0)
        | (name is "for" or "foreach" or "while" or "loop" or "until" or "unless" ? CodeName.Loop : 0)
        | (language.Name is "Perl" && name is "map" or "reverse" or "tr" or "y" ? CodeName.Transform : 0)
        | (name is "MemoryError" ? CodeName.MemoryError : 0)
        | (IsNetwork(language, name) ? CodeName.Network : 0)
        | (IsInstall(language, name) ? CodeName.Install : 0)
        | (name is "runpy.run_module" or "run_module" ? CodeName.RunModule : 0)
        | (name is "syscall" or "os.unshare" or "os.setns" or "os.chroot" or "chroot" or "Dir.chroot" or "posix.chroot" ? CodeName.SystemCall : 0)
        | (SystemCalls.Contains(Last(name)) ? CodeName.NativeCall : 0)
        | (SetsUser.Contains(name) ? CodeName.SetUser : 0)
        | (IsDelete(language, name) ? CodeName.Delete : 0)
        | (IsWalk(name) ? CodeName.Walk : 0)
        | (IsRun(name) ? CodeName.Run : 0)
        | (name is "os.environ" or "ENV" or "process.env" or "getenv" or "os.getenv" or "ENVIRON" or "Sys.getenv" ? CodeName.Environment : 0)
        | (IsLookup(language, name) ? CodeName.Lookup : 0)
        | (IsWrite(name) ? CodeName.Write : 0)
        | (name is "write_text" or "write_bytes" or "touch" or "symlink_to" or "chmod" or "hardlink_to" ? CodeName.PathWrite : 0)
        | (name is "os.kill" or "kill" or "os.killpg" or "process.kill" or "Process.kill" ? CodeName.Kill : 0)
        | (name is "Dir.home" or "Path.home" or "pathlib.Path.home" or "os.path.expanduser" or "os.homedir" or "os.UserHomeDir" or "homedir" or "expanduser" ? CodeName.Home : 0);

    public static bool IsNetwork(Language language, string name) =>
        name is not ("socket.gethostname" or "socket.getfqdn" or "socket.timeout" or "socket.error") && Network.TryGetValue(language.Name, out var names) && (names.Contains(name) || Prefixes(name).Any(names.Contains));

    public static bool IsRun(string name) => Runs.Contains(name) || Runs.Contains(Last(name)) && Last(name) is "system" or "popen" or "execSync" or "exec" or "spawn" or "spawnSync" or "check_output" or "check_call" or "getoutput" or "Popen" || name is "sp.run" or "sp.call" or "subp.run" or "sub.run" or "sp.check_output";

    /// <summary>Whether it installs packages from a registry.</summary>
    public static bool IsInstall(Language language, string name) => language.Name switch
    {
        "R" => name is "install.packages" or "BiocManager::install" or "remotes::install_github" or "devtools::install_github" or "install_github" or "pak::pkg_install" or "renv::restore",
        "Julia" => name is "Pkg.add" or "Pkg.update" or "Pkg.clone",
        "Python" => name is "pip.main" or "pip._internal.main",
        _ => false,
    };

    /// <summary>Whether letters are put in the places of those thirteen further on.</summary>
    public static bool IsRotation(string text) => text.Contains("N-ZA-Mn-za-m", StringComparison.Ordinal) || text.Contains("n-za-mN-ZA-M", StringComparison.Ordinal);

    /// <summary>Whether it finds a module or a function by a name that is a string.</summary>
    public static bool IsLookup(Language language, string name) => language.Name switch
    {
        "Ruby" => Last(name) is "send" or "public_send" or "__send__",
        "R" => name is "get" or "match.fun" or "do.call" or "getFunction" or "getExportedValue",
        _ => name is "getattr" or "__import__" or "importlib.import_module" or "import_module",
    };

    /// <summary>Whether it writes, or may write, to files whose names are among its arguments.</summary>
    public static bool IsWrite(string name) => MayOnlyRead(name)
        || name is "writefile" or "file_put_contents" or "fs.writeFileSync" or "writeFileSync" or "fs.appendFileSync" or "appendFileSync" or "fs.writeFile" or "fs.appendFile" or "File.write" or "IO.write" or "writeLines"
            or "os.symlink" or "os.link" or "os.rename" or "os.replace" or "shutil.move" or "os.mknod" or "os.mkfifo";

    /// <summary>Whether it writes only when one of its arguments says so.</summary>
    public static bool MayOnlyRead(string name) => name is "open" or "fopen" or "File.open" or "io.open" or "builtins.open" or "codecs.open" or "os.open" or "file";

    /// <summary>Whether a string among the arguments of <c>open</c> says that it is for writing.</summary>
    public static bool IsWriteMode(string mode) =>
        mode is ['>' or '+', ..] || (mode.Length is > 0 and < 4 && mode.All(c => "rwaxbtU+".Contains(c, StringComparison.Ordinal)) && mode.Any(c => c is 'w' or 'a' or 'x' or '+'));

    /// <summary>Whether a text is an address that bash or awk opens a connection to: a host is named, or put in, behind it.</summary>
    public static bool IsSocketPath(string text)
    {
        foreach (var directory in (ReadOnlySpan<string>)["/dev/tcp/", "/dev/udp/", "/inet/tcp/", "/inet/udp/", "/inet4/tcp/", "/inet6/tcp/"])
        {
            var at = text.IndexOf(directory, StringComparison.Ordinal);
            if (at >= 0 && (at + directory.Length == text.Length || text[at + directory.Length] is not ('|' or '\\' or ')' or '[' or ']' or '*' or '.' or '+' or '?' or ' ' or '\n')))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether it lists what is in directories.</summary>
    public static bool IsWalk(string name) => name is "filepath.WalkDir" or "filepath.Walk" or "Files.walk" or "os.walk" or "os.scandir" or "os.listdir" or "glob.glob" or "glob.iglob" or "glob" or "pathlib.Path" or "Path" or "find" or "list.files";

    public static bool IsDelete(Language language, string name) => Deletes.Contains(name) || (name is "rm" or "Base.rm" && language.Name is "Julia");

    /// <summary>Whether it makes letters or values of numbers, as is done to count through chains or to read binary data.</summary>
    public static bool IsConversion(string name) => Last(name) is "chr" or "pack" or "unpack" or "loads" or "rawToChar";

    /// <summary>Whether it waits for processes that the program has started, or ends one of them.</summary>
    public static bool IsWait(string name) => name is "wait" or "waitpid" or "os.wait" or "os.waitpid" or "os._exit" or "_exit" or "Process.wait" or "Process.waitall" or "pcntl_wait" or "pcntl_waitpid";

    /// <summary>Whether a program that has this name may call the system's functions by theirs: it loads their library, or includes their declarations.</summary>
    public static bool IsNative(Language language, string name) => language.Name is "C"
        ? name is "mount.h" or "sched.h" or "reboot.h" or "ptrace.h" or "syscall.h" or "swap.h" or "unistd.h" or "module.h"
        : name is "ctypes.CDLL" or "CDLL" or "ctypes.cdll.LoadLibrary" or "ctypes.PyDLL" or "cffi.FFI" or "ffi.dlopen";

    public static bool IsDecode(string name) => DecodeCalls.Contains(name) || DecodeCalls.Contains(Last(name));

    /// <summary><c>urllib.request.urlopen</c> is of <c>urllib.request</c>.</summary>
    private static IEnumerable<string> Prefixes(string name)
    {
        for (var i = 1; i < name.Length; i++)
        {
            if (name[i] is '.' or ':')
            {
                yield return name[..i];
            }
        }
    }

    private static string Last(string name) => name[(name.LastIndexOfAny(['.', ':']) + 1)..];

    private static FrozenSet<string> Set(string names) =>
        names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
