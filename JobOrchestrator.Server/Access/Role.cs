namespace JobOrchestrator.Server.Access;

/// <summary>What a caller may do. Each role includes those before it.</summary>
internal enum Role
{
    /// <summary>Look at jobs, and fetch their results.</summary>
    Read,

    /// <summary>Submit jobs, and cancel them.</summary>
    Submit,

    /// <summary>All of it for everybody's jobs, and the system itself: client nodes.</summary>
    Admin,
}
