//! What the machine had left at each crash: memory and load.

use std::collections::BTreeSet;

use super::axis::Axis;
use super::glyph;
use super::history::{End, History};
use super::markup::{
    ARIA_LABEL, Attribute, CLASS, HEIGHT, ID, Markup, ROLE, SCOPE, TABINDEX, WIDTH, X, X1, X2, Y,
    Y1, Y2,
};
use super::reports::anchor;
use super::timeline::{grid, ruler};
use crate::id::ReportId;

/// The height of a chart, in pixels.
const CHART: usize = 170;

/// How much of it stays free above and below, in percent.
const MARGIN: f64 = 6.0;

/// Two points nearer than this are one, in percent of the width and of the height.
const NEAR: (f64, f64) = (0.5, 2.5);

/// A chart: what it shows, and how.
struct Chart<'a> {
    title: &'a str,
    /// What an end has there.
    value: fn(&End) -> Option<f64>,
    /// What the top is.
    most: f64,
    /// The values with a line, the lowest first.
    lines: [f64; 3],
    /// A value in words.
    words: fn(f64) -> String,
}

fn percent(value: f64) -> String {
    format!("{value:.0} %")
}

fn load(value: f64) -> String {
    format!("{value:.1}")
}

pub(super) fn write(html: &mut Markup, history: &History, axis: &Axis, shown: &BTreeSet<ReportId>) {
    let ends = history.ends();
    let loads = ends.iter().filter_map(|end| end.load_per_cpu);
    let most = loads.fold(1.0_f64, f64::max).ceil().max(2.0);
    html.element("section", &[ID.is("machine")], |html| {
        html.leaf("h2", &[], "The machine at each crash");
        html.element("div", &[CLASS.is("charts")], |html| {
            let memory = Chart {
                title: "Memory available",
                value: |end| end.memory_percent,
                most: 100.0,
                lines: [0.0, 50.0, 100.0],
                words: percent,
            };
            let load = Chart {
                title: "Load per processor, over the last minute",
                value: |end| end.load_per_cpu,
                most,
                lines: [0.0, 1.0, most],
                words: load,
            };
            [memory, load].iter().for_each(|chart| chart.write(html, &ends, axis));
        });
        table(html, &ends, shown);
    });
}

impl Chart<'_> {
    fn write(&self, html: &mut Markup, ends: &[&End], axis: &Axis) {
        html.element("figure", &[], |html| {
            html.leaf("figcaption", &[], self.title);
            let label = format!("{}, at each crash: see the table below", self.title);
            let frame = [
                CLASS.is("chart"),
                WIDTH.is("100%"),
                HEIGHT.is(CHART),
                ROLE.is("img"),
                ARIA_LABEL.is(label),
            ];
            html.element("svg", &frame, |html| {
                grid(html, axis);
                self.lines.iter().for_each(|value| self.line(html, *value));
                self.points(html, ends, axis);
            });
            ruler(html, axis);
        });
    }

    fn line(&self, html: &mut Markup, value: f64) {
        let y = format!("{:.2}%", self.height(value));
        let line = [CLASS.is("level"), X1.is("0%"), X2.is("100%"), Y1.is(&y), Y2.is(&y)];
        html.element("line", &line, |_| ());
        html.leaf("text", &[CLASS.is("level"), X.is(-8), Y.is(y)], &(self.words)(value));
    }

    /// The oldest first, so that the newest lie on top.
    fn points(&self, html: &mut Markup, ends: &[&End], axis: &Axis) {
        let mut taken = BTreeSet::new();
        for end in ends.iter().rev() {
            let Some(value) = (self.value)(end) else { continue };
            let (x, y) = (axis.percent(end.time), self.height(value));
            if taken.insert(((x / NEAR.0) as u64, (y / NEAR.1) as u64, end.kind)) {
                glyph::at(html, end.kind, &format!("{x:.2}%"), &format!("{y:.2}%"), 1);
            }
        }
    }

    /// Where `value` is, in percent from the top.
    fn height(&self, value: f64) -> f64 {
        100.0 - MARGIN - (value / self.most).clamp(0.0, 1.0) * (100.0 - 2.0 * MARGIN)
    }
}

/// The same as numbers, of the reports that can be opened.
fn table(html: &mut Markup, ends: &[&End], shown: &BTreeSet<ReportId>) {
    html.element("details", &[CLASS.is("table")], |html| {
        html.leaf("summary", &[], "As a table");
        let frame = [
            CLASS.is("scroll"),
            ROLE.is("region"),
            ARIA_LABEL.is("Memory and load at each crash"),
            TABINDEX.is(0),
        ];
        html.element("div", &frame, |html| {
            html.element("table", &[], |html| {
                html.element("thead", &[], |html| {
                    html.element("tr", &[], |html| {
                        for head in ["Time", "What", "Memory", "Load"] {
                            html.leaf("th", &[SCOPE.is("col")], head);
                        }
                    });
                });
                html.element("tbody", &[], |html| {
                    let ends = ends.iter().filter(|end| shown.contains(&end.report));
                    ends.for_each(|end| row(html, end));
                });
            });
        });
    });
}

fn row(html: &mut Markup, end: &End) {
    html.element("tr", &[], |html| {
        html.element("td", &[], |html| {
            html.element("a", &[Attribute::to(anchor(end.report))], |html| {
                glyph::time(html, end.time);
            });
        });
        html.leaf("td", &[], &end.cause);
        for words in [end.memory_percent.map(percent), end.load_per_cpu.map(load)] {
            html.leaf("td", &[CLASS.is("quantity")], words.as_deref().unwrap_or("–"));
        }
    });
}
