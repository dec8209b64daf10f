//! What of a message fits into the room that a service has: for every sink in the same way.
//!
//! The log has what the other sections leave, and loses whole lines from its front. Of the others each
//! has a share, and loses what is last.

use super::text::lines_within;
use crate::message::{Jobs, Log, Page, Section, last_within, shortened};

/// Of the room, a section other than a log or a list of jobs has one part of so many.
const SHARES: usize = 8;

/// The most that the path of a log takes, and the part of its section's room.
const PATH: usize = 400;
const PATH_PART: usize = 4;

/// How a service writes what sections are made of, and how it counts that.
#[derive(Clone, Copy)]
pub(super) struct Ways {
    /// Writes a text on one line; ends it in `…` before it would take more than so much.
    pub text: fn(&str, usize) -> String,
    /// Writes a line of code or of a log, whole.
    pub code: fn(&str) -> String,
    /// Writes a way to a page: its name, as it was written, and its URL.
    pub link: fn(&str, &str) -> String,
    /// How much of the room a written text takes.
    pub cost: fn(&str) -> usize,
    /// What a section takes besides its caption and its lines.
    pub frame: usize,
    /// What a line takes besides its text.
    pub line: usize,
    /// The most that any one section may take.
    pub most: usize,
}

/// A section as far as it fits, written as the service writes it.
pub(super) struct Fitted<'m> {
    /// Which one.
    pub section: &'m Section,
    /// What stands beside its heading: the path of a log, and whose lines it shows.
    pub caption: String,
    /// Its lines; there is at least one.
    pub lines: Vec<String>,
}

