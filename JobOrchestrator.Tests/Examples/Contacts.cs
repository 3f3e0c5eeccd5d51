using System.Globalization;

namespace JobOrchestrator.Tests.Examples;

/// <summary>The contacts between two chains, computed without a line in common with the example's script.</summary>
internal static class Contacts
{
    private const double Cutoff = 5.0;

    /// <summary>Rows as in <c>contacts.csv</c>, sorted by text.</summary>
    public static List<string> Between(string firstFile, string secondFile)
    {
        var second = Atoms(secondFile).ToList();
        return [.. Atoms(firstFile)
            .SelectMany(a => second.Select(b => (Pair: $"{a.Residue},{b.Residue}", Distance: double.Hypot(double.Hypot(a.X - b.X, a.Y - b.Y), a.Z - b.Z))))
            .Where(contact => contact.Distance <= Cutoff)
            .GroupBy(contact => contact.Pair, contact => contact.Distance)
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key},{g.Count()},{g.Min():0.000}"))
            .Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<(string Residue, double X, double Y, double Z)> Atoms(string file) =>
        from line in File.ReadLines(file)
        where line.StartsWith("ATOM", StringComparison.Ordinal)
        let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        select ($"{fields[4]},{fields[3]},{fields[5]}", Number(fields[6]), Number(fields[7]), Number(fields[8]));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
