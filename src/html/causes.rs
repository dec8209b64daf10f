//! What runs died of: a table whose bars make it a chart.

use super::glyph;
use super::history::{History, Kind};
use super::markup::{ARIA_HIDDEN, CLASS, HEIGHT, ID, Markup, SCOPE, WIDTH};

/// How many causes have a row, the most frequent.
const ROWS: usize = 15;

pub(super) fn write(html: &mut Markup, history: &History) {
    let causes = history.causes();
    let most = causes.first().map_or(1, |(_, _, count)| (*count).max(1));
    html.element("section", &[ID.is("causes")], |html| {
        html.leaf("h2", &[], "Causes");
        html.element("table", &[CLASS.is("bars")], |html| {
            html.element("thead", &[], |html| {
                html.element("tr", &[], |html| {
                    html.leaf("th", &[SCOPE.is("col")], "Cause");
                    html.element("td", &[], |_| ());
                    html.leaf("th", &[SCOPE.is("col"), CLASS.is("quantity")], "Reports");
                });
            });
            html.element("tbody", &[], |html| {
                for (kind, cause, count) in causes.iter().take(ROWS) {
                    row(html, *kind, cause, *count, most);
                }
            });
        });
        let (rest, others): (usize, usize) = causes
            .iter()
            .skip(ROWS)
            .fold((0, 0), |(reports, causes), (.., count)| (reports + count, causes + 1));
        if others > 0 {
            let text = format!("{others} rarer causes, with {rest} reports, are left out here.");
            html.leaf("p", &[CLASS.is("note")], &text);
        }
    });
}

fn row(html: &mut Markup, kind: Kind, cause: &str, count: usize, most: usize) {
    html.element("tr", &[], |html| {
        html.element("th", &[SCOPE.is("row")], |html| {
            glyph::beside_text(html, kind);
            html.leaf("span", &[CLASS.is("name")], cause);
        });
        html.element("td", &[CLASS.is("bar")], |html| {
            let frame = [WIDTH.is("100%"), HEIGHT.is(10), ARIA_HIDDEN.is(true)];
            html.element("svg", &frame, |html| {
                let width = format!("{:.2}%", count as f64 / most as f64 * 100.0);
                let bar = [CLASS.is(kind.class()), WIDTH.is(width), HEIGHT.is("100%")];
                html.element("rect", &bar, |_| ());
            });
        });
        html.leaf("td", &[CLASS.is("quantity")], &count.to_string());
    });
}
