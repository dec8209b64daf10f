//! Who: a job and its instance, as its supervisor names them to a hook.

use crate::paths::{NoPath, Place, Places};
use crate::supervisor::Supervisor;
use crate::sys::{self, Arguments, CPath};

/// A job, or one instance of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job<'a> {
    /// Who supervises it: two supervisors of a host may have a job of the same name.
    pub supervisor: Supervisor,
    /// `UPSTART_JOB`: the class name, with `/` for jobs in sub-directories. A unit's name without
    /// `.service`, and without its instance. A service directory's name. Any bytes.
    pub name: &'a [u8],
    /// `UPSTART_INSTANCE`, or what stands behind a unit's `@`: empty for a job without instances.
    /// Any bytes.
    pub instance: &'a [u8],
}

/// Why a program is nobody's hook, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoJob(&'static str);

impl NoJob {
    /// The words.
    pub fn words(self) -> &'static str {
        self.0
    }
}

impl<'a> Job<'a> {
    /// A job of Upstart's.
    pub const fn upstart(name: &'a [u8], instance: &'a [u8]) -> Self {
        Self { supervisor: Supervisor::Upstart, name, instance }
    }

    /// The job that the unit called `unit` is to people: `web@eu.service` is instance `eu` of `web`.
    pub fn of_unit(unit: &'a [u8]) -> Self {
        const SUFFIX: &[u8] = b".service";
        // Not `strip_suffix`, which keeps a panic path in the program.
        let length =
            unit.len().saturating_sub(if unit.ends_with(SUFFIX) { SUFFIX.len() } else { 0 });
        let whole = unit.get(..length).unwrap_or(unit);
        let at = whole.iter().position(|byte| *byte == b'@').unwrap_or(whole.len());
        let (name, instance) = (whole.get(..at), whole.get(at.saturating_add(1)..));
        Self {
            supervisor: Supervisor::Systemd,
            name: name.unwrap_or_default(),
            instance: instance.unwrap_or_default(),
        }
    }

    /// The job whose service lies in `directory`: it has that one's last name.
    pub fn of_directory(supervisor: Supervisor, directory: &'a [u8]) -> Self {
        let slash = directory.iter().rposition(|byte| *byte == b'/');
        let name = slash.map_or(directory, |at| directory.get(at + 1..).unwrap_or_default());
        Self { supervisor, name, instance: b"" }
    }

    /// The job whose hook was called with `arguments`, in `directory`. Upstart gives no argument
    /// and names the job in the environment; `systemd UNIT`; `runit` and `s6` in the service's own
    /// directory.
    ///
    /// # Errors
    /// [`NoJob`] where it is nobody's hook.
    pub fn of_hook(arguments: Arguments, directory: &'a [u8]) -> Result<Self, NoJob> {
        let Some(word) = arguments.get(0) else {
            let name = sys::var(c"UPSTART_JOB").filter(|name| !name.is_empty());
            let name = name.ok_or(NoJob(
                "UPSTART_JOB is not set: this is a hook for an Upstart job, nothing done",
            ))?;
            return Ok(Self::upstart(name, sys::var(c"UPSTART_INSTANCE").unwrap_or_default()));
        };
        let job = match Supervisor::named(word) {
            Some(Supervisor::Systemd) => Self::of_unit(arguments.get(1).unwrap_or_default()),
            Some(supervisor) => Self::of_directory(supervisor, directory),
            None => return Err(NoJob("the first argument is none of systemd, runit, s6")),
        };
        if job.name.is_empty() { Err(NoJob("no service is named, nothing done")) } else { Ok(job) }
    }

    /// The unit that this job is to systemd: `web@eu.service`.
    #[cfg(feature = "deliver")]
    pub fn unit(&self) -> String {
        let [name, instance] = [self.name, self.instance].map(String::from_utf8_lossy);
        let at = if instance.is_empty() { "" } else { "@" };
        format!("{name}{at}{instance}.service")
    }

    /// Where Upstart writes the output of this job: `/` becomes `_`, nothing else is changed, so
    /// `a/b` and `a_b` share a file (init/log.c).
    ///
    /// # Errors
    /// [`NoPath`] where no system call would take it, or a session does not say where it is.
    pub fn log(&self, places: Places) -> Result<CPath, NoPath> {
        let dash: &[u8] = if self.instance.is_empty() { b"" } else { b"-" };
        let log = CPath::concat(
            places
                .parts(Place::Logs)?
                .into_iter()
                .chain([&b"/"[..]])
                .chain(flattened(self.name))
                .chain([dash])
                .chain(flattened(self.instance))
                .chain([&b".log"[..]]),
        );
        Ok(log?)
    }
}

/// `name` with `_` for every `/`, piece by piece.
fn flattened(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split_inclusive(|byte| *byte == b'/').flat_map(|piece| match piece {
        [body @ .., b'/'] => [body, b"_"],
        body => [body, b""],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "deliver")]
    fn a_unit_is_a_job_and_back() {
        for unit in ["nginx.service", "web@eu.service", "web@a-b@c.service", "a.b.service"] {
            assert_eq!(Job::of_unit(unit.as_bytes()).unit(), unit);
        }
    }

    #[test]
    fn the_log_is_named_as_upstart_names_it() {
        for (name, instance, log) in [
            ("nginx", "", "nginx.log"),
            ("nm", "é☃", "nm-é☃.log"),
            ("sub/dir_nm", "a/b", "sub_dir_nm-a_b.log"),
            ("nm", "../../etc/x", "nm-.._.._etc_x.log"),
            ("nm", "-rf", "nm--rf.log"),
        ] {
            let job = Job::upstart(name.as_bytes(), instance.as_bytes());
            let path = job.log(Places::under(b"/root")).unwrap();
            let expected = format!("/root/var/log/upstart/{log}");
            assert_eq!(path.as_path(), std::path::Path::new(&expected));
        }
    }
}
