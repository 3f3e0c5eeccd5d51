using System.Globalization;
using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// Reads an upload: files go straight to the staging directory as they come, fields are checked as soon as they come, so that a bad request ends
/// before its gigabyte has been taken in.
/// </summary>
/// <param name="catalog">The services there are.</param>
/// <param name="caller">Who sends it.</param>
/// <param name="surface">By which rules it is read.</param>
/// <param name="digest">Takes note of all there is in the upload; null when nobody asks.</param>
/// <param name="limits">What is allowed on this server.</param>
internal sealed class UploadForm(ServiceCatalog catalog, Caller caller, UploadSurface surface, UploadDigest? digest, UploadLimits limits)
{
    private const int MaxFieldBytes = 4096;
    private const int MaxFiles = 10_000;
    private const string ArchiveField = "archive";

    private readonly RequestFields? _fields = surface == UploadSurface.V1 ? new RequestFields(limits.Webhooks) : null;
    private readonly HashSet<string> _fileNames = new(StringComparer.Ordinal);
    private int? _userId;
    private string? _service;

    /// <summary>Bytes of all files so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Reads all parts.</summary>
    /// <exception cref="UploadException">Something about it is wrong.</exception>
    /// <exception cref="MultipartException">It is not readable as multipart.</exception>
    public async Task<Upload> ReadAsync(MultipartParts parts, string directory, CancellationToken cancellationToken)
    {
        while (await parts.ReadNextAsync(cancellationToken) is { } part)
        {
            if (part.FileName is null)
            {
                await TakeFieldAsync(part, cancellationToken);
            }
            else if (surface == UploadSurface.V1 && part.Name == ArchiveField)
            {
                await TakeArchiveAsync(part, directory, cancellationToken);
            }
            else
            {
                await TakeFileAsync(part, directory, cancellationToken);
            }
        }

        // A key that acts for one user need not say for whom.
        var userId = _userId ?? caller.UserId ?? throw Bad("Missing user_id field");
        var service = catalog.Services[_service ?? throw Bad("Missing service field")];
        digest?.AddField("user_id", userId.ToString(CultureInfo.InvariantCulture));
        digest?.AddField("service", service.Name);
        if (_fileNames.Count == 0)
        {
            throw Bad("No file was uploaded; a job needs at least its run.sh");
        }

        var request = _fields?.Complete(service) ?? JobRequest.Nothing;
        request.AddTo(digest);
        return new Upload(userId, service, request with { CallbackUrl = request.CallbackUrl ?? service.CallbackUrl?.AbsoluteUri });
    }

    private async Task TakeFieldAsync(MultipartPart part, CancellationToken cancellationToken)
    {
        switch (part.Name)
        {
            case "user_id":
                _userId = int.TryParse(await ReadAsync(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var userId)
                    ? userId
                    : throw Bad("Invalid user_id, should be a number");
                if (!caller.ActsFor(_userId.Value))
                {
                    throw new UploadException(StatusCodes.Status403Forbidden,
                        $"'{caller.Name}' acts for user {caller.UserId} only and cannot submit for user {_userId}");
                }

                break;
            case "service":
                var text = await ReadAsync();
                _service = catalog.Services.ContainsKey(text) ? text : throw Bad("Invalid service");
                break;
            case var name when _fields is not null:
                _fields.Take(name, await ReadAsync());
                break;
        }

        // On the classic surface other fields are passed over unread; they may be as long as their sender likes.
        Task<string> ReadAsync() => MultipartParts.GuardAsync(() => part.ReadTextAsync(MaxFieldBytes, cancellationToken));
    }

    private async Task TakeFileAsync(MultipartPart part, string directory, CancellationToken cancellationToken)
    {
        if (!SafeFileName.TryGetBaseName(part.FileName!, out var name, out var problem))
        {
            throw Bad($"Invalid file name: {problem}");
        }

        Take(name);
        if (Directory.Exists(Path.Combine(directory, name)))
        {
            throw Bad($"'{name}' is a file and a directory of the archive at once");
        }

        FaultPoints.Reached(FaultPoints.UploadReceiving);
        await using var hashing = digest?.AddFile(name, part.Body);
        Bytes += await MultipartParts.GuardAsync(() => DurableFile.WriteAsync(Path.Combine(directory, name), hashing ?? part.Body, cancellationToken));
    }

    /// <summary>An archive comes to the disk as it is first, for a zip begins at its end; and is gone again when it is unpacked.</summary>
    private async Task TakeArchiveAsync(MultipartPart part, string directory, CancellationToken cancellationToken)
    {
        var packed = Path.Combine(directory, $".{Guid.CreateVersion7():N}");
        try
        {
            await using (var hashing = digest?.AddFile(ArchiveField, part.Body))
            await using (var file = new FileStream(packed, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                await MultipartParts.GuardAsync(async () =>
                {
                    await (hashing ?? part.Body).CopyToAsync(file, 1 << 17, cancellationToken);
                    return true;
                });
            }

            var unpacker = new ArchiveUnpacker(directory, limits.MaxUnpackedBytes - Bytes, Take);
            await unpacker.UnpackAsync(packed, cancellationToken);
            Bytes += unpacker.Bytes;
        }
        finally
        {
            File.Delete(packed);
        }
    }

    private void Take(string name)
    {
        if (!_fileNames.Add(name))
        {
            throw Bad($"Two files are named '{name}'; names must differ" + (surface == UploadSurface.V1 ? "" : ", for directories are not kept"));
        }

        if (_fileNames.Count > MaxFiles)
        {
            throw Bad($"More than {MaxFiles} files; pack them into an archive that run.sh unpacks");
        }
    }

    private static UploadException Bad(string message) => new(StatusCodes.Status400BadRequest, message);
}
