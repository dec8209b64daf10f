//! Jobs of whose main process init knows nothing, or the wrong thing: daemons that fork without
//! `expect`, or otherwise than `expect` says. Init takes the first process for the service.

use super::finding::{Finding, Level, quoted};
use super::host::{Host, JobFacts};
use crate::job_file::Process;

/// Words by which many a program is told to become a daemon.
const TO_BACKGROUND: [&str; 7] =
    ["--daemon", "-daemon", "--daemonize", "--daemonize=yes", "--background", "--fork", "--detach"];

/// Programs that become daemons unless they are told to stay, and what tells them.
const DAEMONS: [(&str, &str); 7] = [
    ("atd", "-f"),
    ("cron", "-f"),
    ("dnsmasq", "-k"),
    ("nginx", "daemon off"),
    ("ntpd", "-n"),
    ("rsyslogd", "-n"),
    ("sshd", "-D"),
];

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let mut findings = Vec::new();
    for job in host.services() {
        findings.extend(lost(job));
        let orphan = host.orphans.iter().find(|orphan| orphan.job == job.place.name);
        if let Some(orphan) = orphan {
            let words = format!(
                "is down, and its program {} runs as process {}, which init does not know: has it \
                 forked?",
                orphan.program.display(),
                orphan.pid
            );
            let advice = format!("kill {} && {}", orphan.pid, advice(job));
            findings.push(Finding::new(Level::Warning, &job.place.name, words).advised(advice));
        } else if let Some(why) = goes_to_background(job) {
            let words = format!("seems to fork ({why}), and there is no `expect`");
            findings
                .push(Finding::new(Level::Warning, &job.place.name, words).advised(advice(job)));
        }
    }
    findings
}

fn advice(job: &JobFacts) -> String {
    let conf = quoted(&job.place.conf.display().to_string());
    format!("echo 'expect daemon' >> {conf}  # `expect fork` if it forks once; or do not fork")
}

/// A main process that init knows and nobody else does.
fn lost(job: &JobFacts) -> Option<Finding> {
    let instances = job.instances.as_ref().ok()?;
    let gone = instances.iter().find(|instance| instance.main_exists == Some(false))?;
    let pid = gone.status.ok()?.main_pid?;
    let words = format!(
        "init waits for the end of process {pid}, which there is not: `expect` says otherwise than \
         the program forks. Its end is never told, and `stop` hangs"
    );
    let advice = format!("reboot  # once `expect` is put right in {}", job.place.conf.display());
    Some(Finding::new(Level::Critical, &job.place.name, words).advised(advice))
}

/// What of the command tells that it becomes a daemon, where init is not told.
fn goes_to_background(job: &JobFacts) -> Option<String> {
    let files = job.files.as_ref().ok().filter(|_| job.word("expect").is_none())?;
    let text = String::from_utf8_lossy(files.text(Process::Main)?);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let last = lines.map(str::trim).rfind(|line| !line.is_empty() && *line != "end script")?;
    let words: Vec<_> = last.split_whitespace().collect();
    if let Some(word) = words.iter().find(|word| TO_BACKGROUND.contains(word)) {
        return Some((*word).to_owned());
    }
    if last.ends_with('&') && !last.ends_with("&&") {
        return Some("&".to_owned());
    }
    let program = words.iter().find(|word| **word != "exec" && !word.contains('='))?;
    let name = program.rsplit('/').next()?;
    let (name, stays) = DAEMONS.iter().find(|(daemon, _)| *daemon == name)?;
    (!last.contains(stays)).then(|| format!("{name} without {stays}"))
}

#[cfg(test)]
mod tests {
    use super::super::host::{Instance, Mark, Orphan};
    use super::super::testing::{host, job, up};
    use super::*;

    #[test]
    fn daemons_are_known_by_what_they_are_told() {
        for (conf, why) in [
            ("exec /usr/bin/app\n", None),
            ("exec /usr/bin/app --daemonize\n", Some("--daemonize")),
            ("expect fork\nexec /usr/bin/app --daemonize\n", None),
            ("exec /usr/sbin/sshd -D\n", None),
            ("exec /usr/sbin/sshd\n", Some("sshd without -D")),
            ("exec nginx -g 'daemon off;'\n", None),
            ("script\n  cd /srv\n  exec nginx\nend script\n", Some("nginx without daemon off")),
            ("script\n  app --background &\n  wait\nend script\n", None),
            ("script\n  app &\nend script\n", Some("&")),
            ("exec start-stop-daemon --start --background --exec /a\n", Some("--background")),
            ("exec start-stop-daemon --start --exec /a\n", None),
            ("exec env A=b cron\n", None),
        ] {
            assert_eq!(goes_to_background(&job("api", conf)).as_deref(), why, "{conf}");
        }
    }

    #[test]
    fn a_process_that_is_not_there_and_one_that_is_not_known_are_found() {
        let gone = Instance { main_exists: Some(false), ..up("", Mark::Armed) };
        let lost = JobFacts { instances: Ok(vec![gone]), ..job("lost", "expect fork\nexec a\n") };
        let orphan = Orphan { job: "away".to_owned(), program: "/bin/a".into(), pid: 7 };
        let jobs = Ok(vec![lost, job("away", "exec /bin/a\n")]);
        let found = check(&Host { jobs, orphans: vec![orphan], ..host() });
        let levels: Vec<_> = found.iter().map(|it| (&*it.what, it.level)).collect();
        assert_eq!(levels, [("lost", Level::Critical), ("away", Level::Warning)]);
        assert!(found[1].advice.as_ref().unwrap().starts_with("kill 7"), "{found:?}");
    }
}
