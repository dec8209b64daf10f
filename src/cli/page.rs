//! A page for a person to read: names in a column, values beside them, as wide as the terminal and
//! in colour where there is one.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use super::CliError;
use super::look::Look;
use super::text::{harmless, wrap};
use crate::verdict::Severity;

/// How wide sentences are where no terminal says so, in characters.
const WIDTH: usize = 100;

/// A page that is being written.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    look: Look,
    /// How wide the column of names is, with the space behind it.
    names: usize,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn Write, look: Look, names: usize) -> Self {
        Self { out, look, names }
    }

    /// The first line: what happened.
    pub(super) fn title(&mut self, text: &str, severity: Severity) -> Result<(), CliError> {
        let colour = match severity {
            Severity::Critical | Severity::Error => AnsiColor::Red,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Info => AnsiColor::Green,
        };
        let text = self.wrapped(text, 0);
        self.line(colour.on_default().bold(), &text)
    }

    /// What the lines below it are about, with an empty line before.
    pub(super) fn head(&mut self, text: &str) -> Result<(), CliError> {
        self.blank()?;
        self.line(Style::new().bold(), text)
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> Result<(), CliError> {
        Ok(writeln!(self.out)?)
    }

    /// A name, and what there is to say of it.
    pub(super) fn fact(&mut self, name: &str, value: &str) -> Result<(), CliError> {
        self.coloured(AnsiColor::Cyan, name, value)
    }

    /// The same, the name in `colour`.
    pub(super) fn coloured(
        &mut self,
        colour: AnsiColor,
        name: &str,
        value: &str,
    ) -> Result<(), CliError> {
        let value = self.wrapped(value, self.names);
        let (on, off) = self.look.codes(colour.on_default());
        Ok(writeln!(self.out, "{on}{name:<width$}{off}{value}", width = self.names)?)
    }

    /// A sentence that belongs to the fact above it.
    pub(super) fn item(&mut self, value: &str) -> Result<(), CliError> {
        let value = self.wrapped(value, self.names + 2);
        Ok(writeln!(self.out, "{:<width$}- {value}", "", width = self.names)?)
    }

    /// What to do about the fact above it: one line, to be copied.
    pub(super) fn advice(&mut self, line: &str) -> Result<(), CliError> {
        Ok(writeln!(self.out, "{:<width$}> {}", "", harmless(line), width = self.names)?)
    }

    /// A line that a program wrote, as it is.
    pub(super) fn quote(&mut self, line: &str) -> Result<(), CliError> {
        let line = harmless(line);
        let indent = self.names + 2;
        let room = self.look.width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(1));
        let (on, off) = self.look.codes(Style::new().dimmed());
        let mut rest = line.as_str();
        loop {
            let end = rest.char_indices().nth(room).map_or(rest.len(), |(end, _)| end);
            let (piece, more) = rest.split_at(end);
            writeln!(self.out, "{:<width$}{on}|{off} {piece}", "", width = self.names)?;
            if more.is_empty() {
                return Ok(());
            }
            rest = more;
        }
    }

    fn wrapped(&self, text: &str, indent: usize) -> String {
        wrap(&harmless(text), indent, self.look.width.unwrap_or(WIDTH))
    }

    fn line(&mut self, style: Style, text: &str) -> Result<(), CliError> {
        let (on, off) = self.look.codes(style);
        Ok(writeln!(self.out, "{on}{text}{off}")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(look: Look, write: impl FnOnce(&mut Page<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut Page::new(&mut out, look, 8));
        String::from_utf8(out).unwrap()
    }

    fn page(page: &mut Page<'_>) {
        page.title("web-1: nginx crashed", Severity::Error).unwrap();
        page.head("Why").unwrap();
        page.fact("Log", &"word ".repeat(20)).unwrap();
        page.item(&"reason ".repeat(12)).unwrap();
        page.quote(&"z".repeat(100)).unwrap();
    }

    #[test]
    fn without_a_terminal_it_is_plain_and_quotes_are_whole() {
        let text = written(Look { width: None, is_coloured: false }, page);
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(text.starts_with("web-1: nginx crashed\n\nWhy\nLog     word"), "{text}");
        assert!(text.ends_with(&format!("        | {}\n", "z".repeat(100))), "{text}");
    }

    #[test]
    fn a_terminals_width_is_kept_and_nothing_is_lost() {
        let text = written(Look { width: Some(50), is_coloured: false }, page);
        assert!(text.lines().all(|line| line.chars().count() <= 50), "{text}");
        assert_eq!(text.matches('z').count(), 100);
        assert_eq!(text.matches("word").count(), 20);
        assert_eq!(text.matches("reason").count(), 12);
    }

    #[test]
    fn colour_is_switched_off_at_the_end_of_what_it_is_for() {
        let text = written(Look { width: None, is_coloured: true }, page);
        assert!(text.starts_with("\u{1b}[1m\u{1b}[31mweb-1: nginx crashed\u{1b}[0m\n"), "{text:?}");
        assert_eq!(text.matches("\u{1b}[0m").count(), 4, "{text:?}");
    }

    #[test]
    fn what_a_service_wrote_has_no_power_over_the_terminal() {
        let text = written(Look { width: Some(80), is_coloured: false }, |page| {
            page.quote("\u{1b}[2Jgone").unwrap();
            page.fact("Job", "a\u{1b}]0;title\u{7}").unwrap();
        });
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
