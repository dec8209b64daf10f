//! `upstart-crash report --html`, in a real browser.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use support::{Browser, Crashes, Host, Receiver, configure};
use upstart_monitor::aftermath::{Aftermath, Recovery, RecoveryKind};
use upstart_monitor::report::{CrashReport, Link};
use upstart_monitor::time::Timestamp;
use upstart_monitor::verdict::{Exit, ExitKind, VerdictKind};

/// What a stranger may make a service write, all of it.
const PLANTED: [&str; 14] = [
    "</script><script>window.planted = 1; alert(1)</script>",
    "</title><script>document.title = 'planted'</script>",
    "</pre></details><script src=//planted.example/x.js></script>",
    "\"><img src=http://planted.example/i onerror=\"window.planted=1\">",
    "'><svg onload='window.planted=1'>",
    "\" onmouseover=\"window.planted=1\" autofocus onfocus=\"window.planted=1\" x=\"",
    "<!-- <iframe src=http://planted.example/></iframe>",
    "]]><style>@import 'http://planted.example/s.css';</style>",
    "<link rel=stylesheet href=http://planted.example/s.css><base href=http://planted.example/>",
    "<meta http-equiv=refresh content='0;url=http://planted.example/'>",
    "&lt;script&gt;window.planted=1&lt;/script&gt;&#x3c;script&#x3e;",
    "nul\0 \u{1b}]0;title\u{7} \u{202e}RTL\u{2066} line\u{2028}separator\u{2029}",
    "<a href=\"javascript:window.planted=1\">click</a><form action=http://planted.example/>",
    "<use href=\"data:image/svg+xml,<svg onload=window.planted=1>#x\"/><foreignObject>",
];

/// A host, and its history as a page.
struct Page {
    host: Host,
    crashes: Crashes,
}

impl Page {
    fn new() -> Self {
        let host = Host::with_notifier();
        let crashes = Crashes::on(&host);
        Self { host, crashes }
    }

    fn file(&self) -> PathBuf {
        self.host.path("/crashes.html")
    }

    fn command(&self, file: &str, more: &[&str]) -> Output {
        let mut command = Command::new(self.host.program("upstart-crash"));
        command.env_clear().env("UPSTART_MONITOR_ROOT", self.host.path(""));
        let output = command.args(["report", "--html", file]).args(more).output().unwrap();
        self.host.note(format!("report: {:?}", String::from_utf8_lossy(&output.stderr)));
        output
    }

