using System.Text.RegularExpressions;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace JobOrchestrator.Tests.Ui;

/// <summary>The web page in a real browser: the story of a job, and what happens when things go wrong.</summary>
[Trait("Category", "Slow")]
public sealed partial class UiTests
{
    private static readonly LocatorAssertionsToBeVisibleOptions Patiently = new() { Timeout = 60_000 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_is_submitted_watched_read_and_downloaded()
    {
        await using var host = await UiHost.StartAsync();
        var page = await host.OpenAsync("/");
        await Expect(page.GetByText("No jobs yet")).ToBeVisibleAsync(Patiently);
        await TestBrowser.ShootAsync(page, "empty-1280");

        string[] files = [Repository.PathOf("examples", "docking", "run.sh"), Repository.PathOf("examples", "docking", "2oob_A.pdb"), Repository.PathOf("examples", "docking", "2oob_B.pdb")];
        await page.GetByLabel("Files of the job").SetInputFilesAsync(files);
        await page.GetByLabel("Name").FillAsync("interface contacts");
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Job 1 interface contacts" })).ToBeVisibleAsync(Patiently);
        await Expect(page.Locator(".job-head .state", new() { HasText = "completed" })).ToBeVisibleAsync(Patiently);
        await Expect(page.GetByRole(AriaRole.Log, new() { Name = "stdout of job 1" })).ToContainTextAsync("28 residue pairs", new() { Timeout = 60_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "contacts.csv" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Cell, new() { Name = "4.537" })).ToBeVisibleAsync(Patiently);
        await TestBrowser.ShootAsync(page, "job-1280");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download", Exact = true }).ClickAsync());
        var zip = Path.Combine(host.WorkPath, "result.zip");
        await download.SaveAsAsync(zip);
        using (var archive = System.IO.Compression.ZipFile.OpenRead(zip))
        {
            Assert.Contains(archive.Entries, e => e.FullName == "contacts.csv");
        }

        await page.GetByRole(AriaRole.Button, new() { Name = "Run again" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Job 2" })).ToBeVisibleAsync(Patiently);
        await page.GetByRole(AriaRole.Link, new() { Name = "Jobs" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "1 interface contacts" })).ToBeVisibleAsync(Patiently);
    }

    [Fact]
    public async Task Output_appears_while_it_is_written_and_the_job_can_be_cancelled()
    {
        await using var host = await UiHost.StartAsync();
        var go = Path.Combine(host.WorkPath, "go");
        var id = await host.Http.SubmitAsync(Form.Job($"echo first; until [ -e '{go}' ]; do sleep 0.05; done; echo second; sleep 1000"));
        var page = await host.OpenAsync($"/ui/jobs/{id}");
        var log = page.GetByRole(AriaRole.Log, new() { Name = $"stdout of job {id}" });
        await Expect(log).ToHaveTextAsync("first", new() { Timeout = 60_000 });
        await File.WriteAllTextAsync(go, "", Cancellation);
        await Expect(log).ToHaveTextAsync(SecondLine(), new() { Timeout = 60_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(page.Locator(".job-head .state", new() { HasText = "killed" })).ToBeVisibleAsync(Patiently);
        Assert.Equal(ClassicStatus.Killed, (await host.Http.StatusAsync(id)).Status);
    }

    [Fact]
    public async Task What_goes_wrong_is_said_where_it_happens()
    {
        await using var host = await UiHost.StartAsync("MAX_UPLOAD_BYTES=1000000");
        var page = await host.OpenAsync("/ui");
        await page.GetByLabel("Files of the job").SetInputFilesAsync([host.Write("run.sh", "true"), host.Write("big.bin", new string('x', 2_000_000))]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert).GetByText("1000000 bytes")).ToBeVisibleAsync(Patiently);
        await TestBrowser.ShootAsync(page, "refused-1280");

        await page.GetByRole(AriaRole.Button, new() { Name = "Remove big.bin" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove run.sh" }).ClickAsync();
        await page.GetByLabel("Files of the job").SetInputFilesAsync([host.Write("other.sh", "true")]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit" }).ClickAsync();
        await Expect(page.Locator(".job-head .state", new() { HasText = "invalid" })).ToBeVisibleAsync(Patiently);
        await Expect(page.GetByText("there is no run.sh").First).ToBeVisibleAsync(Patiently);
        await TestBrowser.ShootAsync(page, "invalid-1280");

        await page.GotoAsync(new Uri(host.Address, "/ui/jobs/999").AbsoluteUri);
        await Expect(page.GetByRole(AriaRole.Alert).GetByText("There is no job 999")).ToBeVisibleAsync(Patiently);

        await host.StopServerAsync();
        await Expect(page.Locator("#components-reconnect-modal")).ToBeAttachedAsync(new() { Timeout = 60_000 });
        await TestBrowser.ShootAsync(page, "server-down-1280");
    }

    [Fact]
    public async Task Whoever_needs_a_key_logs_in_with_it()
    {
        await using var host = await UiHost.StartAsync("AUTH=on");
        var created = ProgramRun.Start("env", [$"DB_PATH={host.DatabasePath}", Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server"), "keys", "create", "--name", "ada", "--user", "7"]);
        Assert.Equal(0, await created.ExitAsync(Cancellation));
        var key = created.Output.Split('\n').Single(l => l.StartsWith("jok_", StringComparison.Ordinal)).Trim();

        var page = await host.OpenAsync("/ui/queue");
        await page.GetByLabel("Your key").FillAsync("jok_1_wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not known");
        await TestBrowser.ShootAsync(page, "login-1280");
        await page.GetByLabel("Your key").FillAsync(key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Queue" })).ToBeVisibleAsync(Patiently);

        await page.GetByRole(AriaRole.Link, new() { Name = "Jobs" }).ClickAsync();
        await page.GetByLabel("Files of the job").SetInputFilesAsync([host.Write("run.sh", "true")]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit" }).ClickAsync();
        await Expect(page.Locator(".job-head .state", new() { HasText = "completed" })).ToBeVisibleAsync(Patiently);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Expect(page.GetByLabel("Your key")).ToBeVisibleAsync(Patiently);
        await page.GotoAsync(new Uri(host.Address, "/ui/jobs/1").AbsoluteUri);
        await Expect(page.GetByLabel("Your key")).ToBeVisibleAsync(Patiently);
    }

    /// <summary>Every page at both widths, light and dark, without a serious finding of axe-core and without a line wider than the screen.</summary>
    [Fact]
    public async Task Every_page_is_accessible_at_both_widths()
    {
        var axe = Repository.PathOf("eng", "node_modules", "axe-core", "axe.min.js");
        Assert.SkipUnless(File.Exists(axe), "Needs axe-core: eng/packages installs it with npm.");
        await using var host = await UiHost.StartAsync();
        var id = await host.Http.SubmitAsync(Form.Job("echo out; echo err >&2; printf 'a,b\\n1,2\\n' > t.csv; exit 3"));
        await host.Http.EndAsync(id);
        var findings = new List<string>();
        foreach (var (width, colours) in ((int, ColorScheme)[])[(1280, ColorScheme.Light), (390, ColorScheme.Dark)])
        {
            foreach (var (name, path, shown) in ((string, string, string)[])[("jobs", "/ui", ".jobs"), ("failed", $"/ui/jobs/{id}", ".timeline"), ("clients", "/ui/clients", ".plot"), ("queue", "/ui/queue", ".plot")])
            {
                var page = await host.OpenAsync(path, width, colours);
                await Expect(page.Locator(shown).First).ToBeVisibleAsync(Patiently);
                await TestBrowser.ShootAsync(page, $"{name}-{width}");
                await page.AddScriptTagAsync(new PageAddScriptTagOptions { Path = axe });
                var found = await page.EvaluateAsync<string[]>(
                    "async () => (await axe.run()).violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => `${v.id}: ${v.nodes[0].html}`)");
                findings.AddRange(found.Select(f => $"{name} at {width}: {f}"));
                if (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") > width)
                {
                    findings.Add($"{name} at {width}: wider than the screen");
                }

                await page.Context.CloseAsync();
            }
        }

        Assert.Empty(findings);
    }

    [Fact]
    public async Task The_keyboard_reaches_everything()
    {
        await using var host = await UiHost.StartAsync();
        var id = await host.Http.SubmitAsync(Form.Job("true"));
        await host.Http.EndAsync(id);
        var page = await host.OpenAsync("/ui");
        await Expect(page.Locator(".jobs").First).ToBeVisibleAsync(Patiently);
        var reached = new HashSet<string>();
        for (var i = 0; i < 40; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            reached.Add(await page.EvaluateAsync<string>("() => (document.activeElement.getAttribute('aria-label') ?? document.activeElement.closest('label')?.innerText ?? document.activeElement.innerText ?? '').trim().split('\\n')[0]"));
        }

        Assert.Superset(new HashSet<string> { "Skip to the content", "Jobs", "Queue", "Clients", "Files of the job", "Service", "Name", "State", $"{id}" }, reached);
        while (await page.EvaluateAsync<string>("() => document.activeElement.getAttribute('href') ?? ''") != $"ui/jobs/{id}")
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = $"Job {id}" })).ToBeVisibleAsync(Patiently);
    }

    [GeneratedRegex(@"first\s*second")]
    private static partial Regex SecondLine();
}
