namespace JobOrchestrator.Server.Jobs;

/// <summary>By which rules an upload is read.</summary>
internal enum UploadSurface
{
    /// <summary>Two fields and files; other fields are ignored, as they always were.</summary>
    Classic,

    /// <summary>All fields of <see cref="RequestFields"/> and an <c>archive</c>; an unknown field is an error, for it is most likely misspelt.</summary>
    V1,
}
