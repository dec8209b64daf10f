//! A notice as one line, in the form that the other side reads.
//!
//! On `/dev/log` that is the one of BSD (RFC 3164): rsyslog takes RFC 5424 there for something else,
//! and puts its own time in place of ours. So when it happened stands in the text, too.

use super::Facility;
use crate::message::{Fact, Message, Section};
use crate::notice::Notice;
use crate::time::Timestamp;
use crate::verdict::Severity;

/// What we are called.
const TAG: &str = "upstart-monitor";

/// The longest name of a host in RFC 5424, in bytes.
const HOST: usize = 255;

/// The months as RFC 3164 writes them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `<27>Nov 21 03:42:17 upstart-monitor[4711]: TEXT`, where the clock on the wall is `ahead` seconds
/// ahead of UTC; at most `most` bytes.
pub(super) fn bsd(
    facility: Facility,
    notice: &Notice,
    text: impl FnOnce(usize) -> String,
    now: Timestamp,
    ahead: i64,
    most: usize,
) -> String {
    let wall = Timestamp::from_micros(now.micros().saturating_add(ahead.saturating_mul(1_000_000)));
    let wall = humantime::format_rfc3339_seconds(wall.to_system_time()).to_string();
    let part = |range| wall.get(range).unwrap_or_default();
    let month = part(5..7).parse().ok().and_then(|month: usize| MONTHS.get(month.wrapping_sub(1)));
    let day = part(8..10).strip_prefix('0').map_or(part(8..10).to_owned(), |day| format!(" {day}"));
    let (month, clock) = (month.unwrap_or(&"Jan"), part(11..19));
    let (priority, process) = (facility.priority(notice.severity), std::process::id());
    let head = format!("<{priority}>{month} {day} {clock} {TAG}[{process}]: ");
    finished(head, text, most)
}

/// `<27>1 2026-11-21T03:42:17.123456Z web-1 upstart-monitor 4711 CRASH - TEXT`; at most `most` bytes.
/// No byte order mark before the text: rsyslog would show it.
pub(super) fn rfc_5424(
    facility: Facility,
    notice: &Notice,
    text: impl FnOnce(usize) -> String,
    most: usize,
) -> String {
    let (priority, process) = (facility.priority(notice.severity), std::process::id());
    let (time, host) = (notice.time, host_name(&notice.host));
    let kind = notice.subject.word().to_uppercase();
    let head = format!("<{priority}>1 {time} {host} {TAG} {process} {kind} - ");
    finished(head, text, most)
}

fn finished(head: String, text: impl FnOnce(usize) -> String, most: usize) -> String {
    let text = text(most.saturating_sub(head.len()));
    head + &text
}

/// `host` as RFC 5424 takes it: what can be seen of ASCII, or `-` where there is nothing.
fn host_name(host: &str) -> String {
    let seen: String = host.chars().filter(char::is_ascii_graphic).take(HOST).collect();
    if seen.is_empty() { "-".to_owned() } else { seen }
}

/// What happened, in words, then facts as `name=value`: those that fit into `most` bytes, whole.
pub(super) fn full(message: &Message, notice: &Notice, most: usize) -> String {
    let mut line = minimal(message, notice, most);
    let add = |line: &mut String, name: &str, value: &str| {
        let fact = format!(" {}={}", name.to_lowercase().replace(' ', "_"), quoted(value));
        if line.len() + fact.len() <= most {
            line.push_str(&fact);
        }
    };
    add(&mut line, "see", &message.command);
    for Fact { label, value, .. } in message.facts.iter().chain(&message.machine) {
        add(&mut line, label, value);
    }
    for section in &message.sections {
        match section {
            Section::Jobs(jobs) => {
                let room = most.saturating_sub(line.len() + " each=\"\"".len());
                let jobs = jobs.within(room, |job| quoted(job).len() + "; ".len());
                add(&mut line, "each", &jobs.join("; "));
            }
            Section::Kernel(lines) | Section::Unusual(lines) | Section::Changed(lines) => {
                add(&mut line, section.heading(), &lines.join("; "));
            }
            Section::Links(pages) => {
                pages.iter().for_each(|page| add(&mut line, &page.text, &page.url));
            }
            // A log's place is not in a log, and there is a command that shows why.
            Section::Log(_) | Section::Why(_) => {}
        }
    }
    line
}

/// What happened, in words, and the name of the report or notice; at most `most` bytes.
pub(super) fn minimal(message: &Message, notice: &Notice, most: usize) -> String {
    let id = notice.report().unwrap_or(notice.id);
    let name = format!(" {}={id}", message.names);
    let title = format!("[{}] {}", message.tone.word(), message.title);
    let title = cut(&title, most.saturating_sub(name.len()));
    format!("{title}{name}")
}

/// The beginning of `text`, at most `most` bytes.
fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

/// `value` as it is where nobody could take it for more than a value; else in quotes.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:/@+-".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\""))
}

