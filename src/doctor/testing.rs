//! A host on which all is well, for tests of what is not.

use std::path::PathBuf;

use super::host::{
    ConfigFacts, Host, HostDropIn, Instance, JobFacts, KernelLogFacts, Machine, Mark, Program,
    ProgramOfService, ProgramState, Programs, ServiceFacts, SinkFacts, SpoolFacts, SystemdFacts,
    UnitFacts, Us,
};
use crate::enable::systemd::{hook_lines, unit_text};
use crate::enable::upstart::{HOOKS, JobPlace, path_of};
use crate::host_supervisors::{HostSupervisor, HostSupervisors};
use crate::init::{Goal, InitStatus, LogPriority, State};
use crate::job_file::{Effective, JobFile};
use crate::paths::COMMAND;
use crate::spool::Limits;
use crate::supervisor::Supervisor;
use crate::time::Timestamp;

const SINK: &str = "slack.ops";

/// A host on which every check is fine, with the observer and one job.
pub(super) fn host() -> Host {
    let now = Timestamp::from_micros(1_795_300_000_000_000);
    let fine = |path: String| Program { path: path.into(), state: ProgramState::Fine };
    let observer = include_str!("../../packaging/upstart/upstart-monitor.conf");
    let deliver = include_str!("../../packaging/upstart/upstart-monitor-deliver.conf");
    Host {
        now,
        us: Us { is_root: true, is_in_session: false },
        supervisors: HostSupervisors::of(HostSupervisor {
            kind: Supervisor::Upstart,
            version: None,
            is_at_work: true,
        }),
        systemd: None,
        service_directories: Vec::new(),
        init: Ok(LogPriority::Message),
        programs: Programs {
            hooks: HOOKS.map(|hook| (hook, fine(path_of(hook)))).into(),
            observer: fine(super::host::OBSERVER.to_owned()),
            command: fine(COMMAND.to_owned()),
        },
        machine: Machine {
            run: "/var/run".to_owned(),
            run_is_in_memory: Ok(true),
            run_is_read_only: Ok(false),
            kernel_log: KernelLogFacts {
                readable: Ok(()),
                complete: Ok(()),
                has_times: true,
                is_for_root: false,
            },
            built: Some(now),
        },
        jobs: Ok(vec![
            job("upstart-monitor", observer),
            job("upstart-monitor-deliver", deliver),
            job("nginx", "respawn\nexec nginx -g 'daemon off;'\n"),
        ]),
        has_observer: true,
        observed_path: "/etc/upstart-monitor/observed".to_owned(),
        observed: Ok(Vec::new()),
        orphans: Vec::new(),
        config: Ok(ConfigFacts { sinks: vec![SINK.to_owned()], limits: Limits::default() }),
        spool: Ok(SpoolFacts {
            dir: "/var/spool/upstart-monitor".into(),
            exists: true,
            ..SpoolFacts::default()
        }),
    }
}

/// A job that is down, with this file.
pub(super) fn job(name: &str, conf: &str) -> JobFacts {
    let path = |end: &str| PathBuf::from(format!("/etc/init/{name}{end}"));
    JobFacts {
        place: JobPlace {
            name: name.to_owned(),
            conf: path(".conf"),
            overriding: path(".override"),
        },
        files: Ok(Effective { conf: JobFile::read(conf.into()), overriding: None }),
        instances: Ok(Vec::new()),
        log_path_len: format!("/var/log/upstart/{name}.log").len(),
    }
}

/// The same with an `.override`.
pub(super) fn overridden(name: &str, conf: &str, overriding: &str) -> JobFacts {
    let mut job = job(name, conf);
    if let Ok(files) = &mut job.files {
        files.overriding = Some(JobFile::read(overriding.into()));
    }
    job
}

/// An instance that is up.
pub(super) fn up(name: &str, mark: Mark) -> Instance {
    let status = InitStatus { goal: Goal::Start, state: State::Running, main_pid: Some(7) };
    Instance { name: name.to_owned(), status: Ok(status), mark, main_exists: Some(true) }
}

/// A sink that has everything.
pub(super) fn sink() -> SinkFacts {
    SinkFacts {
        name: SINK.to_owned(),
        owed: 0,
        since: None,
        next_attempt_at: None,
        last_error: None,
        parked: None,
        dead: 0,
    }
}

/// A systemd on whose host all is well.
pub(super) fn systemd() -> SystemdFacts {
    SystemdFacts {
        version: Some(252),
        answers: Ok(()),
        units: vec![unit("nginx.service")],
        host_drop_in: HostDropIn::On,
        path_unit: Ok(()),
    }
}

/// A unit with all hooks.
pub(super) fn unit(name: &str) -> UnitFacts {
    let hooks = hook_lines(unit_text(true).as_bytes());
    UnitFacts { name: name.to_owned(), hooks, is_loaded: true }
}

/// A service of runit's with both hooks.
pub(super) fn service(name: &str) -> ServiceFacts {
    let program = |file: &str| ProgramOfService {
        path: format!("/etc/service/{name}/{file}").into(),
        exists: true,
        is_executable: true,
        calls: true,
        ends_before: None,
    };
    ServiceFacts {
        name: name.to_owned(),
        kind: Supervisor::Runit,
        run: program("run"),
        finish: program("finish"),
        supervise: Ok(()),
    }
}
