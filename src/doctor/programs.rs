//! Whether the programs are where stanzas, the observer's job and the kick look for them.

use super::finding::{Finding, Level, count, quoted, some_of};
use super::host::{Host, Program, ProgramState};
use crate::job_file::Process;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (hook, program) in &host.programs.hooks {
        let calls = |job: &&_| super::host::JobFacts::hooks(job).contains(hook);
        let jobs: Vec<_> = host.services().filter(calls).map(|job| &*job.place.name).collect();
        let others = others(host, *hook);
        let (level, words) = match (jobs.as_slice(), others.as_slice()) {
            ([], []) if host.is_observed_as_a_whole() => {
                (Level::Notice, "nothing names it".to_owned())
            }
            ([], []) => (Level::Warning, "nothing names it yet".to_owned()),
            ([], others) => (
                Level::Critical,
                format!(
                    "named by {}: {}. They run without it, and crashes are not told",
                    count(others.len(), "service"),
                    some_of(others.iter().copied())
                ),
            ),
            (jobs, _) => (
                Level::Critical,
                format!(
                    "named by {}: {}. Upstart starts no job whose pre-start is not to be executed, \
                     and respawns none whose post-stop is not",
                    count(jobs.len(), "job"),
                    some_of(jobs.iter().copied())
                ),
            ),
        };
        let named = jobs.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(" ");
        let remedy = match jobs.as_slice() {
            [] => "install upstart-monitor again".to_owned(),
            _ => format!("upstart-crash disable {named}  # or install upstart-monitor again"),
        };
        findings.extend(judge(program, level, &words, &remedy));
    }
    let words = "hooks and the boot job find no notifier: reports stay in the spool";
    let remedy = "install upstart-monitor again";
    findings.extend(judge(&host.programs.command, Level::Critical, words, remedy));
    findings.extend(other_version(host));
    findings
}

/// The units and the services of runit and s6 that name `hook`.
fn others(host: &Host, hook: Process) -> Vec<&str> {
    let name = hook.to_string();
    let units = host.systemd.iter().flat_map(|systemd| &systemd.units);
    let units = units.filter(|unit| unit.hooks.iter().any(|line| line.program == name));
    let services = host.service_directories.iter().filter(|service| match hook {
        Process::PreStart => service.run.calls,
        Process::PostStop => service.finish.calls,
        _ => false,
    });
    units.map(|unit| &*unit.name).chain(services.map(|service| &*service.name)).collect()
}

/// What is wrong with `program`, at what `level`; of a missing one, the `remedy`.
pub(super) fn judge(program: &Program, level: Level, words: &str, remedy: &str) -> Option<Finding> {
    let path = program.path.display().to_string();
    let chmod = format!("chmod 755 {}", quoted(&path));
    match &program.state {
        ProgramState::Fine => None,
        ProgramState::Missing => {
            Some(Finding::new(level, path, format!("is missing; {words}")).advised(remedy))
        }
        ProgramState::NotExecutable => {
            Some(Finding::new(level, path, format!("is not executable; {words}")).advised(chmod))
        }
        ProgramState::NotKnown(why) => Some(Finding::unknown(path, why.as_str())),
    }
}

/// Hooks of another version than this command: only a report tells which version wrote it.
fn other_version(host: &Host) -> Option<Finding> {
    let ours = env!("CARGO_PKG_VERSION");
    let agent = host.spool.as_ref().ok()?.agent.as_ref().filter(|agent| *agent != ours)?;
    let words = format!(
        "the last report was written by version {agent}, and this command is version {ours}; that \
         is so if it was upgraded since"
    );
    Some(Finding::new(Level::Notice, "hooks", words).advised("upstart-crash demo"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, job};
    use super::*;

    const CALLS: &str = "post-stop exec /opt/upstart-monitor/bin/post-stop\nexec main\n";

    #[test]
    fn a_hook_that_a_job_names_is_critical() {
        for (state, conf, has_observer, level, advice) in [
            (ProgramState::Missing, CALLS, true, Level::Critical, "disable api"),
            (ProgramState::NotExecutable, CALLS, true, Level::Critical, "chmod 755 /x/post-stop"),
            (ProgramState::Missing, "exec main\n", true, Level::Notice, "install"),
            (ProgramState::Missing, "exec main\n", false, Level::Warning, "install"),
        ] {
            let mut host = Host { jobs: Ok(vec![job("api", conf)]), has_observer, ..host() };
            let (_, program) = host.programs.hooks.last_mut().unwrap();
            *program = Program { path: "/x/post-stop".into(), state };
            let findings = check(&host);
            let [finding] = findings.as_slice() else { panic!("{findings:?}") };
            assert_eq!(finding.level, level);
            assert!(finding.advice.as_ref().unwrap().contains(advice), "{finding:?}");
        }
    }

    #[test]
    fn hooks_of_another_version_are_pointed_out() {
        let mut host = host();
        host.spool.as_mut().unwrap().agent = Some("0.0.1".to_owned());
        assert_eq!(check(&host).len(), 1);
        host.spool.as_mut().unwrap().agent = Some(env!("CARGO_PKG_VERSION").to_owned());
        assert_eq!(check(&host), []);
    }
}
