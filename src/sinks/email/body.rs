//! What stands in a mail, as text and as HTML.

use std::fmt::Write as _;

use crate::message::{Message, Tone, harmless, shortened};
use crate::sinks::Fidelity;

/// The longest value of a fact, in characters.
const FACT: usize = 400;

/// The longest list of reasons, in characters.
const REASONS: usize = 1500;

/// The longest list of jobs, in bytes.
const JOBS: usize = 32 * 1024;

/// The message as plain text.
pub(super) fn text(message: &Message, fidelity: Fidelity, refused: &[String]) -> String {
    let mut text = format!("{}\n\n", message.title);
    let width = message.facts.iter().map(|(label, _)| label.len()).max().unwrap_or(0) + 1;
    for (label, value) in &message.facts {
        let label = format!("{label}:");
        let _ = writeln!(text, "{label:width$} {}", shortened(value, FACT));
    }
    if let Some(jobs) = &message.jobs {
        text.push('\n');
        for job in jobs.within(JOBS, |job| job.len() + "- \n".len()) {
            let _ = writeln!(text, "- {job}");
        }
    }
    if fidelity == Fidelity::Full {
        if !message.reasons.is_empty() {
            let reasons = format!("- {}", message.reasons.join("\n- "));
            let _ = writeln!(text, "\nWhy:\n{}", shortened(&reasons, REASONS));
        }
        if let Some(log) = &message.log {
            let _ = writeln!(text, "\nLog {}:\n", shortened(&log.path, FACT));
            log.lines.iter().for_each(|line| text += &format!("    {line}\n"));
        }
    }
    let _ = writeln!(text, "\n{} {}: {}", message.names, message.short_id, message.command);
    for note in notes(message, fidelity, refused) {
        let _ = writeln!(text, "{note}");
    }
    text
}

/// The message as HTML that loads nothing and runs nothing.
pub(super) fn html(message: &Message, refused: &[String]) -> String {
    let colour = colour(message.tone);
    let mut html = format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head>\n\
         <body style=\"font-family:sans-serif;font-size:14px\">\n\
         <div style=\"border-left:6px solid {colour};padding-left:12px\">\n\
         <p style=\"font-size:16px\"><b>{} {}</b></p>\n<table cellpadding=\"2\">\n",
        message.tone.icon(),
        escaped(&message.title),
    );
    for (label, value) in &message.facts {
        let value = escaped(&shortened(value, FACT));
        let _ = writeln!(html, "<tr><td valign=\"top\"><b>{label}</b></td><td>{value}</td></tr>");
    }
    html.push_str("</table>\n");
    if let Some(jobs) = &message.jobs {
        list(&mut html, &jobs.within(JOBS, |job| escaped(job).len() + "<li></li>\n".len()));
    }
    if !message.reasons.is_empty() {
        html.push_str("<p><b>Why</b></p>\n");
        let mut room = REASONS;
        let reasons = message.reasons.iter().map_while(|reason| {
            let shown = shortened(reason, room.max(1));
            let before = room;
            room = room.saturating_sub(shown.chars().count());
            (before > 0).then_some(shown)
        });
        list(&mut html, &reasons.collect::<Vec<_>>());
    }
    if let Some(log) = &message.log {
        let path = escaped(&shortened(&log.path, FACT));
        let lines: Vec<_> = log.lines.iter().map(|line| escaped(line)).collect();
        let _ = write!(
            html,
            "<p><b>Log</b> {path}</p>\n<pre style=\"background:#f4f4f4;padding:8px\">{}\n</pre>\n",
            lines.join("\n"),
        );
    }
    let (names, id, command) = (message.names, &message.short_id, escaped(&message.command));
    let _ = writeln!(html, "<p>{names} {id}: <code>{command}</code></p>");
    for note in notes(message, Fidelity::Full, refused) {
        let _ = writeln!(html, "<p>{}</p>", escaped(&note));
    }
    html.push_str("</div></body></html>\n");
    html
}

fn list(html: &mut String, items: &[String]) {
    html.push_str("<ul>\n");
    for item in items {
        let _ = writeln!(html, "<li>{}</li>", escaped(item));
    }
    html.push_str("</ul>\n");
}

/// What is missing: in the message, and among those whom it is for.
fn notes(message: &Message, fidelity: Fidelity, refused: &[String]) -> Vec<String> {
    let missing = (fidelity == Fidelity::Full && !message.missing.is_empty())
        .then(|| format!("not collected: {}", shortened(&message.missing.join("; "), FACT)));
    let refused = (!refused.is_empty())
        .then(|| format!("the mail server did not take this for {}", refused.join("; ")));
    missing.into_iter().chain(refused.map(|refused| harmless(&refused))).collect()
}

/// A colour for a glance.
fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Crash => "#d00000",
        Tone::GaveUp => "#7f0000",
        Tone::Repeats => "#d97706",
        Tone::Recovered => "#15803d",
        Tone::Digest => "#1d4ed8",
        Tone::SinkFailed => "#6b7280",
        Tone::Test => "#7c3aed",
    }
}

/// `text` as HTML shows it.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notice::Notice;
    use crate::report::CrashReport;
    use crate::sinks::samples;

    fn of_crash(report: &CrashReport) -> Message {
        let told = samples::redacted(&Notice::of(report), Some(report));
        Message::of(&told, report.time, 2)
    }

    #[test]
    fn a_mail_reads_like_this() {
        let text = text(&of_crash(&samples::report()), Fidelity::Full, &[]);
        let expected = "\
            web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, back after 0.4 s\n\
            \n\
            Host:        web-1\n\
            Job:         nginx (eu-1)\n\
            Verdict:     crashed: SIGSEGV\n\
            Time:        2026-11-21 03:42:17 UTC\n\
            Ran:         5 h 42 min\n\
            Load:        8.42 3.10 1.05\n\
            Memory free: 0.2 GiB of 7.8 GiB\n\
            Left behind: 4715 /usr/bin/worker --queue mail (tcp 8080)\n\
            \n\
            Why:\n\
            - init calls it a failure and respawns the job\n\
            - init: main was killed by SIGSEGV\n\
            - the marker that pre-start armed at 2026-11-20T22:00:00.000000Z was still there: \
            pre-stop never ran\n\
            \n\
            Log /var/log/upstart/nginx-eu-1.log:\n\
            \n    worker died\n    AssertionError: a < b && b > c\n\
            \n\
            report 6c1d8e40: upstart-crash show 6c1d8e40\n\
            not collected: pressure: not \u{fffd}there\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn who_is_not_reached_is_told_to_the_others() {
        let message = of_crash(&samples::report());
        let refused = ["b@example.com: 550 no <such>\r\nuser".to_owned()];
        for (text, line) in [
            (text(&message, Fidelity::Minimal, &refused), "b@example.com: 550 no <such>\u{fffd}"),
            (html(&message, &refused), "b@example.com: 550 no &lt;such&gt;\u{fffd}"),
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    /// The tags of `html`, and nothing else of it.
    fn tags(html: &str) -> Vec<&str> {
        html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()).collect()
    }

    proptest! {
        #[test]
        fn nothing_that_others_wrote_is_markup(line in ".*|[<>&\"'a/ ]{0,60}") {
            let mut report = samples::report();
            let plain = tags(&html(&of_crash(&report), &[])).len();
            report.log.as_mut().unwrap().lines = vec![line.clone(), line.clone()];
            report.verdict.reasons[0].clone_from(&line);
            report.summary.clone_from(&line);
            let html = html(&of_crash(&report), &[]);
            prop_assert_eq!(tags(&html).len(), plain, "{}", html);
        }
    }
}
