//! What the notifier finds around it: where things lie, and variables.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use super::plain_file::read_plain_file;
use crate::paths::{Place, Places};

/// Where paths begin and where variables come from.
///
/// A notifier that a hook started has next to no environment, so a variable that the process does
/// not have is looked up in `/etc/default/upstart-monitor` (or the session's file), anew each time.
#[derive(Debug, Clone)]
pub struct Environment {
    places: Places,
}

impl Environment {
    /// The surroundings of a notifier for which things lie in `places`.
    pub fn of(places: Places) -> Self {
        Self { places }
    }

    /// Where things lie.
    pub fn places(&self) -> Places {
        self.places
    }

    /// The path `absolute` that the operator names: below the root, where there is one.
    pub fn path(&self, absolute: impl AsRef<Path>) -> PathBuf {
        self.places.below_root(absolute.as_ref())
    }

    /// The variable `name` of this process, or else of the file; an empty one does not count.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.own_variable(name).or_else(|| self.variable_of_file(name))
    }

    /// The variable `name` of the file.
    pub(crate) fn variable_of_file(&self, name: &str) -> Option<String> {
        let (text, _) = self.file().ok()?;
        value_of(&text, name)
    }

    /// The variable `name` of this process.
    pub(crate) fn own_variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// Where the file of variables lies.
    ///
    /// # Errors
    /// Where a session does not say.
    pub(crate) fn file_path(&self) -> io::Result<PathBuf> {
        self.places.path(Place::Environment, "").map_err(|why| io::Error::other(why.words()))
    }

    /// The text of the file of variables, and facts on it.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn file(&self) -> io::Result<(String, Metadata)> {
        read_plain_file(&self.file_path()?)
    }
}

/// The last value that `text`, in the manner of `/etc/default`, gives to `name`.
///
/// Lines are `NAME=value` or `export NAME=value`; the value may stand in quotes, nothing in it is
/// expanded, and what begins with `#` is a comment.
pub(super) fn value_of(text: &str, name: &str) -> Option<String> {
    text.lines()
        .filter_map(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("export ").map_or(line, str::trim_start);
            line.strip_prefix(name)?.strip_prefix('=')
        })
        .map(unquoted)
        .rfind(|value| !value.is_empty())
        .map(str::to_owned)
}

/// The first word of `value`, or what stands in its quotes.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or_default();
        }
    }
    value.split_whitespace().next().filter(|word| value.starts_with(word)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_read_as_a_shell_would() {
        let text = "\
            # HOOK=commented\n\
            HOOK=first\n\
            export SECOND=\"a b # c\" # a comment\n\
            THIRD='it is'\n\
            FOURTH=bare # a comment\n\
            EMPTY=\n\
            BLANK= no value of this\n\
            HOOK_LONGER=other\n\
            HOOK=last\r\n";
        for (name, value) in [
            ("HOOK", Some("last")),
            ("SECOND", Some("a b # c")),
            ("THIRD", Some("it is")),
            ("FOURTH", Some("bare")),
            ("EMPTY", None),
            ("BLANK", None),
            ("ABSENT", None),
        ] {
            assert_eq!(value_of(text, name).as_deref(), value, "{name}");
        }
    }

    #[test]
    fn the_root_stands_in_front_of_every_path() {
        for (root, path) in [(&b""[..], "/etc/x"), (b"/tmp/host", "/tmp/host/etc/x")] {
            assert_eq!(Environment::of(Places::under(root)).path("/etc/x"), Path::new(path));
        }
    }
}