impl Ways {
    /// Those of `sections` that fit into `room`, in their order.
    pub(super) fn fit<'m>(&self, sections: &'m [Section], room: usize) -> Vec<Fitted<'m>> {
        let is_log = |(_, section): &(usize, &Section)| matches!(section, Section::Log(_));
        let (logs, others): (Vec<_>, Vec<_>) = sections.iter().enumerate().partition(is_log);
        let (mut left, mut fitted) = (room, Vec::new());
        for (place, section) in others.into_iter().chain(logs) {
            let room = match section {
                Section::Jobs(_) | Section::Log(_) => left,
                _ => left.min(room / SHARES),
            };
            if let Some(section) = self.fitted(section, room.min(self.most)) {
                left = left.saturating_sub(self.taken(&section));
                fitted.push((place, section));
            }
        }
        fitted.sort_by_key(|(place, _)| *place);
        fitted.into_iter().map(|(_, section)| section).collect()
    }

    /// What `section` takes.
    fn taken(&self, section: &Fitted<'_>) -> usize {
        let lines = section.lines.iter().map(|line| (self.cost)(line) + self.line);
        self.frame + (self.cost)(&section.caption) + lines.sum::<usize>()
    }

    /// What of `section` fits into `room`; `None` where nothing does.
    fn fitted<'m>(&self, section: &'m Section, room: usize) -> Option<Fitted<'m>> {
        let room = room.saturating_sub(self.frame);
        let (caption, lines) = match section {
            Section::Jobs(jobs) => (String::new(), self.jobs(jobs, room)),
            Section::Log(log) => self.log(log, room),
            Section::Kernel(lines) => {
                let written = |line: &str, most| self.code_within(line, most);
                (String::new(), lines_within(lines, room, self.line, written, self.cost))
            }
            Section::Unusual(lines) | Section::Changed(lines) | Section::Why(lines) => {
                (String::new(), lines_within(lines, room, self.line, self.text, self.cost))
            }
            Section::Links(pages) => (String::new(), self.links(pages, room)),
        };
        (!lines.is_empty()).then_some(Fitted { section, caption, lines })
    }

    /// A line a job; those that do not fit are counted.
    fn jobs(&self, jobs: &Jobs, room: usize) -> Vec<String> {
        let written = |line: &str| (self.text)(line, usize::MAX);
        let lines = jobs.within(room, |line| (self.cost)(&written(line)) + self.line);
        lines.iter().map(|line| written(line)).collect()
    }

    /// The caption of a log, and its last lines that fit.
    fn log(&self, log: &Log, room: usize) -> (String, Vec<String>) {
        let path = (self.text)(&log.path, PATH.min(room / PATH_PART));
        let caption = |shown| match log.note(shown) {
            Some(note) => format!("{path} ({note})"),
            None => path.clone(),
        };
        let room = room.saturating_sub((self.cost)(&caption(0)));
        let lines: Vec<_> = log.lines.iter().map(|line| (self.code)(line)).collect();
        let cost = |line: &str| (self.cost)(line) + self.line;
        let fitting = last_within(&lines, room, cost);
        // Where no whole line fits, the beginning of the last one is better than nothing.
        let begun = log.lines.last().filter(|_| fitting.is_empty());
        let begun = begun.map(|line| self.code_within(line, room.saturating_sub(self.line)));
        let begun = begun.filter(|line| cost(line) <= room);
        let lines: Vec<_> = begun.into_iter().chain(fitting.iter().cloned()).collect();
        (caption(lines.len()), lines)
    }

    /// `line` as code; ends in `…` where it would take more than `most`.
    fn code_within(&self, line: &str, most: usize) -> String {
        let mut written = (self.code)(line);
        let mut chars = line.chars().count();
        while (self.cost)(&written) > most && chars > 1 {
            chars = chars * 3 / 4;
            written = (self.code)(&shortened(line, chars));
        }
        written
    }

    /// Whole links: a part of one leads elsewhere.
    fn links(&self, pages: &[Page], room: usize) -> Vec<String> {
        let mut left = room;
        let name = |page: &Page| (self.text)(&page.text, usize::MAX);
        let links = pages.iter().map(|page| (self.link)(&name(page), &page.url));
        let fitting = links.take_while(|link| {
            let rest = left.checked_sub((self.cost)(link) + self.line);
            rest.map(|rest| left = rest).is_some()
        });
        fitting.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Message, Whose};
    use crate::sinks::samples;
    use crate::sinks::text::{cut, in_careful_json};

    const WAYS: Ways = Ways {
        text: |text, most| cut(text, most, |c, text| text.push(c), in_careful_json),
        code: str::to_owned,
        link: |name, url| format!("{name}: {url}"),
        cost: in_careful_json,
        frame: 20,
        line: 2,
        most: usize::MAX,
    };

    /// The message on the crash that has everything to say.
    fn message() -> Message {
        samples::message(&samples::notices()[0], 50)
    }

    fn headings(fitted: &[Fitted<'_>]) -> Vec<&'static str> {
        fitted.iter().map(|it| it.section.heading()).collect()
    }

    #[test]
    fn where_there_is_room_everything_is_there_in_its_order() {
        let message = message();
        let fitted = WAYS.fit(&message.sections, 100_000);
        assert_eq!(headings(&fitted), ["Kernel", "Log", "Unusual", "Changed", "Why", "Links"]);
        let caption = "/var/log/upstart/nginx-eu-1.log (the last lines of this run)";
        assert_eq!((fitted[1].caption.as_str(), fitted[1].lines.len()), (caption, 4));
        assert_eq!(fitted[5].lines, ["runbook: https://wiki.example.com/nginx"]);
    }

    #[test]
    fn the_log_is_cut_first_and_from_its_front() {
        let mut message = message();
        for section in &mut message.sections {
            if let Section::Log(log) = section {
                log.lines = (0..500).map(|n| format!("{n} {}", "x".repeat(60))).collect();
            }
        }
        let all = WAYS.fit(&message.sections, 1_000_000);
        let cut = WAYS.fit(&message.sections, 8000);
        assert_eq!(headings(&all), headings(&cut));
        for (all, cut) in all.iter().zip(&cut) {
            match all.section {
                Section::Log(_) => {
                    assert!(cut.lines.len() > 20 && all.lines.ends_with(&cut.lines));
                    assert!(cut.lines.len() < 500);
                }
                _ => assert_eq!(all.lines, cut.lines),
            }
        }
    }

    #[test]
    fn of_a_log_without_a_line_that_fits_the_beginning_of_the_last_is_there() {
        let log = |line: &str, room| {
            let lines = vec!["first".to_owned(), line.repeat(400)];
            let whose = Whose::AllOfThisRun;
            let sections = [Section::Log(Log { path: "/x".to_owned(), lines, whose })];
            WAYS.fit(&sections, room).first().map(|fitted| fitted.lines.clone())
        };
        let lines = log("<", 500).unwrap();
        assert!(lines.len() == 1 && lines[0].starts_with("<<<") && lines[0].ends_with('…'));
        assert_eq!(log("<", 40), None);
    }

    #[test]
    fn an_endless_line_of_the_kernels_keeps_its_beginning() {
        let sections = [Section::Kernel(vec!["<".repeat(400), "next".to_owned()])];
        let fitted = WAYS.fit(&sections, 8 * 320);
        assert!(fitted[0].lines[0].starts_with("<<<<<<<<"), "{:?}", fitted[0].lines);
        assert!(fitted[0].lines[0].ends_with('…') && fitted[0].lines.len() == 1);
    }

    #[test]
    fn all_of_it_keeps_within_the_room() {
        let messages = samples::messages(50);
        for message in messages.iter().filter(|message| message.jobs().is_none()) {
            for room in [0, 19, 20, 100, 500, 1000, 2000, 4096, 10_000, 30_000] {
                for most in [100, 3000, usize::MAX] {
                    let ways = Ways { most, ..WAYS };
                    let fitted = ways.fit(&message.sections, room);
                    let taken: usize = fitted.iter().map(|it| ways.taken(it)).sum();
                    assert!(taken <= room, "{taken} of {room}: {:?}", message.tone);
                    assert!(fitted.iter().all(|it| ways.taken(it) <= most), "{most}");
                }
            }
        }
    }
}
