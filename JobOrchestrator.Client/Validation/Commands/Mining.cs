using System.Buffers;

namespace JobOrchestrator.Client.Validation.Commands;

/// <summary>Recognises miners by what they must be told, whatever they are called.</summary>
internal static class Mining
{
    private static readonly string[] PoolNames =
    [
        "stratum+", "stratum1+", "stratum2+", "stratum://", "minexmr", "supportxmr", "nanopool.org", "moneroocean", "f2pool", "ethermine", "nicehash", "2miners", "hashvault.pro",
        "herominers", "unmineable", "c3pool", "minergate", "xmrpool", "poolin.com", "antpool", "slushpool", "viabtc", "flypool", "dwarfpool", "miningpoolhub",
        "prohashing", "zpool.ca", "cryptonote", "monerohash", "flexpool", "hiveon", "sparkpool", "xmr.pool", "pool.monero", "crypto-pool.fr", "gulf.moneroocean", "woolypooly", "rplant.xyz", "kryptex.network",
    ];

    private static readonly string[] OptionNames =
        ["--donate-level", "--randomx", "--cryptonight", "--algo=rx", "--algo=cn", "--algo=cryptonight", "--algo=randomx", "--algo=ethash", "--algo=kawpow", "--coin=monero", "--coin=xmr",
         "--nicehash", "--rig-id", "--cpu-max-threads-hint", "--ethash", "--mine", "rx/0", "--algo=argon2/"];

    private static readonly SearchValues<string> Pools = SearchValues.Create(PoolNames, StringComparison.OrdinalIgnoreCase);
    private static readonly SearchValues<string> Options = SearchValues.Create(OptionNames, StringComparison.OrdinalIgnoreCase);

    /// <summary>Text without which an argument up to the length of a wallet has nothing to do with mining.</summary>
    public static IEnumerable<string> Noticeable => [.. PoolNames, .. OptionNames];

    public static bool IsPool(string argument) => argument.AsSpan().ContainsAny(Pools) || IsWallet(argument);

    public static bool IsOption(string argument) =>
        argument.Length > 3 && argument.AsSpan().ContainsAny(Options) && (argument[0] == '-' ? argument is not ['-', '-', 'm', 'i', 'n', 'e', _, ..] : argument is "rx/0");

    /// <summary>A Monero address: 95 or 106 letters and digits, from 4 or 8.</summary>
    private static bool IsWallet(string argument)
    {
        var address = argument.Split('.', '+', ':')[0];
        return address.Length is 95 or 106 && address[0] is '4' or '8' && !address.AsSpan().ContainsAnyExcept(Base58);
    }

    private static readonly SearchValues<char> Base58 = SearchValues.Create("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz");
}
