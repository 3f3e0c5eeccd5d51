namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Where a path leads, as far as can be said.</summary>
internal enum Place
{
    /// <summary>Nobody can say.</summary>
    Unknown,

    /// <summary>The job's own directory or one for its temporary files.</summary>
    Own,

    /// <summary>Above the job's directory.</summary>
    Above,

    /// <summary>The user's home directory or something in it.</summary>
    Home,

    /// <summary>The system's directories.</summary>
    System,

    /// <summary>The root directory, or all in it.</summary>
    Root,

    /// <summary>Any other absolute path.</summary>
    Elsewhere,
}
