//! What is counted for a time series database, `metrics.json`.

use std::io::ErrorKind;

use super::disk::{self, SpoolError};
use super::store::{Say, Spool, json_line};
use crate::metrics::Counters;

/// The file's name.
const NAME: &str = "metrics.json";

impl Spool {
    /// The counters; new ones where there are none. What is no counters goes to `corrupt/`.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn counters(&self, say: Say<'_>) -> Result<Counters, SpoolError> {
        let path = self.dir.join(NAME);
        let read = disk::read(&path)
            .and_then(|json| serde_json::from_slice(&json).map_err(std::io::Error::from));
        match read {
            Ok(counters) => Ok(counters),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Counters::default()),
            Err(error)
                if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) =>
            {
                self.put_aside(&path, &SpoolError::at("use", &path)(error), say)?;
                Ok(Counters::default())
            }
            Err(error) => Err(SpoolError::at("read", &path)(error)),
        }
    }

    /// Writes the counters down.
    ///
    /// # Errors
    /// What the kernel says; then they are as they were before.
    pub fn keep_counters(&self, counters: &Counters) -> Result<(), SpoolError> {
        let path = self.dir.join(NAME);
        disk::write(&self.dir.join("tmp").join(NAME), &path, &json_line(counters, &path)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::empty;
    use super::*;
    use crate::metrics::Outcome;
    use std::fs;

    #[test]
    fn counters_are_kept_and_torn_ones_are_new_ones() {
        let (_dir, spool) = empty();
        drop(spool.lock().unwrap());
        assert_eq!(spool.counters(&|_| ()).unwrap(), Counters::default());
        let mut counters = Counters::default();
        counters.count_try("slack.ops", Outcome::Delivered);
        spool.keep_counters(&counters).unwrap();
        assert_eq!(spool.counters(&|_| ()).unwrap(), counters);
        fs::write(spool.dir.join(NAME), "{\"cra").unwrap();
        assert_eq!(spool.counters(&|_| ()).unwrap(), Counters::default());
        assert!(!spool.dir.join(NAME).exists());
    }
}
