//! The page around it all: one file that loads nothing and runs nothing but what stands here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::axis::Axis;
use super::history::History;
use super::markup::{
    ARIA_LABEL, Attribute, CLASS, CONTENT, HTTP_EQUIV, ID, LANG, META_NAME, Markup,
};
use super::{causes, glyph, machine, reports, summary, timeline};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The sections, with their ids.
const SECTIONS: [(&str, &str); 5] = [
    ("timeline", "Timeline"),
    ("jobs", "Jobs"),
    ("causes", "Causes"),
    ("machine", "Machine"),
    ("reports", "Reports"),
];

/// `history` as a page: HTML in UTF-8.
pub fn page(history: &History) -> String {
    let mut html = Markup::default();
    html.raw("<!doctype html>\n");
    html.element("html", &[LANG.is("en")], |html| {
        html.element("head", &[], |html| head(html, &summary::title(history)));
        html.element("body", &[], |html| body(html, history));
    });
    html.raw("\n");
    html.into_string()
}

fn head(html: &mut Markup, title: &str) {
    html.raw("<meta charset=\"utf-8\">\n");
    html.empty("meta", &[HTTP_EQUIV.is("Content-Security-Policy"), CONTENT.is(policy())]);
    for (name, content) in [
        ("viewport", "width=device-width, initial-scale=1"),
        ("color-scheme", "light dark"),
        ("referrer", "no-referrer"),
        ("robots", "noindex"),
    ] {
        html.empty("meta", &[META_NAME.is(name), CONTENT.is(content)]);
    }
    html.leaf("title", &[], title);
    html.element("style", &[], |html| html.raw(STYLE));
}

/// What the browser is to refuse: everything but this style sheet and this script, so that even an
/// escape that somebody forgot would run nothing.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn body(html: &mut Markup, history: &History) {
    let ends = history.ends();
    let first = ends.last().map_or(history.scope.now, |end| end.time);
    let last = ends.first().map_or(history.scope.now, |end| end.time);
    let from = history.scope.since.unwrap_or(first);
    let axis = Axis::new(from, history.scope.now.max(last));
    let (details, shown) = reports::details(history);
    glyph::define(html);
    html.leaf("a", &[CLASS.is("skip"), Attribute::to("reports")], "Skip to the reports");
    summary::write_header(html, history, &axis);
    html.element("main", &[], |html| {
        if ends.is_empty() {
            let text = "No crash was reported in this time.";
            html.leaf("p", &[ID.is("reports"), CLASS.is("empty")], text);
            return;
        }
        html.element("nav", &[ARIA_LABEL.is("On this page")], |html| {
            for (id, name) in SECTIONS {
                html.leaf("a", &[Attribute::to(id)], name);
            }
        });
        summary::write_totals(html, history);
        timeline::write(html, history, &axis, &shown);
        summary::write_jobs(html, history);
        causes::write(html, history);
        machine::write(html, history, &axis, &shown);
        reports::write(html, history, &details, shown.len());
    });
    html.element("script", &[], |html| html.raw(SCRIPT));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::history::tests::{history, scope};
    use crate::sinks::samples;

    #[test]
    fn what_the_page_runs_cannot_end_its_own_element() {
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        assert!(!STYLE.contains("</") && !STYLE.contains("url(") && !STYLE.contains("@import"));
        assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("fetch"));
    }

    #[test]
    fn nothing_that_was_planted_becomes_an_element() {
        for planted in ["</title><script>x</script>", "\"><img src=x onerror=x>", "<!--", "]]>"] {
            let page = page(&history([samples::hostile(planted)]));
            assert!(!page.contains(planted), "{planted}");
            assert_eq!(page.matches("<script").count(), 1, "{planted}");
            assert!(!page.contains("<img"), "{planted}");
        }
    }

    #[test]
    fn a_page_without_reports_says_so() {
        let page = page(&History::of(scope()));
        assert!(page.contains("<h1>Crashes on web-1</h1>"), "{page}");
        assert!(page.contains("No crash was reported in this time."), "{page}");
        assert!(!page.contains("<section"), "{page}");
    }
}
