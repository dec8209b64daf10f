//! The newest reports, each to be opened.

mod aftermath;

use std::collections::BTreeSet;

use super::glyph;
use super::history::{End, History};
use super::markup::{ARIA_LABEL, Attribute, CLASS, FOR, HIDDEN, ID, Markup, REL, TABINDEX, TYPE};
use crate::evidence::KernelLine;
use crate::id::ReportId;
use crate::meaning;
use crate::message::{Fact, Message, Section, View, counted};
use crate::redaction::Redacted;
use crate::report::CrashReport;
use crate::zone::Zone;

/// How long the opened reports may be together, in bytes: a browser must still show the page.
const BYTES: usize = 6 * 1024 * 1024;

/// What a link to report `id` leads to.
pub(super) fn anchor(id: ReportId) -> String {
    format!("r-{id}")
}

/// The newest reports of `history` as far as there is room for them, and which those are.
pub(super) fn details(history: &History) -> (Markup, BTreeSet<ReportId>) {
    within(history, BYTES)
}

fn within(history: &History, bytes: usize) -> (Markup, BTreeSet<ReportId>) {
    let (mut html, mut shown) = (Markup::default(), BTreeSet::new());
    for told in &history.details {
        let Some(report) = told.report() else { continue };
        let before = html.len();
        write_report(&mut html, told, report);
        if html.len() > bytes {
            html.cut_back_to(before);
            break;
        }
        shown.insert(report.id);
    }
    (html, shown)
}

/// The section around `details`, which are `shown`.
pub(super) fn write(html: &mut Markup, history: &History, details: &Markup, shown: usize) {
    html.element("section", &[ID.is("reports")], |html| {
        html.leaf("h2", &[], "Reports");
        let left_out = history.reports().saturating_sub(shown);
        if left_out > 0 {
            let newest = counted(shown as u64, "report", "reports");
            let text = format!(
                "The newest {newest} can be opened here. {left_out} older ones are in the charts \
                 only: a shorter --since, or one --job, shows them; so does upstart-crash list."
            );
            html.leaf("p", &[CLASS.is("note left-out")], &text);
        }
        // A script shows it: without one it would do nothing.
        html.element("p", &[ID.is("search"), HIDDEN.is("")], |html| {
            html.leaf("label", &[FOR.is("wanted")], "Show only reports with");
            html.empty("input", &[ID.is("wanted"), TYPE.is("search")]);
            html.leaf("output", &[ID.is("found"), FOR.is("wanted")], "");
        });
        html.append(details);
    });
}

fn write_report(html: &mut Markup, told: &Redacted, report: &CrashReport) {
    // As it was when it happened: a page that is made later is no delay.
    // In UTC: the page's script shows the reader's own zone.
    let view = View { log_lines: usize::MAX, zone: Zone::utc() };
    let message = Message::of(told, report.time, &view);
    let kind = End::of(report).kind;
    html.element("details", &[CLASS.is(format!("report {}", kind.class()))], |html| {
        html.element("summary", &[], |html| {
            glyph::beside_text(html, kind);
            glyph::time(html, report.time);
            html.leaf("span", &[CLASS.is("title")], &message.title);
        });
        // A browser opens the details around what a link leads to.
        html.element("div", &[ID.is(anchor(report.id)), CLASS.is("body")], |html| {
            facts(html, &message, report);
            why(html, &message, report);
            if let Some(log) = message.log() {
                let note = log.note(log.lines.len()).map(|note| format!(": {note}"));
                let title = format!("{}{}", log.path, note.unwrap_or_default());
                quote(html, &title, log.lines.iter().map(String::as_str));
            }
            kernel(html, report);
            report.aftermath.iter().for_each(|aftermath| aftermath::write(html, aftermath));
            if let Some(missing) = message.not_collected() {
                html.leaf("p", &[CLASS.is("note")], &missing);
            }
            html.element("p", &[CLASS.is("note")], |html| {
                html.text("Everything on the host: ");
                html.leaf("code", &[], &message.command);
            });
        });
    });
}

fn facts(html: &mut Markup, message: &Message, report: &CrashReport) {
    html.element("dl", &[], |html| {
        for Fact { label, value, .. } in message.facts.iter().chain(&message.machine) {
            fact(html, label, value);
        }
        if let Some(meaning) = meaning::of(&report.exit) {
            fact(html, "Means", &meaning);
        }
        if let Some(withheld) = &report.withheld {
            fact(html, "Told", &format!("to nobody: {}", withheld.why));
        }
        for link in &report.links {
            html.leaf("dt", &[], &link.text);
            html.element("dd", &[], |html| match Attribute::web(&link.href) {
                Some(href) => html.leaf("a", &[href, REL.is("noreferrer")], &link.href),
                None => html.text(&link.href),
            });
        }
    });
}

/// A name and what there is to say of it, in a list of such.
pub(super) fn fact(html: &mut Markup, name: &str, value: &str) {
    html.leaf("dt", &[], name);
    html.leaf("dd", &[], value);
}

fn why(html: &mut Markup, message: &Message, report: &CrashReport) {
    html.leaf("h3", &[], "Why we say so");
    html.leaf("p", &[], report.verdict.kind.meaning());
    html.element("ul", &[], |html| {
        let reasons = message.sections.iter().filter_map(|section| match section {
            Section::Why(reasons) => Some(reasons),
            _ => None,
        });
        reasons.flatten().for_each(|reason| html.leaf("li", &[], reason));
    });
}

fn kernel(html: &mut Markup, report: &CrashReport) {
    let line = |line: &KernelLine| match line.seconds {
        Some(seconds) => format!("{seconds:.6} {}", line.text),
        None => line.text.clone(),
    };
    let parts = [
        ("Kernel log on this end, by seconds since the boot", report.kernel.as_ref()),
        ("Kernel log of the minute before", report.snapshot.kernel_log.as_ref()),
    ];
    for (title, lines) in parts {
        let lines: Vec<_> = lines.iter().flat_map(|log| &log.lines).map(line).collect();
        if !lines.is_empty() {
            quote(html, title, lines.iter().map(String::as_str));
        }
    }
}

/// Lines as a program wrote them, under a title.
pub(super) fn quote<'t>(html: &mut Markup, title: &str, lines: impl Iterator<Item = &'t str>) {
    html.leaf("h3", &[], title);
    html.element("pre", &[TABINDEX.is(0), ARIA_LABEL.is(title)], |html| {
        for line in lines {
            html.text(line);
            html.raw("\n");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::history::tests::{history, scope};
    use crate::sinks::samples;

    #[test]
    fn reports_are_left_out_whole_where_the_page_grows_too_long() {
        let mut older = samples::report();
        older.id = ReportId::parse("01a1fc32-0000-7d21-bf55-3b2f6c1d8e40").unwrap();
        let (newest, history) = (samples::report().id, history([samples::report(), older]));
        let (all, shown) = details(&history);
        assert_eq!(shown.len(), 2);
        let (one, shown) = within(&history, all.len() - 1);
        assert_eq!(shown, BTreeSet::from([newest]));
        let one = one.into_string();
        assert!(one.ends_with("</details>") && all.into_string().starts_with(&one));
        let mut html = Markup::default();
        write(&mut html, &history, &Markup::default(), 1);
        assert!(html.into_string().contains("1 older ones are in the charts only"));
        assert_eq!(within(&History::of(scope()), 0), Default::default());
    }
}
