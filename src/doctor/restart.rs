//! Jobs that `restart` does not restart: Upstart takes it back as soon as a job has a pre-stop
//! (docs/restart.md), unless that is ours.

use super::finding::{Finding, Level, quoted};
use super::host::{Host, JobFacts};
use crate::enable::upstart::calls;
use crate::job_file::Process;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    host.services().filter_map(look_at).collect()
}

fn look_at(job: &JobFacts) -> Option<Finding> {
    let files = job.files.as_ref().ok()?;
    let (which, stanza, _) = files.process(Process::PreStop)?;
    let name = quoted(&job.place.name);
    let by_hand = format!("initctl stop {name} && initctl start {name}");
    let leave = |it: &crate::job_file::Stanza| {
        it.name == "env"
            && it.words().first().is_some_and(|it| it == "UPSTART_MONITOR_RESTART=leave")
    };
    let (level, words, advice) = match (calls(files, Process::PreStop), job.other_user()) {
        (true, None) if files.last(leave).is_some() => (
            Level::Notice,
            "`restart` does nothing: UPSTART_MONITOR_RESTART=leave".to_owned(),
            format!("{by_hand}  # in place of restart"),
        ),
        (true, None) => return None,
        (_, Some(user)) => (
            Level::Warning,
            format!(
                "`restart` does nothing: the job has a pre-stop, which runs as {user} (setuid)"
            ),
            format!("{by_hand}  # in place of restart"),
        ),
        (false, None) => (
            Level::Warning,
            "`restart` does nothing, and exits 0: the job has a pre-stop, which is not ours"
                .to_owned(),
            format!("upstart-crash enable {name}  # or in place of restart: {by_hand}"),
        ),
    };
    Some(Finding::new(level, job.line(which, stanza.line), words).advised(advice))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, job};
    use super::*;

    #[test]
    fn any_pre_stop_but_ours_swallows_a_restart() {
        const OURS: &str = "/opt/upstart-monitor/bin/pre-stop";
        for (conf, level) in [
            ("exec main\n".to_owned(), None),
            ("pre-stop exec own\nexec main\n".to_owned(), Some(Level::Warning)),
            (format!("pre-stop exec {OURS}\nexec main\n"), None),
            (format!("pre-stop script\n own\n {OURS}\nend script\nexec main\n"), None),
            (format!("setuid www\npre-stop exec {OURS}\n"), Some(Level::Warning)),
            (
                format!("env UPSTART_MONITOR_RESTART=leave\npre-stop exec {OURS}\n"),
                Some(Level::Notice),
            ),
        ] {
            let found = check(&Host { jobs: Ok(vec![job("api", &conf)]), ..host() });
            assert_eq!(found.first().map(|it| it.level), level, "{conf}");
        }
    }
}
