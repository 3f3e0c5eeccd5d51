using System.IO.Compression;
using System.Text;

namespace JobOrchestrator.Tests.Fuzzing;

/// <summary>
/// Makes uploads as no honest sender would: a good one first, then some of it broken at random. All randomness comes from the seed, so that a case can
/// be made again.
/// </summary>
/// <param name="seed">Of the case.</param>
/// <param name="v1">Whether it is for <c>/api/v1/jobs</c>, which knows more fields, and archives.</param>
internal sealed class MultipartFuzz(int seed, bool v1 = false)
{
    private const int MaxBody = 200_000;
    private const int GoodParts = 3;

    private static readonly string[] Names =
    [
        "run.sh", "../../evil.txt", "..", ".", "", "/", "/etc/passwd", "a/../../b", "..\\..\\evil.bat", "C:\\x", "a\0b", "a\nb", "a\r\nX-Injected: 1",
        "%2e%2e%2fevil", "..%c0%af", "con", "-rf", "~", "$(id)", "`id`", "a;b", "\"", "\\\"", "\\", "'", "\u202egnp.exe", "\ufeff", "\ud800", "\u0000",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿", new string('名', 1365), new string('a', 255), new string('a', 256), new string('/', 5000), string.Join('/', Enumerable.Repeat("..", 500)),
    ];

    private static readonly string[] Dispositions =
    [
        "form-data; name=\"{0}\"; filename=\"{1}\"", "form-data; name=\"{0}\"", "form-data; filename=\"{1}\"", "form-data", "", ";", "attachment; filename={1}",
        "form-data; name={0}; filename*=utf-8''{2}", "form-data; name=\"{0}\"; filename=\"{1}", "form-data; name=\"{0}\"; filename=\"{1}\"; filename=\"{1}\"",
        "form-data; name=\"{0}\"; filename*=iso-8859-1'en'{2}", "form-data; name=\"{0}\"; filename*=utf-8''%ff%fe", "FORM-DATA; NAME=\"{0}\"; FILENAME=\"{1}\"",
    ];

    private static readonly string[] Fields = ["user_id", "service", "file", "", "USER_ID", "user_id\0", "名", new string('f', 3000)];

    private static readonly string[] V1Fields =
        ["name", "priority", "timeout", "max_attempts", "tags", "cpus", "memory", "callback_url", "archive", "user_id", "service", "Name", "idempotency_key"];

    private static readonly string[] V1Values =
    [
        "a name", "0", "5", "-100", "3600", "3", "a,b", "a,,b", string.Join(',', Enumerable.Repeat("t", 5000)), "0.5", "1e-400", "4G", "9999999999G", "512M", "0M", "-1K", "http://127.0.0.1/",
        "http://[::1]:0/", "file:///etc/passwd", "//x", "http://x\r\nX: 1", "\u0007", "2147483647", "00000000000000000001", "½", "∞", "Infinity", "NaN",
    ];

    private static readonly byte[][] Archives =
    [
        Zip("run.sh", "data/a.txt"), Zip("../../evil.txt", "run.sh"), Zip("/etc/passwd"), Zip("a", "a/b"), Zip("run.sh", "run.sh"), Zip("..\\evil", "a\0b", "con"), Zip(),
        Zip("run.sh")[..^10], Zip("run.sh", "b")[20..], Gzip([]), Gzip([.. Enumerable.Repeat((byte)'x', 5000)]), Gzip(new byte[1 << 20]), Gzip(new byte[512])[..^4], "PK\u0003\u0004"u8.ToArray(), [0x1f, 0x8b],
    ];

    private static readonly string[] Values =
        ["1", "example", "-1", "99999999999999999999", "1e3", "0x1", " 1", "", "NaN", "\0", "é", "example\n", "EXAMPLE", new string('9', 5000), "2147483648", "-2147483648"];

    private static readonly string[] Boundaries = ["fuzz", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "'", "a b", "x=y", new string('b', 70), new string('b', 200)];

    private static readonly string[] Types =
    [
        "multipart/form-data; boundary={0}", "multipart/form-data; boundary=\"{0}\"", "multipart/mixed; boundary={0}", "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=other", "text/plain", "", "multipart/form-data; charset=utf-7; boundary={0}", "multipart/form-data; boundary={0}; boundary=other",
        "multipart/form-data;boundary=\"{0}", ";;;", "multipart/", "application/x-www-form-urlencoded",
    ];

    private static readonly byte[][] Fragments =
    [
        "\r\n"u8.ToArray(), "\n"u8.ToArray(), "\r"u8.ToArray(), "--fuzz\r\n"u8.ToArray(), "\r\n--fuzz--\r\n"u8.ToArray(), "\r\n\r\n"u8.ToArray(), "--"u8.ToArray(), [0], [0xff, 0xfe, 0x00],
        "Content-Disposition: form-data; name=\"x\"\r\n"u8.ToArray(), "Content-Length: -1\r\n"u8.ToArray(), "Content-Transfer-Encoding: base64\r\n"u8.ToArray(),
        [.. Enumerable.Repeat((byte)'A', 20_000)],
    ];

