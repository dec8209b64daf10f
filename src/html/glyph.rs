//! The marks of the charts: a colour and a shape for each kind, so that neither is needed alone.

use super::history::Kind;
use super::markup::{ARIA_HIDDEN, Attribute, CLASS, HEIGHT, Markup, WIDTH, X, Y};
use crate::message::counted;
use crate::time::Timestamp;

/// The shapes, around the point (0, 0), small and large enough for a number.
const SHAPES: &str = r#"<svg class="shapes" width="0" height="0" aria-hidden="true"><defs>
<g id="crash"><circle r="5.5"/></g><g id="crash-many"><circle r="9.5"/></g>
<g id="gave-up"><rect x="-5" y="-5" width="10" height="10"/></g><g id="gave-up-many"><rect x="-9" y="-9" width="18" height="18"/></g>
<g id="unclear"><path d="M0-6 6.5 5.5H-6.5Z"/></g><g id="unclear-many"><path d="M0-11.5 12 9H-12Z"/></g>
<g id="recovery"><path d="M-5.5.5-1.5 4.5 6-4.5"/></g><g id="recovery-many"><path d="M-5.5.5-1.5 4.5 6-4.5"/></g>
</defs></svg>
"#;

/// From how many on one mark shows `99+`.
const MOST_SHOWN: usize = 99;

impl Kind {
    /// The class of its colour, and the id of its shape.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::GaveUp => "gave-up",
            Self::Unclear => "unclear",
            Self::Recovery => "recovery",
        }
    }

    /// What the legend and the tables call several.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Crash => "crashed",
            Self::GaveUp => "gave up",
            Self::Unclear => "unclear",
            Self::Recovery => "came back",
        }
    }

    /// `3 crashes`, `gave up once`.
    pub(super) fn counted(self, count: usize) -> String {
        let number = count as u64;
        match self {
            Self::Crash => counted(number, "crash", "crashes"),
            Self::GaveUp if count == 1 => "gave up once".to_owned(),
            Self::GaveUp => format!("gave up {count} times"),
            Self::Unclear => counted(number, "unclear end", "unclear ends"),
            Self::Recovery if count == 1 => "came back once".to_owned(),
            Self::Recovery => format!("came back {count} times"),
        }
    }
}

/// What the others refer to; stands before them.
pub(super) fn define(html: &mut Markup) {
    html.raw(SHAPES);
}

/// A mark beside a text that says the same.
pub(super) fn beside_text(html: &mut Markup, kind: Kind) {
    let size = [CLASS.is("glyph"), WIDTH.is(16), HEIGHT.is(16), ARIA_HIDDEN.is(true)];
    html.element("svg", &size, |html| at(html, kind, "8", "8", 1));
}

/// A mark for `count` ends at a place in a chart.
pub(super) fn at(html: &mut Markup, kind: Kind, x: &str, y: &str, count: usize) {
    let class = kind.class();
    let shape = if count > 1 { format!("{class}-many") } else { class.to_owned() };
    let place = [Attribute::to(shape), CLASS.is(class), X.is(x), Y.is(y)];
    html.element("use", &place, |_| ());
    if count > 1 && kind != Kind::Recovery {
        let number = if count > MOST_SHOWN { format!("{MOST_SHOWN}+") } else { count.to_string() };
        html.leaf("text", &[CLASS.is("number"), X.is(x), Y.is(y)], &number);
    }
}

/// What each mark means.
pub(super) fn legend(html: &mut Markup) {
    html.element("ul", &[CLASS.is("legend")], |html| {
        for kind in Kind::ALL {
            html.element("li", &[], |html| {
                beside_text(html, kind);
                html.text(kind.words());
            });
        }
    });
}

/// A time that a script may write in the reader's own zone.
pub(super) fn time(html: &mut Markup, time: Timestamp) {
    html.leaf("time", &[super::markup::DATETIME.is(time)], &crate::message::date(time));
}
