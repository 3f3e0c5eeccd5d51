using System.Collections.Frozen;
using System.Text;
using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Programs that turn an encoding back into text.</summary>
internal static class Decoders
{
    private const string Hidden = "\uFDD1";

    /// <summary>Programs that decode when told so; nobody encodes for a shell.</summary>
    public static FrozenSet<string> Names { get; } = FrozenSet.Create(StringComparer.Ordinal, "base64", "base32", "basenc", "xxd", "openssl", "uudecode", "gpg", "gpg2");

    /// <summary>What a decoder prints: the text where the input is known, else hidden text; null when the command decodes nothing.</summary>
    public static string? Decode(Command command, string? input)
    {
        switch (command.Name)
        {
            case "base64" when command.HasFlag('d') || command.HasFlag('D') || command.Has("--decode"):
                return FromBase64(input) ?? Hidden;
            case "base32" or "basenc" when command.HasFlag('d') || command.Has("--decode"):
            case "uudecode":
            case "openssl" when command.Has("-d") && command.Arguments is ["enc" or "base64" or "aes-256-cbc" or "rsautl" or "zlib", ..]:
            case "gpg" or "gpg2" or "age" when command.HasFlag('d') || command.Has("--decrypt"):
                return command.Name == "openssl" && command.Has("-base64", "-a", "base64") ? FromBase64(input) ?? Hidden : Hidden;
            case "xxd" when command.HasFlag('r'):
                return command.HasFlag('p') || command.Has("-plain", "-ps") ? FromHex(input) ?? Hidden : Hidden;
            default:
                return null;
        }
    }

    /// <summary>The file that a decoder writes to, null where it prints.</summary>
    public static string? FileOf(Command command) => command.Name switch
    {
        "openssl" => command.ValueOf("-out"),
        "gpg" or "gpg2" or "age" => command.ValueOf("-o", "--output"),
        "uudecode" => command.ValueOf("-o", "--output-file"),
        "xxd" => command.Operands.Skip(1).FirstOrDefault(),
        _ => null,
    };

    private static string? FromBase64(string? text)
    {
        if (text is null || !Mark.IsKnown(text) || text.Length > 1 << 16)
        {
            return null;
        }

        var clean = string.Concat(text.Where(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/'));
        var bytes = new byte[clean.Length];
        var padded = clean + new string('=', (4 - (clean.Length % 4)) % 4);
        return Convert.TryFromBase64String(padded, bytes, out var length) ? ToText(bytes.AsSpan(0, length)) : null;
    }

    private static string? FromHex(string? text)
    {
        if (text is null || !Mark.IsKnown(text) || text.Length > 1 << 16)
        {
            return null;
        }

        var clean = string.Concat(text.Where(char.IsAsciiHexDigit));
        return ToText(Convert.FromHexString(clean.Length % 2 == 0 ? clean : clean[..^1]));
    }

    /// <summary>Binary results stay hidden.</summary>
    private static string? ToText(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 0 && System.Text.Unicode.Utf8.IsValid(bytes) && !bytes.Contains((byte)0) ? Encoding.UTF8.GetString(bytes) : null;
}
