//! What an examination found, on the page of `show`.

use std::time::Duration;

use crate::aftermath::{Aftermath, Changes, CommandResult, TopProcess};
use crate::cli::CliError;
use crate::cli::page::Page;
use crate::cli::text::{size, time};
use crate::message::{core_in_words, left_behind_in_words, recovery_in_words};
use crate::report::duration_in_words;

pub(super) fn print(page: &mut Page<'_>, aftermath: &Aftermath) -> Result<(), CliError> {
    if let Some(recovery) = &aftermath.recovery {
        let (words, by) = (recovery_in_words(recovery), &recovery.known_by);
        page.fact("Recovery", &format!("{words} (by {by})"))?;
    }
    if let Some(left) = aftermath.left_behind.as_ref().filter(|left| !left.is_empty()) {
        page.fact("Left", "processes of the dead run that still run")?;
        left.iter().try_for_each(|left| page.item(&left_behind_in_words(left)))?;
    }
    if let Some(core) = &aftermath.core {
        page.fact("Core", &core_in_words(core))?;
    }
    if let Some(processes) = &aftermath.processes {
        page.fact("Top", "by memory")?;
        print_processes(page, &processes.by_memory)?;
        if let Some(by_cpu) = processes.by_cpu.as_ref().filter(|by_cpu| !by_cpu.is_empty()) {
            page.fact("Top", "by processor time")?;
            print_processes(page, by_cpu)?;
        }
    }
    if let Some(changes) = &aftermath.changes {
        print_changes(page, changes)?;
    }
    aftermath.commands.iter().flatten().try_for_each(|command| print_command(page, command))?;
    for log in aftermath.logs.iter().flatten() {
        page.fact("Log", &format!("{}: the last {} lines", log.path, log.lines.len()))?;
        log.lines.iter().try_for_each(|line| page.quote(line))?;
    }
    Ok(())
}

fn print_processes(page: &mut Page<'_>, processes: &[TopProcess]) -> Result<(), CliError> {
    for process in processes {
        let TopProcess { pid, user, state, command, .. } = process;
        let age = Duration::try_from_secs_f64(process.age_seconds).unwrap_or_default();
        let (age, memory) = (duration_in_words(age), size(process.memory_bytes));
        let cpu = process.cpu_percent.map_or(String::new(), |cpu| format!(", {cpu:.0} %"));
        page.item(&format!("{pid} {user} {state} {age}, {memory}{cpu}: {command}"))?;
    }
    Ok(())
}

fn print_changes(page: &mut Page<'_>, changes: &Changes) -> Result<(), CliError> {
    page.fact("Changed", &format!("booted {}", time(changes.booted_at)))?;
    if let Some(at) = changes.packages_changed_at {
        page.item(&format!("packages {}", time(at)))?;
    }
    let mut files = changes.configuration.iter();
    files.try_for_each(|file| page.item(&format!("{} {}", file.path, time(file.changed_at))))
}

fn print_command(page: &mut Page<'_>, command: &CommandResult) -> Result<(), CliError> {
    let ended = match command.exit {
        Some(0) => String::new(),
        Some(status) => format!(", exit status {status}"),
        None if command.timed_out => ", killed: its time was over".to_owned(),
        None => ", killed by a signal".to_owned(),
    };
    page.fact("Command", &format!("{} ({} s{ended})", command.name, command.seconds))?;
    command.output.lines().try_for_each(|line| page.quote(line))
}
