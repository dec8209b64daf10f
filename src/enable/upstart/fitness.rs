//! Which jobs are left without stanzas, and why.

use std::path::Path;

use super::{HOOKS, JobPlace, path_of};
use crate::enable::{Refused, is_executable};
use crate::job_file::Effective;
use crate::paths::{Place, Places};

/// Jobs of the monitor's own.
const OBSERVER: &str = "upstart-monitor";
const OURS: [&str; 2] = [OBSERVER, "upstart-monitor-deliver"];

/// Whether the stanzas would do what they are for.
///
/// # Errors
/// Why not.
pub(super) fn judge(places: Places, place: &JobPlace, job: &Effective) -> Result<(), Refused> {
    if is_ours(&place.name) {
        return Err(Refused::OurOwn);
    }
    let first_word = |name| {
        let (_, stanza) = job.named(name)?;
        stanza.words().first().cloned()
    };
    // A user's own init cannot change the user.
    let user = first_word("setuid").filter(|_| !places.are_of_a_session());
    if let Some(user) = user.filter(|user| user != "root" && user != "0") {
        return Err(Refused::OtherUser(user, is_observed(places)));
    }
    for path in HOOKS.map(path_of) {
        let hook = places.below_root(Path::new(&path));
        if !is_executable(&hook) {
            return Err(Refused::NoHook(hook));
        }
        if let Some(jail) = first_word("chroot") {
            let hook = places.below_root(Path::new(&format!("{jail}{path}")));
            if !is_executable(&hook) {
                return Err(Refused::NoHookInJail(hook, jail));
            }
        }
    }
    Ok(())
}

/// Whether the observer is installed.
pub fn is_observed(places: Places) -> bool {
    places.path(Place::Jobs, &format!("/{OBSERVER}.conf")).is_ok_and(|path| path.exists())
}

/// Whether the job `name` is one of the monitor's own.
pub fn is_ours(name: &str) -> bool {
    OURS.contains(&name)
}
