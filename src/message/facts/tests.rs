use super::*;
use crate::aftermath::Recovery;
use crate::sinks::samples::{self, alone, gave_up, on, tally};
use crate::zone::testing::zone;
use VerdictKind::Crashed;

/// The facts of `told`, when it is told at once.
fn of(told: &Redacted) -> Vec<(&'static str, String)> {
    let facts = facts(told, told.notice().time, &Zone::utc());
    facts.into_iter().map(|fact| (fact.label, fact.value)).collect()
}

fn owned(facts: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    facts.iter().map(|(label, value)| (*label, (*value).to_owned())).collect()
}

#[test]
fn each_kind_has_its_facts() {
    let counts = tally(&[(Crashed, Some("exit status 1"), 13), (Crashed, Some("SIGSEGV"), 1)]);
    for (subject, expected) in [
        (
            samples::repeats(counts.clone()),
            &[
                ("Host", "web-1"),
                ("Job", "nginx (eu-1)"),
                ("Time", "2026-11-21 03:45:10 UTC"),
                ("Causes", "13 × exit status 1, 1 × SIGSEGV"),
                ("In all", "31 crashes since its trouble began"),
                ("Report", "dropped from the spool; nothing more is known"),
            ][..],
        ),
        (
            samples::recovered(counts.clone()),
            &[
                ("Host", "web-1"),
                ("Job", "nginx (eu-1)"),
                ("Causes", "13 × exit status 1, 1 × SIGSEGV"),
                ("First", "2026-11-21 03:42:17 UTC"),
                ("Last", "2026-11-21 03:45:10 UTC"),
                ("Report", "dropped from the spool; nothing more is known"),
            ],
        ),
        (
            samples::digest(vec![counts], 36, 398),
            &[
                ("Host", "web-1"),
                ("Jobs", "37"),
                ("In all", "412 crashes"),
                ("First", "2026-11-21 03:43:10 UTC"),
                ("Last", "2026-11-21 03:45:10 UTC"),
            ],
        ),
        (
            samples::sink_failed("404 no_service", 12),
            &[
                ("Host", "web-1"),
                ("Sink", "slack.ops"),
                ("Why", "404 no_service"),
                ("Since", "2026-11-21 03:40:00 UTC"),
                ("Waiting", "12 messages"),
                ("Next", "mend the config or the secret; see upstart-crash list"),
            ],
        ),
    ] {
        assert_eq!(of(&alone(&on(subject))), owned(expected));
    }
}

#[test]
fn repeats_come_with_the_facts_of_the_last_one() {
    let report = samples::report();
    let repeats = on(samples::repeats(tally(&[(Crashed, Some("SIGSEGV"), 14)])));
    let labels: Vec<_> = of(&samples::redacted(&repeats, Some(&report)))
        .into_iter()
        .map(|(label, _)| label)
        .collect();
    let expected = ["Host", "Job", "Verdict", "Time", "In all", "Ran", "Left behind", "Labels"];
    assert_eq!(labels, expected);
}

#[test]
fn a_crash_of_several_comes_with_their_sum() {
    let [crash, gave_up, ..] = samples::notices();
    let sum = ("Since told last", "2 crashes (1 × SIGSEGV, 1 × exit status 1)".to_owned());
    assert!(of(&alone(&crash)).contains(&sum));
    assert!(!of(&alone(&gave_up)).iter().any(|(label, _)| *label == sum.0));
}

#[test]
fn without_its_report_a_crash_is_told_as_far_as_it_is_known() {
    let expected = [
        ("Host", "web-1"),
        ("Job", "nginx (eu-1)"),
        ("Verdict", "crashed: SIGSEGV"),
        ("Time", "2026-11-21 03:42:17 UTC"),
        ("Report", "dropped from the spool; nothing more is known"),
    ];
    assert_eq!(of(&alone(&Notice::of(&samples::report()))), owned(&expected));
}

