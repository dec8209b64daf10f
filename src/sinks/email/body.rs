//! What stands in a mail, as text and as HTML.

use std::fmt::Write as _;

use crate::message::{Fact, Message, Section, Tone, harmless, shortened};
use crate::sinks::Fidelity;
use crate::sinks::fit::{Fitted, Ways};
use crate::sinks::outline::html_link;
use crate::sinks::text::{cut, width};

/// The longest value of a fact, in characters.
const FACT: usize = 400;

/// All sections together, in characters: no server takes less than so many bytes, however they are
/// encoded (RFC 5321 has no limit, few servers have one below 10 MB).
const SECTIONS: usize = 128 * 1024;

const TEXT: Ways = Ways {
    text: |text, most| cut(text, most, |c, text| text.push(c), width),
    code: str::to_owned,
    link: |name, url| format!("{name}: {url}"),
    cost: width,
    frame: 20,
    line: "    \n".len(),
    most: SECTIONS,
};

const HTML: Ways = Ways {
    text: |text, most| cut(text, most, write, width),
    code: escaped,
    link: html_link,
    frame: 100,
    line: "<li></li>\n".len(),
    ..TEXT
};

/// The message as plain text.
pub(super) fn text(message: &Message, fidelity: Fidelity, refused: &[String]) -> String {
    let mut text = format!("{}\n\n", message.title);
    let facts = || message.facts.iter().chain(&message.machine);
    let width = facts().map(|fact| fact.label.len()).max().unwrap_or(0) + 1;
    for Fact { label, value, .. } in facts() {
        let label = format!("{label}:");
        let _ = writeln!(text, "{label:width$} {}", shortened(value, FACT));
    }
    for Fitted { section, caption, lines } in TEXT.fit(&message.sections, SECTIONS) {
        if fidelity == Fidelity::Minimal && !matches!(section, Section::Jobs(_)) {
            continue;
        }
        let heading = format!("{} {caption}", section.heading());
        let _ = writeln!(text, "\n{}:", heading.trim_end());
        let before = if is_code(section) { "    " } else { "- " };
        lines.iter().for_each(|line| text += &format!("{before}{line}\n"));
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
    for Fact { label, value, .. } in message.facts.iter().chain(&message.machine) {
        let value = escaped(&shortened(value, FACT));
        let _ = writeln!(html, "<tr><td valign=\"top\"><b>{label}</b></td><td>{value}</td></tr>");
    }
    html.push_str("</table>\n");
    for fitted in HTML.fit(&message.sections, SECTIONS) {
        html += &section(&fitted);
    }
    let (names, id, command) = (message.names, &message.short_id, escaped(&message.command));
    let _ = writeln!(html, "<p>{names} {id}: <code>{command}</code></p>");
    for note in notes(message, Fidelity::Full, refused) {
        let _ = writeln!(html, "<p>{}</p>", escaped(&note));
    }
    html.push_str("</div></body></html>\n");
    html
}

/// Whether spaces and columns mean something in its lines.
fn is_code(section: &Section) -> bool {
    matches!(section, Section::Log(_) | Section::Kernel(_))
}

fn section(fitted: &Fitted<'_>) -> String {
    let Fitted { section, caption, lines } = fitted;
    let heading = format!("<p><b>{}</b> {caption}</p>\n", section.heading());
    if is_code(section) {
        let style = "background:#f4f4f4;padding:8px";
        return format!("{heading}<pre style=\"{style}\">{}\n</pre>\n", lines.join("\n"));
    }
    let items: String = lines.iter().map(|line| format!("<li>{line}</li>\n")).collect();
    format!("{heading}<ul>\n{items}</ul>\n")
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
    cut(text, usize::MAX, write, width)
}

fn write(c: char, html: &mut String) {
    match c {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        '"' => html.push_str("&quot;"),
        '\'' => html.push_str("&#39;"),
        c => html.push(c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notice::Notice;
    use crate::report::CrashReport;
    use crate::sinks::{samples, testing};

    fn of_crash(report: &CrashReport) -> Message {
        let told = samples::redacted(&Notice::of(report), Some(report));
        Message::of(&told, report.time, &samples::view(2))
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
            Left behind: 4715 /usr/bin/worker --queue mail (tcp 8080)\n\
            Labels:      team=web\n\
            Load:        8.42 3.10 1.05\n\
            Memory free: 202 MiB of 7.8 GiB\n\
            \n\
            Kernel:\n    \
            nginx[4712]: segfault at 0 ip 00000000004005d4 sp 00007ffc6a1d2e30 error 4 in \
            nginx[400000+f2000]\n    \
            init: nginx (eu-1) main process (4712) killed by SEGV signal\n\
            \n\
            Log /var/log/upstart/nginx-eu-1.log (the last lines of this run):\n    \
            worker died\n    AssertionError: a < b && b > c\n\
            \n\
            Unusual:\n\
            - memory: about 202 MiB of 7.8 GiB available\n\
            - swap: 4 KiB of 2.0 GiB free\n\
            - memory of /upstart/nginx: at its limit 7 times, \
            1 process killed for want of memory\n\
            - load: 8.42 3.10 1.05 on 4 processors\n\
            - pressure: everything waited for memory 41 % of 10 s\n\
            - disk /var/log/upstart: 0 B of 4.8 GiB available\n\
            - disk /var/log/upstart: 12 of 327680 inodes available\n\
            - file handles: 790112 of 812014 open\n\
            \n\
            Changed:\n\
            - /etc/init/nginx.conf was changed 4 h 30 min before the crash, while the job ran\n\
            - packages were changed 21 h 17 min before the crash\n\
            \n\
            Why:\n\
            - init calls it a failure and respawns the job\n\
            - init: main was killed by SIGSEGV\n\
            - the marker that pre-start armed at 2026-11-20T22:00:00.000000Z was still there: \
            pre-stop never ran\n\
            \n\
            Links:\n\
            - runbook: https://wiki.example.com/nginx\n\
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

    const TAGS: [&str; 14] = [
        "html", "head", "body", "div", "p", "b", "table", "tr", "td", "ul", "li", "pre", "code",
        "a",
    ];

    /// `html` without its first line, what has no end, and the looks of its tags.
    fn bare(html: &str) -> String {
        let html = html.replace("<!DOCTYPE html>\n", "").replace("<meta charset=\"utf-8\">", "");
        let html = html.replace(" cellpadding=\"2\"", "").replace(" valign=\"top\"", "");
        let mut parts = html.split(" style=\"");
        let first = parts.next().unwrap_or_default().to_owned();
        first + &parts.map(|part| part.split_once('"').unwrap().1).collect::<String>()
    }

    #[test]
    fn every_mail_keeps_its_limit_and_uses_its_room() {
        let [crash, ..] = samples::worst_notices();
        let message = samples::message(&crash, 50);
        let message = testing::filled(&message, &"<🚀\"".repeat(30), 9999);
        for (room, form) in
            [("text", text(&message, Fidelity::Full, &[])), ("HTML", html(&message, &[]))]
        {
            let longest = width(&form);
            assert!((128_000..150_000).contains(&longest), "{room}: {longest}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_others_wrote_is_markup(planted in testing::hostile()) {
            for message in &samples::hostile_messages(&planted) {
                let shown = html(message, std::slice::from_ref(&planted));
                prop_assert!(testing::is_html(&bare(&shown), &TAGS), "{}", shown);
                let text = text(message, Fidelity::Full, std::slice::from_ref(&planted));
                for text in [shown, text] {
                    prop_assert!(testing::is_harmless(&text), "{:?}", text);
                }
            }
        }
    }
}
