//! Whether the hooks that a job names are whole, and are the ones that init runs.

use super::finding::{Finding, Level, quoted};
use super::host::{Host, JobFacts};
use crate::enable::upstart::{HOOKS, names, path_of};
use crate::job_file::{Effective, JobFile, Process, Run, Stanza, Which};
use crate::paths::COMMAND;

/// Whether init takes the files.
pub(super) fn files(host: &Host) -> Vec<Finding> {
    let jobs = match &host.jobs {
        Ok(jobs) => jobs,
        Err(why) => return vec![Finding::unknown("the jobs", host.unless_root(why.as_str()))],
    };
    let mut findings = Vec::new();
    for job in jobs {
        let files = match &job.files {
            Ok(files) => files,
            Err(why) => {
                findings.push(Finding::unknown(&job.place.name, host.unless_root(why.as_str())));
                continue;
            }
        };
        for which in [Which::Conf, Which::Override] {
            if let Some(fault) = files.file(which).and_then(JobFile::fault) {
                let path = quoted(&job.place.path(which).display().to_string());
                findings.push(
                    Finding::new(
                        Level::Warning,
                        job.line(which, fault.line),
                        format!("init does not take this file ({fault})"),
                    )
                    .advised(format!("init-checkconf {path}")),
                );
            }
        }
    }
    findings
}

/// Whether hooks count, are whole, and are named as they are called.
pub(super) fn check(host: &Host) -> Vec<Finding> {
    let mut findings = Vec::new();
    for job in host.services() {
        let Ok(files) = &job.files else { continue };
        let found = findings.len();
        findings.extend(overridden(job, files));
        findings.extend(misnamed(job, files));
        if findings.len() == found && !host.is_observed(job) {
            findings.extend(half(job));
        }
    }
    findings
}

/// Hooks of ours that another stanza stands in for.
fn overridden(job: &JobFacts, files: &Effective) -> Vec<Finding> {
    let mut findings = Vec::new();
    for hook in HOOKS {
        let Some((winner, stanza, _)) = files.process(hook) else { continue };
        let is_ours = |file: &JobFile, stanza: &Stanza| {
            stanza.run_of(hook).is_some_and(|run| names(text_of(file, run), hook))
        };
        let ours = [Which::Override, Which::Conf].into_iter().find_map(|which| {
            let file = files.file(which)?;
            Some((which, file.stanzas().iter().rev().find(|it| is_ours(file, it))?))
        });
        if crate::enable::upstart::calls(files, hook) {
            continue;
        }
        if let Some((which, lost)) = ours {
            let words = format!(
                "this {hook} stands in for ours in {}: of two the last counts",
                job.line(which, lost.line)
            );
            let what = job.line(winner, stanza.line);
            let advice = format!("upstart-crash enable {}", quoted(&job.place.name));
            findings.push(Finding::new(Level::Warning, what, words).advised(advice));
        }
    }
    findings
}

fn text_of<'f>(file: &'f JobFile, run: &'f Run) -> &'f [u8] {
    match run {
        Run::Exec(command) => command,
        Run::Script(range) => file.part(range.clone()),
    }
}

/// Paths that are meant for a hook of ours, and are none, or another's.
fn misnamed(job: &JobFacts, files: &Effective) -> Vec<Finding> {
    let mut findings = Vec::new();
    for hook in HOOKS {
        let Some((which, stanza, _)) = files.process(hook) else { continue };
        let text = String::from_utf8_lossy(files.text(hook).unwrap_or_default());
        for line in text.lines() {
            let code = line.split('#').next().unwrap_or_default();
            let words = code.split(|c: char| c.is_whitespace() || "'\"`;|&()<>=".contains(c));
            for word in words.filter(|word| is_meant_for_us(word, hook)) {
                let named = format!("{hook} names {word}; ours is {}", path_of(hook));
                let what = job.line(which, stanza.line);
                let path = quoted(&job.place.path(which).display().to_string());
                let lines = files
                    .file(which)
                    .map_or(b"".as_slice(), |file| file.part(stanza.range.clone()));
                let ends = lines.iter().filter(|byte| **byte == b'\n').count();
                // The last of them ends the stanza.
                let (from, to) = (stanza.line, stanza.line + ends.saturating_sub(1));
                let advice = format!("sed -i '{from},{to}s|{word}|{}|' {path}", path_of(hook));
                findings.push(Finding::new(Level::Critical, what, named).advised(advice));
            }
        }
    }
    findings
}

/// Whether `word` is a path that is meant for our `hook`, and is not its path.
fn is_meant_for_us(word: &str, hook: Process) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    let is_a_hooks = HOOKS.iter().any(|other| name == other.to_string());
    let is_another_program = word == COMMAND || !word.contains("/bin/");
    word.starts_with('/')
        && word != path_of(hook)
        && !is_another_program
        && (word.contains("upstart-monitor") || (is_a_hooks && word.starts_with("/opt/")))
}

