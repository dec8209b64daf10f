//! When the supervisor was last given a command, whatever it was.

use super::ServiceDir;
use crate::sys::{self, Errno};
use crate::time::Timestamp;

/// When something was last written into `supervise/control`, which commands go through. The FIFO's
/// own time tells; it is that of its making where no command has come since.
///
/// # Errors
/// Why that cannot be told, in words.
pub fn last_command(directory: ServiceDir<'_>) -> Result<Timestamp, &'static str> {
    let path =
        directory.join(b"supervise/control").map_err(|_| "the path of supervise/ is too long")?;
    // It moves no file's time but for a file's content (fs/overlayfs/inode.c, ovl_update_time).
    if sys::is_overlay(path.as_c_str()).map_err(Errno::desc)? {
        return Err("supervise/ lies on an overlay, which does not note when a FIFO is written to");
    }
    Ok(sys::stat(path.as_c_str()).map_err(Errno::desc)?.modified)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs::File;
    use std::io::Write;
    use std::os::unix::ffi::OsStrExt;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    #[test]
    fn a_command_moves_the_time_and_a_look_does_not() {
        let root = tempfile::tempdir().unwrap();
        let supervise = root.path().join("supervise");
        std::fs::create_dir(&supervise).unwrap();
        let control = supervise.join("control");
        mkfifo(&control, Mode::S_IRWXU).unwrap();
        let directory = ServiceDir(root.path().as_os_str().as_bytes());
        let made = last_command(directory).unwrap();

        let reader = std::thread::spawn({
            let control = control.clone();
            move || std::io::read_to_string(File::open(control).unwrap()).unwrap()
        });
        let mut writer = File::options().write(true).open(&control).unwrap();
        assert_eq!(last_command(directory), Ok(made));
        // The clock of file systems stands still for some milliseconds.
        while last_command(directory) == Ok(made) {
            writer.write_all(b"d").unwrap();
        }
        drop(writer);
        assert!(reader.join().unwrap().starts_with('d'));
        assert!(last_command(directory).unwrap() > made);
    }

    #[test]
    fn without_a_supervisor_there_is_none() {
        let root = tempfile::tempdir().unwrap();
        let directory = ServiceDir(root.path().as_os_str().as_bytes());
        assert_eq!(last_command(directory), Err(Errno::ENOENT.desc()));
        assert_eq!(super::super::Status::read(directory), Err(Errno::ENOENT.desc()));
    }
}
