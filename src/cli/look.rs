//! How output looks: as wide as the terminal, and in colour where there is one.

use std::io::{self, IsTerminal};

use anstyle::Style;

/// How output looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// The widest line, in characters; `None` where no terminal says so.
    pub(super) width: Option<usize>,
    pub(super) is_coloured: bool,
}

/// Narrower than this nothing is readable, in characters.
const NARROWEST: usize = 40;

impl Look {
    /// For this process's stdout: colour on a terminal only, and not where `NO_COLOR` is set
    /// (no-color.org) or the terminal is a dumb one.
    pub(super) fn of_stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            width: width.filter(|_| is_terminal).map(|width| width.max(NARROWEST)),
            is_coloured: is_terminal && !is_dumb && !set("NO_COLOR"),
        }
    }

    /// What switches `style` on, and off again.
    pub(super) fn codes(self, style: Style) -> (String, String) {
        // A plain style has nothing to switch off either.
        match self.is_coloured && !style.is_plain() {
            true => (style.render().to_string(), style.render_reset().to_string()),
            false => Default::default(),
        }
    }
}
