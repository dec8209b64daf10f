//! The hooks are taken out, and what was changed elsewhere meanwhile stays.

use std::ops::Range;

use super::insert::{Edit, edited, script_around, whole_lines};
use super::{HEADER, HOOKS, KEPT, MARK, call, call_at_exit, path_of};
use crate::job_file::{JobFile, Process, Run, Stanza};

/// The text of `file` without the hooks: what it was before they were put in.
pub(super) fn strip(file: &JobFile) -> Vec<u8> {
    let mut edits = Vec::new();
    for stanza in file.stanzas() {
        for hook in HOOKS {
            if let Some(run) = stanza.run_of(hook) {
                edits.extend(out_of(file, stanza, hook, run));
            }
        }
    }
    let headers = headers(file, &edits);
    edits.extend(headers);
    edited(file, edits)
}

/// What is taken out of one stanza.
fn out_of(file: &JobFile, stanza: &Stanza, hook: Process, run: &Run) -> Vec<Edit> {
    let lines = whole_lines(file, stanza);
    let text = match (run, lines.clone()) {
        (Run::Exec(command), Some(lines)) if command == path_of(hook).as_bytes() => {
            return vec![(lines, Vec::new())];
        }
        (Run::Exec(_), _) => return Vec::new(),
        (Run::Script(text), _) => text.clone(),
    };
    let mut edits = calls_in(file, hook, text);
    if let Some(lines) = lines {
        let kept = kept_above(file, lines.start);
        if let Some(original) = original(file, hook, kept.clone(), lines.clone()) {
            return vec![(kept.start..lines.end, original)];
        }
        if !kept.is_empty() {
            edits.push((kept, Vec::new()));
        }
    }
    edits
}

/// The comment lines directly above the line at `below` that hold what a script stands in for.
fn kept_above(file: &JobFile, below: usize) -> Range<usize> {
    let mut start = below;
    while start > 0 {
        let above = file.line_start(start - 1);
        if !file.part(above..start).starts_with(KEPT.as_bytes()) {
            break;
        }
        start = above;
    }
    start..below
}

/// What stood where there are now the comments `kept` and the script in `lines`; `None` where that
/// is not what was put there.
fn original(
    file: &JobFile,
    hook: Process,
    kept: Range<usize>,
    lines: Range<usize>,
) -> Option<Vec<u8>> {
    let mut original = Vec::new();
    for line in file.part(kept).split_inclusive(|byte| *byte == b'\n') {
        original.extend_from_slice(line.strip_prefix(KEPT.as_bytes())?);
    }
    let stanza = JobFile::read(original.clone());
    let [stanza] = stanza.stanzas() else { return None };
    let Some(Run::Exec(command)) = stanza.run_of(hook) else { return None };
    let script = script_around(hook, command);
    let now = file.part(lines);
    if now == script {
        return Some(original);
    }
    // The file has no newline at its end, and had none.
    original.pop();
    (script.strip_suffix(b"\n") == Some(now)).then_some(original)
}

/// The calls of `hook` in the script at `text`: a line each, or what stands before others' words.
fn calls_in(file: &JobFile, hook: Process, text: Range<usize>) -> Vec<Edit> {
    let calls = [call_at_exit(hook), call(hook), path_of(hook)];
    let mut edits = Vec::new();
    let mut at = text.start;
    for line in file.part(text).split_inclusive(|byte| *byte == b'\n') {
        let words = line.trim_ascii();
        let words = words.strip_suffix(MARK.trim_start().as_bytes()).unwrap_or(words);
        let indent = line.len() - line.trim_ascii_start().len();
        let prefix = calls.iter().map(|call| format!("{call}; "));
        if calls.iter().any(|call| words.trim_ascii_end() == call.as_bytes()) {
            edits.push((at..at + line.len(), Vec::new()));
        } else if let Some(prefix) =
            prefix.into_iter().find(|prefix| line.trim_ascii_start().starts_with(prefix.as_bytes()))
        {
            edits.push((at + indent..at + indent + prefix.len(), Vec::new()));
        }
        at += line.len();
    }
    edits
}

/// The comments above stanzas that were added, and the empty line below those.
fn headers(file: &JobFile, edits: &[Edit]) -> Vec<Edit> {
    let (mut found, mut at) = (Vec::new(), 0);
    let is_in_stanza = |at| file.stanzas().iter().any(|stanza| stanza.range.contains(&at));
    for line in file.bytes().split_inclusive(|byte| *byte == b'\n') {
        if line == HEADER.as_bytes() && !is_in_stanza(at) {
            let mut end = at + line.len();
            found.push((at..end, Vec::new()));
            while let Some((range, _)) = edits.iter().find(|(range, _)| range.start == end)
                && !range.is_empty()
            {
                end = range.end;
            }
            if file.part(end..end + 1) == b"\n" {
                found.push((end..end + 1, Vec::new()));
            }
        }
        at += line.len();
    }
    found
}
