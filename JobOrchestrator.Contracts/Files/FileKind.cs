namespace JobOrchestrator.Contracts.Files;

/// <summary>What a directory entry is, by the type bits of its mode.</summary>
internal enum FileKind
{
    Other,
    Fifo,
    CharacterDevice,
    Directory,
    BlockDevice,
    Regular,
    SymbolicLink,
    Socket,
}
