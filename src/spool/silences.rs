//! What people have silenced: `silences/NAME.json`, a file for each glob. The command writes them,
//! the notifier reads them.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::disk::{self, SpoolError};
use super::store::{Say, Spool, json_line};
use crate::quiet::Silence;
use crate::time::Timestamp;

/// For how long a silence that is over is kept: a crash of its time may still wait in `new/`.
const KEPT_FOR: Duration = Duration::from_secs(86400);

impl Spool {
    /// Puts `silence` in the place of any other of the same glob.
    ///
    /// # Errors
    /// What the kernel says; then the other one, if any, still holds.
    pub fn silence(&self, silence: &Silence) -> Result<(), SpoolError> {
        let (tmp, path) = (self.dir.join("tmp"), self.silence_path(&silence.glob));
        disk::make_dirs(&tmp)?;
        disk::make_dirs(&self.dir.join("silences"))?;
        let beside = tmp.join(format!("silence.{}", name(&silence.glob)));
        disk::write(&beside, &path, &json_line(silence, &path)?)
    }

    /// Removes the silence of `glob`. Tells whether there was one that held at `now`.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn unsilence(&self, glob: &str, now: Timestamp) -> Result<bool, SpoolError> {
        let path = self.silence_path(glob);
        let held = match disk::read(&path) {
            Ok(json) => parse(&json).is_none_or(|silence| silence.holds_at(now)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(SpoolError::at("read", &path)(error)),
        };
        disk::remove(&path).map(|()| held)
    }

    /// All silences, those that are over among them, in the order of their globs. What is none is
    /// said.
    ///
    /// # Errors
    /// Where `silences/` cannot be read.
    pub fn silences(&self, say: Say<'_>) -> Result<Vec<Silence>, SpoolError> {
        let directory = self.dir.join("silences");
        let mut silences = Vec::new();
        for file in disk::names(&directory)? {
            let path = directory.join(&file);
            let read = disk::read(&path).map_err(SpoolError::at("read", &path));
            match read.map(|json| parse(&json)) {
                Ok(Some(silence)) if path == self.silence_path(&silence.glob) => {
                    silences.push(silence);
                }
                Ok(_) => say(format_args!("{}: no silence, ignored", path.display())),
                // It has been removed since.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => say(format_args!("{error}; ignored")),
            }
        }
        silences.sort_by(|one, other| one.glob.cmp(&other.glob));
        Ok(silences)
    }

    /// Removes the silences that were over long before `now`. What cannot be removed, and what is
    /// none, is said.
    ///
    /// # Errors
    /// Where `silences/` cannot be read.
    pub fn remove_old_silences(&self, now: Timestamp, say: Say<'_>) -> Result<(), SpoolError> {
        for silence in self.silences(say)? {
            if now.since(silence.until) > KEPT_FOR
                && let Err(error) = disk::remove(&self.silence_path(&silence.glob))
            {
                say(format_args!("{error}"));
            }
        }
        Ok(())
    }

    fn silence_path(&self, glob: &str) -> PathBuf {
        self.dir.join("silences").join(format!("{}.json", name(glob)))
    }
}

/// What the file of `glob`, which may hold any character, is called.
fn name(glob: &str) -> String {
    let digest = Sha256::digest(glob);
    digest.iter().take(16).fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

fn parse(json: &[u8]) -> Option<Silence> {
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Mutex;

    use super::super::testing::empty;
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_micros(1_795_300_000_000_000)
    }

    fn silence(glob: &str, hours: u32) -> Silence {
        Silence::new(glob, now(), Duration::from_secs(3600) * hours, "deploy", "kim").unwrap()
    }

    fn hours_later(hours: i64) -> Timestamp {
        Timestamp::from_micros(now().micros() + hours * 3_600_000_000)
    }

    #[test]
    fn a_silence_is_kept_for_each_glob_until_it_is_taken_back() {
        let (_dir, spool) = empty();
        assert_eq!(spool.silences(&|_| ()).unwrap(), []);
        assert!(!spool.unsilence("*", now()).unwrap());
        for silence in [silence("web/*", 1), silence("*", 1), silence("web/*", 2)] {
            spool.silence(&silence).unwrap();
        }
        assert_eq!(spool.silences(&|_| ()).unwrap(), [silence("*", 1), silence("web/*", 2)]);
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(spool.silence_path("*")), 0o600);
        assert_eq!(mode(spool.dir.join("silences")), 0o700);

        assert!(spool.unsilence("web/*", now()).unwrap());
        assert_eq!(spool.silences(&|_| ()).unwrap(), [silence("*", 1)]);
        assert!(!spool.unsilence("*", hours_later(1)).unwrap(), "it was over");
        assert_eq!(spool.silences(&|_| ()).unwrap(), []);
    }

    #[test]
    fn one_that_was_over_long_ago_is_removed() {
        let (_dir, spool) = empty();
        spool.silence(&silence("short", 1)).unwrap();
        spool.silence(&silence("long", 2)).unwrap();
        spool.remove_old_silences(hours_later(25), &|_| ()).unwrap();
        assert_eq!(spool.silences(&|_| ()).unwrap().len(), 2);
        spool.remove_old_silences(hours_later(26), &|_| ()).unwrap();
        assert_eq!(spool.silences(&|_| ()).unwrap(), [silence("long", 2)]);
    }

    #[test]
    fn what_is_torn_or_foreign_is_said_and_the_rest_holds() {
        let (_dir, spool) = empty();
        spool.silence(&silence("*", 1)).unwrap();
        let whole = std::fs::read(spool.silence_path("*")).unwrap();
        let half = whole.get(..whole.len() / 2).unwrap();
        spool.leave("silences", &format!("{}.json", name("nginx")), half);
        spool.leave("silences", &format!("{}.json", name("other")), &whole);
        spool.leave("silences", "README", b"x");
        std::fs::create_dir(spool.dir.join("silences/directory")).unwrap();
        let said = Mutex::new(Vec::new());
        let say = |line: std::fmt::Arguments<'_>| said.lock().unwrap().push(line.to_string());
        assert_eq!(spool.silences(&say).unwrap(), [silence("*", 1)]);
        let said = said.into_inner().unwrap();
        assert_eq!(said.len(), 4, "{said:#?}");
        assert!(said.iter().all(|line| line.contains("/silences/")), "{said:#?}");
        assert!(spool.unsilence("nginx", now()).unwrap(), "a torn one can be taken back");
    }
}