/// Some hooks without the others.
fn half(job: &JobFacts) -> Option<Finding> {
    let hooks = job.hooks();
    let has = |hook| hooks.contains(&hook);
    let (level, words) =
        match (has(Process::PreStart), has(Process::PreStop), has(Process::PostStop)) {
            (false, false, false) | (true, true, true) => return None,
            (true, false, true) => {
                (Level::Notice, "has no pre-stop of ours: some planned stops are told as `unclear`")
            }
            (true, _, false) => (
                Level::Warning,
                "has our pre-start and not our post-stop: an end is told at the next start only",
            ),
            (false, _, true) => (
                Level::Warning,
                "has our post-stop and not our pre-start: it finds no marker, and tells nothing",
            ),
            (false, true, false) => {
                (Level::Warning, "has our pre-stop alone: nobody tells how it ends")
            }
        };
    let advice = format!("upstart-crash enable {}", quoted(&job.place.name));
    Some(Finding::new(level, &job.place.name, words).advised(advice))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, job, overridden};
    use super::*;

    const HOOKS: &str = "pre-start exec /opt/upstart-monitor/bin/pre-start\n\
                         pre-stop exec /opt/upstart-monitor/bin/pre-stop\n\
                         post-stop exec /opt/upstart-monitor/bin/post-stop\nexec main\n";

    fn found(job: JobFacts) -> Vec<(String, Level, String)> {
        let host = Host { jobs: Ok(vec![job]), has_observer: false, ..host() };
        let findings = check(&host).into_iter();
        findings.map(|it| (it.what, it.level, it.words)).collect()
    }

    #[test]
    fn hooks_that_do_not_count_are_found_at_their_line() {
        let twice = format!("{HOOKS}post-stop exec own\n");
        for (job, what) in [
            (job("api", HOOKS), None),
            (job("api", &twice), Some("/etc/init/api.conf:5")),
            (overridden("api", HOOKS, "pre-start exec own\n"), Some("/etc/init/api.override:1")),
            (overridden("api", HOOKS, "manual\n"), None),
            (overridden("api", "exec main\n", HOOKS), None),
        ] {
            let found = found(job);
            assert_eq!(found.first().map(|(what, ..)| &**what), what, "{found:?}");
        }
    }

    #[test]
    fn a_path_that_is_not_ours_is_found() {
        for (line, is_found) in [
            ("post-stop exec /opt/upstart-monitor/bin/pre-stop", true),
            ("post-stop exec /opt/upstart-monitor/bin/poststop", true),
            ("post-stop exec /opt/upstart-monitr/bin/post-stop", true),
            ("post-stop exec /usr/local/upstart-monitor/bin/post-stop", true),
            ("post-stop script\n  /opt/upstart-monitor/bin/posst-stop || true\nend script", true),
            ("post-stop exec nice /opt/upstart-monitor/bin/post-stop", false),
            ("post-stop exec /usr/bin/post-stop", false),
            ("post-stop exec ls /var/spool/upstart-monitor", false),
            ("post-stop exec /opt/upstart-monitor/bin/upstart-crash deliver", false),
            ("post-stop script\n  # /opt/upstart-monitor/bin/posst-stop\n  own\nend script", false),
        ] {
            let found = found(job("api", &format!("{line}\nexec main\n")));
            let is = found.iter().any(|(_, level, _)| *level == Level::Critical);
            assert_eq!(is, is_found, "{line}: {found:?}");
        }
    }

    #[test]
    fn some_hooks_without_the_others_are_told_unless_there_is_the_observer() {
        let line = |hook: &str| format!("{hook} exec /opt/upstart-monitor/bin/{hook}\n");
        for (hooks, level) in [
            (&["pre-start", "pre-stop", "post-stop"][..], None),
            (&["pre-start", "post-stop"], Some(Level::Notice)),
            (&["pre-start"], Some(Level::Warning)),
            (&["post-stop"], Some(Level::Warning)),
            (&["pre-stop"], Some(Level::Warning)),
            (&["pre-start", "pre-stop"], Some(Level::Warning)),
            (&[], None),
        ] {
            let conf: String = hooks.iter().map(|hook| line(hook)).collect();
            let found = found(job("api", &conf));
            assert_eq!(found.first().map(|(_, level, _)| *level), level, "{hooks:?}");
            let host = Host { jobs: Ok(vec![job("api", &conf)]), has_observer: true, ..host() };
            assert_eq!(check(&host), []);
        }
    }

    #[test]
    fn a_file_that_init_does_not_take_is_told_with_its_line() {
        let broken = JobFacts { files: Err("denied".to_owned()), ..job("b", "") };
        let host = Host { jobs: Ok(vec![job("a", "exec a\nscript\n"), broken]), ..host() };
        let found = files(&host);
        assert_eq!((&*found[0].what, found[0].level), ("/etc/init/a.conf:2", Level::Warning));
        assert_eq!((&*found[1].what, found[1].level), ("b", Level::Unknown));
    }
}
