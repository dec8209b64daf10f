//! Every command that a page shows is run, from top to bottom, and ends as the page has it.

use std::fs::read_to_string;

use super::elsewhere::{ELSEWHERE, Elsewhere};
use super::page::{Page, Span, pages, project as in_project};
use super::snippets::{Content, content};
use super::stage::Stage;
use super::{nothing_in, project};

/// What the lines begin with that people type.
const PROGRAMS: [&str; 15] = [
    "cargo",
    "dpkg",
    "initctl",
    "install",
    "ln",
    "make",
    "restart",
    "rpm",
    "service",
    "start",
    "status",
    "stop",
    "tar",
    "upstart-crash",
    "apt-get",
];

/// Commands that do not end with status 0, and why that is right; `*` is whatever follows.
const OTHERWISE: [(&str, i32, &str); 5] = [
    ("upstart-crash disable", 2, "the command is named there; typed, it wants a job"),
    ("upstart-crash enable", 2, "the same"),
    ("upstart-crash retry", 2, "the same; it wants a sink or a message"),
    ("upstart-crash show", 2, "the same; it wants a report"),
    ("upstart-crash doctor*", 1, "the host of this test has no observer, and /var/run on a disk"),
];

/// Whether `text` begins with a command: a program and what it is given. `stop on` is a stanza.
pub(super) fn is_command(text: &str) -> bool {
    let mut words = typed(text).split_whitespace().skip_while(|word| is_assignment(word));
    let program = words.next().unwrap_or_default();
    PROGRAMS.contains(&program) && words.next().is_some_and(|word| word != "on")
}

/// Of a line, what is typed: no comment, and no explanation behind two spaces.
fn typed(line: &str) -> &str {
    let line = line.lines().next().unwrap_or_default();
    let ends = [line.find("  "), line.find(" #")];
    let end = ends.into_iter().flatten().min().unwrap_or(line.len());
    line.get(..end).unwrap_or_default()
}

/// `UPDATE_PAYLOADS=1`
fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

/// The commands of `page`, in their order: each line of a block of commands, and the spans that are
/// commands.
fn commands(page: &Page) -> Vec<Span> {
    let mut commands = page.spans();
    commands.retain(|span| is_command(&span.text));
    for block in page.blocks() {
        if content(&block) == Some(Content::Commands) {
            let lines = (block.line..).zip(block.text.lines()).filter(|(_, text)| !text.is_empty());
            commands.extend(lines.map(|(line, text)| Span { line, text: typed(text).to_owned() }));
        }
    }
    commands.sort_by_key(|command| command.line);
    commands
}

/// Runs `command`, or finds out where it is run.
fn run(stage: &Stage, command: &str) -> Result<(), String> {
    names_this_version(command)?;
    if let Some(elsewhere) = ELSEWHERE.iter().find(|other| is_meant(other.command, command)) {
        return is_run(elsewhere);
    }
    let words: Vec<_> = command.split_whitespace().skip_while(|word| is_assignment(word)).collect();
    match words[0] {
        "make" => project::make(&words[1..]),
        "cargo" => project::cargo(&words[1..]),
        "install" | "ln" | "upstart-crash" => {
            let otherwise = OTHERWISE.iter().find(|(known, ..)| is_meant(known, command));
            let expected = otherwise.map_or(0, |(_, status, _)| *status);
            let (status, said) = stage.type_in(command);
            (status == Some(expected)).then_some(()).ok_or(format!("status {status:?}: {said}"))
        }
        _ => Err("no test runs it: see tests/docs/elsewhere.rs".to_owned()),
    }
}

/// Whether an entry of a table is on `command`.
fn is_meant(entry: &str, command: &str) -> bool {
    entry.strip_suffix('*').map_or(entry == command, |start| command.starts_with(start))
}

/// Whether a package that it names is the one that is made now.
fn names_this_version(command: &str) -> Result<(), String> {
    let Some((_, rest)) = command.split_once("upstart-monitor-hooks") else { return Ok(()) };
    let version = env!("CARGO_PKG_VERSION");
    let is_this = rest.get(1..).is_some_and(|rest| rest.starts_with(version));
    is_this.then_some(()).ok_or(format!("the version is {version}"))
}

/// Whether the test that is to run it holds what it is to run it by.
fn is_run(elsewhere: &Elsewhere) -> Result<(), String> {
    let test = read_to_string(in_project(elsewhere.test)).map_err(|error| error.to_string())?;
    let is_there = test.contains(elsewhere.by);
    is_there.then_some(()).ok_or(format!("{} has no `{}`", elsewhere.test, elsewhere.by))
}

#[test]
fn every_command_is_run() {
    let (mut faults, mut count) = (Vec::new(), 0);
    for page in pages() {
        let stage = Stage::new();
        for command in commands(&page) {
            count += 1;
            if let Err(why) = run(&stage, &command.text) {
                let place = page.place(command.line);
                faults.push(format!("{place}: {}: {why}", command.text));
            }
        }
    }
    nothing_in(&faults);
    assert!(count > 80, "{count} commands");
}

#[test]
fn no_entry_of_a_table_is_left_over() {
    let all: Vec<_> = pages().iter().flat_map(commands).map(|command| command.text).collect();
    let is_there = |entry: &str| all.iter().any(|command| is_meant(entry, command));
    for elsewhere in &ELSEWHERE {
        assert!(is_there(elsewhere.command), "no page has {:?}", elsewhere.command);
    }
    for (command, ..) in OTHERWISE {
        assert!(is_there(command), "no page has {command:?}");
    }
}
