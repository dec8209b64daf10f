//! A terminal, and somebody at it.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Command;

use nix::pty::openpty;

/// What `command` shows to somebody who answers `answer`, and its exit status. What it says fits
/// into a terminal's buffer: it is read when the command has ended.
pub fn on_a_terminal(mut command: Command, answer: &str) -> (Option<i32>, String) {
    let terminal = openpty(None, None).unwrap();
    let mut master = File::from(terminal.master);
    let end = || terminal.slave.try_clone().unwrap();
    command.env("TERM", "xterm").stdin(end()).stdout(end()).stderr(end());
    let mut child = command.spawn().unwrap();
    master.write_all(answer.as_bytes()).unwrap();
    let code = child.wait().unwrap().code();
    drop((command, terminal.slave));
    let mut screen = Vec::new();
    // The other end is closed: an error, where it is empty.
    let _ = master.read_to_end(&mut screen);
    (code, String::from_utf8_lossy(&screen).into_owned())
}
