using System.Buffers.Binary;
using JobOrchestrator.Launcher.Confinement;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>Runs a filter as the kernel would, on a call that nobody makes.</summary>
internal static class BpfInterpreter
{
    public static uint Run(BpfInstruction[] program, uint architecture, uint number, params ulong[] arguments)
    {
        var data = new byte[64]; // struct seccomp_data: number, architecture, instruction pointer, six arguments
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), architecture);
        for (var i = 0; i < arguments.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16 + (8 * i)), arguments[i]);
        }

        var accumulator = 0u;
        for (var at = 0; ; at++)
        {
            var instruction = program[at];
            switch (instruction.Code)
            {
                case BpfInstruction.LoadWord:
                    accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)instruction.Operand));
                    break;
                case BpfInstruction.And:
                    accumulator &= instruction.Operand;
                    break;
                case BpfInstruction.JumpIfEqual:
                    at += accumulator == instruction.Operand ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case BpfInstruction.JumpIfGreater:
                    at += accumulator > instruction.Operand ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case BpfInstruction.Return:
                    return instruction.Operand;
                default:
                    throw new InvalidOperationException($"Instruction {at} has the unknown code {instruction.Code:x}.");
            }
        }
    }
}
