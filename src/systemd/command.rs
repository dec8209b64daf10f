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
