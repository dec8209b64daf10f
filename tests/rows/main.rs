//! Every way in which a job may end on a real Upstart, under every layout of the monitor: what is
//! told, and that nothing else changes. What the verdicts mean stands in `docs/verdicts.md`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod ends;
mod names;
mod respawns;
mod restarts;
mod shutdown;
mod starts;
mod stops;

use support::{Host, Job, JobBuilder, Layout};

/// The kinds of verdict that people are told of, in order.
type Kinds = &'static [&'static str];

/// What is told of a story.
struct Told {
    three_stanzas: Kinds,
    without_pre_stop: Kinds,
    /// With stanzas beside it or not: the observer judges first.
    observer: Kinds,
}

/// The same, however the monitor is laid out.
const fn told(kinds: Kinds) -> Told {
    Told { three_stanzas: kinds, without_pre_stop: kinds, observer: kinds }
}

/// Nothing, however it is laid out.
const SILENT: Told = told(&[]);
const CRASHED: Told = told(&["crashed"]);

/// What only the stanzas cannot tell from a stop.
const UNCLEAR_TO_STANZAS: Told =
    Told { three_stanzas: &["unclear"], without_pre_stop: &["unclear"], observer: &["crashed"] };

/// A service that ends in a way which only pre-stop and the observer tell from a stop.
const UNCLEAR_WITHOUT_PRE_STOP: Told = Told { without_pre_stop: &["unclear"], ..CRASHED };

impl Told {
    fn by(&self, layout: Layout) -> Kinds {
        match layout {
            Layout::Bare => &[],
            Layout::ThreeStanzas => self.three_stanzas,
            Layout::WithoutPreStop => self.without_pre_stop,
            Layout::Observer | Layout::ObserverAndStanzas => self.observer,
        }
    }
}

/// Plays `story` on a host that is laid out so; what is told must be `told`, and where no run goes
/// on nothing may be left.
#[track_caller]
fn plays(layout: Layout, story: impl FnOnce(&Host) -> Vec<Job>, told: &Told) {
    let host = Host::laid_out(layout);
    let jobs = story(&host);
    let reports = host.reports();
    let kinds: Vec<_> =
        reports.iter().map(|report| report["verdict"]["kind"].as_str().unwrap_or("?")).collect();
    assert_eq!(kinds, told.by(layout), "{reports:#?}");
    assert_eq!(host.unseen(), [""; 0]);
    let up = jobs.iter().filter(|job| !job.is_down()).count();
    let markers = host.markers().iter().filter(|name| name.ends_with(".shutdown")).count();
    let armed = if layout.stanzas().is_empty() { 0 } else { up };
    assert_eq!(markers, armed, "a marker for each job that is up, and no other");
}

/// One story, as one test under each layout. It returns its jobs, for nothing may be left of those
/// that are down.
macro_rules! row {
    ($(#[doc = $doc:literal])* $name:ident, $told:expr, $story:expr) => {
        $(#[doc = $doc])*
        mod $name {
            use super::*;

            fn plays(layout: $crate::support::Layout) {
                $crate::plays(layout, $story, &$told);
            }

            #[test]
            fn three_stanzas() {
                plays($crate::support::Layout::ThreeStanzas);
            }

            #[test]
            fn without_pre_stop() {
                plays($crate::support::Layout::WithoutPreStop);
            }

            #[test]
            fn observer() {
                plays($crate::support::Layout::Observer);
            }

            #[test]
            fn observer_and_stanzas() {
                plays($crate::support::Layout::ObserverAndStanzas);
            }
        }
    };
}
use row;

/// Waits for the file `go`, in a script.
const WAITS: &str = r#"until [ -e "$UPSTART_MONITOR_ROOT/go" ]; do sleep 0.01; done"#;

/// A main process that ends with status 0 when it is asked to, and has said so before: `up`.
const POLITE: &str = "trap 'exit 0' TERM; echo up; while :; do sleep 0.01; done";

/// Lets those go on that [`WAITS`].
fn go(host: &Host) {
    host.write("/go", "");
}

/// Starts a job whose main is [`POLITE`], and waits until it is.
fn polite(job: JobBuilder) -> Job {
    let job = job.main(POLITE).start();
    job.wait_for_log("up");
    job
}

/// Runs a job until it is down.
fn down(job: JobBuilder) -> Vec<Job> {
    let job = job.start();
    job.wait_until_down();
    vec![job]
}
