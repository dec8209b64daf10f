//! One life, played step by step; after each step is looked at what was told, and what is left.

use std::fs::File;
use std::io::Write;
use std::ops::RangeInclusive;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};

use crate::steps::{Kind, Step};
use crate::support::{End, Host, Job, Layout, Stanza, wait_until};

/// A main process that says when it is up, and does what it is told to by a FIFO.
const DOES_AS_TOLD: &str = r#"
cd "$UPSTART_MONITOR_ROOT"
exec 3<>told
: >"up.$$"
read -r word <&3
eval "$word"
"#;

/// What a job did, seen from outside, after one step.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Done {
    step: Step,
    is_down: bool,
    mains: usize,
    respawns: usize,
    failures: usize,
    failed: Option<String>,
}

/// One job on a host of its own.
pub(crate) struct Life {
    host: Host,
    job: Job,
    kind: Kind,
    done: Vec<Done>,
}

impl Life {
    /// Starts the job.
    pub(crate) fn begin(layout: Layout, kind: &Kind) -> Self {
        let host = Host::laid_out(layout);
        mkfifo(&host.path("/told"), Mode::S_IRWXU).unwrap();
        let waits = |name: &str| {
            format!("while [ -e \"$UPSTART_MONITOR_ROOT/{name}\" ]; do sleep 0.01; done")
        };
        let polite = if kind.polite { "trap 'exit 0' TERM" } else { "" };
        let mut job = host
            .job(kind.name)
            .instance(kind.instance)
            .env("INSTANCE", kind.instance)
            .main(&format!("{polite}\n{DOES_AS_TOLD}"))
            .own_pre_start(&waits("pre-start"))
            .post_start(Some(Stanza::script(&waits("post-start"))))
            .respawn_limit(kind.respawn_limit, 600);
        if kind.respawn {
            job = job.respawn();
        }
        if kind.task {
            job = job.task();
        }
        if kind.normal_exit {
            job = job.normal_exit(&[End::Exited(3), End::Killed(Signal::SIGTERM)]);
        }
        let job = job.start();
        job.wait_until_up_after(0);
        Self { host, job, kind: kind.clone(), done: Vec::new() }
    }

    /// Plays all steps, and tells what the job did.
    pub(crate) fn play(mut self, steps: &[Step]) -> Vec<Done> {
        for step in steps {
            let from_down = matches!(
                step,
                Step::Start
                    | Step::StopInPreStart
                    | Step::StopInPostStart
                    | Step::DiesInPostStart(_)
            );
            match (self.job.is_down(), from_down) {
                (true, false) => self.step(Step::Start),
                (false, true) => self.step(Step::Stop),
                _ => {}
            }
            if *step != Step::Restart || self.kind.can_restart() {
                self.step(*step);
            }
        }
        self.done
    }

    fn step(&mut self, step: Step) {
        let (told, failures) = (self.host.reports().len(), self.job.failures());
        let may_be_told = self.may_be_told(step);
        self.act(step);
        let asked_for = self.job.failures() == failures;
        let may_be_told = if asked_for { may_be_told } else { 1..=1 };
        self.host.note(format!("after {step:?}: {may_be_told:?} may be told"));

        let reports = self.host.reports();
        let new: Vec<_> = reports[told..].iter().map(|report| &report["verdict"]["kind"]).collect();
        let layout = self.host.layout();
        if layout == Layout::Bare {
            assert!(new.is_empty());
        } else {
            assert!(may_be_told.contains(&new.len()), "{step:?}: {new:?}, not {may_be_told:?}");
        }
        if layout.is_observed() && !asked_for {
            let gave_up = self.job.failed().as_deref() == Some("respawn");
            assert_eq!(new, [if gave_up { "gave_up" } else { "crashed" }], "{step:?}");
        }
        self.nothing_is_left();
        self.done.push(Done {
            step,
            is_down: self.job.is_down(),
            mains: self.job.pids().len(),
            respawns: self.job.respawns(),
            failures: self.job.failures(),
            failed: self.job.failed(),
        });
    }

