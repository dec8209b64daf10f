//! What an examination found, in the words of a message.

use std::time::Duration;

use super::LINE_CHARS;
use super::text::{harmless, shortened};
use super::words::bytes;
use crate::aftermath::{Core, CoreStorage, LeftBehind, Recovery, RecoveryKind};
use crate::report::{CrashReport, duration_in_words};

/// The most processes that a message names as left behind.
const LEFT_BEHIND: usize = 3;

/// What became of the job, where somebody has looked.
pub(super) fn recovery(report: &CrashReport) -> Option<&Recovery> {
    report.aftermath.as_ref()?.recovery.as_ref()
}

/// `back after 0.4 s`, `stayed down`, `crashed again after 0.2 s`.
pub fn recovery_in_words(recovery: &Recovery) -> String {
    let after = Duration::try_from_secs_f64(recovery.after_seconds).unwrap_or_default();
    let after = duration_in_words(after);
    match recovery.kind {
        RecoveryKind::Respawned => format!("back after {after}"),
        RecoveryKind::StayedDown => "stayed down".to_owned(),
        RecoveryKind::CrashedAgain => format!("crashed again after {after}"),
    }
}

/// The core that systemd-coredump has: `coredumpctl` finds it. Where the kernel itself wrote a file,
/// the report says so to whoever looks for it.
pub(super) fn core(report: &CrashReport) -> Option<String> {
    let core = report.aftermath.as_ref()?.core.as_ref().filter(|core| core.storage.is_some())?;
    Some(shortened(&harmless(&core_in_words(core)), LINE_CHARS))
}

/// `/var/cores/nginx.4712, 70 MiB`, `not kept by systemd-coredump (SIGSEGV)`.
pub fn core_in_words(core: &Core) -> String {
    let Core { pattern, handler, path, bytes: length, signal, storage, truncated } = core;
    let handler = handler.as_deref();
    let place = match (path, storage, handler) {
        (Some(path), ..) => match length {
            Some(length) => format!("{path}, {}", bytes(*length)),
            None => format!("{path}, gone by now"),
        },
        (None, Some(CoreStorage::Journal), _) => "in the journal".to_owned(),
        (None, Some(_), Some(handler)) => format!("not kept by {handler}"),
        (None, _, Some(handler)) => format!("handed to {handler}"),
        (None, _, None) => format!("none found (core_pattern: {pattern})"),
    };
    let signal = signal.as_ref().map_or_else(String::new, |signal| format!(" ({signal})"));
    let cut = if *truncated { ", cut: it was too long" } else { "" };
    format!("{place}{signal}{cut}")
}

/// What still runs of the run that ended, and holds its ports and files; `None` where nothing does.
pub(super) fn left_behind(report: &CrashReport) -> Option<String> {
    let left = report.aftermath.as_ref()?.left_behind.as_ref().filter(|left| !left.is_empty())?;
    let told: Vec<_> = left.iter().take(LEFT_BEHIND).map(left_behind_in_words).collect();
    let more = match left.len() - told.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(shortened(&harmless(&told.join(", ")), LINE_CHARS) + &more)
}

/// `4715 /usr/bin/worker (tcp 8080, tcp6 8080)`.
pub fn left_behind_in_words(left: &LeftBehind) -> String {
    let ports: Vec<_> =
        left.ports.iter().map(|port| format!("{} {}", port.protocol, port.port)).collect();
    let ports = if ports.is_empty() { String::new() } else { format!(" ({})", ports.join(", ")) };
    format!("{} {}{ports}", left.pid, left.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_is_somewhere_or_nowhere() {
        use CoreStorage::{File, Journal, None as Nowhere};
        let (mib, apport) = (1 << 20, "apport");
        for (handler, path, length, storage, truncated, words) in [
            ("", "/c/x", Some(70 * mib), None, false, "/c/x, 70 MiB"),
            ("", "", None, None, false, "none found (core_pattern: /c/%e)"),
            (apport, "", None, None, false, "handed to apport"),
            ("d", "/c/x.zst", Some(3 * mib), Some(File), false, "/c/x.zst, 3 MiB (SIGSEGV)"),
            ("d", "/c/x", None, Some(File), false, "/c/x, gone by now (SIGSEGV)"),
            ("d", "", None, Some(Journal), false, "in the journal (SIGSEGV)"),
            ("d", "", None, Some(Nowhere), true, "not kept by d (SIGSEGV), cut: it was too long"),
            ("d", "", None, None, false, "handed to d"),
        ] {
            let named = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let core = Core {
                handler: named(handler),
                path: named(path),
                bytes: length,
                signal: storage.map(|_| "SIGSEGV".to_owned()),
                storage,
                truncated,
                ..Core::by("/c/%e".to_owned())
            };
            assert_eq!(core_in_words(&core), words);
        }
    }
    use crate::sinks::samples;

    #[test]
    fn what_became_of_it_is_told_in_words() {
        for (kind, after_seconds, words) in [
            (RecoveryKind::Respawned, 0.41, "back after 0.4 s"),
            (RecoveryKind::StayedDown, 2.0, "stayed down"),
            (RecoveryKind::CrashedAgain, 0.05, "crashed again after 50 ms"),
            (RecoveryKind::Respawned, -1.0, "back after 0 ms"),
        ] {
            let recovery = Recovery { kind, after_seconds, known_by: String::new() };
            assert_eq!(recovery_in_words(&recovery), words);
        }
    }

    #[test]
    fn what_was_left_behind_is_named_and_counted() {
        let mut report = samples::report();
        let left = report.aftermath.as_mut().unwrap().left_behind.as_mut().unwrap();
        let first = left[0].clone();
        left.resize(
            5,
            LeftBehind { pid: 7, command: "sl\u{1b}[31meep".to_owned(), ports: Vec::new() },
        );
        let expected = format!("{}, 7 sleep, 7 sleep and 2 more", left_behind_in_words(&first));
        assert_eq!(left_behind(&report), Some(expected));
        report.aftermath.as_mut().unwrap().left_behind = Some(Vec::new());
        assert_eq!(left_behind(&report), None);
    }
}
