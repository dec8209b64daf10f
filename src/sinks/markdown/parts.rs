//! The parts of a message in Markdown, measured as the chat measures them.
//!
//! What does not fit is cut between characters, a log and a list between lines.

use super::{code, escaped, escaped_within, fenced};
use crate::message::{Message, last_within};
use crate::sinks::text::lines_within;

/// The longest list of reasons, so that the log has room.
const REASONS: usize = 600;
/// The longest path of a log.
const PATH: usize = 160;
/// The longest word on what could not be collected.
const MISSING: usize = 200;
/// What the command takes, with the word before it.
const COMMAND: usize = 100;

/// Writes parts whose length is what `cost` says of them.
pub(in crate::sinks) struct Parts {
    pub cost: fn(&str) -> usize,
}

impl Parts {
    /// `text` on one line, at most `most` long.
    pub(in crate::sinks) fn text(&self, text: &str, most: usize) -> String {
        escaped_within(text, most, self.cost)
    }

    /// All but title and facts, at most `room` long: the log has what the others leave.
    pub(in crate::sinks) fn details(&self, message: &Message, room: usize) -> String {
        let gap = (self.cost)("\n\n");
        let below = self.below(message);
        let mut left = room.saturating_sub((self.cost)(&below));
        let mut parts = Vec::new();
        if !message.reasons.is_empty() {
            let why = format!("**Why**\n{}", self.reasons(message));
            left = left.saturating_sub((self.cost)(&why) + gap);
            parts.push(why);
        }
        parts.extend(self.jobs(message, left.saturating_sub(gap)));
        parts.extend(self.log(message, left.saturating_sub(gap)));
        parts.push(below);
        parts.join("\n\n")
    }

    /// The message without any layout, at most `room` long, half of which a digest's list has.
    pub(in crate::sinks) fn plain(&self, message: &Message, room: usize) -> String {
        let room = room.saturating_sub(COMMAND);
        let of_list = if message.jobs.is_some() { room / 2 } else { 0 };
        let newline = (self.cost)("\n");
        let write = |line: &str, most| self.text(line, most);
        let mut lines = lines_within(&message.plain(), room - of_list, newline, write, self.cost);
        lines.extend(self.jobs(message, of_list));
        lines.push(format!("`{}`", message.command));
        lines.join("\n")
    }

    /// The reasons, a line each.
    fn reasons(&self, message: &Message) -> String {
        let write = |line: &str, most| self.text(line, most);
        let lines = lines_within(&message.reasons, REASONS, self.bullet(), write, self.cost);
        listed(&lines)
    }

    /// The jobs of a digest, a line each.
    fn jobs(&self, message: &Message, room: usize) -> Option<String> {
        let jobs = message.jobs.as_ref()?;
        let lines = jobs.within(room, |line| (self.cost)(&escaped(line)) + self.bullet());
        Some(listed(&lines.iter().map(|line| escaped(line)).collect::<Vec<_>>()))
    }

    /// The end of the log, in a fence.
    fn log(&self, message: &Message, room: usize) -> Option<String> {
        let log = message.log.as_ref()?;
        let title = format!("**Log** {}", self.text(&log.path, PATH));
        let room = room.saturating_sub((self.cost)(&format!("{title}\n{}", fenced(&[]))));
        let lines: Vec<_> = log.lines.iter().map(|line| code(line)).collect();
        let lines = last_within(&lines, room, |line| (self.cost)(line) + (self.cost)("\n"));
        (!lines.is_empty()).then(|| format!("{title}\n{}", fenced(lines)))
    }

    /// The line below: how to see the rest, and what is missing.
    fn below(&self, message: &Message) -> String {
        let Message { names, short_id, command, .. } = message;
        let missing = message.not_collected().map(|missing| self.text(&missing, MISSING));
        let known = [format!("{names} {short_id}"), format!("`{command}`")];
        known.into_iter().chain(missing).collect::<Vec<_>>().join(" · ")
    }

    /// What an item of a list takes besides its text.
    fn bullet(&self) -> usize {
        (self.cost)("• \n")
    }
}

fn listed(lines: &[String]) -> String {
    lines.iter().map(|line| format!("• {line}")).collect::<Vec<_>>().join("\n")
}

/// `text` without the Markdown of our own and without what is in fences: what is left is others'.
#[cfg(test)]
pub(in crate::sinks) fn of_others(text: &str) -> String {
    let outside: String = text.split("```").step_by(2).collect();
    let outside = outside.replace("**Why**", "").replace("**Log**", "");
    let (before, rest) = outside.split_once("`upstart-crash ").unwrap_or((&outside, ""));
    format!("{before}{}", rest.split_once('`').unwrap_or_default().1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::text::{in_go_json, width};
    use crate::sinks::{chat, samples};

    const KINDS: [Parts; 2] = [Parts { cost: width }, Parts { cost: in_go_json }];

    #[test]
    fn every_message_keeps_within_its_room() {
        for Parts { cost } in KINDS {
            for message in chat::messages() {
                for room in [2000, 5000] {
                    let details = Parts { cost }.details(&message, room);
                    assert!(cost(&details) <= room, "{:?}: {}", message.tone, cost(&details));
                    let plain = Parts { cost }.plain(&message, room);
                    assert!(cost(&plain) <= room, "{:?}: {}", message.tone, cost(&plain));
                }
            }
        }
    }

    #[test]
    fn the_worst_report_leaves_room_for_its_log() {
        let [crash, ..] = samples::worst_notices();
        let told = samples::redacted(&crash, Some(&samples::worst()));
        let message = Message::of(&told, crash.time, 50);
        for parts in KINDS {
            let text = parts.details(&message, 3500);
            let log = text.split("```").nth(1).unwrap();
            assert!((parts.cost)(log) > 1000, "{text}");
        }
    }

    #[test]
    fn a_digest_counts_every_crash() {
        let [.., digest, _, _] = samples::worst_notices();
        let message = samples::message(&digest, 0);
        for parts in KINDS {
            for text in [parts.details(&message, 4000), parts.plain(&message, 4000)] {
                let named = text.matches("• ").count() as u64 - 1;
                let rest = format!("• {}", samples::rest_of_digest(named));
                assert!(text.contains(&rest) && named > 0, "{named}: {text}");
            }
        }
    }
}
