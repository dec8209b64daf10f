//! Pages that belong to a report, as links that any service can take.

use std::fmt::Write as _;

use reqwest::Url;

use super::section::Page;
use super::text::{harmless, shortened};
use crate::report::Link;

/// The most pages that a message leads to.
const PAGES: usize = 5;

/// The longest name of a page, in characters.
const NAME_CHARS: usize = 60;

/// The longest URL; one that is longer is left out, for a part of it leads elsewhere.
const URL_CHARS: usize = 500;

/// What means something to one markup or another, and stands in a URL by its number as well.
const MARKUP: &str = "'\"`<>()[]{}|\\^*~@";

/// Those of `links` that lead to a page.
pub(super) fn pages(links: &[Link]) -> Vec<Page> {
    links.iter().filter_map(page).take(PAGES).collect()
}

fn page(link: &Link) -> Option<Page> {
    let url = address(&link.href)?;
    let text = shortened(harmless(&link.text).trim(), NAME_CHARS);
    Some(Page { text: if text.is_empty() { "page".to_owned() } else { text }, url })
}

/// `href` as a URL that is nothing else to anybody; `None` for what leads to no page, or names a
/// user: who reads it is another one.
fn address(href: &str) -> Option<String> {
    let url = Url::parse(href).ok()?;
    let is_page = matches!(url.scheme(), "http" | "https") && url.has_host();
    if !is_page || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let mut address = url.origin().ascii_serialization() + &numbered(url.path());
    for (mark, part) in [('?', url.query()), ('#', url.fragment())] {
        if let Some(part) = part {
            address.push(mark);
            address += &numbered(part);
        }
    }
    (address.len() <= URL_CHARS).then_some(address)
}

/// `part` of a URL, with what is markup to somebody by its number.
fn numbered(part: &str) -> String {
    let mut numbered = String::with_capacity(part.len());
    for c in part.chars() {
        if MARKUP.contains(c) {
            let _ = write!(numbered, "%{:02X}", u32::from(c));
        } else {
            numbered.push(c);
        }
    }
    numbered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_link_leads_to_a_page_or_is_none() {
        let long = format!("https://wiki/{}", "x".repeat(URL_CHARS));
        for (href, url) in [
            ("https://wiki.example.com/nginx", Some("https://wiki.example.com/nginx")),
            ("HTTP://Wiki:8080/a?b=1&c=2#d", Some("http://wiki:8080/a?b=1&c=2#d")),
            ("http://[::1]/x", Some("http://[::1]/x")),
            (
                "https://wiki/a b|c>d\"(e)[f]@g",
                Some("https://wiki/a%20b%7Cc%3Ed%22%28e%29%5Bf%5D%40g"),
            ),
            ("https://wiki/?q='x'`", Some("https://wiki/?q=%27x%27%60")),
            ("https://wiki/\u{202e}\u{e9}", Some("https://wiki/%E2%80%AE%C3%A9")),
            ("https://kim:secret@wiki/", None),
            ("https://kim@wiki/", None),
            ("javascript:alert(1)", None),
            ("tg://user?id=1", None),
            ("/runbook", None),
            ("", None),
            (long.as_str(), None),
        ] {
            let link = Link { text: "runbook".to_owned(), href: href.to_owned() };
            let expected = url.map(|url| Page { text: "runbook".to_owned(), url: url.to_owned() });
            assert_eq!(pages(&[link]), Vec::from_iter(expected), "{href}");
        }
    }

    #[test]
    fn a_page_has_a_short_name() {
        for (text, name) in [
            ("run\u{1b}[31mbook", "runbook".to_owned()),
            (" ", "page".to_owned()),
            (&"x".repeat(99), "x".repeat(NAME_CHARS - 1) + "…"),
        ] {
            let link = Link { text: text.to_owned(), href: "https://wiki".to_owned() };
            assert_eq!(pages(&[link])[0].text, name);
        }
    }

    proptest! {
        #[test]
        fn no_markup_comes_through(rest in "(\\PC|[\u{0}-\u{20}]|[<>()|\"'`@*~\\[\\]]){0,30}") {
            let href = format!("https://wiki.example.com/{rest}");
            for page in pages(&[Link { text: String::new(), href }]) {
                prop_assert!(page.url.is_ascii(), "{}", page.url);
                let acts = |c: char| MARKUP.contains(c) || c.is_control() || c == ' ';
                prop_assert!(!page.url.contains(acts), "{}", page.url);
            }
        }
    }
}
