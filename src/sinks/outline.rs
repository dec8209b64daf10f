//! A message as one text, in the markup of a service that takes one.
//!
//! What others wrote is cut before it is written down, between characters; sections as `fit.rs` does
//! it. Limits hold for what is sent: markup and escapes count.

use super::Fidelity;
use super::fit::{Fitted, Ways};
use super::text::cut;
use crate::message::{Fact, Message, Section};

/// How a service writes what a message is made of; the pairs stand around it.
#[derive(Clone, Copy)]
pub(super) struct Markup {
    /// Writes a text that others wrote; ends it in `…` before it would take more than so much.
    pub text: fn(&str, usize) -> String,
    /// Writes a line of code or of a log, whole.
    pub literal: fn(&str) -> String,
    /// Writes a way to a page: its name, as it was written, and its URL.
    pub link: fn(&str, &str) -> String,
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
    /// The lines of a log, or of the kernel.
    pub log: [&'static str; 2],
    /// A command.
    pub code: [&'static str; 2],
    /// The line below.
    pub below: [&'static str; 2],
}

/// No markup at all.
pub(super) const PLAIN: Markup = Markup {
    text: |text, most| cut(text, most, |c, text| text.push(c), str::len),
    literal: str::to_owned,
    link: |name, url| format!("{name}: {url}"),
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

/// Of the room, the title has one part of so many at most.
const TITLE_PART: usize = 4;

/// The longest name of a section: what stands before all of them is measured by it.
const HEADING: &str = "Unusual";

/// All of `message` within `room`, its title between `open` and `close`.
pub(super) fn titled(
    message: &Message,
    markup: &Markup,
    [open, close]: [&str; 2],
    room: usize,
    fidelity: Fidelity,
) -> String {
    let title = (markup.text)(&headed(message, fidelity), room / TITLE_PART);
    let title = format!("{open}{title}{close}");
    let room = room.saturating_sub((markup.measure)(&title));
    title + &outline(message, markup, room, fidelity)
}

/// All of `message` but its title, within `room`; in the plainest form the key facts and the jobs.
pub(super) fn outline(
    message: &Message,
    markup: &Markup,
    room: usize,
    fidelity: Fidelity,
) -> String {
    let most = if fidelity == Fidelity::Full { usize::MAX } else { KEY_FACTS };
    let facts = markup.facts(message.facts.iter().take(most), room / 8 * 3, room / 24);
    let room = room.saturating_sub((markup.measure)(&facts));
    facts + &markup.details(message, room, fidelity)
}

impl Markup {
    /// What comes under the facts, within `room`.
    pub(super) fn details(&self, message: &Message, room: usize, fidelity: Fidelity) -> String {
        let below = self.below(message, room / 16);
        let room = room.saturating_sub((self.measure)(&below));
        let is_told = |section: &Fitted<'_>| {
            fidelity == Fidelity::Full || matches!(section.section, Section::Jobs(_))
        };
        let fitted = self.ways().fit(&message.sections, room);
        let sections = fitted.iter().filter(|it| is_told(it)).map(|it| self.section(it));
        sections.collect::<String>() + &below
    }

    fn ways(&self) -> Ways {
        let all = |parts: &[&str]| parts.iter().map(|part| (self.measure)(part)).sum::<usize>();
        Ways {
            text: self.text,
            code: self.literal,
            link: self.link,
            cost: self.measure,
            frame: all(&self.heading) + all(&[HEADING, " "]) + all(&self.list).max(all(&self.log)),
            line: all(&self.item).max(all(&["\n"])),
            most: usize::MAX,
        }
    }

    /// As many facts as `room` has, each with at most `most` of it.
    fn facts<'a>(&self, facts: impl Iterator<Item = &'a Fact>, room: usize, most: usize) -> String {
        let ([open, close], [before, between, after]) = (self.facts, self.fact);
        let mut used = (self.measure)(open) + (self.measure)(close);
        let mut text = open.to_owned();
        for Fact { label, value, .. } in facts {
            let fact = format!("{before}{label}{between}{}{after}", (self.text)(value, most));
            used += (self.measure)(&fact);
            if used > room {
                break;
            }
            text += &fact;
        }
        text + close
    }

    fn section(&self, section: &Fitted<'_>) -> String {
        let [before, after, end] = self.heading;
        let Fitted { section, caption, lines } = section;
        let space = if caption.is_empty() { "" } else { " " };
        let heading = format!("{before}{}{after}{space}{caption}{end}", section.heading());
        let is_code = matches!(section, Section::Log(_) | Section::Kernel(_));
        let [open, close] = if is_code { self.log } else { self.list };
        let [item, item_end] = self.item;
        let lines = match is_code {
            true => lines.join("\n"),
            false => lines.iter().map(|line| format!("{item}{line}{item_end}")).collect(),
        };
        format!("{heading}{open}{lines}{close}")
    }

    /// How to see the rest, and what is missing, of which is told `most`.
    fn below(&self, message: &Message, most: usize) -> String {
        let ([open, close], [code, end]) = (self.below, self.code);
        let Message { names, short_id, command, .. } = message;
        let mut text = format!("{open}{names} {short_id} · {code}{command}{end}");
        if let Some(missing) = message.not_collected() {
            text += &(self.text)(&format!(" · {missing}"), most);
        }
        text + close
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

/// A way to the page at `url` in HTML.
pub(super) fn html_link(name: &str, url: &str) -> String {
    format!("<a href=\"{}\">{name}</a>", url.replace('&', "&amp;"))
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
            outline(&message, &PLAIN, 8192, Fidelity::Full),
            "Host: web-1\n\
             Job: nginx (eu-1)\n\
             Verdict: crashed: SIGSEGV\n\
             Time: 2026-11-21 03:42:17 UTC\n\
             Since told last: 2 crashes (1 × SIGSEGV, 1 × exit status 1)\n\
             Ran: 5 h 42 min\n\
             Left behind: 4715 /usr/bin/worker --queue mail (tcp 8080)\n\
             Labels: team=web\n\
             \n\
             Kernel\n\
             nginx[4712]: segfault at 0 ip 00000000004005d4 sp 00007ffc6a1d2e30 error 4 in \
             nginx[400000+f2000]\n\
             init: nginx (eu-1) main process (4712) killed by SEGV signal\n\
             \n\
             Log /var/log/upstart/nginx-eu-1.log (the last lines of this run)\n\
             worker died\n\
             AssertionError: a < b && b > c\n\
             \n\
             Unusual\n\
             • memory: about 202 MiB of 7.8 GiB available\n\
             • swap: 4 KiB of 2.0 GiB free\n\
             • memory of /upstart/nginx: at its limit 7 times, \
             1 process killed for want of memory\n\
             • load: 8.42 3.10 1.05 on 4 processors\n\
             • pressure: everything waited for memory 41 % of 10 s\n\
             • disk /var/log/upstart: 0 B of 4.8 GiB available\n\
             • disk /var/log/upstart: 12 of 327680 inodes available\n\
             • file handles: 790112 of 812014 open\n\
             \n\
             Changed\n\
             • /etc/init/nginx.conf was changed 4 h 30 min before the crash, while the job ran\n\
             • packages were changed 21 h 17 min before the crash\n\
             \n\
             Why\n\
             • init calls it a failure and respawns the job\n\
             • init: main was killed by SIGSEGV\n\
             • the marker that pre-start armed at 2026-11-20T22:00:00.000000Z was still there: \
             pre-stop never ran\n\
             \n\
             Links\n\
             • runbook: https://wiki.example.com/nginx\n\
             \n\
             report 6c1d8e40 · upstart-crash show 6c1d8e40 · not collected: pressure: not �there"
        );
    }

    #[test]
    fn every_message_keeps_within_its_room_and_the_worst_log_has_some_of_it() {
        let html = Markup {
            text: |text, most| cut(text, most, html, str::len),
            literal: |line| cut(line, usize::MAX, html, str::len),
            ..PLAIN
        };
        for message in samples::messages(50) {
            for room in [1000, 4096, 20_000] {
                for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                    let text = outline(&message, &html, room, fidelity);
                    assert!(text.len() <= room, "{} of {room}: {text}", text.len());
                }
            }
            let text = outline(&message, &html, 4096, Fidelity::Full);
            assert_eq!(text.contains("\nLog "), message.log().is_some(), "{text}");
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
            let within = |most| cut(&text, most, uncalled_html, json_len);
            let (cut, whole) = (within(most), within(usize::MAX));
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
