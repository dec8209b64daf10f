//! A lane for each job: its crashes, gave-ups and recoveries along the time.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::Axis;
use super::glyph;
use super::history::{History, Job, Kind};
use super::markup::{
    ARIA_HIDDEN, ARIA_LABEL, Attribute, CLASS, HEIGHT, ID, Markup, ROLE, TABINDEX, WIDTH, X, X1,
    X2, Y, Y1, Y2,
};
use super::reports::anchor;
use crate::id::ReportId;
use crate::message::date;
use crate::time::Timestamp;

/// How many jobs have a lane, the most troubled.
const LANES: usize = 100;

/// How many marks of one kind have room beside each other; what is nearer shares one.
const PLACES: f64 = 40.0;

/// The height of one mark, in pixels.
const MARK: usize = 21;

/// Ends of one kind that are near each other.
struct Mark {
    kind: Kind,
    /// In percent of the width.
    x: f64,
    /// How many other marks stand below it.
    level: usize,
    count: usize,
    label: String,
    /// The newest report that can be opened.
    report: Option<ReportId>,
}

/// When something happened, the report on it, and what it was.
type Event<'a> = (Timestamp, ReportId, &'a str);

/// The lanes of `history`; a mark leads to its report where that is in `shown`.
pub(super) fn write(html: &mut Markup, history: &History, axis: &Axis, shown: &BTreeSet<ReportId>) {
    html.element("section", &[ID.is("timeline")], |html| {
        html.leaf("h2", &[], "Timeline");
        glyph::legend(html);
        let jobs = history.jobs();
        let frame = [
            CLASS.is("lanes"),
            ROLE.is("region"),
            ARIA_LABEL.is("Timeline of each job"),
            TABINDEX.is(0),
        ];
        html.element("div", &frame, |html| {
            jobs.iter().take(LANES).for_each(|job| lane(html, job, axis, shown));
            ruler(html, axis);
        });
        let without: usize = jobs.iter().skip(LANES).map(|job| job.ends.len()).sum();
        if let Some(more) = jobs.len().checked_sub(LANES).filter(|more| *more > 0) {
            let text = format!("{more} more jobs, with {without} reports, have no lane here.");
            html.leaf("p", &[CLASS.is("note")], &text);
        }
    });
}

fn lane(html: &mut Markup, job: &Job, axis: &Axis, shown: &BTreeSet<ReportId>) {
    let marks = marks(job, axis, shown);
    let levels = marks.iter().map(|mark| mark.level + 1).max().unwrap_or(1);
    let height = levels * MARK + 4;
    let counts = counts(job);
    html.element("div", &[CLASS.is("lane")], |html| {
        html.element("h3", &[], |html| {
            html.leaf("span", &[CLASS.is("name")], &job.title);
            html.leaf("span", &[CLASS.is("counts")], &counts);
        });
        let label = format!("{}: {counts}", job.title);
        let frame = [WIDTH.is("100%"), HEIGHT.is(height), ROLE.is("group"), ARIA_LABEL.is(label)];
        html.element("svg", &frame, |html| {
            grid(html, axis);
            marks.iter().for_each(|mark| write_mark(html, mark, height));
        });
    });
}

/// `12 crashes, gave up once`.
fn counts(job: &Job) -> String {
    let counts = Kind::ALL.map(|kind| (kind, job.count(kind)));
    let counts = counts.iter().filter(|(_, count)| *count > 0);
    counts.map(|(kind, count)| kind.counted(*count)).collect::<Vec<_>>().join(", ")
}

fn write_mark(html: &mut Markup, mark: &Mark, height: usize) {
    let x = format!("{:.2}%", mark.x);
    let y = height.saturating_sub(mark.level * MARK + MARK / 2 + 3).to_string();
    let inside = |html: &mut Markup| {
        html.leaf("title", &[], &mark.label);
        glyph::at(html, mark.kind, &x, &y, mark.count);
    };
    match mark.report {
        Some(report) => {
            let link =
                [CLASS.is("mark"), Attribute::to(anchor(report)), ARIA_LABEL.is(&mark.label)];
            html.element("a", &link, inside);
        }
        None => html.element("g", &[CLASS.is("mark")], inside),
    }
}

