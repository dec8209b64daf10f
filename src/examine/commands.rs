//! The operator's own commands, all at the same time.

use std::thread;

use super::Scene;
use super::settings::Command;
use crate::aftermath::CommandResult;
use crate::run_command::{Children, PATH, Run, run};
use crate::snapshot::Incomplete;

/// The most that are run after one crash.
pub(super) const MOST: usize = 16;

/// What the commands for this job said; one that could not be started goes to `gaps`.
pub(super) fn collect(scene: &Scene, gaps: &mut Vec<Incomplete>) -> Vec<CommandResult> {
    let environment = environment(scene);
    let environment = environment.as_slice();
    let ran: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = scene
            .commands()
            .take(MOST)
            .map(|command| {
                let run =
                    thread::Builder::new().spawn_scoped(scope, || result_of(command, environment));
                (command, run)
            })
            .collect();
        let ended = |(command, run): (_, std::io::Result<thread::ScopedJoinHandle<'_, _>>)| {
            let result = run
                .map(|run| run.join().unwrap_or_else(|_| Err(std::io::Error::other("it failed"))));
            (command, result.and_then(|result| result))
        };
        running.into_iter().map(ended).collect()
    });
    let mut results = Vec::new();
    for (command, ran) in ran {
        match ran {
            Ok(result) => results.push(result),
            Err(error) => gaps.push(Incomplete {
                part: format!("command {}", command.name),
                reason: format!("cannot run {:?}: {error}", command.argv.first()),
            }),
        }
    }
    results
}

/// What `command` says, run with `environment` and nothing else.
///
/// # Errors
/// Why it could not be started.
pub(super) fn result_of(
    command: &Command,
    environment: &[(&str, String)],
) -> std::io::Result<CommandResult> {
    let (argv, timeout, children) = (&command.argv, command.timeout, Children::Killed);
    let ended = run(Run { argv, environment, input: &[], timeout, children })?;
    Ok(CommandResult {
        name: command.name.clone(),
        exit: ended.exit,
        timed_out: ended.timed_out,
        seconds: (ended.ran.as_secs_f64() * 1000.0).round() / 1000.0,
        output: ended.output,
        truncated: ended.truncated,
    })
}

/// All that a command finds in its environment.
fn environment(scene: &Scene) -> Vec<(&'static str, String)> {
    let report = &scene.report;
    let exit = report.exit.words().unwrap_or_else(|| "unknown".to_owned());
    let all = [
        ("PATH", PATH.to_owned()),
        ("UPSTART_MONITOR_JOB", report.job.name.clone()),
        ("UPSTART_MONITOR_INSTANCE", report.job.instance.clone()),
        ("UPSTART_MONITOR_VERDICT", report.verdict.kind.word().to_owned()),
        ("UPSTART_MONITOR_EXIT", exit),
        ("UPSTART_MONITOR_REPORT_ID", report.id.to_string()),
        ("UPSTART_MONITOR_HOST", report.host.name.clone()),
    ];
    // A job's name may have any byte in it, but no variable can hold NUL.
    all.into_iter().map(|(name, value)| (name, value.replace('\0', "\u{fffd}"))).collect()
}
