//! What init itself wants of the job, and whether main still lives.

use serde::Serialize;

use super::STATUS_PATIENCE;
pub use crate::init::Goal;
use crate::init::Init;
use crate::job::Job;
use crate::paths::Places;

/// What init says of a job whose run is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Status {
    /// What it wants of the job from here on.
    pub goal: Goal,
    /// Whether it has not seen main die yet.
    pub main_lives: bool,
}

impl Status {
    /// Asks init.
    ///
    /// # Errors
    /// Why it did not tell, in words.
    pub fn ask(places: Places, job: &Job<'_>) -> Result<Self, String> {
        let status = Init::of(*job, places)
            .and_then(|init| init.status(STATUS_PATIENCE))
            .map_err(|why| format!("init: {}", why.words()))?;
        Ok(Self {
            goal: match status.goal {
                // It died while a hook ran, and is to run again when that is done.
                Goal::Respawn => Goal::Start,
                goal => goal,
            },
            main_lives: status.main_pid.is_some(),
        })
    }
}
