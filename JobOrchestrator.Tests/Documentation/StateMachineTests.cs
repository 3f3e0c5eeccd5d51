using System.Text;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Documentation;

public class StateMachineTests
{
    [Fact]
    public void The_page_is_what_the_table_says() => Repository.AssertGenerated(Render(), "docs", "state-machine.md");

    [Fact]
    public void Ends_have_no_exits_and_every_other_state_has_a_way_to_each_kind_of_end()
    {
        Assert.DoesNotContain(JobStateTable.Transitions, t => t.From.IsTerminal());
        foreach (var state in Enum.GetValues<JobState>().Where(s => !s.IsTerminal()))
        {
            var next = JobStateTable.Transitions.Where(t => t.From == state).Select(t => t.To).ToList();
            Assert.Contains(JobState.Failed, next);
            Assert.Contains(JobState.Killed, next);
        }
    }

    [Fact]
    public void No_change_stands_in_the_table_twice() =>
        Assert.Equal(JobStateTable.Transitions.Count, JobStateTable.Transitions.Select(t => (t.From, t.To)).Distinct().Count());

    private static string Render()
    {
        var page = new StringBuilder("""
            # State machine

            Rendered from `JobStateTable`; a test compares the two. A job changes its state by a row of this table, or not at all. States without an exit are
            ends. `Cleaned`, which the classic surface shows once a job's files are gone, is a flag beside its end and no state.

            ```mermaid
            stateDiagram-v2
                [*] --> Queued

            """);
        foreach (var (from, to, _) in JobStateTable.Transitions)
        {
            page.Append("    ").Append(from).Append(" --> ").Append(to).Append('\n');
        }

        foreach (var end in Enum.GetValues<JobState>().Where(s => s.IsTerminal()))
        {
            page.Append("    ").Append(end).Append(" --> [*]\n");
        }

        page.Append("```\n\n| from | to | when |\n|---|---|---|\n");
        foreach (var (from, to, cause) in JobStateTable.Transitions)
        {
            page.Append("| ").Append(from).Append(" | ").Append(to).Append(" | ").Append(cause).Append(" |\n");
        }

        return page.ToString();
    }
}
