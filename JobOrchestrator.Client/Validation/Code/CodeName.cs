namespace JobOrchestrator.Client.Validation.Code;

/// <summary>What a name in a program may mean, by itself; where it stands says whether it does. Most mean nothing of interest.</summary>
[Flags]
internal enum CodeName
{
    None = 0,
    Decode = 1 << 0,
    Evaluate = 1 << 1,
    Fork = 1 << 2,
    Wait = 1 << 3,
    Native = 1 << 4,
    Leave = 1 << 5,
    Grow = 1 << 6,
    Loop = 1 << 7,
    Transform = 1 << 8,
    MemoryError = 1 << 9,
    Network = 1 << 10,
    Install = 1 << 11,
    RunModule = 1 << 12,
    SystemCall = 1 << 13,
    NativeCall = 1 << 14,
    SetUser = 1 << 15,
    Delete = 1 << 16,
    Walk = 1 << 17,
    Run = 1 << 18,
    Environment = 1 << 19,
    Lookup = 1 << 20,
    Write = 1 << 21,
    PathWrite = 1 << 22,
    Kill = 1 << 23,
    Home = 1 << 24,
}
