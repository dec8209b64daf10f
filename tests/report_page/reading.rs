//! By whom the page can be read: with a keyboard, without scripts, in the dark, on a telephone.

use serde_json::json;

use crate::support::wait_until;
use crate::{Page, offline};

#[test]
fn a_keyboard_is_enough() {
    let page = Page::new();
    page.live();
    page.write(&[]);
    let mut browser = offline();
    browser.open(&page.file(), "");
    let at = "(() => { const e = document.activeElement; \
              return `${e.localName} ${e.className.baseVal ?? e.className} ${e.id}`.trim(); })()";
    browser.press("Tab", 9);
    assert_eq!(browser.value(at), "a skip");
    let seen = "document.activeElement.getBoundingClientRect().left >= 0";
    assert_eq!(browser.value(seen), true, "a skip link with the focus is seen");
    // Everything that takes the focus is seen to have it, and is what it says it is.
    let ring = "(() => { const e = document.activeElement; const s = getComputedStyle(e); \
                const use = e.querySelector('use'); \
                return s.outlineStyle !== 'none' || use && getComputedStyle(use).strokeWidth === '4px'; })()";
    let mut stops = Vec::new();
    for _ in 0..40 {
        browser.press("Tab", 9);
        let stop = browser.value(at).as_str().unwrap().to_owned();
        if stop.starts_with("body") {
            break;
        }
        assert_eq!(browser.value(ring), true, "{stop}");
        stops.push(stop);
    }
    let marks = stops.iter().filter(|stop| *stop == "a mark").count();
    assert_eq!(marks, 3, "one stop a lane: {stops:#?}");
    let summaries = stops.iter().filter(|stop| stop.starts_with("summary")).count();
    assert_eq!(summaries, 7, "{stops:#?}");
    let natives = ["a", "button", "input", "summary", "div lanes", "div scroll"];
    assert!(stops.iter().all(|stop| natives.iter().any(|n| stop.starts_with(n))), "{stops:#?}");

    // Arrows go along a lane and from lane to lane; Enter opens the report.
    let label = "document.activeElement.getAttribute('aria-label')";
    browser.value("document.querySelector('a.mark').focus()");
    let mut labels = vec![browser.value(label)];
    for (key, number) in [("ArrowRight", 39), ("End", 35), ("ArrowDown", 40), ("ArrowUp", 38)] {
        browser.press(key, number);
        labels.push(browser.value(label));
    }
    let labels: Vec<_> = labels.iter().map(|label| label.as_str().unwrap()).collect();
    assert!(labels[0].starts_with("shop: crashed: SIGSEGV, 20"), "{labels:#?}");
    assert!(labels[1].starts_with("shop: came back, "), "{labels:#?}");
    assert!(labels[2].starts_with("shop: gave up: "), "{labels:#?}");
    assert!(labels[3].starts_with("nginx: failed to start: "), "{labels:#?}");
    assert_eq!(labels[4], labels[0]);
    browser.press("Enter", 13);
    wait_until("a report is open", || {
        browser.value("document.querySelectorAll('details.report[open]').length") == 1
    });
    let open = "document.querySelector('details.report[open]').textContent.includes('shop')";
    assert_eq!(browser.value(open), true);

    // The search leaves what is wanted.
    browser.value("document.getElementById('wanted').focus()");
    browser.call("Input.insertText", json!({"text": "NGINX"}));
    let left = "document.querySelectorAll('details.report:not([hidden])').length";
    assert_eq!(browser.value(left), 2);
    assert_eq!(browser.value("document.getElementById('found').textContent"), "2 of 6");
}

#[test]
fn without_its_script_everything_can_be_read() {
    let page = Page::new();
    page.live();
    page.write(&[]);
    let mut browser = offline();
    browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    browser.open(&page.file(), "");
    let link = "document.querySelector('a.mark').getAttribute('href')";
    let link = browser.value(link).as_str().unwrap().to_owned();
    assert_eq!(browser.value("document.getElementById('search').hidden"), true);
    assert_eq!(browser.value("document.getElementById('zone').hidden"), true);
    assert_eq!(browser.value("document.querySelectorAll('details[open]').length"), 0);
    browser.open(&page.file(), &link);
    let open = format!(
        "document.querySelector('details[open]').contains(document.querySelector('{link}'))"
    );
    assert_eq!(browser.value(&open), true, "the browser opens what a link leads to");
}

/// The texts whose contrast is less than 4.5 to 1 (WCAG 2.2, 1.4.3), and the marks with less than
/// 3 to 1 (1.4.11).
const PALE: &str = "(() => {
    const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const colour = parse(getComputedStyle(e).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour;
        }
    };
    const ratio = (one, two) => {
        const [a, b] = [light(one), light(two)].sort((x, y) => y - x);
        return (a + .05) / (b + .05);
    };
    const pale = [];
    document.querySelectorAll('details').forEach((d) => { d.open = true; });
    for (const element of document.querySelectorAll('body *')) {
        const style = getComputedStyle(element);
        const has = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (has && !['script', 'style', 'title'].includes(element.localName)) {
            const inSvg = element.closest('svg');
            const ink = parse(inSvg ? style.fill : style.color);
            const paper = element.classList.contains('number')
                ? parse(getComputedStyle(element.previousElementSibling).fill) : behind(element);
            if (ratio(ink, paper) < 4.5) pale.push([element.outerHTML.slice(0, 99), ratio(ink, paper)]);
        } else if (element.localName === 'use') {
            const ink = parse(element.classList.contains('recovery') ? style.stroke : style.fill);
            if (ratio(ink, behind(element)) < 3) pale.push(element.outerHTML);
        }
    }
    return pale;
})()";

#[test]
fn it_is_legible_in_light_and_dark_and_on_a_telephone() {
    let page = Page::new();
    page.live();
    // Several in one place share a mark with a number in it.
    page.crashes.storm(20, 1);
    page.write(&[]);
    let mut browser = offline();
    let mut papers = Vec::new();
    for (scheme, width) in [("light", 1200), ("dark", 1200), ("light", 360), ("dark", 360)] {
        browser.looks(scheme, width);
        browser.open(&page.file(), "");
        assert!(browser.value("document.querySelectorAll('.number').length").as_u64() > Some(0));
        assert_eq!(browser.value(PALE), json!([]), "{scheme}");
        let wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.value(wider), 0, "nothing sticks out at {width} pixels");
        papers.push(browser.value("getComputedStyle(document.body).backgroundColor"));
    }
    assert_eq!((&papers[0], &papers[1]), (&papers[2], &papers[3]));
    assert_ne!(papers[0], papers[1]);
}
