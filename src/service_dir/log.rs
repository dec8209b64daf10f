//! Where the service's own logger writes.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{CUSTOMARY_LOG, ServiceDir};
use crate::sys::{self, CPath};

/// The most open files of a logger that are looked at: it has some ten.
const DESCRIPTORS: usize = 256;

impl ServiceDir<'_> {
    /// The file that the logger of the service writes to: `current` in whatever directory, which
    /// svlogd and s6-log keep open. Where no logger runs, the customary one, if it is there.
    pub fn log(self) -> Option<CPath> {
        let open = self
            .logger()
            .and_then(written_by)
            .and_then(|path| CPath::concat([path.as_os_str().as_bytes()]).ok());
        open.or_else(|| self.join(CUSTOMARY_LOG).ok().filter(|path| sys::exists(path.as_c_str())))
    }

    /// The process of the logger.
    fn logger(self) -> Option<u32> {
        let directory = self.join(c"log").ok()?;
        let status = ServiceDir(directory.as_bytes()).status().ok()?;
        status.pid.filter(|_| !status.is_finishing)
    }
}

/// The log that process `pid` has open.
fn written_by(pid: u32) -> Option<PathBuf> {
    let descriptors =
        std::fs::read_dir(Path::new("/proc").join(pid.to_string()).join("fd")).ok()?;
    let open =
        descriptors.take(DESCRIPTORS).filter_map(|it| std::fs::read_link(it.ok()?.path()).ok());
    open.into_iter().find(|path| path.is_absolute() && path.ends_with("current"))
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs::{self, File};

    #[test]
    fn is_what_the_logger_has_open_or_else_the_customary_file() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        let directory = ServiceDir(root.path().as_os_str().as_bytes());
        let log = || directory.log().map(|path| path.as_path().to_owned());
        assert_eq!(log(), None);

        fs::create_dir_all(at("log/main")).unwrap();
        fs::create_dir_all(at("log/supervise")).unwrap();
        fs::create_dir(at("elsewhere")).unwrap();
        fs::write(at("log/main/current"), "").unwrap();
        assert_eq!(log(), Some(at("log/main/current")));

        // This process is the logger.
        let own = std::process::id().to_le_bytes();
        let status = [&[0; 12], &own[..], &[0, b'u', 0, 1]].concat();
        fs::write(at("log/supervise/status"), status).unwrap();
        assert_eq!(log(), Some(at("log/main/current")));
        let open = File::create(at("elsewhere/current")).unwrap();
        assert_eq!(log(), Some(at("elsewhere/current").canonicalize().unwrap()));
        drop(open);
    }
}
