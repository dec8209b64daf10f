//! A table for a person to read: as wide as its cells, but no wider than the terminal.

use std::io::Write;

use anstyle::Style;

use super::CliError;
use super::look::Look;

/// What a column that is shortened keeps at least, in characters.
const LEAST: usize = 4;

/// What stands between two columns.
const GAP: &str = "  ";

/// A table that is being written; rows may still follow.
pub(super) struct Table<const COLUMNS: usize> {
    head: [&'static str; COLUMNS],
    /// The columns that are never shortened.
    whole: &'static [usize],
    look: Look,
    style: fn(usize, &str) -> Style,
    /// Of what was printed so far; none before that.
    widths: Option<[usize; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table without rows. On a terminal that is too narrow, columns are shortened but for those
    /// that are to stay `whole`; elsewhere nothing is.
    pub(super) fn new(head: [&'static str; COLUMNS], whole: &'static [usize], look: Look) -> Self {
        Self { head, whole, look, style: |_, _| Style::new(), widths: None }
    }

    /// The same, each cell in the style that `style` has for its column and text.
    pub(super) fn styled(self, style: fn(usize, &str) -> Style) -> Self {
        Self { style, ..self }
    }

    /// Prints `rows`, under the head where they are the first.
    pub(super) fn print(
        &mut self,
        rows: &[[String; COLUMNS]],
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let mut widths = self.widths.unwrap_or_else(|| self.head.map(str::len));
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        if let Some(room) = self.look.width {
            fit(&mut widths, self.whole, room);
        }
        if self.widths.replace(widths).is_none() {
            line(&self.head.map(str::to_owned), widths, out, |_, _| Default::default())?;
        }
        for row in rows {
            line(row, widths, out, |column, text| self.look.codes((self.style)(column, text)))?;
        }
        Ok(())
    }
}

/// Makes the widest columns narrower until all of them fit into `room` characters, or nothing more
/// can be taken from any.
fn fit<const COLUMNS: usize>(widths: &mut [usize; COLUMNS], whole: &[usize], room: usize) {
    let gaps = GAP.len() * COLUMNS.saturating_sub(1);
    let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    while over > 0 {
        let columns = widths.iter_mut().enumerate();
        let yielding = columns.filter(|(column, width)| !whole.contains(column) && **width > LEAST);
        let Some((_, widest)) = yielding.max_by_key(|(_, width)| **width) else { return };
        *widest -= 1;
        over -= 1;
    }
}

/// Prints one line; `codes` tells what stands before and behind the text of a column.
fn line<const COLUMNS: usize>(
    cells: &[String; COLUMNS],
    widths: [usize; COLUMNS],
    out: &mut dyn Write,
    codes: impl Fn(usize, &str) -> (String, String),
) -> Result<(), CliError> {
    let mut line = String::new();
    let mut blanks = 0;
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let text = shortened(cell, width);
        let (on, off) = codes(column, cell);
        if !text.is_empty() {
            line.extend(std::iter::repeat_n(' ', std::mem::take(&mut blanks)));
            line.extend([on.as_str(), &text, &off]);
        }
        blanks += GAP.len() + width.saturating_sub(text.chars().count());
    }
    Ok(writeln!(out, "{line}")?)
}

/// `text` in at most `width` characters.
fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use anstyle::AnsiColor;

    use super::*;

    fn printed(width: Option<usize>, is_coloured: bool, rows: &[&[[&str; 3]]]) -> String {
        let mut out = Vec::new();
        let mut table = Table::new(["ID", "JOB", "STATE"], &[0], Look { width, is_coloured })
            .styled(|column, text| match (column, text) {
                (2, "dead") => AnsiColor::Red.on_default(),
                _ => Style::new(),
            });
        for rows in rows {
            let rows: Vec<_> = rows.iter().map(|row| row.map(str::to_owned)).collect();
            table.print(&rows, &mut out).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be_and_no_line_ends_in_blanks() {
        let text = printed(None, false, &[&[["6c1d8e40", "nginx", "new"], ["1", "a", ""]]]);
        assert_eq!(text, "ID        JOB    STATE\n6c1d8e40  nginx  new\n1         a\n");
    }

    #[test]
    fn on_a_terminal_the_widest_column_gives_way_and_elsewhere_nothing_does() {
        let long = "x".repeat(60);
        let rows: &[&[[&str; 3]]] = &[&[["6c1d8e40", &long, "delivered"]]];
        for width in [40, 50, 83] {
            let text = printed(Some(width), false, rows);
            let line = text.lines().nth(1).unwrap();
            assert_eq!(line.chars().count(), width.min(81), "{text}");
            assert!(line.starts_with("6c1d8e40  xxx") && line.ends_with("  delivered"), "{text}");
            assert_eq!(line.contains('…'), width < 81, "{text}");
        }
        assert!(printed(None, false, rows).contains(&long));
    }

    #[test]
    fn what_must_stay_whole_does_however_narrow_it_is() {
        let text = printed(Some(12), false, &[&[["6c1d8e40", "nginx-worker", "delivered"]]]);
        assert_eq!(text.lines().nth(1), Some("6c1d8e40  ngi…  del…"));
    }

    #[test]
    fn rows_that_follow_stand_under_the_same_head() {
        let text = printed(None, false, &[&[["1", "nginx", "new"]], &[["2", "a", "dead"]]]);
        assert_eq!(text, "ID  JOB    STATE\n1   nginx  new\n2   a      dead\n");
    }

    #[test]
    fn colour_takes_no_room() {
        let text = printed(None, true, &[&[["1", "a", "dead"], ["2", "b", "new"]]]);
        let expected = "ID  JOB  STATE\n1   a    \u{1b}[31mdead\u{1b}[0m\n2   b    new\n";
        assert_eq!(text, expected);
    }
}
