using System.Text;

namespace JobOrchestrator.Tests.Support;

/// <summary>A multipart body spelled out byte by byte, so that a test may also send what no library would.</summary>
internal sealed class Form
{
    private const string Boundary = "test-boundary";

    private readonly List<byte> _body = [];

    /// <summary>A job of user 1 in service "example" with this script.</summary>
    public static Form Job(string script, int userId = 1, string service = "example") =>
        new Form().Field("user_id", $"{userId}").Field("service", service).File("run.sh", script);

    public Form Field(string name, string value) => Part($"form-data; name=\"{name}\"", Encoding.UTF8.GetBytes(value));

    public Form File(string fileName, string content, string field = "file") => File(fileName, Encoding.UTF8.GetBytes(content), field);

    public Form File(string fileName, byte[] content, string field = "file") =>
        Part($"form-data; name=\"{field}\"; filename=\"{fileName}\"", content);

    public Form Part(string disposition, byte[] content)
    {
        _body.AddRange(Encoding.UTF8.GetBytes($"--{Boundary}\r\nContent-Disposition: {disposition}\r\n\r\n"));
        _body.AddRange(content);
        _body.AddRange("\r\n"u8);
        return this;
    }

    /// <summary>The body.</summary>
    /// <param name="cut">Leaves out the closing boundary, as when a sender gives up.</param>
    /// <param name="contentType">Another content type than the right one.</param>
    public ByteArrayContent ToContent(bool cut = false, string? contentType = $"multipart/form-data; boundary={Boundary}")
    {
        var content = new ByteArrayContent([.. _body, .. cut ? [] : Encoding.UTF8.GetBytes($"--{Boundary}--\r\n")]);
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return content;
    }
}
