using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace JobOrchestrator.Contracts.Files;

/// <summary>Gives the web server its <see cref="LargeBlockPool"/>s.</summary>
public sealed class LargeBlockPoolFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new LargeBlockPool();
}
