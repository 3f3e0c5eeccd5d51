namespace JobOrchestrator.Benchmarks;

/// <summary>Of a handful of measurements.</summary>
internal static class Statistics
{
    /// <summary>The value below which <paramref name="fraction"/> of the values lie (nearest rank).</summary>
    public static double Quantile(this IEnumerable<double> values, double fraction)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(fraction * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    public static double Median(this IEnumerable<double> values) => values.Quantile(0.5);

    /// <summary>
    /// The figure grows as the e-th power of the size, over the two last steps, where constant parts weigh least: 0 is flat, 1 is linear.
    /// </summary>
    public static double Exponent(IReadOnlyList<int> sizes, IReadOnlyList<double> figures) =>
        Math.Log(figures[^1] / figures[^3]) / Math.Log((double)sizes[^1] / sizes[^3]);
}
