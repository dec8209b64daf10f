//! What init writes about a job: the kernel log, and the answer of `initctl status`.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;

use super::class::{Class, End};
use super::stopping::signal_name;
use crate::support::host::Shared;

const KMSG: &str = "/dev/kmsg";
const STATUS: &str = "/sbin/status";

/// The kernel log of a host on which nothing was said yet.
pub(super) fn begin_kernel_log(shared: &Shared) {
    File::options().append(true).create(true).open(shared.path(KMSG)).unwrap();
}

/// What init writes to the kernel log (`initctl log-priority`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd)]
pub enum LogPriority {
    /// What ended in order, too.
    Info,
    /// What failed.
    #[default]
    Message,
    /// Nothing of what becomes of jobs.
    Error,
}

impl fmt::Display for LogPriority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Message => "message",
            Self::Error => "error",
        })
    }
}

/// Appends a line of init's to the kernel log, on something that failed.
pub fn kernel_log(shared: &Shared, message: &str) {
    if shared.bus.log_priority() <= LogPriority::Message {
        append(shared, 12, &format!("init: {message}"));
    }
}

/// Appends a line to the kernel log, in the form that /dev/kmsg is read in.
pub fn append(shared: &Shared, priority: u32, message: &str) {
    shared.history.add(format!("kernel log: {message}"));
    let path = shared.path(KMSG);
    let sequence = std::fs::read(&path).unwrap_or_default().split(|byte| *byte == b'\n').count();
    let (_, micros) = upstart_monitor::sys::kernel_log_micros();
    let mut escaped = String::new();
    for byte in message.bytes() {
        if byte == b'\\' || !(b' '..=b'~').contains(&byte) {
            let _ = write!(escaped, "\\x{byte:02x}");
        } else {
            escaped.push(char::from(byte));
        }
    }
    let mut file = File::options().append(true).create(true).open(path).unwrap();
    // One write, as init makes it, so that two jobs' lines never mix.
    file.write_all(format!("{priority},{sequence},{micros},-;{escaped}\n").as_bytes()).unwrap();
}

/// The line on a process that ended.
pub(super) fn kernel_log_of_end(shared: &Shared, who: &str, is_normal: bool, end: End) {
    let line = match end {
        End::Exited(0) => format!("{who} exited normally"),
        End::Exited(status) => format!("{who} terminated with status {status}"),
        End::Killed(signal) => format!("{who} killed by {} signal", signal_name(signal)),
    };
    // Of a signal that `normal exit` names init thinks otherwise than of a status.
    let is_normal = end == End::Exited(0) || is_normal && matches!(end, End::Exited(_));
    if !is_normal {
        kernel_log(shared, &line);
    } else if shared.bus.log_priority() == LogPriority::Info {
        append(shared, 14, &format!("init: {line}"));
    }
}

/// Writes what `initctl status` answers for this job from now on.
pub(super) fn status(shared: &Shared, class: &Class, line: &str) {
    let path = shared.path(STATUS).join(status_name(&class.name, &class.instance));
    let beside = path.with_extension("new");
    std::fs::write(&beside, format!("{} {line}\n", class.title())).unwrap();
    std::fs::rename(beside, path).unwrap();
}

/// A file name that `install_initctl`'s script can make too.
fn status_name(job: &str, instance: &str) -> String {
    format!("{job} {instance}").bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Installs an `initctl` that answers `status` as the real one does inside a job's own processes.
pub fn install_initctl(shared: &Shared) {
    let status = shared.path(STATUS);
    std::fs::create_dir_all(&status).unwrap();
    let script = format!(
        "#!/bin/sh\n\
         [ \"$1\" = status ] || exit 1\n\
         name=$(printf '%s %s' \"$UPSTART_JOB\" \"$UPSTART_INSTANCE\" | od -An -v -tx1 | tr -d ' \\n')\n\
         exec cat '{}'/\"$name\"\n",
        status.display()
    );
    let path = shared.path("/sbin/initctl");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
}
