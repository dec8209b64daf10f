//! The commands of a unit beside its main process: `ExecStartPre=` and the like.

use serde::Serialize;

use super::{SERVICE, Systemd, Unavailable, object};
use crate::bus::{Body, Piece, Reader};

/// A command of a unit that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct FailedCommand {
    /// The setting that names it: `ExecStartPre`.
    pub setting: String,
    /// Its program.
    pub path: String,
    /// How it ended, as waitid(2) has it: 1 exited, 2 killed, 3 dumped a core.
    pub code: i32,
    /// Its exit status, or the signal's number.
    pub status: i32,
}

/// In the order in which systemd runs them.
const SETTINGS: [&str; 4] = ["ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost"];

/// The command of `unit` that failed last since `since`, in microseconds of the monotonic clock.
pub(super) fn failed(
    systemd: &Systemd,
    unit: &[u8],
    since: u64,
) -> Result<Option<FailedCommand>, Unavailable> {
    let object = object(unit);
    let names = SETTINGS.map(|setting| (&object[..] as &[Piece<'_>], SERVICE, setting));
    let mut found = None;
    systemd.properties(&names, |at, body| {
        let failed = SETTINGS.get(at).and_then(|setting| last_failed(setting, body, since));
        found = failed.or(found.take());
    })?;
    Ok(found)
}

/// Reads the commands of one setting: an array of path, arguments, whether a failure is ignored,
/// start and exit on two clocks, process id, code and status.
fn last_failed(setting: &str, body: Body<'_>, since: u64) -> Option<FailedCommand> {
    let mut reader = body.0;
    if reader.signature()? != b"a(sasbttttuii)" {
        return None;
    }
    let length = reader.length()?;
    reader.align(8);
    let end = reader.at.checked_add(length)?;
    let mut found = None;
    while reader.at < end {
        let command = command(&mut reader)?;
        let is_of_this_run = command.exited >= since && command.exited > 0;
        if is_of_this_run && !command.ignored && (command.code, command.status) != (1, 0) {
            found = Some(FailedCommand {
                setting: setting.to_owned(),
                path: command.path,
                code: command.code,
                status: command.status,
            });
        }
    }
    found
}

struct Command {
    path: String,
    ignored: bool,
    /// In microseconds of the monotonic clock; 0 where it has not ended.
    exited: u64,
    code: i32,
    status: i32,
}

fn command(reader: &mut Reader<'_>) -> Option<Command> {
    reader.align(8);
    let path = String::from_utf8_lossy(reader.text()?).into_owned();
    let arguments = reader.length()?;
    reader.at = reader.at.checked_add(arguments)?;
    let ignored = reader.u32()? != 0;
    let [_started, _, _exited, exited] =
        [reader.u64()?, reader.u64()?, reader.u64()?, reader.u64()?];
    let _pid = reader.u32()?;
    let (code, status) = (reader.u32()?.cast_signed(), reader.u32()?.cast_signed());
    Some(Command { path, ignored, exited, code, status })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::testing::{answer, body};
    use proptest::prelude::*;

    /// What systemd says of commands: path, whether a failure is ignored, exit time, code, status.
    fn commands(commands: &[(&str, bool, u64, i32, i32)]) -> Vec<u8> {
        let mut array = Vec::new();
        // Behind the signature and the length, at a multiple of 8.
        for (path, ignored, exited, code, status) in commands {
            array.resize(array.len().next_multiple_of(8), 0);
            for text in [path, "argument"] {
                if text == "argument" {
                    array.resize(array.len().next_multiple_of(4), 0);
                    array.extend(13_u32.to_le_bytes());
                }
                array.resize(array.len().next_multiple_of(4), 0);
                array.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
                array.extend(text.as_bytes());
                array.push(0);
            }
            array.resize(array.len().next_multiple_of(4), 0);
            array.extend(u32::from(*ignored).to_le_bytes());
            array.resize(array.len().next_multiple_of(8), 0);
            for stamp in [1, 1, 1, *exited] {
                array.extend(u64::to_le_bytes(stamp));
            }
            array.extend(53_u32.to_le_bytes());
            array.extend(code.to_le_bytes());
            array.extend(status.to_le_bytes());
        }
        let length = u32::try_from(array.len()).unwrap().to_le_bytes();
        answer(&[&b"\x0ea(sasbttttuii)\0"[..], &length, b"\0\0\0\0", &array].concat())
    }

    fn found(message: &[u8]) -> Option<(String, i32, i32)> {
        let failed = last_failed("ExecStartPre", body(message)?, 100)?;
        Some((failed.path, failed.code, failed.status))
    }

    #[test]
    fn the_last_command_that_failed_in_this_run_is_to_blame() {
        let blamed = |path: &str, code, status| Some((path.to_owned(), code, status));
        for (rows, expected) in [
            (&[("/a", false, 200, 1, 0), ("/b", false, 300, 1, 4)][..], blamed("/b", 1, 4)),
            (&[("/a", false, 200, 2, 11), ("/b", false, 0, 0, 0)], blamed("/a", 2, 11)),
            (&[("/a", true, 200, 1, 1), ("/b", false, 300, 1, 0)], None),
            (&[("/a", false, 99, 1, 1)], None),
            (&[], None),
        ] {
            assert_eq!(found(&commands(rows)), expected, "{rows:?}");
        }
    }

    #[test]
    fn what_is_cut_off_blames_nobody() {
        let message = commands(&[("/a", false, 200, 1, 4)]);
        assert!(found(&message).is_some());
        for end in 0..message.len() {
            assert_eq!(message.get(..end).and_then(found), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn no_changed_byte_does_harm(at in 0..200_usize, byte in any::<u8>()) {
            let mut message = commands(&[("/a", false, 200, 1, 4), ("/b", true, 300, 1, 0)]);
            message.iter_mut().skip(at).take(1).for_each(|slot| *slot = byte);
            let _ = found(&message);
        }
    }
}
