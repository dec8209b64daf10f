//! Who: a job and its instance, as Upstart names them in a hook's environment.

use crate::paths::{NoPath, Place, Places};
use crate::sys::{self, CPath};

/// A job, or one instance of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job<'a> {
    /// `UPSTART_JOB`: the class name, with `/` for jobs in sub-directories. Any bytes.
    pub name: &'a [u8],
    /// `UPSTART_INSTANCE`: empty for a job without instances. Any bytes.
    pub instance: &'a [u8],
}

impl Job<'static> {
    /// The job whose hook this process is; `None` where `UPSTART_JOB` is unset or empty.
    pub fn from_env() -> Option<Self> {
        let name = sys::var(c"UPSTART_JOB").filter(|name| !name.is_empty())?;
        let instance = sys::var(c"UPSTART_INSTANCE").unwrap_or_default();
        Some(Self { name, instance })
    }
}

impl Job<'_> {
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
    fn the_log_is_named_as_upstart_names_it() {
        for (name, instance, log) in [
            ("nginx", "", "nginx.log"),
            ("nm", "é☃", "nm-é☃.log"),
            ("sub/dir_nm", "a/b", "sub_dir_nm-a_b.log"),
            ("nm", "../../etc/x", "nm-.._.._etc_x.log"),
            ("nm", "-rf", "nm--rf.log"),
        ] {
            let job = Job { name: name.as_bytes(), instance: instance.as_bytes() };
            let path = job.log(Places::under(b"/root")).unwrap();
            let expected = format!("/root/var/log/upstart/{log}");
            assert_eq!(path.as_path(), std::path::Path::new(&expected));
        }
    }
}