    /// How often an end may be told of that was asked for, or is a normal one.
    fn may_be_told(&self, step: Step) -> RangeInclusive<usize> {
        // What init wrote of an earlier run may be taken for this one's: the clocks differ.
        let is_hazy = self.host.read("/dev/kmsg").contains(" main process");
        let dies_of_sigterm = match step {
            Step::Stop | Step::StopInPostStart => !self.kind.polite,
            Step::Exits(143) | Step::Dies(_) | Step::DiesInPostStart(_) => true,
            _ => false,
        };
        let perhaps = 0..=usize::from(is_hazy || dies_of_sigterm);
        match (self.host.layout(), step) {
            (Layout::Bare | Layout::Observer | Layout::ObserverAndStanzas, _) => 0..=0,
            (Layout::ThreeStanzas, Step::Stop | Step::StopByEvent | Step::Restart) => 0..=0,
            (Layout::ThreeStanzas | Layout::WithoutPreStop, _) => perhaps,
        }
    }

    fn act(&mut self, step: Step) {
        match step {
            Step::Start => {
                self.job.start();
                self.job.wait_until_up_after(0);
            }
            Step::Stop => {
                self.is_up();
                self.job.stop();
            }
            Step::StopByEvent => {
                self.is_up();
                self.job.stop_by_event(&[("UPSTART_STOP_EVENTS", "stopping"), ("JOB", "db")]);
            }
            Step::Restart => {
                let mains = self.job.pids().len();
                self.is_up();
                self.job.request_restart();
                wait_until("another main process", || self.job.pids().len() > mains);
                self.job.wait_until_up_after(0);
            }
            Step::Exits(status) => {
                self.is_up();
                let tell = || {
                    let fifo = File::options().write(true).open(self.host.path("/told"));
                    writeln!(fifo.unwrap(), "exit {status}").unwrap();
                };
                self.job.wait_for_end(tell);
            }
            Step::Dies(signal) => {
                self.is_up();
                self.job.kill(signal);
            }
            Step::StopInPreStart => {
                self.host.write("/pre-start", "");
                self.job.request_start();
                self.job.wait_until_in("pre-start");
                self.job.request_stop();
                std::fs::remove_file(self.host.path("/pre-start")).unwrap();
                self.job.wait_until_down();
            }
            Step::StopInPostStart => {
                self.starts_in_post_start();
                self.job.request_stop();
                std::fs::remove_file(self.host.path("/post-start")).unwrap();
                self.job.wait_until_down();
            }
            Step::DiesInPostStart(signal) => {
                self.starts_in_post_start();
                self.job.wait_for_end(|| {
                    let pid = *self.job.pids().last().unwrap();
                    kill(Pid::from_raw(pid), signal).unwrap();
                    self.job.wait_for_deaths(self.job.pids().len());
                    std::fs::remove_file(self.host.path("/post-start")).unwrap();
                });
            }
        }
    }

    /// Starts the job, and waits until main is up and post-start waits.
    fn starts_in_post_start(&mut self) {
        self.host.write("/post-start", "");
        self.job.request_start();
        self.job.wait_until_in("post-start");
        self.is_up();
    }

    /// Waits until main listens, and will end as it is to.
    fn is_up(&self) {
        let pid = *self.job.pids().last().unwrap();
        let up = self.host.path(&format!("/up.{pid}"));
        wait_until("main to be up", || up.exists());
    }

    /// Each hook exited 0, and a marker is there exactly where a run of the job goes on.
    fn nothing_is_left(&self) {
        assert_eq!(self.job.failed_hooks(), [""; 0]);
        assert_eq!(self.host.unseen(), [""; 0]);
        let armed = !self.host.layout().stanzas().is_empty() && !self.job.is_down();
        let markers = self.host.markers();
        assert_eq!(markers.len(), usize::from(armed), "{markers:?}");
        self.host.runs_told();
    }
}
