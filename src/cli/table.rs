//! A table for a person to read.

use std::io::Write;

use super::CliError;

/// Prints `rows` under `head`, in columns that are as wide as they must be.
pub(super) fn print<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: &[[String; COLUMNS]],
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let head = head.map(str::to_owned);
    let mut widths = [0; COLUMNS];
    for row in std::iter::once(&head).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in std::iter::once(&head).chain(rows) {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
