//! What the notifier keeps of each job's trouble, `incidents/NAME.json`.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::disk::{self, SpoolError};
use super::store::{Spool, Torn, json_line};
use crate::incident::Incident;

impl Spool {
    /// All incidents, by their jobs' keys; what is none goes to `torn`. Changes nothing.
    ///
    /// # Errors
    /// Where the directory, or a file in it, cannot be read.
    pub fn incidents(
        &self,
        torn: &mut Vec<Torn>,
    ) -> Result<BTreeMap<String, Incident>, SpoolError> {
        let directory = self.dir.join("incidents");
        let mut incidents = BTreeMap::new();
        for name in disk::names(&directory)? {
            let path = directory.join(&name);
            let read = disk::read(&path).and_then(|json| {
                let incident: Incident = serde_json::from_slice(&json)?;
                let is_its_own = self.incident_path(&incident.job.key) == path;
                is_its_own.then_some(incident).ok_or_else(|| ErrorKind::InvalidData.into())
            });
            match read {
                Ok(incident) => {
                    incidents.insert(incident.job.key.clone(), incident);
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                    ) =>
                {
                    let why = SpoolError::at("use", &path)(error);
                    torn.push((path, why));
                }
                // Whoever holds the lock has just forgotten it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(SpoolError::at("read", &path)(error)),
            }
        }
        Ok(incidents)
    }

    /// The incident of the job with `key`; `None` where there is none that can be read.
    pub fn incident(&self, key: &str) -> Option<Incident> {
        let json = disk::read(&self.incident_path(key)).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// Writes `incidents` down.
    ///
    /// # Errors
    /// What the kernel says; some are as they were before.
    pub fn keep_incidents<'a>(
        &self,
        incidents: impl IntoIterator<Item = &'a Incident>,
    ) -> Result<(), SpoolError> {
        let beside = self.dir.join("tmp").join("incident.json");
        let mut any = false;
        for incident in incidents {
            let path = self.incident_path(&incident.job.key);
            disk::replace(&beside, &path, &json_line(incident, &path)?)?;
            any = true;
        }
        if any { disk::sync(&self.dir.join("incidents")) } else { Ok(()) }
    }

    /// Forgets the incident of the job with `key`.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn forget_incident(&self, key: &str) -> Result<(), SpoolError> {
        disk::remove(&self.incident_path(key))
    }

    /// A job's key may be no name of a file, and too long for one.
    fn incident_path(&self, key: &str) -> PathBuf {
        let digest = Sha256::digest(key);
        let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.dir.join("incidents").join(format!("{name}.json"))
    }
}