    /// Writes the page, and gives what the command said.
    fn write(&self, more: &[&str]) -> String {
        let output = self.command(self.file().to_str().unwrap(), more);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Some crashes of three jobs, of every kind, the last one a minute ago.
    fn live(&self) {
        for (nth, (job, kind)) in [
            ("shop", VerdictKind::Crashed),
            ("shop", VerdictKind::Crashed),
            ("shop", VerdictKind::GaveUp),
            ("nginx", VerdictKind::StartFailed),
            ("nginx", VerdictKind::Unseen),
            ("mail", VerdictKind::Unclear),
        ]
        .into_iter()
        .enumerate()
        {
            self.crashes.leave(|report| {
                let minutes = 6 * 60 - 59 * i64::try_from(nth).unwrap();
                report.time = earlier(report.time, minutes);
                report.job.name = job.to_owned();
                report.verdict.kind = kind;
                report.host.cpus = Some(4);
                report.exit = killed("SIGSEGV");
                if kind == VerdictKind::Crashed {
                    came_back(report);
                }
            });
        }
    }
}

fn earlier(time: Timestamp, minutes: i64) -> Timestamp {
    Timestamp::from_micros(time.micros() - minutes * 60_000_000)
}

fn killed(signal: &str) -> Exit {
    Exit { kind: ExitKind::Signal, signal_name: Some(signal.to_owned()), ..Exit::unknown() }
}

fn came_back(report: &mut CrashReport) {
    let known_by = "init's status".to_owned();
    let recovery = Recovery { kind: RecoveryKind::Respawned, after_seconds: 0.4, known_by };
    report.aftermath =
        Some(Aftermath { recovery: Some(recovery), ..Aftermath::begun(report.time) });
}

/// A crash in all of whose texts `planted` stands.
fn plant(report: &mut CrashReport, planted: &str) {
    report.summary = format!("{planted}: crashed");
    report.host.name = planted.to_owned();
    (report.job.name, report.job.instance) = (planted.to_owned(), planted.to_owned());
    report.exit = killed(planted);
    report.verdict.reasons = vec![planted.to_owned()];
    let log = report.log.as_mut().unwrap();
    (log.path, log.lines) = (format!("/{planted}"), vec![planted.to_owned(); 3]);
    for href in [planted, "javascript:window.planted=1", "JavaScript:alert(1)", "data:text/html,x"]
    {
        report.links.push(Link { text: planted.to_owned(), href: href.to_owned() });
    }
    report
        .links
        .push(Link { text: "runbook".to_owned(), href: format!("https://wiki.example/{planted}") });
    came_back(report);
}

/// What a page whose texts are only texts gives: nothing but what this project put there.
const STRANGERS: &str = "(() => {
    const known = new Set(('html head meta title style body a header main nav section div span p h1 \
h2 h3 h4 ul li dl dt dd table thead tbody tr th td figure figcaption details summary pre code \
strong time label input output button script svg defs g use circle rect path line text').split(' '));
    const found = [];
    for (const element of document.querySelectorAll('*')) {
        const name = element.localName;
        if (!known.has(name)) found.push(name);
        for (const { name: key, value } of element.attributes) {
            if (/^on|^src|^style$|^action$/.test(key)) found.push(`${name} ${key}`);
            if (key === 'href' && !/^(#|https:..wiki\\.example.)/.test(value)) found.push(value);
        }
    }
    for (const once of ['script', 'style', 'title:not(svg *)', 'main']) {
        if (document.querySelectorAll(once).length !== 1) found.push(`several: ${once}`);
    }
    return found;
})()";

#[test]
fn nothing_that_a_service_wrote_runs_or_leaves() {
    let page = Page::new();
    for planted in PLANTED {
        page.crashes.leave(|report| plant(report, planted));
    }
    page.write(&[]);
    let proxy = Receiver::new([]);
    let mut browser = Browser::behind(&proxy.url(""));
    browser.open(&page.file(), "");

    assert_eq!(browser.value(STRANGERS), json!([]));
    assert_eq!(browser.value("typeof window.planted"), "undefined");
    assert_eq!(browser.value("document.title"), "Crashes on 14 hosts");
    assert_eq!(browser.value("document.querySelectorAll('details.report').length"), 14);
    // As a person would see it: every text whole, in its place.
    let logs = "[...document.querySelectorAll('.report')].map((report) => \
                [...report.querySelectorAll('pre')].map((pre) => pre.textContent).join('\\n'))";
    let logs: Vec<String> = serde_json::from_value(browser.value(logs)).unwrap();
    for planted in PLANTED.iter().filter(|text| !text.chars().any(char::is_control)) {
        assert!(logs.iter().any(|log| log.contains(planted)), "{planted} is not in {logs:#?}");
    }
    let all = "document.documentElement.textContent";
    let all = browser.value(all).as_str().unwrap().to_owned();
    assert!(!all.contains(['\0', '\u{1b}', '\u{7}', '\u{202e}', '\u{2066}', '\u{2028}']));

    // Every mark is passed over, every report opened, every key of the keyboard's walk pressed.
    browser.value("document.querySelectorAll('details').forEach((d) => { d.open = true; })");
    browser.value(
        "document.querySelectorAll('*').forEach((element) => { \
         for (const kind of ['mouseover', 'focus', 'load', 'error']) \
         element.dispatchEvent(new Event(kind)); })",
    );
    assert_eq!(browser.value("typeof window.planted"), "undefined");
    for told in [
        "Page.javascriptDialogOpening",
        "Runtime.exceptionThrown",
        "Runtime.consoleAPICalled",
        "Log.entryAdded",
    ] {
        assert_eq!(browser.told(told), [Value::Null; 0], "{told}");
    }
    let asked = |browser: &mut Browser| {
        let requests = browser.told("Network.requestWillBeSent").into_iter();
        requests.map(|sent| sent["request"]["url"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(asked(&mut browser).iter().all(|url| url.starts_with("file://")));
    let planted = |proxy: &Receiver| {
        let requests = proxy.requests();
        requests.iter().filter(|request| format!("{request:?}").contains("planted")).count()
    };
    assert_eq!(planted(&proxy), 0);
    // What is asked for is seen there.
    browser.go_to("http://planted.example/");
    assert!(planted(&proxy) > 0);
}

#[test]
fn even_a_missed_escape_runs_nothing() {
    let page = Page::new();
    page.live();
    page.write(&[]);
    let missed = "<script>window.planted = 1</script><style>body { color: red }</style>\
                  <img src=http://planted.example/i onerror='window.planted=1'>\
                  <link rel=stylesheet href=http://planted.example/s.css>\
                  <iframe src=http://planted.example/></iframe><p onclick='window.planted=1' \
                  style='color:red' id=p><form action=http://planted.example/><button id=b></form>";
    fs::write(page.file(), page.text().replacen("<main", &format!("{missed}<main"), 1)).unwrap();
    let proxy = Receiver::new([]);
    let mut browser = Browser::behind(&proxy.url(""));
    browser.open(&page.file(), "");
    browser.value("document.getElementById('p').click()");
    browser.value("document.getElementById('b').click()");
    assert_eq!(browser.value("typeof window.planted"), "undefined");
    let red = browser.value("getComputedStyle(document.getElementById('p')).color");
    assert_ne!(red, "rgb(255, 0, 0)");
    assert!(proxy.requests().iter().all(|request| !format!("{request:?}").contains("planted")));
    let refused = browser.told("Log.entryAdded");
    assert!(refused.len() >= 5, "{refused:#?}");
    // The page's own script is none of what is refused.
    assert_eq!(browser.value("document.getElementById('search').hidden"), false);
}

#[test]
fn it_shows_every_crash_where_it_belongs() {
    let page = Page::new();
    page.live();
    let said = page.write(&[]);
    assert!(said.starts_with("6 reports on 3 jobs, "), "{said}");
    assert!(said.ends_with(&format!(" KiB: {}\n", page.file().display())), "{said}");
    let mut browser = Browser::behind("127.0.0.1:9");
    browser.open(&page.file(), "");
    for (what, count) in [
        (".totals li:nth-child(1) strong", "3"),
        (".totals li:nth-child(2) strong", "1"),
        (".totals li:nth-child(3) strong", "2"),
        (".totals li:nth-child(4) strong", "2"),
        (".totals li:nth-child(5) strong", "3"),
        (".lane:first-child .name", "shop"),
        (".lane:first-child .counts", "2 crashes, gave up once, came back 2 times"),
        ("#jobs tbody tr:first-child td:nth-child(6)", "0.4 s (0.4 s)"),
        (".bars tbody tr:first-child .name", "crashed: SIGSEGV"),
        (".bars tbody tr:first-child .quantity", "2"),
        ("#machine tbody tr:first-child td:nth-child(2)", "ended, perhaps by a crash: SIGSEGV"),
    ] {
        let text = browser.value(&format!("document.querySelector('{what}').textContent"));
        assert_eq!(text, count, "{what}");
    }
    for (what, count) in [
        (".lane", 3),
        (".lane use.crash", 3),
        (".lane use.gave-up", 1),
        (".lane use.unclear", 2),
        (".lane use.recovery", 2),
        ("#jobs tbody tr", 3),
        ("#causes tbody tr", 5),
        ("#machine tbody tr", 6),
        (".chart:first-of-type use", 12),
        ("details.report", 6),
        (".left-out", 0),
    ] {
        let found = browser.value(&format!("document.querySelectorAll('{what}').length"));
        assert_eq!(found, count, "{what}");
    }
    // Every link of the page leads somewhere on it.
    let lost = "[...document.querySelectorAll('a, use')].map((link) => link.getAttribute('href'))\
                .filter((href) => !document.getElementById(href.slice(1)))";
    assert_eq!(browser.value(lost), json!([]));
    let times = "[...document.querySelectorAll('time')].every((time) => \
                 new Date(time.dateTime) <= new Date() && time.textContent.endsWith(' UTC'))";
    assert_eq!(browser.value(times), true);
}

#[test]
fn a_keyboard_is_enough() {
    let page = Page::new();
    page.live();
    page.write(&[]);
    let mut browser = Browser::behind("127.0.0.1:9");
    browser.open(&page.file(), "");
    let at = "(() => { const e = document.activeElement; \
              return `${e.localName} ${e.className.baseVal ?? e.className} ${e.id}`.trim(); })()";
    browser.press("Tab", 9);
    assert_eq!(browser.value(at), "a skip");
    let seen = "document.activeElement.getBoundingClientRect().left >= 0";
    assert_eq!(browser.value(seen), true, "a skip link with the focus is seen");
    // Everything that takes the focus is seen to have it, and is what it says it is.
    let ring = "(() => { const e = document.activeElement; const s = getComputedStyle(e); \
                const use = e.querySelector('use'); \
                return s.outlineStyle !== 'none' || use && getComputedStyle(use).strokeWidth === '4px'; })()";
    let mut stops = Vec::new();
    for _ in 0..40 {
        browser.press("Tab", 9);
        let stop = browser.value(at).as_str().unwrap().to_owned();
        if stop.starts_with("body") {
            break;
        }
        assert_eq!(browser.value(ring), true, "{stop}");
        stops.push(stop);
    }
    let marks = stops.iter().filter(|stop| *stop == "a mark").count();
    assert_eq!(marks, 3, "one stop a lane: {stops:#?}");
    let summaries = stops.iter().filter(|stop| stop.starts_with("summary")).count();
    assert_eq!(summaries, 7, "{stops:#?}");
    let natives = ["a", "button", "input", "summary", "div lanes", "div scroll"];
    assert!(stops.iter().all(|stop| natives.iter().any(|n| stop.starts_with(n))), "{stops:#?}");

    // Arrows go along a lane and from lane to lane; Enter opens the report.
    let label = "document.activeElement.getAttribute('aria-label')";
    browser.value("document.querySelector('a.mark').focus()");
    let mut labels = vec![browser.value(label)];
    for (key, number) in [("ArrowRight", 39), ("End", 35), ("ArrowDown", 40), ("ArrowUp", 38)] {
        browser.press(key, number);
        labels.push(browser.value(label));
    }
    let labels: Vec<_> = labels.iter().map(|label| label.as_str().unwrap()).collect();
    assert!(labels[0].starts_with("shop: crashed: SIGSEGV, 20"), "{labels:#?}");
    assert!(labels[1].starts_with("shop: came back, "), "{labels:#?}");
    assert!(labels[2].starts_with("shop: gave up: "), "{labels:#?}");
    assert!(labels[3].starts_with("nginx: failed to start: "), "{labels:#?}");
    assert_eq!(labels[4], labels[0]);
    browser.press("Enter", 13);
    support::wait_until("a report is open", || {
        browser.value("document.querySelectorAll('details.report[open]').length") == 1
    });
    let open = "document.querySelector('details.report[open]').textContent.includes('shop')";
    assert_eq!(browser.value(open), true);

    // The search leaves what is wanted.
    browser.value("document.getElementById('wanted').focus()");
    browser.call("Input.insertText", json!({"text": "NGINX"}));
    let left = "document.querySelectorAll('details.report:not([hidden])').length";
    assert_eq!(browser.value(left), 2);
    assert_eq!(browser.value("document.getElementById('found').textContent"), "2 of 6");
}

#[test]
fn without_its_script_everything_can_be_read() {
    let page = Page::new();
    page.live();
    page.write(&[]);
    let mut browser = Browser::behind("127.0.0.1:9");
    browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    browser.open(&page.file(), "");
    let link = "document.querySelector('a.mark').getAttribute('href')";
    let link = browser.value(link).as_str().unwrap().to_owned();
    assert_eq!(browser.value("document.getElementById('search').hidden"), true);
    assert_eq!(browser.value("document.getElementById('zone').hidden"), true);
    assert_eq!(browser.value("document.querySelectorAll('details[open]').length"), 0);
    browser.open(&page.file(), &link);
    let open = format!(
        "document.querySelector('details[open]').contains(document.querySelector('{link}'))"
    );
    assert_eq!(browser.value(&open), true, "the browser opens what a link leads to");
}

/// The texts whose contrast is less than 4.5 to 1 (WCAG 2.2, 1.4.3), and the marks with less than
/// 3 to 1 (1.4.11).
const PALE: &str = "(() => {
    const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const colour = parse(getComputedStyle(e).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour;
        }
    };
    const ratio = (one, two) => {
        const [a, b] = [light(one), light(two)].sort((x, y) => y - x);
        return (a + .05) / (b + .05);
    };
    const pale = [];
    document.querySelectorAll('details').forEach((d) => { d.open = true; });
    for (const element of document.querySelectorAll('body *')) {
        const style = getComputedStyle(element);
        const has = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (has && !['script', 'style', 'title'].includes(element.localName)) {
            const inSvg = element.closest('svg');
            const ink = parse(inSvg ? style.fill : style.color);
            const paper = element.classList.contains('number')
                ? parse(getComputedStyle(element.previousElementSibling).fill) : behind(element);
            if (ratio(ink, paper) < 4.5) pale.push([element.outerHTML.slice(0, 99), ratio(ink, paper)]);
        } else if (element.localName === 'use') {
            const ink = parse(element.classList.contains('recovery') ? style.stroke : style.fill);
            if (ratio(ink, behind(element)) < 3) pale.push(element.outerHTML);
        }
    }
    return pale;
})()";

#[test]
fn it_is_legible_in_light_and_dark_and_on_a_telephone() {
    let page = Page::new();
    page.live();
    // Several in one place share a mark with a number in it.
    page.crashes.storm(20, 1);
    page.write(&[]);
    let mut browser = Browser::behind("127.0.0.1:9");
    let mut papers = Vec::new();
    for (scheme, width) in [("light", 1200), ("dark", 1200), ("light", 360), ("dark", 360)] {
        browser.looks(scheme, width);
        browser.open(&page.file(), "");
        assert!(browser.value("document.querySelectorAll('.number').length").as_u64() > Some(0));
        assert_eq!(browser.value(PALE), json!([]), "{scheme}");
        let wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.value(wider), 0, "nothing sticks out at {width} pixels");
        papers.push(browser.value("getComputedStyle(document.body).backgroundColor"));
    }
    assert_eq!((&papers[0], &papers[1]), (&papers[2], &papers[3]));
    assert_ne!(papers[0], papers[1]);
}