#[test]
fn what_stays_down_comes_with_the_command_that_starts_it() {
    for (name, instance, command) in [
        ("api", "", "start api"),
        (
            "worker",
            "eu-1",
            "start worker NAME=eu-1, with the variable of its `instance` stanza for NAME",
        ),
        ("it's; reboot", "", r"start 'it'\''s; reboot'"),
        ("a\n$(reboot)", "", "start 'a\u{fffd}$(reboot)'"),
    ] {
        let mut report = gave_up();
        report.job.name = name.to_owned();
        report.job.instance = instance.to_owned();
        let told = samples::redacted(&Notice::of(&report), Some(&report));
        let next = of(&told).into_iter().find(|(label, _)| *label == "Next");
        assert_eq!(next, Some(("Next", command.to_owned())));
    }
    let with = |kind| {
        let mut report = gave_up();
        let recovery = Recovery { kind, after_seconds: 0.4, known_by: String::new() };
        report.aftermath.as_mut().unwrap().recovery = Some(recovery);
        report
    };
    for (report, is_told) in [
        (with(RecoveryKind::Respawned), false),
        (with(RecoveryKind::CrashedAgain), true),
        (samples::report(), false),
    ] {
        let told = samples::redacted(&Notice::of(&report), Some(&report));
        assert_eq!(of(&told).iter().any(|(label, _)| *label == "Next"), is_told);
    }
}

#[test]
fn what_is_told_late_says_so() {
    let told = alone(&on(samples::sink_failed("gone", 0)));
    for (seconds, words) in [
        (-9, None),
        (300, None),
        (301, Some("told 5 min after it happened")),
        (21_600, Some("told 6 h after it happened")),
    ] {
        let micros = told.notice().time.micros() + seconds * 1_000_000;
        let facts = facts(&told, Timestamp::from_micros(micros), &Zone::utc());
        let delayed = facts.iter().find(|fact| fact.label == "Delayed");
        assert_eq!(delayed.map(|fact| fact.value.as_str()), words, "{seconds}");
    }
}

#[test]
fn each_notice_on_a_crash_says_when_by_the_clocks_of_both_zones() {
    let berlin = zone("CET-1CEST,M3.5.0,M10.5.0/3");
    let report = samples::report();
    let times = samples::notices().map(|notice| {
        let report = notice.report().map(|_| &report);
        let facts = facts(&samples::redacted(&notice, report), notice.time, &berlin);
        let times = facts.into_iter().filter(|fact| fact.time.is_some());
        times.map(|fact| (fact.label, fact.value)).collect::<Vec<_>>()
    });
    let crash = "2026-11-21 03:42:17 UTC (04:42:17 +01:00 at the host)";
    let first = "2026-11-21 03:43:10 UTC (04:43:10 +01:00 at the host)";
    let last = "2026-11-21 03:45:10 UTC (04:45:10 +01:00 at the host)";
    let since = "2026-11-21 03:40:00 UTC (04:40:00 +01:00 at the host)";
    let asked = "2026-11-21 03:46:02 UTC (04:46:02 +01:00 at the host)";
    let expected = [
        owned(&[("Time", crash)]),
        owned(&[("Time", crash)]),
        owned(&[("Time", crash)]),
        owned(&[("First", crash), ("Last", last)]),
        owned(&[("First", first), ("Last", last)]),
        owned(&[("Since", since)]),
        owned(&[("Time", asked)]),
    ];
    assert_eq!(times, expected);
}

#[test]
fn only_the_operators_own_labels_are_told() {
    let mut report = samples::report();
    report.labels.insert("tier".to_owned(), "1\u{1b}[31m\n".to_owned());
    assert_eq!(labels(&report), Some("team=web, tier=1\u{fffd}".to_owned()));
    report.labels.retain(|name, _| OWN_LABELS.contains(&name.as_str()));
    assert_eq!(labels(&report), None);
}
