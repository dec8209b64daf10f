//! The reference of the config: what is said of its files, and of its tables, for the web and as a
//! man page.

use roff::{Inline, Roff, bold, italic, roman};

use super::settings::{Key, Table};
use super::title;

/// What is said before the tables.
const FILES: &str = include_str!("files.md");

/// A part of the reference. In texts, code stands in backquotes.
pub(super) enum Block<'a> {
    /// `## FILES`.
    Heading(&'a str),
    /// A table of the config.
    Table(&'a str),
    /// Sentences.
    Paragraph(String),
    /// What something is: `- TERM: text`.
    Item(&'a str, &'a str),
    /// Lines as they are to be typed.
    Code(&'a str),
    /// Keys of a table.
    Keys(&'a [Key]),
}

/// The reference.
pub(super) fn blocks(tables: &[Table]) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    for part in FILES.trim_end().split("\n\n") {
        if let Some(heading) = part.strip_prefix("## ") {
            blocks.push(Block::Heading(heading));
        } else if part.starts_with("- ") {
            let items = part.lines().filter_map(|line| line.strip_prefix("- ")?.split_once(": "));
            blocks.extend(items.map(|(term, text)| Block::Item(term, text)));
        } else if part.starts_with("    ") {
            blocks.push(Block::Code(part));
        } else {
            blocks.push(Block::Paragraph(part.to_owned()));
        }
    }
    blocks.push(Block::Heading("Tables"));
    for table in tables {
        blocks.push(Block::Table(&table.heading));
        if !table.text.is_empty() {
            blocks.push(Block::Paragraph(table.text.clone()));
        }
        blocks.push(Block::Keys(&table.keys));
    }
    blocks
}

/// The reference in Markdown.
pub(super) fn markdown(blocks: &[Block<'_>]) -> String {
    let mut text =
        "# The configuration\n\n<!-- Made by `make man` of the comments in the code. -->\n"
            .to_owned();
    for (index, block) in blocks.iter().enumerate() {
        let goes_on = index.checked_sub(1).and_then(|before| blocks.get(before));
        let in_list = matches!((goes_on, block), (Some(Block::Item(..)), Block::Item(..)));
        text.push_str(if in_list { "" } else { "\n" });
        text.push_str(&match block {
            Block::Heading(heading) => format!("## {heading}\n"),
            Block::Table(heading) => format!("### `{heading}`\n"),
            Block::Paragraph(paragraph) => format!("{paragraph}\n"),
            Block::Item(term, text) => format!("- {term}: {text}\n"),
            Block::Code(code) => format!("{code}\n"),
            Block::Keys(keys) => {
                let head = "| key | type | default | meaning |\n|---|---|---|---|\n".to_owned();
                keys.iter().map(row).fold(head, |rows, row| rows + &row)
            }
        });
    }
    text
}

fn row(key: &Key) -> String {
    let names: Vec<_> = key.names.iter().map(|name| format!("`{name}`")).collect();
    let default = key.default.as_deref().unwrap_or("required");
    let cells =
        [&names.join(", "), key.kind, default, &key.meaning].map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}

/// The reference as a page of section 5.
pub(super) fn page(blocks: &[Block<'_>]) -> String {
    let mut page = Roff::new();
    page.control("SH", ["NAME"]);
    page.text([roman("upstart-monitor-config - where crash reports go, and what is in them")]);
    page.control("SH", ["DESCRIPTION"]);
    for block in blocks {
        match block {
            Block::Heading(heading) => page.control("SH", [heading.to_uppercase().as_str()]),
            Block::Table(heading) => page.control("SS", [*heading]),
            Block::Paragraph(paragraph) => page.control("PP", []).text(inlines(paragraph)),
            Block::Item(term, text) => {
                page.control("TP", []).text(inlines(term)).text(inlines(text))
            }
            Block::Code(code) => {
                let page = page.control("PP", []).control("nf", []);
                code.lines().fold(page, |page, line| page.text([roman(line)])).control("fi", [])
            }
            Block::Keys(keys) => keys.iter().fold(&mut page, entry),
        };
    }
    page.control("SH", ["SEE ALSO"]);
    page.text(inlines("`upstart-crash`(8), `upstart-crash-check`(8), `upstart-monitor-hooks`(8)"));
    format!("{}\n{}", title("upstart-monitor-config", "5"), page.to_roff())
}

fn entry<'a>(page: &'a mut Roff, key: &Key) -> &'a mut Roff {
    let mut names: Vec<Inline> = Vec::new();
    for name in &key.names {
        if !names.is_empty() {
            names.push(roman(", "));
        }
        names.push(bold(name.as_str()));
    }
    names.push(roman(" ("));
    names.extend(inlines(key.kind));
    names.push(roman(")"));
    let default = match &key.default {
        Some(default) => format!("{} Default: {default}.", key.meaning),
        None => format!("{} Required.", key.meaning),
    };
    page.control("TP", []).text(names).text(inlines(&default))
}

/// `text` with what stands in backquotes in another face.
fn inlines(text: &str) -> Vec<Inline> {
    let text = text.replace('\n', " ");
    let parts = text.split('`').enumerate();
    let faced = parts.map(|(index, part)| if index % 2 == 1 { italic(part) } else { roman(part) });
    faced.collect()
}
