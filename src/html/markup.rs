//! HTML that is right by construction: every element is closed, and every text is escaped.
//!
//! What services, their users and the operator wrote comes in by [`Markup::text`] and by the values
//! of attributes, and both escape. Nothing else is taken than what stands in this program. The names
//! of attributes are those below: none of them runs a script or loads anything, and where a link
//! leads, [`Attribute::to`] and [`Attribute::web`] decide. A macro library would do the same with
//! less punctuation; it is one dependency more for these few lines, and it leaves `href` to its user.

use std::fmt::{Display, Write as _};

use crate::message::harmless;

/// A piece of a page.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Markup(String);

/// An attribute and its value.
#[derive(Debug, Clone)]
pub(super) struct Attribute(&'static str, String);

/// The name of an attribute that only says something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name(&'static str);

/// Makes a constant of each name.
macro_rules! names {
    ($($name:ident = $text:literal,)+) => {
        $(pub(super) const $name: Name = Name($text);)+
    };
}

names! {
    ARIA_HIDDEN = "aria-hidden",
    ARIA_LABEL = "aria-label",
    CLASS = "class",
    CONTENT = "content",
    DATETIME = "datetime",
    FOR = "for",
    HEIGHT = "height",
    HIDDEN = "hidden",
    HTTP_EQUIV = "http-equiv",
    ID = "id",
    LANG = "lang",
    META_NAME = "name",
    REL = "rel",
    ROLE = "role",
    SCOPE = "scope",
    TABINDEX = "tabindex",
    TYPE = "type",
    WIDTH = "width",
    X = "x",
    X1 = "x1",
    X2 = "x2",
    Y = "y",
    Y1 = "y1",
    Y2 = "y2",
}

impl Name {
    /// This attribute with `value`.
    pub(super) fn is(self, value: impl Display) -> Attribute {
        Attribute(self.0, value.to_string())
    }
}

impl Attribute {
    /// A link to what has the id `id` on the same page.
    pub(super) fn to(id: impl Display) -> Self {
        Self("href", format!("#{id}"))
    }

    /// A link to another page; `None` where `url` is not plainly one of the web's. A browser would
    /// run what `javascript:` names.
    pub(super) fn web(url: &str) -> Option<Self> {
        let is =
            |scheme: &str| url.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme));
        (is("https://") || is("http://")).then(|| Self("href", url.to_owned()))
    }
}

impl Markup {
    /// A text that others may have written.
    pub(super) fn text(&mut self, text: &str) {
        escape(&harmless(text), &mut self.0);
    }

    /// A part of this program: a style sheet, a script.
    pub(super) fn raw(&mut self, text: &'static str) {
        self.0.push_str(text);
    }

    /// What was written already.
    pub(super) fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// The element `tag` around what `content` writes.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: &[Attribute],
        content: impl FnOnce(&mut Self),
    ) {
        self.empty(tag, attributes);
        content(self);
        let _ = write!(self.0, "</{tag}>");
    }

    /// The element `tag` around a text.
    pub(super) fn leaf(&mut self, tag: &'static str, attributes: &[Attribute], text: &str) {
        self.element(tag, attributes, |inside| inside.text(text));
    }

    /// An element that HTML does not close: `meta`, `input`.
    pub(super) fn empty(&mut self, tag: &'static str, attributes: &[Attribute]) {
        let _ = write!(self.0, "<{tag}");
        for Attribute(name, value) in attributes {
            let _ = write!(self.0, " {name}=\"");
            escape(&harmless(value), &mut self.0);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// How long it is, in bytes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Nothing written after `len` bytes.
    pub(super) fn cut_back_to(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// All of it.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// `text` as it may stand between tags and in a quoted attribute.
fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            c => into.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Markup)) -> String {
        let mut markup = Markup::default();
        write(&mut markup);
        markup.into_string()
    }

    /// What a browser makes of an escaped text.
    fn read_back(escaped: &str) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            .iter()
            .fold(escaped.to_owned(), |text, (written, read)| text.replace(written, read))
    }

    #[test]
    fn elements_nest_and_what_others_wrote_is_text() {
        let html = written(|html| {
            html.element("p", &[CLASS.is("a\" onclick='x'")], |html| {
                html.text("</p><script>alert(1)</script> & 'so' \"on\"");
                html.empty("br", &[]);
            });
        });
        assert_eq!(
            html,
            "<p class=\"a&quot; onclick=&#39;x&#39;\">&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt; \
             &amp; &#39;so&#39; &quot;on&quot;<br></p>"
        );
    }

    #[test]
    fn a_link_leads_to_the_web_or_nowhere() {
        for (url, leads) in [
            ("https://wiki/nginx?a=1&b=2", true),
            ("HTTP://wiki/", true),
            ("javascript:alert(1)", false),
            (" https://wiki/", false),
            ("\u{1}javascript:alert(1)", false),
            ("java\nscript:alert(1)", false),
            ("data:text/html,<script>", false),
            ("//wiki/", false),
            ("https:", false),
            ("é", false),
            ("", false),
        ] {
            assert_eq!(Attribute::web(url).is_some(), leads, "{url:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(text in "(\\PC|[\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{202e}<>&\"'/!-])*") {
            let html = written(|html| html.text(&text));
            let acts = ['<', '>', '"', '\'', '\0', '\u{202e}', '\u{2028}'];
            prop_assert!(!html.contains(acts));
            prop_assert_eq!(read_back(&html), harmless(&text));
            let html = written(|html| html.empty("br", &[ID.is(&text)]));
            prop_assert_eq!((html.matches('"').count(), html.matches(['<', '>']).count()), (2, 2));
        }
    }
}
