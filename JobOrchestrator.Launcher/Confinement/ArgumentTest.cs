namespace JobOrchestrator.Launcher.Confinement;

/// <summary>
/// A condition on the lower 32 bits of a system call's argument, which is all the kernel itself looks at where it takes an <c>int</c>:
/// it holds when the masked argument is, or is not, among the values.
/// </summary>
/// <param name="Argument">0-5.</param>
/// <param name="Mask">Bits to look at.</param>
/// <param name="Among">Whether it must be among the values, or must not.</param>
/// <param name="Values">At most a few dozen.</param>
internal readonly record struct ArgumentTest(int Argument, uint Mask, bool Among, params uint[] Values)
{
    /// <summary>Holds when any of these bits is set.</summary>
    public static ArgumentTest AnyOf(int argument, uint bits) => new(argument, bits, Among: false, 0);

    /// <summary>Holds when the argument is none of these.</summary>
    public static ArgumentTest NoneOf(int argument, params uint[] values) => new(argument, uint.MaxValue, Among: false, values);

    /// <summary>Holds when the masked argument is one of these.</summary>
    public static ArgumentTest OneOf(int argument, uint mask, params uint[] values) => new(argument, mask, Among: true, values);
}
