//! A run of a service of runit's or s6's has ended, however it ended: `finish`.

use super::witness::witness;
use crate::evidence::{Evidence, Finish};
use crate::job::Job;
use crate::marker::{Marker, Supervise};
use crate::paths::Places;
use crate::sys::Arguments;

/// The most arguments of `finish` that are handed on: s6 gives four.
const MOST: usize = 8;

/// Judges by the arguments of `finish` and by what the supervisor wrote, and captures a crash. A
/// marker is not needed: it adds what was so when the run began.
pub(super) fn at_finish(places: Places, job: &Job<'_>, arguments: Arguments) {
    let words: Vec<_> = (1..=MOST).map_while(|at| arguments.get(at)).collect();
    let began = began(places, job);
    let finish = Finish::look(&words, began);
    let main = began.map(|began| began.main).or_else(|| Finish::main(&words));
    let main = main.and_then(|main| i32::try_from(main).ok());
    witness(places, job, false, |marker, started| {
        Evidence::at_finish(places, marker, finish, main, started)
    });
}

/// What pre-start noted in the marker of this run.
fn began(places: Places, job: &Job<'_>) -> Option<Supervise> {
    let content = Marker::of(job, places).ok()?.read(job).ok()??;
    content.supervise.filter(|_| content.ended.is_none() && content.found.is_none())
}
