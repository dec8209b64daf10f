//! A line put into a script of a shell or of execline, and taken out again.

use super::super::{MARK, program};
use crate::supervisor::Supervisor;

/// A program of a service directory, and the hook that it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// `run` becomes the service.
    Run,
    /// `finish` is run when it is over.
    Finish,
}

/// Shells, by the last part of their path; Debian's runit has one of its own around them.
const SHELLS: [&str; 9] = ["ash", "bash", "dash", "invoke-run", "ksh", "mksh", "sh", "yash", "zsh"];

/// What a `finish` begins with that was not there.
const NEW: &str = "#!/bin/sh\n\
    # Tells when this service dies unasked (upstart-monitor). To undo: upstart-crash disable\n";

impl Hook {
    /// The name of the file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Finish => "finish",
        }
    }

    /// The name of the program of ours.
    pub fn program(self) -> &'static str {
        match self {
            Self::Run => "pre-start",
            Self::Finish => "post-stop",
        }
    }

    /// The command that a shell runs.
    fn command(self, kind: Supervisor) -> String {
        let arguments = if self == Self::Finish { " \"$@\"" } else { "" };
        format!("{} {}{arguments}", program(self.program()), kind.word())
    }

    /// The same in execline. What s6 tells `finish` stands in its status, too, and `$@` is put in
    /// only where the script asks for that.
    fn block(self, kind: Supervisor) -> String {
        let arguments = if (self, kind) == (Self::Finish, Supervisor::Runit) { " $@" } else { "" };
        format!("foreground {{ {} {}{arguments} }}", program(self.program()), kind.word())
    }
}

/// What a script is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Shell,
    /// And whether `$@` is put in.
    Execline(bool),
}

/// What `text` is written in, by its first line; an `env` or the like may stand before the name.
fn language(text: &[u8]) -> Option<Language> {
    let first = text.split(|byte| *byte == b'\n').next()?;
    let words = std::str::from_utf8(first.strip_prefix(b"#!")?).ok()?;
    let mut names = words.split_whitespace().filter_map(|word| word.rsplit('/').next());
    let has_arguments = words.split_whitespace().any(|word| matches!(word, "-S0" | "-s0"));
    names.find_map(|name| match name {
        "execlineb" => Some(Language::Execline(has_arguments)),
        name => SHELLS.contains(&name).then_some(Language::Shell),
    })
}

/// The line that calls `hook`, without its end. In a shell it fails nothing, not even under `-e`
/// and without the program.
fn line(hook: Hook, kind: Supervisor, language: Language) -> String {
    match language {
        Language::Shell => format!("{} || :{MARK}", hook.command(kind)),
        Language::Execline(_) => format!("{}{MARK}", hook.block(kind)),
    }
}

/// `text` with the call of `hook` as the first thing that it does, so that nothing ends it before,
/// and the directory and the arguments are as the supervisor gave them.
///
/// `None` where it is written in something else than a shell's language or execline.
pub(super) fn insert(text: &[u8], hook: Hook, kind: Supervisor) -> Option<Vec<u8>> {
    let language = language(text)?;
    if (hook, kind, language) == (Hook::Finish, Supervisor::Runit, Language::Execline(false)) {
        return None;
    }
    let line = line(hook, kind, language);
    let first = text.iter().position(|byte| *byte == b'\n');
    let inserted = match first {
        Some(_) => format!("{line}\n"),
        // The first line is the last one, and has no end.
        None => format!("\n{line}"),
    };
    let (before, after) = text.split_at_checked(first.map_or(text.len(), |at| at + 1))?;
    Some([before, inserted.as_bytes(), after].concat())
}

/// A program that there was not.
pub(super) fn new_file(hook: Hook, kind: Supervisor) -> Vec<u8> {
    format!("{NEW}{}\n", line(hook, kind, Language::Shell)).into_bytes()
}

/// `text` without calls of `hook`; `None` where it was made for it and nothing is left.
pub(super) fn strip(text: &[u8], hook: Hook) -> Option<Vec<u8>> {
    let mut stripped: Vec<u8> = Vec::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if !is_call(line, hook) {
            stripped.extend_from_slice(line);
        } else if !line.ends_with(b"\n") {
            stripped.pop();
        }
    }
    (stripped != NEW.as_bytes()).then_some(stripped)
}

/// Whether `line` does nothing but call `hook`.
fn is_call(line: &[u8], hook: Hook) -> bool {
    let line = line.trim_ascii();
    let line = line.strip_suffix(MARK.trim_start().as_bytes()).unwrap_or(line).trim_ascii();
    let or_not = [&b"|| :"[..], b"|| true"].into_iter().find_map(|end| line.strip_suffix(end));
    let line = or_not.unwrap_or(line).trim_ascii();
    let calls = Supervisor::ALL.map(|kind| [hook.command(kind), hook.block(kind)]);
    calls.iter().flatten().any(|call| line == call.as_bytes())
}

/// Whether `text` calls `hook`.
pub fn calls(text: &[u8], hook: Hook) -> bool {
    line_of_call(text, hook).is_some()
}

/// The number of the line that calls `hook`.
pub(super) fn line_of_call(text: &[u8], hook: Hook) -> Option<usize> {
    let path = program(hook.program());
    let names = |line: &[u8]| {
        let code = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        code.windows(path.len()).any(|part| part == path.as_bytes())
    };
    Some(text.split(|byte| *byte == b'\n').position(names)? + 1)
}

/// The number of a line before the call of `hook` in a shell script, behind which nothing is run.
pub fn end_before_call(text: &[u8], hook: Hook) -> Option<usize> {
    let call = line_of_call(text, hook)?;
    if language(text) != Some(Language::Shell) {
        return None;
    }
    Some(text.split(|byte| *byte == b'\n').take(call - 1).position(ends)? + 1)
}

/// Whether `line` ends a shell script, wherever it comes to: what is indented, it may not come to.
fn ends(line: &[u8]) -> bool {
    let mut words = line.split(|byte| byte.is_ascii_whitespace() || *byte == b';');
    match (words.next(), words.next()) {
        (Some(b"exit"), _) => true,
        // Without a command it directs output.
        (Some(b"exec"), Some(word)) => !word.iter().any(|byte| matches!(byte, b'<' | b'>')),
        _ => false,
    }
}

/// What somebody is to put into a program that is written in another language.
pub(super) fn by_hand(text: &[u8], hook: Hook, kind: Supervisor) -> String {
    let call = format!("{} {}", program(hook.program()), kind.word());
    match (language(text), hook) {
        (Some(_), _) => {
            format!("with -S0 behind execlineb, as its first line: {}", hook.block(kind))
        }
        (None, Hook::Run) => format!("before it becomes the service, have it run: {call}"),
        (None, Hook::Finish) => {
            format!("before all else, have it run with its own arguments: {call} ARGUMENTS")
        }
    }
}
