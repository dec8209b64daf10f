//! Reading a file that an operator wrote.

use std::fs::{Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The longest such file, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// The text of the plain file at `path`, and facts on it. Never waits for a FIFO or a device.
///
/// # Errors
/// What the system says; also for what is no plain file, no UTF-8, or longer than 1 MiB.
pub(crate) fn read_plain_file(path: &Path) -> io::Result<(String, Metadata)> {
    let file =
        OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let mut bytes = Vec::new();
    if file.take(LONGEST + 1).read_to_end(&mut bytes)? as u64 > LONGEST {
        return Err(io::Error::other("longer than 1 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("not UTF-8 text"))?;
    Ok((text, facts))
}

/// Whether nobody but root and us can read the file that `facts` speak of.
///
/// # Errors
/// The command that makes it so.
pub(crate) fn private(path: &Path, facts: &Metadata) -> Result<(), String> {
    let path = path.display();
    let own = nix::unistd::geteuid().as_raw();
    if facts.uid() != 0 && facts.uid() != own {
        Err(format!("{path} belongs to another user and holds a secret: chown root {path}"))
    } else if facts.mode() & 0o077 != 0 {
        Err(format!("{path} can be read by others and holds a secret: chmod 0600 {path}"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_file_is_refused_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        nix::unistd::mkfifo(&path("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::fs::write(path("binary"), [0xff, 0xfe]).unwrap();
        std::fs::write(path("endless"), vec![b'x'; LONGEST as usize + 1]).unwrap();
        for (name, why) in [
            ("fifo", "not a plain file"),
            (".", "not a plain file"),
            ("binary", "not UTF-8"),
            ("endless", "longer than"),
            ("absent", "No such file"),
        ] {
            let told = read_plain_file(&path(name)).unwrap_err().to_string();
            assert!(told.contains(why), "{name}: {told}");
        }
    }
}
