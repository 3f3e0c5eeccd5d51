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
        ["Perl"] = Set("IO::Socket IO::Socket::INET IO::Socket::SSL IO::Socket::IP Socket LWP LWP::Simple LWP::UserAgent HTTP::Tiny HTTP::Request Net::FTP Net::SMTP Net::SSH Net::HTTP Net::Telnet WWW::Mechanize socket connect Mojo::UserAgent Net::Ping"),
        ["Ruby"] = Set("TCPSocket TCPServer UDPSocket Socket socket net net/http open-uri Net::HTTP Net::FTP Net::SSH URI.open Socket.tcp httparty HTTParty OpenURI webrick WEBrick"),
        ["JavaScript"] = Set("net http https dgram tls fetch XMLHttpRequest WebSocket net.connect net.createConnection net.Socket http.get https.get http.request https.request Deno.connect Bun.connect axios http2 dns"),
        ["PHP"] = Set("fsockopen pfsockopen stream_socket_client socket_create socket_connect curl_init curl_exec ftp_connect mail ssh2_connect stream_socket_server"),
        ["R"] = Set("download.file socketConnection url make.socket curl::curl httr::GET RCurl httr curl utils::download.file httr2 curl_download getURL"),
        ["Julia"] = Set("Sockets Downloads HTTP download Downloads.download connect HTTP.get LibCURL"),
        ["Lua"] = Set("socket socket.http socket.tcp ssl.https luasocket"),
        ["Tcl"] = Set("socket http::geturl http"),
        ["Octave"] = Set("urlread urlwrite webread webwrite websave tcpclient tcpip ftp websocket"),
        ["PowerShell"] = Set("Invoke Invoke-WebRequest WebClient Net.WebClient System.Net.Sockets.TCPClient iwr irm wget curl"),
        ["C"] = Set("connect gethostbyname getaddrinfo accept inet_addr inet_pton"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Calls whose strings are run by a shell, or as a program with its arguments.</summary>
    private static readonly FrozenSet<string> Runs = Set("""
        os.system os.popen os.popen2 os.popen3 subprocess.run subprocess.call subprocess.Popen subprocess.check_call subprocess.check_output subprocess.getoutput
        subprocess.getstatusoutput run Popen call check_call check_output getoutput commands.getoutput commands.getstatusoutput os.execl os.execle os.execlp os.execv os.execve os.execvp os.execvpe
        os.spawnl os.spawnlp os.spawnv os.spawnvp os.posix_spawn pty.spawn popen popen2 system exec qx execl execlp execv execvp execve IO.popen Open3.capture2 Open3.capture3 Open3.popen3 Process.spawn
        Kernel.system Kernel.exec spawn Kernel.spawn PTY.spawn child_process.exec child_process.execSync child_process.spawn child_process.spawnSync execSync spawnSync execFile execFileSync
        shell_exec passthru proc_open pcntl_exec system2 shell os.execute io.popen asyncio.create_subprocess_shell asyncio.create_subprocess_exec sh.Command cp.exec cp.execSync pipe
        unix dos evalc Deno.Command Deno.run Bun.spawn os.startfile pexpect.spawn pexpect.run posix.system sh.curl sh.wget
        """);

    private static readonly FrozenSet<string> Deletes = Set("""
        shutil.rmtree os.remove os.unlink os.rmdir os.removedirs unlink rmtree FileUtils.rm_rf FileUtils.rm_r FileUtils.rm FileUtils.remove_dir File.delete Dir.delete rmSync rmdirSync unlinkSync
        fs.rmSync fs.rmdirSync fs.unlinkSync fs.rm fs.unlink file.remove os.truncate remove_tree File::Path::rmtree pathlib.Path.unlink rmdir fs.promises.rm
        """);

    private static readonly FrozenSet<string> Evaluates = Set("exec eval compile loadstring load instance_eval class_eval Function vm.runInNewContext vm.runInThisContext assert create_function exec_code execfile __import__ runpy.run_path builtins.exec builtins.eval");

    private static readonly FrozenSet<string> DecodeCalls = Set("""
        base64.b64decode base64.decodebytes base64.b32decode base64.b85decode base64.a85decode b64decode b32decode a85decode b85decode decodestring base64.decodestring codecs.decode codecs.getdecoder bytes.fromhex fromhex bytearray.fromhex binascii.unhexlify
        unhexlify binascii.a2b_base64 zlib.decompress gzip.decompress lzma.decompress bz2.decompress marshal.loads pickle.loads decode_base64 MIME::Base64 MIME::Base64::decode pack unpack
        Base64.decode64 Base64.strict_decode64 unpack1 Buffer.from atob base64_decode gzinflate gzuncompress str_rot13 hex2bin convert_uudecode rot13 chr String.fromCharCode fromCharCode base64decode rawToChar
        """);

    private static readonly FrozenSet<string> Forks = Set("os.fork fork Process.fork pcntl_fork os.forkpty");

    private static readonly FrozenSet<string> SetsUser = Set("os.setuid os.seteuid os.setreuid os.setgid setuid seteuid setreuid setresuid POSIX::setuid Process::UID.change_privilege os.setresuid posix_setuid process.setuid");

    public static bool IsNetwork(Language language, string name) =>
        Network.TryGetValue(language.Name, out var names) && (names.Contains(name) || Prefixes(name).Any(names.Contains));

    public static bool IsRun(string name) => Runs.Contains(name) || Runs.Contains(Last(name)) && Last(name) is "system" or "popen" or "execSync" or "exec" or "spawn" or "spawnSync" or "check_output" or "check_call" or "getoutput" or "Popen" || name is "sp.run" or "sp.call" or "subp.run" or "sub.run" or "sp.check_output";

    /// <summary>Whether it installs packages from a registry.</summary>
    public static bool IsInstall(Language language, string name) => language.Name switch
    {
        "R" => name is "install.packages" or "BiocManager::install" or "remotes::install_github" or "devtools::install_github" or "install_github" or "pak::pkg_install" or "renv::restore",
        "Julia" => name is "Pkg.add" or "Pkg.update" or "Pkg.clone",
        "Python" => name is "pip.main" or "pip._internal.main",
        _ => false,
    };

    /// <summary>Whether it lists what is in directories.</summary>
    public static bool IsWalk(string name) => name is "os.walk" or "os.scandir" or "os.listdir" or "glob.glob" or "glob.iglob" or "glob" or "pathlib.Path" or "Path" or "find" or "list.files";

    public static bool IsDelete(string name) => Deletes.Contains(name);

    public static bool IsEvaluate(string name) => Evaluates.Contains(name);

    public static bool IsDecode(string name) => DecodeCalls.Contains(name) || DecodeCalls.Contains(Last(name));

    public static bool IsFork(string name) => Forks.Contains(name);

    public static bool IsSetUser(string name) => SetsUser.Contains(name);

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
