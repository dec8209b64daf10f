//! Which stanza of a job counts.

use super::{JobFile, Process, Run, Stanza};

/// One of the two files that describe a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// `JOB.conf`
    Conf,
    /// `JOB.override`, which is read after it (since 1.3).
    Override,
}

/// A job as its files describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// `JOB.conf`
    pub conf: JobFile,
    /// `JOB.override`
    pub overriding: Option<JobFile>,
}

impl Effective {
    /// The last of the stanzas that `is_meant`, the one that counts, and where it stands.
    pub fn last(&self, is_meant: impl Fn(&Stanza) -> bool) -> Option<(Which, &Stanza)> {
        let overriding = self.overriding.as_ref().and_then(|file| file.last(&is_meant));
        let conf = || self.conf.last(&is_meant).map(|stanza| (Which::Conf, stanza));
        overriding.map(|stanza| (Which::Override, stanza)).or_else(conf)
    }

    /// How `process` is run, by which stanza; none where the job has no such process.
    pub fn process(&self, process: Process) -> Option<(Which, &Stanza, &Run)> {
        let (which, stanza) = self.last(|stanza| stanza.run_of(process).is_some())?;
        Some((which, stanza, stanza.run_of(process)?))
    }

    /// The stanza `name` that counts.
    pub fn named(&self, name: &str) -> Option<(Which, &Stanza)> {
        self.last(|stanza| stanza.name == name)
    }

    /// The file that `which` is; `None` where there is no `.override`.
    pub fn file(&self, which: Which) -> Option<&JobFile> {
        match which {
            Which::Conf => Some(&self.conf),
            Which::Override => self.overriding.as_ref(),
        }
    }

    /// The text that init runs `process` by: a command, or the lines of a script.
    pub fn text(&self, process: Process) -> Option<&[u8]> {
        let (which, _, run) = self.process(process)?;
        match run {
            Run::Exec(command) => Some(command),
            Run::Script(range) => Some(self.file(which)?.part(range.clone())),
        }
    }
}
