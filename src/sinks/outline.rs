//! A message as one text, in the markup of a service that takes one.
//!
//! What others wrote is cut before it is written down, between characters; a log and a list
//! between lines. Limits hold for what is sent: markup and escapes count.

use super::Fidelity;
use super::text::cut;
use crate::message::{Jobs, Log, Message, last_within};

/// How a service writes what a message is made of; the pairs stand around it.
#[derive(Clone, Copy)]
pub(super) struct Markup {
    /// Writes one character of a text that others wrote.
    pub text: fn(char, &mut String),
    /// The same in code and logs.
    pub literal: fn(char, &mut String),
    /// How much of the room a written text takes.
    pub measure: fn(&str) -> usize,
    /// Before a heading, after it, and after what stands on its line.
    pub heading: [&'static str; 3],
    /// All facts.
    pub facts: [&'static str; 2],
    /// Before a fact's label, between both, and after what it says.
    pub fact: [&'static str; 3],
    /// All items of a list.
    pub list: [&'static str; 2],
    /// One item.
    pub item: [&'static str; 2],
    /// The lines of a log.
    pub log: [&'static str; 2],
    /// A command.
    pub code: [&'static str; 2],
    /// The line below.
    pub below: [&'static str; 2],
}

/// No markup at all.
pub(super) const PLAIN: Markup = Markup {
    text: |c, text| text.push(c),
    literal: |c, text| text.push(c),
    measure: str::len,
    heading: ["\n", "", "\n"],
    facts: ["", ""],
    fact: ["", ": ", "\n"],
    list: ["", ""],
    item: ["• ", "\n"],
    log: ["", "\n"],
    code: ["", ""],
    below: ["\n", ""],
};

/// The title behind what tells at a glance what it is about: an icon, or a word for the plainest
/// form.
pub(super) fn headed(message: &Message, fidelity: Fidelity) -> String {
    let (tone, title) = (message.tone, &message.title);
    match fidelity {
        Fidelity::Full => format!("{} {title}", tone.icon()),
        Fidelity::Minimal => format!("[{}] {title}", tone.word()),
    }
}

/// Of the facts, the plainest form has as many: those on who, what and when stand first.
const KEY_FACTS: usize = 6;

/// All of `message` but its title, within `room`; in the plainest form the key facts and the jobs.
pub(super) fn outline(
    message: &Message,
    markup: &Markup,
    room: usize,
    fidelity: Fidelity,
) -> String {
    let below = markup.below(message, room / 16);
    let most = if fidelity == Fidelity::Full { usize::MAX } else { KEY_FACTS };
    let mut text = markup.facts(message.facts.iter().take(most), room / 8 * 3, room / 24);
    let left = |text: &str| {
        room.saturating_sub((markup.measure)(text)).saturating_sub((markup.measure)(&below))
    };
    if fidelity == Fidelity::Full && !message.reasons.is_empty() {
        text += &markup.reasons(&message.reasons, left(&text).min(room / 8));
    }
    if let Some(jobs) = &message.jobs {
        text += &markup.jobs(jobs, left(&text));
    }
    if let Some(log) = message.log.as_ref().filter(|_| fidelity == Fidelity::Full) {
        text += &markup.logged(log, left(&text), room / 16);
    }
    text + &below
}

impl Markup {
    /// `text` as it is written; ends in `…` before it would take more than `most`.
    pub(super) fn cut(&self, text: &str, most: usize) -> String {
        self.cut_by(self.text, text, most)
    }

    fn cut_by(&self, write: fn(char, &mut String), text: &str, most: usize) -> String {
        cut(text, most, write, self.measure)
    }

    /// As many facts as `room` has, each with at most `most` of it.
    fn facts<'a>(
        &self,
        facts: impl Iterator<Item = &'a (&'static str, String)>,
        room: usize,
        most: usize,
    ) -> String {
        let [before, between, after] = self.fact;
        let written = facts.map(|(label, value)| {
            format!("{before}{label}{between}{}{after}", self.cut(value, most))
        });
        self.within(self.facts, written, room)
    }

    /// Why, the weightiest first, as many as `room` has; of the first one at least its beginning.
    fn reasons(&self, reasons: &[String], room: usize) -> String {
        let [before, after] = self.item;
        let heading = self.heading("Why", "");
        let frame = [&heading, before, after, self.list[0], self.list[1]];
        let frame: usize = frame.iter().map(|part| (self.measure)(part)).sum();
        let most = room.saturating_sub(frame);
        let items =
            reasons.iter().map(|reason| format!("{before}{}{after}", self.cut(reason, most)));
        let room = room.saturating_sub((self.measure)(&heading));
        heading.clone() + &self.within(self.list, items, room)
    }

    /// The first of `parts` that fit into `room` with the pair around them.
    fn within(
        &self,
        [open, close]: [&str; 2],
        parts: impl Iterator<Item = String>,
        room: usize,
    ) -> String {
        let mut used = (self.measure)(open) + (self.measure)(close);
        let mut text = open.to_owned();
        for part in parts {
            used += (self.measure)(&part);
            if used > room {
                break;
            }
            text += &part;
        }
        text + close
    }

    /// The jobs of a digest, a line each; those that do not fit are counted.
    fn jobs(&self, jobs: &Jobs, room: usize) -> String {
        let ([before, after], [open, close]) = (self.item, self.list);
        let item = |line: &str| format!("{before}{}{after}", self.cut(line, usize::MAX));
        let heading = self.heading("Jobs", "");
        let frame = [&heading, open, close].iter().map(|part| (self.measure)(part)).sum();
        let lines = jobs.within(room.saturating_sub(frame), |line| (self.measure)(&item(line)));
        let items: String = lines.iter().map(|line| item(line)).collect();
        format!("{heading}{open}{items}{close}")
    }

    /// The end of a log, in whole lines; the name of its file with at most `most`.
    fn logged(&self, log: &Log, room: usize, most: usize) -> String {
        let ([open, close], [code, end]) = (self.log, self.code);
        let path = format!("{code}{}{end}", self.cut_by(self.literal, &log.path, most));
        let heading = self.heading("Log", &format!(" {path}"));
        let frame = [&heading, open, close].iter().map(|part| (self.measure)(part)).sum();
        let lines: Vec<_> =
            log.lines.iter().map(|line| self.cut_by(self.literal, line, usize::MAX)).collect();
        let line_end = (self.measure)("\n");
        let cost = |line: &str| (self.measure)(line) + line_end;
        let lines = last_within(&lines, room.saturating_sub(frame), cost);
        match lines {
            [] => String::new(),
            lines => format!("{heading}{open}{}{close}", lines.join("\n")),
        }
    }

    /// How to see the rest, and what is missing, of which is told `most`.
    fn below(&self, message: &Message, most: usize) -> String {
        let ([open, close], [code, end]) = (self.below, self.code);
        let Message { names, short_id, command, missing, .. } = message;
        let mut text = format!("{open}{names} {short_id} · {code}{command}{end}");
        if !missing.is_empty() {
            let missing = format!(" · not collected: {}", missing.join("; "));
            text += &self.cut(&missing, most);
        }
        text + close
    }

    fn heading(&self, heading: &str, rest: &str) -> String {
        let [before, after, end] = self.heading;
        format!("{before}{heading}{after}{rest}{end}")
    }
}

/// Writes `c`, and what keeps a name behind an `@` from being called.
pub(super) fn uncalled(c: char, text: &mut String) {
    text.push(c);
    if c == '@' {
        text.push('\u{200b}');
    }
}

/// Writes `c` as HTML.
pub(super) fn html(c: char, text: &mut String) {
    match c {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        c => text.push(c),
    }
}

/// Writes `c` as HTML in which nobody is called.
pub(super) fn uncalled_html(c: char, text: &mut String) {
    if c == '@' { uncalled(c, text) } else { html(c, text) }
}

/// The bytes that `text` takes in a JSON string, without the quotation marks.
pub(super) fn json_len(text: &str) -> usize {
    text.bytes().map(|byte| if matches!(byte, b'"' | b'\\' | b'\n') { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::samples;

    #[test]
    fn plain_text_looks_like_this() {
        let message = samples::message(&samples::notices()[0], 2);
        assert_eq!(
            outline(&message, &PLAIN, 4096, Fidelity::Full),
            "Host: web-1\n\
             Job: nginx (eu-1)\n\
             Verdict: crashed: SIGSEGV\n\
             Time: 2026-11-21 03:42:17 UTC\n\
             Since told last: 2 crashes (1 × SIGSEGV, 1 × exit status 1)\n\
             Ran: 5 h 42 min\n\
             Load: 8.42 3.10 1.05\n\
             Memory free: 0.2 GiB of 7.8 GiB\n\
             Left behind: 4715 /usr/bin/worker --queue mail (tcp 8080)\n\
             \n\
             Why\n\
             • init calls it a failure and respawns the job\n\
             • init: main was killed by SIGSEGV\n\
             • the marker that pre-start armed at 2026-11-20T22:00:00.000000Z was still there: \
             pre-stop never ran\n\
             \n\
             Log /var/log/upstart/nginx-eu-1.log\n\
             worker died\n\
             AssertionError: a < b && b > c\n\
             \n\
             report 6c1d8e40 · upstart-crash show 6c1d8e40 · not collected: pressure: not �there"
        );
    }

    #[test]
    fn every_message_keeps_within_its_room_and_the_worst_log_has_some_of_it() {
        let html = Markup { text: html, literal: html, ..PLAIN };
        for message in samples::messages(50) {
            for room in [1000, 4096, 20_000] {
                for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                    let text = outline(&message, &html, room, fidelity);
                    assert!(text.len() <= room, "{} of {room}: {text}", text.len());
                }
            }
            let text = outline(&message, &html, 4096, Fidelity::Full);
            assert_eq!(text.contains("\nLog "), message.log.is_some(), "{text}");
        }
    }

    #[test]
    fn a_digest_counts_the_jobs_that_do_not_fit() {
        let message = samples::message(&samples::worst_notices()[4], 0);
        let text = outline(&message, &PLAIN, 4096, Fidelity::Full);
        let named = text.lines().filter(|line| line.starts_with("• &")).count() as u64;
        let rest = format!("• {}\n", samples::rest_of_digest(named));
        assert!(named > 0 && text.contains(&rest), "{rest}: {text}");
    }

    proptest! {
        #[test]
        fn a_cut_keeps_the_limit_and_every_entity(text in "[&<>@a🚀\"\\\\]{0,40}", most in 6_usize..60) {
            let markup = Markup { text: uncalled_html, measure: json_len, ..PLAIN };
            let (cut, whole) = (markup.cut(&text, most), markup.cut(&text, usize::MAX));
            prop_assert!(json_len(&cut) <= most);
            let plain = |text: &str| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            prop_assert_eq!(plain(&whole).replace('\u{200b}', ""), text);
            match cut.strip_suffix('…') {
                Some(start) => prop_assert!(whole.starts_with(start) && !start.ends_with("&a")),
                None => prop_assert_eq!(cut, whole),
            }
        }

        #[test]
        fn json_takes_as_many_bytes_as_counted(text in "[^\\p{Cc}]*") {
            prop_assert_eq!(json_len(&text) + 2, serde_json::to_string(&text).unwrap().len());
        }
    }
}
