using System.Globalization;
using JobOrchestrator.Cli.Commands;
using Microsoft.Extensions.Time.Testing;

namespace JobOrchestrator.Tests.Cli;

public sealed class TimeArgumentTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("30s", "2026-03-01T11:59:30Z")]
    [InlineData("15m", "2026-03-01T11:45:00Z")]
    [InlineData("2h", "2026-03-01T10:00:00Z")]
    [InlineData("1d", "2026-02-28T12:00:00Z")]
    [InlineData("9999999d", "0001-01-01T00:00:00Z")]
    [InlineData("2026-01-31", "2026-01-30T22:00:00Z")]
    [InlineData("2026-01-31T12:00", "2026-01-31T10:00:00Z")]
    [InlineData("2026-01-31 12:00:05", "2026-01-31T10:00:05Z")]
    [InlineData("2026-01-31T12:00Z", "2026-01-31T12:00:00Z")]
    [InlineData("2026-01-31T12:00+05:30", "2026-01-31T06:30:00Z")]
    public void A_time_is_read_as_people_type_it_in_their_own_zone(string text, string expected)
    {
        _clock.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("two hours east", TimeSpan.FromHours(2), null, null));
        Assert.True(TimeArgument.TryParse(text, _clock, out var time));
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), time);
    }

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("-2h")]
    [InlineData("2 h")]
    [InlineData("2w")]
    [InlineData("12:00")]
    [InlineData("yesterday")]
    [InlineData("2026-13-01")]
    public void What_is_no_time_is_none(string text) => Assert.False(TimeArgument.TryParse(text, _clock, out _));
}
