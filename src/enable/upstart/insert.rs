//! The hooks are put in.

use std::ops::Range;

use super::{HEADER, HOOKS, JobPlace, KEPT, MARK, Refused, call, call_at_exit, path_of};
use crate::job_file::{Effective, JobFile, Process, Run, Stanza, Which};

/// What is written in place of a part of a file.
pub(super) type Edit = (Range<usize>, Vec<u8>);

/// `job` with all three hooks; in it is no call of them yet.
///
/// # Errors
/// [`Refused::SharedLine`].
pub(super) fn insert(job: &Effective, place: &JobPlace) -> Result<Effective, Refused> {
    let (mut conf, mut overriding) = (Vec::new(), Vec::new());
    let mut added = Vec::new();
    for hook in HOOKS {
        let Some((which, stanza, run)) = job.process(hook) else {
            added.push(hook);
            continue;
        };
        let (file, edits) = match (which, &job.overriding) {
            (Which::Override, Some(file)) => (file, &mut overriding),
            _ => (&job.conf, &mut conf),
        };
        let edit = match run {
            Run::Script(text) => into_script(file, hook, text.clone()),
            Run::Exec(command) => beside_command(file, stanza, hook, command)
                .ok_or_else(|| Refused::SharedLine(place.path(which).to_owned(), stanza.line))?,
        };
        edits.push(edit);
    }
    if !added.is_empty() {
        let mut block = HEADER.to_owned();
        added.iter().for_each(|hook| block.push_str(&stanza_of(*hook)));
        block.push('\n');
        let at = place_for_stanzas(&job.conf);
        conf.push((at..at, block.into_bytes()));
    }
    Ok(Effective {
        conf: JobFile::read(edited(&job.conf, conf)),
        overriding: job.overriding.as_ref().map(|file| JobFile::read(edited(file, overriding))),
    })
}

/// The stanza of a job that has no such hook of its own.
fn stanza_of(hook: Process) -> String {
    format!("{hook} exec {}\n", path_of(hook))
}

/// `file` with `edits`, none of which overlap.
pub(super) fn edited(file: &JobFile, mut edits: Vec<Edit>) -> Vec<u8> {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let (mut text, mut at) = (Vec::new(), 0);
    for (range, new) in edits {
        text.extend_from_slice(file.part(at..range.start));
        text.extend(new);
        at = range.end;
    }
    text.extend_from_slice(file.part(at..file.bytes().len()));
    text
}

/// The call, as the first thing in the script at `text`.
///
/// It is as far indented as the line behind it: Upstart takes away what all lines are indented by,
/// and that stays the same. A script of one line stays one: Upstart gives it to the shell as an
/// argument, and longer ones through /proc.
fn into_script(file: &JobFile, hook: Process, text: Range<usize>) -> Edit {
    let own = file.part(text.clone());
    let indent: Vec<u8> =
        own.iter().copied().take_while(|byte| *byte == b' ' || *byte == b'\t').collect();
    let call = call_in(hook, own);
    let is_one_line = !own.is_empty() && !own.trim_ascii_end().contains(&b'\n');
    if is_one_line {
        let at = text.start + indent.len();
        return (at..at, format!("{call}; ").into_bytes());
    }
    let line = [&*indent, call.as_bytes(), MARK.as_bytes(), b"\n"].concat();
    (text.start..text.start, line)
}

/// How the script `own` calls `hook`.
///
/// pre-start and post-stop are called first, so that no `exit` and no failure comes before them.
/// pre-stop is called last: a `start` that cancels the stop while a script of the job's own still
/// runs, it must not miss. A script that may end without a shell's trap calls it first all the same.
fn call_in(hook: Process, own: &[u8]) -> String {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut words = own.split(|byte| !is_word(byte));
    if hook == Process::PreStop && !words.any(|word| matches!(word, b"exec" | b"trap")) {
        call_at_exit(hook)
    } else {
        call(hook)
    }
}

/// A script in place of `exec COMMAND`, whose lines are kept as comments; `None` where the stanza
/// shares its line with another.
fn beside_command(file: &JobFile, stanza: &Stanza, hook: Process, command: &[u8]) -> Option<Edit> {
    let range = whole_lines(file, stanza)?;
    let mut text = Vec::new();
    for line in file.part(range.clone()).split_inclusive(|byte| *byte == b'\n') {
        text.extend_from_slice(KEPT.as_bytes());
        text.extend_from_slice(line);
    }
    let is_last = text.last() != Some(&b'\n');
    if is_last {
        text.push(b'\n');
    }
    text.extend(script_around(hook, command));
    if is_last {
        text.pop();
    }
    Some((range, text))
}

/// The script that runs `hook`, and then `command` as init does: `exec COMMAND`.
pub(super) fn script_around(hook: Process, command: &[u8]) -> Vec<u8> {
    let (before, after) = match hook {
        Process::PreStop => (format!("{}; (exec ", call_at_exit(hook)), ")"),
        _ => (format!("{}; exec ", call(hook)), ""),
    };
    [
        format!("{hook} script\n    {before}").as_bytes(),
        command,
        format!("{after}\nend script\n").as_bytes(),
    ]
    .concat()
}

/// The lines that `stanza` stands on, if it stands there alone.
pub(super) fn whole_lines(file: &JobFile, stanza: &Stanza) -> Option<Range<usize>> {
    let start = file.line_start(stanza.range.start);
    file.part(start..stanza.range.start).trim_ascii().is_empty().then_some(start..stanza.range.end)
}

/// Where stanzas are added: before the service's own and the comment above it, else before all.
fn place_for_stanzas(file: &JobFile) -> usize {
    let main = file.last(|stanza| stanza.run_of(Process::Main).is_some());
    let lines = main.and_then(|main| whole_lines(file, main));
    let first = || file.stanzas().first().map(|first| file.line_start(first.range.start));
    let Some(mut at) = lines.map(|lines| lines.start).or_else(first) else { return 0 };
    // What stands before it: the end of another stanza is no comment.
    let before = file.stanzas().iter().map(|stanza| stanza.range.end).filter(|end| *end <= at);
    let bound = before.max().unwrap_or(0);
    while at > bound {
        let above = file.line_start(at - 1);
        let is_comment = file.part(above..at).trim_ascii_start().starts_with(b"#");
        if above < bound || !is_comment {
            break;
        }
        at = above;
    }
    at
}
