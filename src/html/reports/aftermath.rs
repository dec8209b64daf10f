//! What an examination found after a crash.

use std::time::Duration;

use super::{fact, quote};
use crate::aftermath::{Aftermath, Changes, TopProcess};
use crate::html::markup::Markup;
use crate::message::{core_in_words, date};
use crate::report::duration_in_words;

/// How many processes are shown, the greediest.
const PROCESSES: usize = 5;

pub(super) fn write(html: &mut Markup, aftermath: &Aftermath) {
    if let Some(processes) = aftermath.processes.as_ref().filter(|top| !top.by_memory.is_empty()) {
        let lines: Vec<_> = processes.by_memory.iter().take(PROCESSES).map(process).collect();
        quote(html, "What used most memory", lines.iter().map(String::as_str));
    }
    html.element("dl", &[], |html| {
        if let Some(core) = &aftermath.core {
            fact(html, "Core", &core_in_words(core));
        }
        if let Some(Changes { booted_at, packages_changed_at, configuration }) = &aftermath.changes
        {
            fact(html, "Booted", &date(*booted_at));
            packages_changed_at.iter().for_each(|at| fact(html, "Packages changed", &date(*at)));
            for file in configuration {
                let text = format!("{}, {}", file.path, date(file.changed_at));
                fact(html, "Configuration changed", &text);
            }
        }
    });
    for command in aftermath.commands.iter().flatten() {
        quote(html, &format!("Command {}", command.name), command.output.lines());
    }
    for log in aftermath.logs.iter().flatten() {
        quote(html, &log.path, log.lines.iter().map(String::as_str));
    }
}

/// `811 postgres, up 9 d 23 h, 6144 MiB: postgres: shop`.
fn process(process: &TopProcess) -> String {
    let TopProcess { pid, user, age_seconds, memory_bytes, command, .. } = process;
    let age = duration_in_words(Duration::try_from_secs_f64(*age_seconds).unwrap_or_default());
    format!("{pid} {user}, up {age}, {} MiB: {command}", memory_bytes >> 20)
}
