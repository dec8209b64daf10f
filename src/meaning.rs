//! What an exit status or a signal means, in an operator's words.

use crate::verdict::{Exit, ExitKind};

/// What it means that a process ended like `exit`; `None` where that is not known.
pub fn of(exit: &Exit) -> Option<String> {
    match exit.kind {
        ExitKind::Status => of_status(exit.status?),
        ExitKind::Signal => {
            let name = exit.signal_name.as_deref().and_then(|name| name.strip_prefix("SIG"))?;
            of_signal(name).map(|meaning| format!("SIG{name}: {meaning}"))
        }
        ExitKind::Oom => Some(
            "SIGKILL, sent by the kernel: the machine, or the memory cgroup of the service, had no \
             memory left"
                .to_owned(),
        ),
        ExitKind::Watchdog => Some(
            "its supervisor killed it: it had not said for too long that it is alive (WatchdogSec=)"
                .to_owned(),
        ),
        ExitKind::Timeout => Some("its supervisor killed it: its time was over".to_owned()),
        ExitKind::NotStarted => Some(
            "the program could not be started: is it there, executable, and its interpreter too?"
                .to_owned(),
        ),
        ExitKind::Unknown => None,
    }
}

/// The statuses that shells and sysexits.h give a meaning; most programs have meanings of their own.
fn of_status(status: i32) -> Option<String> {
    let meaning = match status {
        0 => "success, by the program's own account",
        1 => "failure, of the kind that most programs use for any error: its log tells more",
        2 => "failure; shells and many programs: wrong usage",
        64 => "EX_USAGE: the command was used wrongly",
        65 => "EX_DATAERR: its input was wrong",
        66 => "EX_NOINPUT: an input file is missing or not readable",
        69 => "EX_UNAVAILABLE: a service that it needs is not there",
        70 => "EX_SOFTWARE: an internal error",
        71 => "EX_OSERR: the system refused something",
        73 => "EX_CANTCREAT: a file could not be created",
        74 => "EX_IOERR: reading or writing failed",
        75 => "EX_TEMPFAIL: may work later",
        77 => "EX_NOPERM: something was not permitted",
        78 => "EX_CONFIG: its configuration is wrong",
        101 => "101: a Rust program panicked",
        126 => "a shell's word for a command that was found and could not be executed",
        127 => "a shell's word for a command that was not found",
        129..=159 => {
            let number = status - 128;
            return match nix::sys::signal::Signal::try_from(number) {
                Ok(signal) => Some(by_a_shell(signal.as_str().trim_start_matches("SIG"))),
                Err(_) => Some(format!("128 + {number}: signal {number} ended a child of a shell")),
            };
        }
        255 => "-1, or a status too large: any failure",
        _ => return None,
    };
    Some(meaning.to_owned())
}

/// What a shell's `128 + n` says.
fn by_a_shell(name: &str) -> String {
    let whose = format!("128 + SIG{name}: a signal ended what a shell ran for the service");
    match of_signal(name) {
        Some(meaning) => format!("{whose}; {meaning}"),
        None => whose,
    }
}

/// What most often stands behind the signal `name`, which is given without `SIG`.
fn of_signal(name: &str) -> Option<&'static str> {
    Some(match name {
        "ABRT" => {
            "it gave up by itself: a failed assertion, a corrupted heap, an uncaught exception"
        }
        "ALRM" => "a timer of its own ran out, and it had no handler for that",
        "BUS" => {
            "it touched memory that is not there: a mapped file became shorter, or a disk error"
        }
        "FPE" => "a division by zero, or the like",
        "HUP" => "the usual request to reload: it has no handler for that, or its terminal is gone",
        "ILL" => {
            "an instruction that this processor does not have: a wrong build, or overwritten code"
        }
        "INT" => "somebody pressed Ctrl-C, or sent that signal",
        "KILL" => {
            "somebody, or the kernel, ended it without asking: `kill -9`, a memory limit, a stop \
             that took too long"
        }
        "PIPE" => "it wrote to a connection or a pipe whose reader is gone, and had no handler",
        "QUIT" => "somebody asked it to end with a core dump",
        "SEGV" => "it touched memory that is not its own: a bug in it or in a library",
        "SYS" => "a system call that its sandbox (seccomp) does not allow",
        "TERM" => "somebody asked it to end",
        "TRAP" => "a breakpoint, or a check that its compiler put in",
        "USR1" | "USR2" => "a signal for its own use, for which it has no handler",
        "XCPU" => "it used more processor time than `limit cpu` allows",
        "XFSZ" => "it wrote a larger file than `limit fsize` allows",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(kind: ExitKind, status: Option<i32>, signal: Option<&str>) -> Exit {
        let signal_name = signal.map(str::to_owned);
        Exit { kind, status, signal_name, ..Exit::unknown() }
    }

    #[test]
    fn a_status_is_told_in_words() {
        for (status, words) in [
            (137, "128 + SIGKILL: a signal ended what a shell ran for the service; somebody, or"),
            (139, "128 + SIGSEGV: a signal ended"),
            (134, "128 + SIGABRT: a signal ended"),
            (159, "128 + SIGSYS"),
            (127, "not found"),
            (78, "EX_CONFIG"),
            (0, "success"),
        ] {
            let meaning = of(&ended(ExitKind::Status, Some(status), None)).unwrap_or_default();
            assert!(meaning.contains(words), "{status}: {meaning}");
        }
        assert_eq!(of(&ended(ExitKind::Status, Some(42), None)), None, "only its author knows");
    }

    #[test]
    fn a_signal_is_told_in_words() {
        for (kind, signal, words) in [
            (ExitKind::Signal, Some("SIGSEGV"), "memory that is not its own"),
            (ExitKind::Oom, Some("SIGKILL"), "no memory left"),
            (ExitKind::NotStarted, None, "could not be started"),
        ] {
            let meaning = of(&ended(kind, None, signal)).unwrap_or_default();
            assert!(meaning.contains(words), "{kind:?}: {meaning}");
        }
        assert_eq!(of(&Exit::unknown()), None);
    }
}
