//! When the supervisor was last given a command, whatever it was.

use std::ffi::CStr;

use crate::sys::{self, Errno};
use crate::time::Timestamp;

/// When something was last written into the FIFO `control`: its own time tells, which is that of
/// its making where no command has come since.
///
/// # Errors
/// Why that cannot be told, in words.
pub fn last_command(control: &CStr) -> Result<Timestamp, &'static str> {
    // It moves no file's time but for a file's content (fs/overlayfs/inode.c, ovl_update_time).
    if sys::is_overlay(control).map_err(Errno::desc)? {
        return Err("it lies on an overlay, which does not note when a FIFO is written to");
    }
    Ok(sys::stat(control).map_err(Errno::desc)?.modified)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs::File;
    use std::io::Write;
    use std::os::unix::ffi::OsStrExt;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use crate::service_dir::{CONTROL, ServiceDir};

    #[test]
    fn a_command_moves_the_time_and_a_look_does_not() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("supervise")).unwrap();
        let control = ServiceDir(root.path().as_os_str().as_bytes()).join(CONTROL).unwrap();
        let last = || last_command(control.as_c_str());
        mkfifo(control.as_c_str(), Mode::S_IRWXU).unwrap();
        let made = last().unwrap();

        let reader = std::thread::spawn({
            let control = control.as_path().to_owned();
            move || std::io::read_to_string(File::open(control).unwrap()).unwrap()
        });
        let mut writer = File::options().write(true).open(control.as_path()).unwrap();
        assert_eq!(last(), Ok(made));
        // The clock of file systems stands still for some milliseconds.
        while last() == Ok(made) {
            writer.write_all(b"d").unwrap();
        }
        drop(writer);
        assert!(reader.join().unwrap().starts_with('d'));
        assert!(last().unwrap() > made);
    }

    #[test]
    fn without_a_supervisor_there_is_none() {
        let root = tempfile::tempdir().unwrap();
        let directory = ServiceDir(root.path().as_os_str().as_bytes());
        let control = directory.join(CONTROL).unwrap();
        assert_eq!(last_command(control.as_c_str()), Err(Errno::ENOENT.desc()));
        assert_eq!(directory.status(), Err(Errno::ENOENT.desc()));
    }
}
