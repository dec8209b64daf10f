//! The pages of the documentation, taken apart as far as the tests need it.

use std::fs;
use std::path::{Path, PathBuf};

/// A page, and where it lies.
pub(super) struct Page {
    /// Below the project: `docs/verdicts.md`.
    pub name: String,
    pub text: String,
}

/// A block of code.
#[derive(Debug)]
pub(super) struct Block {
    /// Where it begins, counted from 1.
    pub line: usize,
    /// Of one between fences, what they call it.
    pub language: Option<String>,
    pub text: String,
}

/// Code, or a link, within a line.
#[derive(Debug)]
pub(super) struct Span {
    pub line: usize,
    pub text: String,
}

/// `path` in the project.
pub(super) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All pages, by name.
pub(super) fn pages() -> Vec<Page> {
    let mut names = vec!["README.md".to_owned(), "CONTRIBUTING.md".into(), "SECURITY.md".into()];
    for entry in fs::read_dir(project("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            names.push(format!("docs/{name}"));
        }
    }
    names.sort();
    let page = |name: String| Page { text: fs::read_to_string(project(&name)).unwrap(), name };
    names.into_iter().map(page).collect()
}

impl Page {
    /// Its blocks of code: between fences, or indented behind an empty line.
    pub(super) fn blocks(&self) -> Vec<Block> {
        self.parts().0
    }

    /// What stands between backquotes.
    pub(super) fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for (line, text) in self.prose() {
            let parts = text.split('`').skip(1).step_by(2);
            spans.extend(parts.map(|text| Span { line, text: text.replace("\\|", "|") }));
        }
        spans
    }

    /// What its links lead to.
    pub(super) fn links(&self) -> Vec<Span> {
        let mut links = Vec::new();
        for (line, text) in self.prose() {
            let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            links.extend(targets.map(|(target, _)| Span { line, text: target.to_owned() }));
        }
        links
    }

    /// Its headings, as links name them: small letters, hyphens for spaces, no marks.
    pub(super) fn anchors(&self) -> Vec<String> {
        let prose = self.prose();
        let headings = prose.iter().filter(|(_, line)| line.starts_with('#'));
        let anchor = |heading: &str| -> String {
            let kept = heading.trim_start_matches('#').trim().to_lowercase();
            kept.chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        };
        headings.map(|(_, line)| anchor(line)).collect()
    }

    /// `README.md:12`
    pub(super) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.name)
    }

    /// Its lines outside of blocks, with their numbers.
    fn prose(&self) -> Vec<(usize, &str)> {
        self.parts().1
    }

    fn parts(&self) -> (Vec<Block>, Vec<(usize, &str)>) {
        let (mut blocks, mut prose) = (Vec::<Block>::new(), Vec::new());
        let (mut is_fenced, mut is_indented, mut is_after_blank) = (false, false, true);
        let begin = |blocks: &mut Vec<Block>, line, language| {
            blocks.push(Block { line, language, text: String::new() });
        };
        let add = |blocks: &mut Vec<Block>, text: &str| {
            let block = blocks.last_mut().unwrap();
            block.text += text;
            block.text.push('\n');
        };
        for (line, text) in (1..).zip(self.text.lines()) {
            if let Some(language) = text.strip_prefix("```") {
                (is_fenced, is_indented) = (!is_fenced, false);
                if is_fenced {
                    begin(&mut blocks, line + 1, Some(language.to_owned()));
                }
                continue;
            }
            match text.strip_prefix("    ") {
                _ if is_fenced => add(&mut blocks, text),
                Some(code) if is_indented || is_after_blank => {
                    if !is_indented {
                        begin(&mut blocks, line, None);
                    }
                    is_indented = true;
                    add(&mut blocks, code);
                }
                None if is_indented && text.is_empty() => add(&mut blocks, ""),
                _ => {
                    is_indented = false;
                    prose.push((line, text));
                }
            }
            is_after_blank = text.is_empty();
        }
        (blocks, prose)
    }
}
