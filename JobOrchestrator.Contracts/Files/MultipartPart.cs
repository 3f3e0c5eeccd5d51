using System.Text;

namespace JobOrchestrator.Contracts.Files;

/// <summary>One part of a multipart body. <see cref="Body"/> must be read, or left, before the next part is asked for.</summary>
/// <param name="Name">Field name, empty when the sender gave none.</param>
/// <param name="FileName">As sent, unsanitised; null for a text field.</param>
/// <param name="Body">The part's bytes, streamed.</param>
public sealed record MultipartPart(string Name, string? FileName, Stream Body)
{
    /// <summary>Content type of a file that is to be executable; multipart has no other place for it, and receivers that do not know it take no harm.</summary>
    public const string ExecutableType = "application/x-executable";

    /// <summary>Whether the sender says that the file is to be executable.</summary>
    public bool IsExecutable { get; init; }

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
