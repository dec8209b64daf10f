//! What the page is about, in figures: in all, and for each job.

use super::axis::Axis;
use super::glyph;
use super::history::{History, Job, Kind, Scope};
use super::markup::{ARIA_LABEL, CLASS, HIDDEN, ID, Markup, ROLE, SCOPE, TABINDEX, TYPE};
use crate::message::counted;
use crate::report::duration_in_words;

/// How many jobs have a row, the most troubled.
const ROWS: usize = 100;

/// `Crashes on web-1`.
pub(super) fn title(history: &History) -> String {
    match history.hosts().as_slice() {
        [] => format!("Crashes on {}", history.scope.host),
        [host] => format!("Crashes on {host}"),
        hosts => format!("Crashes on {} hosts", hosts.len()),
    }
}

/// The head of the page.
pub(super) fn write_header(html: &mut Markup, history: &History, axis: &Axis) {
    let Scope { now, jobs, is_redacted, .. } = &history.scope;
    let (from, until) = axis.ends();
    html.element("header", &[], |html| {
        html.leaf("h1", &[], &title(history));
        html.element("p", &[CLASS.is("range")], |html| {
            glyph::time(html, from);
            html.text(" to ");
            glyph::time(html, until);
            // A script shows it: without one it would do nothing.
            let button = [ID.is("zone"), TYPE.is("button"), HIDDEN.is("")];
            html.leaf("button", &button, "Show times in my time zone");
        });
        if !jobs.is_empty() {
            html.leaf("p", &[CLASS.is("range")], &format!("Only jobs named {}", jobs.join(", ")));
        }
        html.element("p", &[CLASS.is("note")], |html| {
            html.text("Made at ");
            glyph::time(html, *now);
            html.text(concat!(" by upstart-crash ", env!("CARGO_PKG_VERSION"), ". "));
            html.text(match is_redacted {
                true => "What is known as a secret was removed from it.",
                false => "Redaction is switched off: it may hold secrets.",
            });
            if history.unreadable > 0 {
                let torn = counted(history.unreadable as u64, "report", "reports");
                html.text(&format!(" {torn} could not be read."));
            }
        });
    });
}

/// How often what happened, in all.
pub(super) fn write_totals(html: &mut Markup, history: &History) {
    let jobs = history.jobs();
    html.element("ul", &[CLASS.is("totals"), ARIA_LABEL.is("In all")], |html| {
        for kind in Kind::ALL {
            let count: usize = jobs.iter().map(|job| job.count(kind)).sum();
            html.element("li", &[], |html| {
                html.leaf("strong", &[], &count.to_string());
                html.element("span", &[], |html| {
                    glyph::beside_text(html, kind);
                    html.text(kind.words());
                });
            });
        }
        html.element("li", &[], |html| {
            html.leaf("strong", &[], &jobs.len().to_string());
            html.leaf("span", &[], if jobs.len() == 1 { "job" } else { "jobs" });
        });
    });
}

/// A row for each job.
pub(super) fn write_jobs(html: &mut Markup, history: &History) {
    let jobs = history.jobs();
    html.element("section", &[ID.is("jobs")], |html| {
        html.leaf("h2", &[], "Jobs");
        let frame = [CLASS.is("scroll"), ROLE.is("region"), ARIA_LABEL.is("Jobs"), TABINDEX.is(0)];
        html.element("div", &frame, |html| {
            html.element("table", &[], |html| {
                html.element("thead", &[], |html| {
                    html.element("tr", &[], |html| {
                        html.leaf("th", &[SCOPE.is("col")], "Job");
                        for kind in Kind::ALL {
                            let quantity = [SCOPE.is("col"), CLASS.is("quantity")];
                            html.leaf("th", &quantity, kind.words());
                        }
                        html.leaf("th", &[SCOPE.is("col")], "Back after, median (longest)");
                        html.leaf("th", &[SCOPE.is("col")], "Last end");
                    });
                });
                html.element("tbody", &[], |html| {
                    jobs.iter().take(ROWS).for_each(|job| row(html, job));
                });
            });
        });
    });
}

fn row(html: &mut Markup, job: &Job) {
    html.element("tr", &[], |html| {
        html.element("th", &[SCOPE.is("row")], |html| {
            html.leaf("span", &[CLASS.is("name")], &job.title);
        });
        for kind in Kind::ALL {
            let count = job.count(kind);
            let text = if count == 0 { "–".to_owned() } else { count.to_string() };
            html.leaf("td", &[CLASS.is("quantity")], &text);
        }
        let back = job.back_after().map_or("–".to_owned(), |(middle, longest)| {
            format!("{} ({})", duration_in_words(middle), duration_in_words(longest))
        });
        html.leaf("td", &[], &back);
        html.element("td", &[], |html| {
            job.ends.first().iter().for_each(|end| glyph::time(html, end.time));
        });
    });
}
