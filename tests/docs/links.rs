//! Every link within the project, and every path of it that is named, leads somewhere.

use super::nothing_in;
use super::page::{Page, pages, project};

/// Where the project keeps what pages name by its path.
const DIRECTORIES: [&str; 8] =
    ["benches/", "config/", "docs/", "examples/", "packaging/", "scripts/", "src/", "tests/"];

#[test]
fn links_lead_somewhere() {
    let (pages, mut faults, mut count) = (pages(), Vec::new(), 0);
    for page in &pages {
        for link in page.links() {
            if link.text.starts_with("https://") {
                continue;
            }
            count += 1;
            if let Err(why) = leads_somewhere(page, &link.text, &pages) {
                faults.push(format!("{}: {}: {why}", page.place(link.line), link.text));
            }
        }
    }
    nothing_in(&faults);
    assert!(count > 50, "{count} links");
}

fn leads_somewhere(from: &Page, target: &str, pages: &[Page]) -> Result<(), &'static str> {
    let (path, anchor) = target.split_once('#').map_or((target, None), |(p, a)| (p, Some(a)));
    let name = match from.name.rsplit_once('/') {
        _ if path.is_empty() => from.name.clone(),
        Some((directory, _)) => format!("{directory}/{path}"),
        None => path.to_owned(),
    };
    let there = project(&name).canonicalize().map_err(|_| "there is no such file")?;
    let Some(anchor) = anchor else { return Ok(()) };
    let page = pages.iter().find(|page| project(&page.name).canonicalize().unwrap() == there);
    let anchors = page.ok_or("only pages have headings")?.anchors();
    anchors.iter().any(|known| known == anchor).then_some(()).ok_or("there is no such heading")
}

#[test]
fn paths_of_the_project_are_there() {
    let (mut faults, mut count) = (Vec::new(), 0);
    for page in pages() {
        for span in page.spans() {
            let is_path = DIRECTORIES.iter().any(|directory| span.text.starts_with(directory));
            let is_plain = span.text.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
            let stands_for_another = span.text.contains("NAME");
            if is_path && is_plain && !stands_for_another {
                count += 1;
                if !project(&span.text).exists() {
                    faults.push(format!("{}: {} is not there", page.place(span.line), span.text));
                }
            }
        }
    }
    nothing_in(&faults);
    assert!(count > 20, "{count} paths");
}
