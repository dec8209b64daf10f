//! What a service writes stays text.

use std::fs;

use serde_json::{Value, json};
use upstart_monitor::report::{CrashReport, Link};

use crate::support::{Browser, Receiver};
use crate::{Page, came_back, killed};

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
