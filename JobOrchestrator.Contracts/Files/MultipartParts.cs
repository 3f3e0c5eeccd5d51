using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace JobOrchestrator.Contracts.Files;

/// <summary>
/// The parts of a multipart request, one after the other, streamed: at no time is more than a buffer of the body in memory.
/// </summary>
public sealed class MultipartParts
{
    private const int BufferBytes = 1 << 16;
    private const int MaxBoundaryLength = 256;

    private readonly MultipartReader _reader;

    private MultipartParts(MultipartReader reader) => _reader = reader;

    /// <summary>Starts reading the request's body.</summary>
    /// <exception cref="MultipartException">The content type is not multipart, or has no usable boundary.</exception>
    public static MultipartParts Open(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var contentType)
            || !contentType.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase))
        {
            throw new MultipartException("Multipart error: the Content-Type must be multipart/form-data");
        }

        var boundary = HeaderUtilities.RemoveQuotes(contentType.Boundary).Value;
        if (string.IsNullOrWhiteSpace(boundary) || boundary.Length > MaxBoundaryLength)
        {
            throw new MultipartException("Multipart error: the Content-Type has no usable boundary");
        }

        return new MultipartParts(new MultipartReader(boundary, request.Body, BufferBytes));
    }

    /// <summary>The next part, or null at the end of the body.</summary>
    /// <exception cref="MultipartException">The body is malformed or ends too early.</exception>
    public async Task<MultipartPart?> ReadNextAsync(CancellationToken cancellationToken)
    {
        var section = await GuardAsync(() => _reader.ReadNextSectionAsync(cancellationToken));
        if (section is null)
        {
            return null;
        }

        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || LacksValue(disposition))
        {
            throw new MultipartException("Multipart error: a part has no usable Content-Disposition");
        }

        var fileName = disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName;
        return new MultipartPart(
            Unquote(disposition.Name) ?? "",
            Unquote(fileName),
            section.Body)
        {
            IsExecutable = section.ContentType == MultipartPart.ExecutableType,
        };
    }

    /// <summary>Runs a read of the body, turning what the reader throws about malformed bodies into <see cref="MultipartException"/>.</summary>
    public static async Task<T> GuardAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (InvalidDataException e)
        {
            throw new MultipartException($"Multipart error: {e.Message}", e);
        }
        catch (IOException e) when (e is not BadHttpRequestException && e.HResult == new IOException().HResult)
        {
            // MultipartReader reports a body that ends before its closing boundary as a plain IOException;
            // a full disk is one too, but carries the operating system's error code.
            throw new MultipartException($"Multipart error: {e.Message}", e);
        }
    }

    /// <summary><c>filename*</c> without a value: the framework parses it, and throws when asked for it.</summary>
    private static bool LacksValue(ContentDispositionHeaderValue disposition) =>
        disposition.Parameters.Any(p => p.Name.Equals("filename*", StringComparison.OrdinalIgnoreCase) && !p.Value.HasValue);

    private static string? Unquote(Microsoft.Extensions.Primitives.StringSegment value) =>
        value.HasValue ? HeaderUtilities.UnescapeAsQuotedString(value).Value : null;
}
