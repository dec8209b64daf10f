//! What is on the page, and what is left out.

use serde_json::json;
use upstart_monitor::incident::{Crash, Incident};
use upstart_monitor::report::CrashReport;
use upstart_monitor::spool::Spool;
use upstart_monitor::sys;

use crate::{Page, offline};

#[test]
fn it_shows_every_crash_where_it_belongs() {
    let page = Page::new();
    page.live();
    let said = page.write(&[]);
    assert!(said.starts_with("6 reports on 3 jobs, "), "{said}");
    assert!(said.ends_with(&format!(" KiB: {}\n", page.file().display())), "{said}");
    let mut browser = offline();
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
fn a_job_that_the_notifier_found_stable_has_a_tick() {
    let page = Page::new();
    let id = page.crashes.leave(|report| report.job.name = "shop".to_owned());
    let report = page.host.read(&format!("/var/spool/upstart-monitor/new/{id}.json"));
    let report: CrashReport = serde_json::from_str(&report).unwrap();
    let mut incident = Incident::begun_by(&Crash::of(&report));
    page.write(&[]);
    assert!(!page.text().contains("found to be stable"));

    incident.closed_at = Some(sys::now());
    let spool = Spool::at(page.host.path("/var/spool/upstart-monitor"));
    drop(spool.lock().unwrap());
    spool.keep_incidents([&incident]).unwrap();
    page.write(&[]);
    assert_eq!(page.text().matches("<title>shop: found to be stable, 20").count(), 1);
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