    private readonly Random _random = new(seed);

    /// <summary>The same random numbers for whoever sends the case.</summary>
    public Random Random => _random;

    /// <summary>A content type and a body.</summary>
    public (string ContentType, byte[] Body) Next()
    {
        // Most keep the boundary their body has: the others end at the first look.
        var boundary = _random.Next(4) > 0 ? Boundaries[0] : Pick(Boundaries);
        var type = string.Format(null, _random.Next(5) > 0 ? Types[_random.Next(2)] : Pick(Types), boundary);
        var body = new List<byte>();
        var newline = _random.Next(20) == 0 ? "\n" : "\r\n";
        if (_random.Next(4) == 0)
        {
            // Nothing but what belongs there: the harm is done to it as a whole, or not at all, so that some get in.
            for (var good = 0; good < GoodParts; good++)
            {
                AddGoodPart(body, boundary, newline, good);
            }
        }
        else
        {
            for (var part = _random.Next(8); part >= 0; part--)
            {
                AddPart(body, boundary, newline);
            }
        }

        if (_random.Next(6) > 0)
        {
            Add(body, $"--{boundary}--{newline}");
        }

        for (var mutation = _random.Next(4); mutation > 0; mutation--)
        {
            Mutate(body);
        }

        return (type, [.. body.Take(MaxBody)]);
    }

    public T Pick<T>(T[] items) => items[_random.Next(items.Length)];

    private static void AddGoodPart(List<byte> body, string boundary, string newline, int number) => Add(body, $"--{boundary}{newline}" + (number switch
    {
        0 => $"Content-Disposition: form-data; name=\"user_id\"{newline}{newline}1{newline}",
        1 => $"Content-Disposition: form-data; name=\"service\"{newline}{newline}example{newline}",
        _ => $"Content-Disposition: form-data; name=\"f\"; filename=\"run.sh\"{newline}{newline}true{newline}",
    }));

    private void AddPart(List<byte> body, string boundary, string newline)
    {
        if (_random.Next(2 * GoodParts) is var good and < GoodParts)
        {
            AddGoodPart(body, boundary, newline, good);
            return;
        }

        Add(body, $"--{boundary}{newline}");
        var name = Pick(Names);
        var encoded = string.Concat(Encoding.UTF8.GetBytes(name).Select(b => $"%{b:x2}"));
        for (var header = _random.Next(40) == 0 ? _random.Next(30) : _random.Next(2); header > 0; header--)
        {
            Add(body, $"X-Header-{header}: {new string('h', _random.Next(100))}{newline}");
        }

        if (v1 && _random.Next(8) == 0)
        {
            Add(body, $"Content-Disposition: form-data; name=\"archive\"; filename=\"{Pick(["a.zip", "a.tar.gz", "a.tgz", "a", "a.rar", name])}\"{newline}{newline}");
            body.AddRange(Pick(Archives));
            Add(body, newline);
            return;
        }

        var fields = v1 && _random.Next(4) > 0 ? V1Fields : Fields;
        Add(body, $"Content-Disposition: {string.Format(null, Pick(Dispositions), Pick(fields), name, encoded)}{newline}{newline}");
        if (_random.Next(2) == 0)
        {
            Add(body, Pick(v1 && _random.Next(2) == 0 ? V1Values : Values));
        }
        else
        {
            var content = new byte[_random.Next(10) == 0 ? _random.Next(70_000) : _random.Next(200)];
            _random.NextBytes(content);
            body.AddRange(content);
        }

        Add(body, newline);
    }

    private void Mutate(List<byte> body)
    {
        var at = _random.Next(body.Count + 1);
        var length = Math.Min(_random.Next(_random.Next(2) == 0 ? 8 : 2000), body.Count - at);
        switch (_random.Next(6))
        {
            case 0:
                body.RemoveRange(at, body.Count - at);
                break;
            case 1:
                body.RemoveRange(at, length);
                break;
            case 2:
                body.InsertRange(_random.Next(body.Count + 1), body.GetRange(at, length));
                break;
            case 3:
                body.InsertRange(at, Pick(Fragments));
                break;
            case 4:
                for (var i = at; i < at + Math.Min(length, 4); i++)
                {
                    body[i] ^= (byte)(1 << _random.Next(8));
                }

                break;
            default:
                body.Reverse(at, length);
                break;
        }
    }

    private static byte[] Zip(params string[] names)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var name in names)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write("true"u8);
            }
        }

        return bytes.ToArray();
    }

    private static byte[] Gzip(byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return bytes.ToArray();
    }

    private static void Add(List<byte> body, string text) => body.AddRange(Encoding.UTF8.GetBytes(text));
}
