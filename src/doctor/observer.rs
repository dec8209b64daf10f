//! The job that looks after all others.

use super::finding::{Finding, Level, quoted};
use super::host::{Host, JobFacts, OBSERVER};
use super::programs;
use crate::init::Unavailable;
use crate::job_file::{Content, JobFile, Process, Which};
use crate::sys;

const JOB: &str = "upstart-monitor";

/// How the observer is installed.
pub(super) const INSTALL: &str =
    "install -m 0644 packaging/upstart/upstart-monitor.conf /etc/init/  # the observer";

pub(super) fn check(host: &Host) -> Vec<Finding> {
    if !host.has_observer {
        let words = "is not installed: only jobs that name the hooks are looked after";
        return vec![Finding::new(Level::Notice, "the observer", words).advised(INSTALL)];
    }
    let remedy = "install upstart-monitor again";
    let mut findings = Vec::new();
    findings.extend(programs::judge(
        &host.programs.observer,
        Level::Critical,
        "the observer sees nothing",
        remedy,
    ));
    let Some(job) = host.job(JOB) else { return findings };
    let off = is_off(job).or_else(|| does_something_else(job));
    findings.extend(off.map(|why| Finding::new(Level::Critical, JOB, why).advised(turn_on(job))));
    if job.instances == Err(Unavailable::UnknownJob) {
        let words = "init does not know it: it has not taken the file";
        let advice = "initctl reload-configuration && initctl list | grep upstart-monitor";
        findings.push(Finding::new(Level::Critical, JOB, words).advised(advice));
    }
    findings
}

/// Why a job of ours is not started by what it is to be started by.
pub(super) fn is_off(job: &JobFacts) -> Option<String> {
    let files = match &job.files {
        Ok(files) => files,
        Err(why) => return Some(why.clone()),
    };
    let faulty = [Which::Conf, Which::Override].into_iter().find_map(|which| {
        let fault = files.file(which).and_then(JobFile::fault)?;
        Some(format!("init does not take it: {}, {fault}", job.place.path(which).display()))
    });
    // `manual` takes back each `start on` before it.
    let starts = files.last(|stanza| matches!(stanza.name.as_str(), "start" | "manual"));
    faulty.or_else(|| match starts {
        Some((which, stanza)) if stanza.name == "manual" => {
            Some(format!("is switched off by `manual` ({})", job.line(which, stanza.line)))
        }
        Some(_) => None,
        None => Some("nothing starts it: it has no `start on`".to_owned()),
    })
}

/// What switches a job of ours on again.
pub(super) fn turn_on(job: &JobFacts) -> String {
    let is_overridden = job.files.as_ref().is_ok_and(|files| files.overriding.is_some());
    match is_overridden {
        true => format!("rm {}", quoted(&job.place.overriding.display().to_string())),
        false => format!("install -m 0644 packaging/upstart/{}.conf /etc/init/", job.place.name),
    }
}

/// Why the observer's job observes nothing.
fn does_something_else(job: &JobFacts) -> Option<String> {
    let files = job.files.as_ref().ok()?;
    let has = |text: &[u8], part: &str| text.windows(part.len()).any(|it| it == part.as_bytes());
    let (which, start) = files.named("start")?;
    let condition = match &start.content {
        Content::Condition(range) => files.file(which)?.part(range.clone()),
        _ => b"",
    };
    if !has(condition, "stopping") {
        return Some(format!("does not start on `stopping` ({})", job.line(which, start.line)));
    }
    let runs = files.text(Process::Main).is_some_and(|text| has(text, OBSERVER));
    (!runs).then(|| format!("does not run {OBSERVER}"))
}

/// What is wrong with the file `observed` as a whole.
pub(super) fn unsound(host: &Host) -> Option<Finding> {
    let (path, why) = (&host.observed_path, host.observed.as_ref().err()?);
    let words = format!("is not taken: {why}. Every job is observed");
    let shown = quoted(path);
    let advice = format!("chown root:root {shown} && chmod 644 {shown}");
    Some(Finding::new(Level::Warning, path, words).advised(advice))
}

pub(super) fn observed(host: &Host) -> Vec<Finding> {
    let path = &host.observed_path;
    let file = match &host.observed {
        _ if !host.has_observer => return Vec::new(),
        Ok(file) => file,
        Err(_) => return unsound(host).into_iter().collect(),
    };
    let Ok(jobs) = &host.jobs else { return Vec::new() };
    let mut findings = Vec::new();
    for (number, line) in file.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        let glob = line.strip_prefix(b"!").unwrap_or(line).trim_ascii();
        let matches = |job: &JobFacts| sys::matches(glob, job.place.name.as_bytes());
        if !line.is_empty() && !line.starts_with(b"#") && !jobs.iter().any(matches) {
            let words = format!("`{}` is the name of no job", String::from_utf8_lossy(glob));
            let what = format!("{path}:{}", number + 1);
            findings.push(Finding::new(Level::Notice, what, words).advised("initctl list"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, job, overridden};
    use super::*;

    const CONF: &str = include_str!("../../packaging/upstart/upstart-monitor.conf");

    #[test]
    fn an_observer_that_observes_nothing_is_critical() {
        let unknown = JobFacts { instances: Err(Unavailable::UnknownJob), ..job(JOB, CONF) };
        for (ours, words) in [
            (job(JOB, CONF), None),
            (overridden(JOB, CONF, "manual\n"), Some("is switched off by `manual`")),
            (overridden(JOB, CONF, "start on stopping web\n"), None),
            (overridden(JOB, CONF, "start on started\n"), Some("does not start on `stopping`")),
            (overridden(JOB, CONF, "exec /bin/true\n"), Some("does not run")),
            (job(JOB, "exec main\n"), Some("nothing starts it")),
            (job(JOB, "start on stopping\nscript\n"), Some("init does not take it")),
            (unknown, Some("init does not know it")),
        ] {
            let host = Host { jobs: Ok(vec![ours]), ..host() };
            let findings = check(&host);
            let found = findings.first().map(|it| (it.level, it.words.contains(words.unwrap())));
            assert_eq!(found, words.map(|_| (Level::Critical, true)), "{findings:?}");
        }
    }

    #[test]
    fn a_line_of_observed_that_names_no_job_is_pointed_out() {
        let observed = |text: &str| {
            let jobs = Ok(vec![job("web-1", "exec main\n")]);
            super::observed(&Host { jobs, observed: Ok(text.into()), ..host() })
        };
        assert_eq!(observed("# none\n\nweb-*\n!web-1\n"), []);
        let found = observed("web-*\n! cron \n");
        assert_eq!(found[0].what, "/etc/upstart-monitor/observed:2");
        assert!(found[0].words.contains("`cron`"), "{found:?}");
        let refused = Host { observed: Err("longer than 16 KiB".to_owned()), ..host() };
        assert_eq!(super::observed(&refused)[0].level, Level::Warning);
    }
}