#[test]
fn a_storm_stays_a_page_and_what_is_left_out_is_said() {
    let page = Page::new();
    page.crashes.storm(600, 130);
    let said = page.write(&[]);
    assert!(said.starts_with("600 reports on 130 jobs, "), "{said}");
    let text = page.text();
    assert_eq!(text.matches("<details class=\"report").count(), 500);
    assert!(text.contains("The newest 500 reports can be opened here. 100 older ones are in"));
    assert_eq!(text.matches("<div class=\"lane\">").count(), 100);
    assert!(text.contains("30 more jobs, with "), "jobs without a lane are counted");
    assert!(text.len() < 8 * 1024 * 1024, "{}", text.len());
}

#[test]
fn only_what_is_asked_for_is_on_it() {
    let page = Page::new();
    page.live();
    for (asked, reports, jobs) in [
        (&["--job", "shop"][..], 3, "1 job"),
        (&["--job", "!shop", "--job", "*"], 3, "2 jobs"),
        (&["--since", "150m"], 2, "2 jobs"),
        (&["--since", "2h", "--job", "mail"], 1, "1 job"),
        (&["--since", "99999d"], 6, "3 jobs"),
    ] {
        let said = page.write(asked);
        let plural = if reports == 1 { "" } else { "s" };
        assert!(
            said.starts_with(&format!("{reports} report{plural} on {jobs}, ")),
            "{asked:?}: {said}"
        );
        assert_eq!(page.text().matches("<details class=\"report").count(), reports);
    }
    page.write(&["--job", "s<b>hop"]);
    let text = page.text();
    assert!(text.contains("No crash was reported in this time."));
    assert!(text.contains("Only jobs named s&lt;b&gt;hop"));
    let wrong = page.command("x.html", &["--since", "soon"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
}

#[test]
fn secrets_stay_on_the_host_and_the_file_is_its_owners_alone() {
    let page = Page::new();
    page.crashes.leave(|report| {
        let log = report.log.as_mut().unwrap();
        log.lines = vec!["password=hunter2hunter2".to_owned(), "order 4711 failed".to_owned()];
        report.job.name = "shop-4711".to_owned();
    });
    page.write(&[]);
    assert!(!page.text().contains("hunter2") && page.text().contains("[redacted: password]"));
    assert!(page.text().contains("What is known as a secret was removed from it."));
    let mode = fs::metadata(page.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    configure(&page.host, "[redaction]\npatterns = [\"4711\"]\n");
    page.write(&[]);
    assert!(!page.text().contains("4711"), "the operator's own are removed too, from names too");

    page.host.config("[redaction]\npaterns = []\n");
    let before = page.text();
    let broken = page.command(page.file().to_str().unwrap(), &[]);
    assert_eq!(broken.status.code(), Some(78), "{broken:?}");
    assert_eq!(page.text(), before);
}

#[test]
fn the_page_goes_where_it_is_to_go_or_nowhere() {
    let page = Page::new();
    let said = page.write(&[]);
    assert!(said.starts_with("0 reports on 0 jobs, "), "{said}");
    assert!(page.text().contains("No crash was reported in this time."));

    page.live();
    let torn = page.host.names("/var/spool/upstart-monitor/new").remove(0);
    page.host.write(&format!("/var/spool/upstart-monitor/new/{torn}"), "{");
    let out = page.command("-", &[]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>\n"));
    assert!(text.contains(" 1 report could not be read."));
    assert!(String::from_utf8(out.stderr).unwrap().contains(&torn));

    symlink(page.file(), page.host.path("/link.html")).unwrap();
    let directory = page.host.path("/").to_str().unwrap().to_owned();
    for (file, why) in [
        (page.host.path("/link.html").to_str().unwrap(), "no plain file"),
        (&*directory, "no plain file"),
        ("/dev/null", "no plain file"),
        (page.host.path("/nowhere/x.html").to_str().unwrap(), "No such file"),
    ] {
        let refused = page.command(file, &[]);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(&format!("cannot write {file}: ")) && said.contains(why), "{said}");
    }
}
