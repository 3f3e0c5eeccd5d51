using System.Text;

namespace JobOrchestrator.Contracts.Files;

/// <summary>One part of a multipart body. <see cref="Body"/> must be read, or left, before the next part is asked for.</summary>
/// <param name="Name">Field name, empty when the sender gave none.</param>
/// <param name="FileName">As sent, unsanitised; null for a text field.</param>
/// <param name="Body">The part's bytes, streamed.</param>
public sealed record MultipartPart(string Name, string? FileName, Stream Body)
{
    /// <summary>Reads a text field.</summary>
    /// <exception cref="MultipartException">It is longer than <paramref name="maxBytes"/> or not UTF-8.</exception>
    public async Task<string> ReadTextAsync(int maxBytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[maxBytes + 1];
        var length = await Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > maxBytes)
        {
            throw new MultipartException($"Field '{Name}' is longer than {maxBytes} bytes");
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(buffer, 0, length);
        }
        catch (DecoderFallbackException e)
        {
            throw new MultipartException($"Field '{Name}' is not valid UTF-8", e);
        }
    }
}
