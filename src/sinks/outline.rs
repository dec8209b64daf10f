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
mod tests;
