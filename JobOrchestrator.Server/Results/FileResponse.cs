using System.Globalization;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace JobOrchestrator.Server.Results;

/// <summary>
/// Sends one file of a job to a browser or a program. What a job wrote is not ours, so no browser may run it as a page of this server: text of
/// any kind is plain text, pictures are pictures, everything else is a download, and none of it may do anything.
/// </summary>
internal static class FileResponse
{
    private static readonly FileExtensionContentTypeProvider ContentTypes = new();
    private static readonly string[] Pictures = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"];
    private static readonly string[] TextExtensions =
        [".txt", ".log", ".sh", ".py", ".csv", ".tsv", ".json", ".xml", ".html", ".md", ".yaml", ".yml", ".pdb", ".cif", ".fasta", ".dat", ".out", ".err", ".cfg", ".ini", ".toml"];

    /// <summary>Writes the headers; true when the content is to follow, false when they are all there is to say (HEAD, not modified).</summary>
    public static bool Begin(HttpContext context, string path, long? length, DateTimeOffset? modifiedAt = null, string? tag = null)
    {
        var (type, inline) = TypeOf(path);
        var response = context.Response;
        response.ContentType = type;
        response.ContentLength = length;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        var disposition = new ContentDispositionHeaderValue(inline ? "inline" : "attachment");
        disposition.SetHttpFileName(Path.GetFileName(path));
        response.Headers.ContentDisposition = disposition.ToString();
        if (modifiedAt is { } time)
        {
            response.Headers.LastModified = time.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        }

        if (tag is not null)
        {
            response.Headers.ETag = tag;
            if (context.Request.Headers.IfNoneMatch.Any(t => t is not null && t.Split(',').Any(one => one.Trim() == tag || one.Trim() == "*")))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                response.ContentLength = null;
                return false;
            }
        }

        return !HttpMethods.IsHead(context.Request.Method);
    }

    private static (string Type, bool Inline) TypeOf(string path)
    {
        if (TextExtensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        {
            return ("text/plain; charset=utf-8", true);
        }

        return ContentTypes.TryGetContentType(path, out var type) && Pictures.Contains(type, StringComparer.Ordinal)
            ? (type, true)
            : ("application/octet-stream", false);
    }
}