/// The marks of `job`, from left to right; of those at one place, each above the other.
fn marks(job: &Job, axis: &Axis, shown: &BTreeSet<ReportId>) -> Vec<Mark> {
    let mut near: BTreeMap<(u64, Kind), Vec<Event<'_>>> = BTreeMap::new();
    let mut add = |kind, time, report, words| {
        let place = (axis.percent(time) / 100.0 * PLACES) as u64;
        near.entry((place, kind)).or_default().push((time, report, words));
    };
    for end in &job.ends {
        add(end.kind, end.time, end.report, end.cause.as_str());
        if let Some(after) = end.back_after {
            let back = (end.time.to_system_time() + after).into();
            add(Kind::Recovery, back, end.report, "came back");
        }
    }
    if let Some((time, end)) = job.stable.zip(job.ends.first()) {
        add(Kind::Recovery, time, end.report, "found to be stable");
    }
    let (mut marks, mut place_before, mut level) = (Vec::<Mark>::new(), None, 0);
    for ((place, kind), mut ends) in near {
        ends.sort();
        level = if place_before == Some(place) { level + 1 } else { 0 };
        place_before = Some(place);
        let sum: f64 = ends.iter().map(|(time, ..)| axis.percent(*time)).sum();
        let label = match ends.as_slice() {
            [(time, _, words)] => format!("{words}, {}", date(*time)),
            [(first, ..), .., (last, ..)] => {
                format!("{}, {} to {}", kind.counted(ends.len()), date(*first), date(*last))
            }
            [] => String::new(),
        };
        let report = ends.iter().rev().map(|(_, report, _)| *report);
        marks.push(Mark {
            kind,
            x: sum / ends.len() as f64,
            level,
            count: ends.len(),
            label: format!("{}: {label}", job.title),
            report: report.into_iter().find(|report| shown.contains(report)),
        });
    }
    marks
}

/// A line for each tick.
pub(super) fn grid(html: &mut Markup, axis: &Axis) {
    for (time, _) in axis.ticks() {
        let x = format!("{:.2}%", axis.percent(time));
        let line = [CLASS.is("grid"), X1.is(&x), X2.is(&x), Y1.is(0), Y2.is("100%")];
        html.element("line", &line, |_| ());
    }
}

/// What the ticks are called. The time of each end stands at the end too: for eyes alone.
pub(super) fn ruler(html: &mut Markup, axis: &Axis) {
    let frame = [CLASS.is("ruler"), WIDTH.is("100%"), HEIGHT.is(20), ARIA_HIDDEN.is(true)];
    html.element("svg", &frame, |html| {
        for (time, label) in axis.ticks() {
            let x = format!("{:.2}%", axis.percent(time));
            html.leaf("text", &[X.is(x), Y.is(14)], &label);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::html::history::End;
    use crate::id::RunId;

    fn end(second: i64, kind: Kind, back_after: Option<u64>) -> End {
        let time = Timestamp::from_micros(second * 1_000_000);
        End {
            report: ReportId::new(time, RunId([kind as u8; 10])),
            time,
            kind,
            cause: "crashed: SIGSEGV".to_owned(),
            memory_percent: None,
            load_per_cpu: None,
            back_after: back_after.map(Duration::from_secs),
        }
    }

    fn marked(ends: Vec<End>, shown: &BTreeSet<ReportId>) -> Vec<(Kind, usize, usize, bool)> {
        let at = |second: i64| Timestamp::from_micros(second * 1_000_000);
        let job = Job::for_test("nginx", ends);
        let marks = marks(&job, &Axis::new(at(0), at(1000)), shown);
        let facts = |mark: Mark| (mark.kind, mark.count, mark.level, mark.report.is_some());
        marks.into_iter().map(facts).collect()
    }

    #[test]
    fn what_is_near_shares_a_mark_and_other_kinds_stand_above() {
        let ends = vec![
            end(900, Kind::Crash, None),
            end(103, Kind::GaveUp, None),
            end(102, Kind::Crash, Some(1)),
            end(101, Kind::Crash, None),
        ];
        let shown = BTreeSet::from([ends[1].report, ends[3].report]);
        assert_eq!(
            marked(ends, &shown),
            [
                (Kind::Crash, 2, 0, true),
                (Kind::GaveUp, 1, 1, true),
                (Kind::Recovery, 1, 2, false),
                (Kind::Crash, 1, 0, false),
            ]
        );
    }

    #[test]
    fn a_storm_has_few_marks() {
        let ends: Vec<_> = (0..1000).rev().map(|n| end(n, Kind::Crash, None)).collect();
        let marks = marked(ends, &BTreeSet::new());
        assert!(marks.len() <= 40, "{}", marks.len());
        assert_eq!(marks.iter().map(|(_, count, ..)| count).sum::<usize>(), 1000);
    }
}