impl Facility {
    /// The number that a line begins with.
    fn priority(self, severity: Severity) -> u8 {
        let severity = match severity {
            Severity::Critical => 2,
            Severity::Error => 3,
            Severity::Warning => 4,
            Severity::Info => 6,
        };
        self.0 * 8 + severity
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::harmless;
    use crate::sinks::samples;
    use crate::sinks::testing::hostile;

    const DAEMON: Facility = Facility(3);

    fn message(notice: &Notice) -> Message {
        let (report, worst) = (samples::report(), samples::worst());
        let report = if notice.host.starts_with('>') { worst } else { report };
        let report = notice.report().is_some().then_some(&report);
        Message::of(&samples::redacted(notice, report), notice.time, &samples::view(20))
    }

    #[test]
    fn a_line_looks_like_this() {
        let [notice, ..] = samples::notices();
        let message = message(&notice);
        let process = std::process::id();
        let text = |most| full(&message, &notice, most);
        let expected = "[crash] web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, \
            3rd time in 1 h, back after 0.4 s report=01a1fc32-9a23-7d21-bf55-3b2f6c1d8e40 \
            see=\"upstart-crash show 6c1d8e40\" host=web-1 job=\"nginx (eu-1)\" \
            verdict=\"crashed: SIGSEGV\" time=\"2026-11-21 03:42:17 UTC\" ";
        let line = bsd(DAEMON, &notice, text, notice.time, 3600, 2048);
        let head = format!("<27>Nov 21 04:42:17 upstart-monitor[{process}]: ");
        assert!(line.starts_with(&format!("{head}{expected}")), "{line}");

        let line = rfc_5424(DAEMON, &notice, text, 2048);
        let head =
            format!("<27>1 2026-11-21T03:42:17.123456Z web-1 upstart-monitor {process} CRASH - ");
        assert!(line.starts_with(&format!("{head}{expected}")), "{line}");
    }

    #[test]
    fn a_day_of_one_digit_is_padded() {
        let [notice, ..] = samples::notices();
        let early = Timestamp::from_micros(1_793_491_200_000_000);
        let line = bsd(DAEMON, &notice, |_| String::new(), early, 0, 2048);
        assert!(line.starts_with("<27>Nov  1 00:00:00 "), "{line}");
    }

    #[test]
    fn every_notice_is_one_line_within_every_limit() {
        for notice in samples::notices().into_iter().chain(samples::worst_notices()) {
            let message = message(&notice);
            for most in [480, 1400, 2048] {
                for line in [
                    bsd(
                        DAEMON,
                        &notice,
                        |most| full(&message, &notice, most),
                        notice.time,
                        0,
                        most,
                    ),
                    rfc_5424(DAEMON, &notice, |most| full(&message, &notice, most), most),
                    rfc_5424(DAEMON, &notice, |most| minimal(&message, &notice, most), most),
                ] {
                    assert!(line.len() <= most, "{} > {most}: {line}", line.len());
                    assert!(!line.chars().any(char::is_control), "{line:?}");
                    let id = notice.report().unwrap_or(notice.id).to_string();
                    assert!(line.contains(&format!("{}={id}", message.names)), "{line}");
                }
            }
        }
    }

    #[test]
    fn a_digest_counts_the_jobs_that_it_does_not_name() {
        let [.., digest, _, _] = samples::worst_notices();
        let line = full(&message(&digest), &digest, 2048);
        let named = line.matches("crashed 9 times").count() as u64;
        let rest = format!("; {}\"", samples::rest_of_digest(named));
        assert!(named > 0 && line.ends_with(&rest), "{line}");
    }

    proptest! {
        #[test]
        fn whatever_others_wrote_a_line_is_one_line_of_text(planted in hostile()) {
            for told in samples::hostile_told(&planted) {
                let notice = told.notice();
                let message = Message::of(&told, notice.time, &samples::view(20));
                let line = rfc_5424(DAEMON, notice, |most| full(&message, notice, most), 2048);
                prop_assert!(harmless(&line) == line && !line.contains('\n'), "{:?}", line);
            }
        }

        #[test]
        fn whatever_a_name_holds_a_line_has_the_same_parts(name in ".{0,80}", host in ".{0,80}") {
            let [mut notice, ..] = samples::notices();
            if let crate::notice::Subject::Crash { job, .. } = &mut notice.subject {
                job.name.clone_from(&name);
            }
            notice.host = host;
            let message = Message::of(&samples::alone(&notice), notice.time, &samples::view(20));
            let line = rfc_5424(DAEMON, &notice, |most| full(&message, &notice, most), 2048);
            prop_assert!(!line.chars().any(char::is_control), "{:?}", line);
            let process = std::process::id().to_string();
            let head: Vec<_> = line.split(' ').skip(3).take(4).collect();
            prop_assert_eq!(head, ["upstart-monitor", &process, "CRASH", "-"]);
        }

        #[test]
        fn a_value_in_quotes_ends_where_it_ends(value in ".{0,80}") {
            let quoted = quoted(&value);
            let undone = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let mut chars = undone.unwrap_or(&quoted).chars();
            let mut read = String::new();
            while let Some(c) = chars.next() {
                prop_assert!(c != '"');
                read.push(if c == '\\' { chars.next().unwrap() } else { c });
            }
            prop_assert_eq!(read, value);
        }
    }
}
