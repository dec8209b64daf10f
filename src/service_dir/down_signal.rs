//! The signal that s6 ends a service by.

use std::ffi::CStr;

use nix::fcntl::OFlag;

use crate::sys;

/// More than `SIGRTMAX`, and the blank behind it.
const BYTES: usize = 16;

/// What the file at `path`, a `down-signal`, names: a signal by its number, or by its name with or
/// without `SIG`. `None` where there is no such file, or no such signal.
pub fn down_signal(path: &CStr) -> Option<String> {
    let mut bytes = [0; BYTES];
    let file = sys::open(path, OFlag::O_RDONLY).ok()?;
    let filled = sys::read(&file, &mut bytes).ok()?;
    let line = bytes.get(..filled)?.split(|byte| *byte == b'\n').next()?;
    let name = std::str::from_utf8(line).ok()?.trim().to_ascii_uppercase();
    if let Ok(number) = name.parse::<i32>() {
        let signal = nix::sys::signal::Signal::try_from(number).ok()?;
        return Some(signal.as_str().to_owned());
    }
    let name = if name.starts_with("SIG") { name } else { format!("SIG{name}") };
    name.parse::<nix::sys::signal::Signal>().ok().map(|signal| signal.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::CPath;

    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn is_read_as_s6_reads_it() {
        let root = tempfile::tempdir().unwrap();
        let path = CPath::concat([root.path().as_os_str().as_bytes(), b"/down-signal"]).unwrap();
        let read = || down_signal(path.as_c_str());
        assert_eq!(read(), None);
        for (content, signal) in [
            ("SIGINT\n", Some("SIGINT")),
            ("HUP", Some("SIGHUP")),
            ("quit\n", Some("SIGQUIT")),
            ("2\n", Some("SIGINT")),
            ("", None),
            ("nonsense\n", None),
        ] {
            std::fs::write(root.path().join("down-signal"), content).unwrap();
            assert_eq!(read().as_deref(), signal, "{content:?}");
        }
    }
}
