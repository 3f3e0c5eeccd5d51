using System.Text.Json.Serialization;

namespace JobOrchestrator.Contracts.Classic;

/// <summary>
/// What the classic client surface calls an execution. A classic server refuses a body that lacks any of the six members.
/// </summary>
/// <param name="Id">The client's own id of the execution, not the server's job id.</param>
/// <param name="Input">Always empty from us. The classic client echoes the uploaded bytes here; see <see cref="PayloadReader"/>.</param>
/// <param name="Status">Where the execution is.</param>
/// <param name="Loc">Its directory on the client.</param>
/// <param name="Pid">Process id of the script, 0 when it does not run.</param>
/// <param name="Killed">Whether it was asked to end.</param>
public sealed record Payload(
    int Id,
    [property: JsonPropertyOrder(1)] PayloadInput Input,
    [property: JsonPropertyOrder(2)] ClassicStatus Status,
    [property: JsonPropertyOrder(3)] string Loc,
    [property: JsonPropertyOrder(4)] int Pid,
    [property: JsonPropertyOrder(5)] bool Killed);

/// <summary>An object without members, <c>{}</c>.</summary>
public sealed record PayloadInput;
