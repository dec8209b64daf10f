//! What a random life is made of.

use nix::sys::signal::Signal;
use proptest::prelude::*;
use proptest::sample::select;

/// A job, as its stanzas describe it.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) instance: &'static str,
    pub(crate) respawn: bool,
    pub(crate) task: bool,
    /// `normal exit 3 TERM`
    pub(crate) normal_exit: bool,
    /// Main ends with status 0 when it is asked to end; else SIGTERM kills it.
    pub(crate) polite: bool,
    /// How many respawns init grants, forever.
    pub(crate) respawn_limit: usize,
}

/// One thing that happens to a job. Where the job is not as it must be for that, it is started or
/// stopped before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Start,
    Stop,
    StopByEvent,
    Restart,
    /// Main ends with this status.
    Exits(i32),
    /// Somebody sends main this signal.
    Dies(Signal),
    StopInPreStart,
    StopInPostStart,
    DiesInPostStart(Signal),
}

/// So many that no life uses them up.
const UNLIMITED: usize = 1000;

const NAMES: &[&str] = &["nginx", "sub/bar", "sp job", "-rf", "é☃"];

const INSTANCES: &[&str] =
    &["", "", "eu-1", "a/b", "../../x", "a\nb", "x main process (1) killed by SEGV signal"];

const RESPAWN_LIMITS: &[usize] = &[1, UNLIMITED, UNLIMITED];

const STATUSES: &[i32] = &[0, 1, 3, 143];

const SIGNALS: &[Signal] = &[Signal::SIGKILL, Signal::SIGSEGV, Signal::SIGTERM, Signal::SIGHUP];

pub(crate) fn kind() -> impl Strategy<Value = Kind> {
    (select(NAMES), select(INSTANCES), any::<[bool; 4]>(), select(RESPAWN_LIMITS)).prop_map(
        |(name, instance, [respawn, task, normal_exit, polite], respawn_limit)| Kind {
            name,
            instance,
            respawn,
            task,
            normal_exit,
            polite,
            respawn_limit,
        },
    )
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Start),
        2 => Just(Step::Stop),
        1 => Just(Step::StopByEvent),
        2 => Just(Step::Restart),
        3 => select(STATUSES).prop_map(Step::Exits),
        3 => select(SIGNALS).prop_map(Step::Dies),
        1 => Just(Step::StopInPreStart),
        1 => Just(Step::StopInPostStart),
        1 => select(SIGNALS).prop_map(Step::DiesInPostStart),
    ]
}

impl Kind {
    /// Whether a `restart` is as one without a monitor to the very count of respawns: where our
    /// pre-stop brings it about, the instance may be a new one, whose respawns count anew.
    pub(crate) fn can_restart(&self) -> bool {
        self.respawn_limit == UNLIMITED
    }
}
