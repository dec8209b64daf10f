use super::*;
use crate::time::Timestamp;

fn log(text: &str, job: &str, instance: &str, lasted: i64) -> KernelLog {
    let now = (100_000_000, 100_000_000);
    log_since(text, job, instance, Began::new(now, None, lasted * 1_000_000))
}

fn log_since(text: &str, job: &str, instance: &str, began: Began) -> KernelLog {
    let job = Job::upstart(job.as_bytes(), instance.as_bytes());
    let escape = if text.starts_with('<') { Escape::Nothing } else { Escape::Hexadecimal };
    let tail =
        Tail { bytes: text.into(), escape, is_whole: false, written: Timestamp::from_micros(0) };
    let title = title(&job, escape);
    let log = kmsg::log(&tail, &title);
    let gap = gap(&log, began, false);
    KernelLog::of(Source::KernelLog, &log, &title, began, true, gap)
}

#[test]
fn names_are_those_of_the_log() {
    let dev =
        "12,1,99000000,-;init: kf (\\xc3\\xa9\\x0a\\x5c) main process (1) killed by SEGV signal";
    let ring = "<12>[   99.000007] init: kf (é\n<12>[   99.000007] \\) main process (1) killed by SEGV signal";
    for text in [dev, ring] {
        assert!(log(text, "kf", "é\n\\", 5).end.main.is_some(), "{text}");
        assert!(log(text, "kf", "é", 5).end.is_silent(), "{text}");
    }
}

#[test]
fn silence_means_something_only_where_the_log_reaches_back_and_init_is_heard() {
    for (text, lasted, complete) in [
        ("<12>[   50.000000] init: x goal changed", 10, Ok(())),
        ("<12>[   95.000000] init: x goal changed", 10, Err("reach back")),
        ("<6>[   50.000000] usb 1-1: new device", 10, Err("no line of init's")),
        ("<12>init: x goal changed", 10, Err("no times")),
    ] {
        let log = log(text, "nginx", "", lasted);
        match (log.complete, complete) {
            (Ok(()), Ok(())) => {}
            (Err(why), Err(part)) if why.contains(part) => {}
            other => panic!("{text}: {other:?}"),
        }
        assert_eq!(log.lines.truncated, complete.is_err());
    }
}

#[test]
fn the_lines_are_kept_with_their_times() {
    let text = "<6>[   98.500000] nginx[53]: segfault at 0 ip 0 sp 0 error 6\n\
                <12>[   99.000000] init: nginx main process (53) killed by SEGV signal\n";
    let log = log(text, "nginx", "", 10);
    assert_eq!(log.death, Some(KernelDeath { out_of_memory: false, same_pid: true }));
    let lines: Vec<_> = log.lines.lines.iter().map(|line| (line.seconds, &*line.text)).collect();
    assert_eq!(
        lines,
        [
            (Some(98.5), "nginx[53]: segfault at 0 ip 0 sp 0 error 6"),
            (Some(99.0), "init: nginx main process (53) killed by SEGV signal"),
        ]
    );
}

#[test]
fn of_a_run_whose_start_nobody_knows_the_last_end_counts_however_old() {
    let text = "<12>[    1.000000] init: nginx main process (53) killed by SEGV signal\n\
                <12>[    2.000000] init: nginx main process ended, respawning\n\
                <12>[    3.000000] init: nginx main process (60) killed by BUS signal\n\
                <12>init: nginx main process ended, respawning\n";
    let log = log_since(text, "nginx", "", Began::Unknown);
    assert_eq!(log.end.main, Some(Ended::Signal(Signal::from_word("BUS"))));
    assert_eq!(log.end.next, Some(Next::Respawns));
    assert_eq!(log.end.certainty, Certainty::Unbounded);
    assert_eq!(log.complete, Ok(()), "init is heard");

    let deaf = log_since("<6>[   50.000000] usb 1-1: new", "nginx", "", Began::Unknown);
    assert!(deaf.complete.is_err_and(|why| why.contains("no line of init's")));
}

#[cfg(feature = "deliver")]
#[test]
fn a_report_can_carry_it() {
    let text = "<12>[   99.000000] init: nginx main process (53) killed by SEGV signal\n\
                <12>[   99.000010] init: nginx main process ended, respawning\n";
    let log = log(text, "nginx", "", 10);
    let json = serde_json::to_value(&log).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "source": "kernel_log",
            "end": {
                "security": null, "pre_start": null, "not_executed": null, "pre_stop_failed": false,
                "main": {"signal": {"number": 11, "name": "SIGSEGV"}},
                "next": "respawns", "certainty": "sure",
            },
            "death": null,
            "complete": {"unavailable": "the kernel log does not reach back to the start of this run"},
        })
    );
    let back: KernelLog = serde_json::from_value(json).unwrap();
    assert_eq!(back, KernelLog { lines: KernelLines::default(), ..log });
}
