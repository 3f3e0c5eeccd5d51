using System.Net;
using System.Text;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Jobs;

/// <summary>What senders make of multipart: each in its own way, and some wrongly.</summary>
public sealed class MultipartUploadTests : IAsyncLifetime
{
    private TestSystem _system = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(clients: 0);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Theory]
    [InlineData("form-data; name=\"f\"; filename=\"plain.txt\"", "plain.txt")]
    [InlineData("form-data; name=f; filename=token.txt", "token.txt")]
    [InlineData("form-data; name=\"f\"; filename=\"with space.txt\"", "with space.txt")]
    [InlineData("form-data; name=\"f\"; filename=\"semi;colon.txt\"", "semi;colon.txt")]
    [InlineData("form-data; name=\"f\"; filename=\"quo\\\"te.txt\"", "quo\"te.txt")]
    [InlineData("form-data; name=\"f\"; filename=\"quo%22te.txt\"", "quo%22te.txt")] // as browsers write it; nobody says that it is an escape
    [InlineData("form-data; name=\"f\"; filename=\"名前é.txt\"", "名前é.txt")]
    [InlineData("form-data; name=\"f\"; filename*=utf-8''%E5%90%8D.txt", "名.txt")]
    [InlineData("form-data; name=\"f\"; filename=\"fallback.txt\"; filename*=UTF-8''%e2%82%ac.txt", "€.txt")]
    [InlineData("form-data; name=\"f\"; filename*=utf-8''..%2F..%2Fevil.txt", "evil.txt")]
    [InlineData("form-data; name=\"f\"; filename=\"C:\\\\dir\\\\windows.txt\"", "windows.txt")]
    [InlineData("form-data; name=\"f\"; filename=\"-rf\"", "-rf")]
    [InlineData("form-data; name=\"f\"; filename=\".hidden\"", ".hidden")]
    [InlineData("form-data; filename=\"nameless.txt\"; name=\"\"", "nameless.txt")]
    [InlineData("form-data; filename=\"no-field.txt\"", "no-field.txt")]
    [InlineData("attachment; filename=\"other-type.txt\"", "other-type.txt")]
    public async Task A_file_is_stored_under_the_name_its_sender_gave_it(string disposition, string stored)
    {
        var id = await _system.Http.SubmitAsync(Form.Job("true").Part(disposition, "content"u8.ToArray()));
        var path = Path.Combine(InputOf(id), stored);
        Assert.True(File.Exists(path), $"There is {string.Join(", ", Directory.GetFiles(InputOf(id)).Select(Path.GetFileName))}");
        Assert.Equal("content", await File.ReadAllTextAsync(path, Cancellation));
        Assert.Equal(2, Directory.GetFiles(InputOf(id)).Length);
    }

    [Theory]
    [InlineData("user_id service file run.sh")]
    [InlineData("run.sh file service user_id")]
    [InlineData("file user_id run.sh service")]
    public async Task Fields_and_files_come_in_any_order(string order)
    {
        var form = new Form();
        foreach (var part in order.Split(' '))
        {
            _ = part switch
            {
                "user_id" => form.Field("user_id", "5"),
                "service" => form.Field("service", "example"),
                _ => form.File(part, "true"),
            };
        }

        Assert.Equal(["file", "run.sh"], Directory.GetFiles(InputOf(await _system.Http.SubmitAsync(form))).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Fields_nobody_knows_are_passed_over_however_long_they_are()
    {
        var id = await _system.Http.SubmitAsync(new Form().Field("comment", new string('c', 100_000)).Field("", "").Field("user_id", "1")
            .Field("service", "example").Field("another", "\0\x1").File("run.sh", "true"));
        Assert.Single(Directory.GetFiles(InputOf(id)));
    }

    [Fact]
    public async Task Bytes_are_kept_as_they_are_also_those_that_look_like_boundaries()
    {
        var bytes = new byte[70_000];
        new Random(1).NextBytes(bytes);
        var tricky = Encoding.Latin1.GetBytes("\r\n--test-boundarx\r\n--test-boundar\r\n-\r\n--\r\r\n\r\n--test-\0\n");
        var id = await _system.Http.SubmitAsync(Form.Job("true").File("random", bytes).File("tricky", tricky).File("empty", [])
            .File("ends-in-newline", "\r\n"u8.ToArray()));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(InputOf(id), "random"), Cancellation));
        Assert.Equal(tricky, await File.ReadAllBytesAsync(Path.Combine(InputOf(id), "tricky"), Cancellation));
        Assert.Empty(await File.ReadAllBytesAsync(Path.Combine(InputOf(id), "empty"), Cancellation));
        Assert.Equal("\r\n"u8.ToArray(), await File.ReadAllBytesAsync(Path.Combine(InputOf(id), "ends-in-newline"), Cancellation));
    }

    [Fact]
    public async Task Text_before_the_first_boundary_and_after_the_last_is_no_part_of_the_message()
    {
        var body = "a preamble\r\n" + await Form.Job("true").ToContent().ReadAsStringAsync(Cancellation) + "\r\nan epilogue\r\n";
        var (code, _) = await SendAsync(body);
        Assert.Equal(HttpStatusCode.Created, code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData("no boundary at all")]
    [InlineData("--test-boundary")]
    [InlineData("--test-boundary\r\n")]
    [InlineData("--test-boundary\r\nContent-Disposition: form-data; name=\"user_id\"")]
    [InlineData("--test-boundary\r\nContent-Disposition: form-data; name=\"user_id\"\r\n\r\n1")]
    [InlineData("--test-boundary\r\nContent-Disposition: form-data; name=\"user_id\"\r\n\r\n1\r\n--test-boundary")]
    [InlineData("--test-boundary\r\n\r\nno disposition\r\n--test-boundary--\r\n")]
    [InlineData("--test-boundary\r\nContent-Disposition: form-data; name=f; filename*\r\n\r\nx\r\n--test-boundary--\r\n")]
    [InlineData("--test-boundary\r\nContent-Disposition: ;;;\r\n\r\nx\r\n--test-boundary--\r\n")]
    [InlineData("--test-boundary\r\nno colon in this header\r\n\r\nx\r\n--test-boundary--\r\n")]
    public async Task What_is_no_multipart_message_is_400_and_says_so(string body)
    {
        var (code, answer) = await SendAsync(body);
        Assert.Equal((HttpStatusCode.BadRequest, 0, ClassicStatus.Unknown), (code, answer.Id, answer.Status));
        Assert.StartsWith("Multipart error: ", answer.Message, StringComparison.Ordinal);
        AssertNoLitter();
    }

    [Fact]
    public async Task A_message_that_ends_where_it_should_but_holds_nothing_lacks_its_fields()
    {
        var (code, answer) = await SendAsync("--test-boundary--\r\n");
        Assert.Equal((HttpStatusCode.BadRequest, "Missing user_id field"), (code, answer.Message));
    }

    [Theory]
    [InlineData("with\nnewline")]
    [InlineData("with\0null")]
    [InlineData("with\x7f" + "delete")]
    public async Task A_name_with_control_characters_is_400(string name)
    {
        var (code, answer) = await _system.Http.UploadAsync(
            Form.Job("true").Part($"form-data; name=f; filename*=utf-8''{Uri.EscapeDataString(name)}", [1]).ToContent());
        Assert.Equal((HttpStatusCode.BadRequest, "Invalid file name: name contains control characters"), (code, answer.Message));
        AssertNoLitter();
    }

    [Fact]
    public async Task A_name_longer_than_a_file_system_takes_is_400()
    {
        var (code, answer) = await _system.Http.UploadAsync(Form.Job("true").File(new string('名', 1365), "x").ToContent()); // 4 KiB
        Assert.Equal((HttpStatusCode.BadRequest, "Invalid file name: name is longer than 255 bytes"), (code, answer.Message));
        AssertNoLitter();
    }

    [Theory]
    [InlineData("user_id")]
    [InlineData("service")]
    public async Task A_field_that_is_too_long_or_no_text_is_400(string field)
    {
        var other = field == "user_id" ? new Form().Field("service", "example") : new Form().Field("user_id", "1");
        var (code, answer) = await _system.Http.UploadAsync(other.Field(field, new string('1', 5000)).File("run.sh", "true").ToContent());
        Assert.Equal((HttpStatusCode.BadRequest, $"Field '{field}' is longer than 4096 bytes"), (code, answer.Message));
        (code, answer) = await _system.Http.UploadAsync(
            Form.Job("true").Part($"form-data; name=\"{field}\"", [0xff, 0xfe]).ToContent());
        Assert.Equal((HttpStatusCode.BadRequest, $"Field '{field}' is not valid UTF-8"), (code, answer.Message));
        AssertNoLitter();
    }

    [Fact]
    public async Task A_quoted_boundary_is_taken_without_its_quotes()
    {
        var (code, _) = await _system.Http.UploadAsync(Form.Job("true").ToContent(contentType: "multipart/form-data; boundary=\"test-boundary\""));
        Assert.Equal(HttpStatusCode.Created, code);
    }

    private async Task<(HttpStatusCode Code, StatusBody Body)> SendAsync(string body)
    {
        var content = new StringContent(body);
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=test-boundary");
        return await _system.Http.UploadAsync(content);
    }

    private string InputOf(int id) => Path.Combine(_system.Directory, "data", "jobs", $"{id}", "input");

    private void AssertNoLitter() => Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_system.Directory, "data", "staging")));
}
