//! The kernel's own lines on a death: out of memory, and faults.

use super::init_line::{Ended, Signal};
use super::record::{Record, Speaker, number};

/// What the kernel did to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Killed it, for the machine or its memory cgroup had no memory left.
    OutOfMemory,
    /// Sent it the signal of a fault in its code.
    Fault,
}

/// The process that the kernel's line `record` names as dead by `cause`, by the number that the
/// kernel has for it.
///
/// Not what announces a kill ("Kill process 5 (a) score 7 or sacrifice child"): before Linux 5.0
/// another process could be the one that died.
pub(super) fn victim(record: &Record<'_>, cause: Cause) -> Option<u32> {
    match cause {
        _ if record.speaker != Speaker::Kernel => None,
        Cause::OutOfMemory => memory_victim(record.said()),
        Cause::Fault => fault_victim(record.said()),
    }
}

fn memory_victim(text: &[u8]) -> Option<u32> {
    if text.starts_with(b"oom-kill:") {
        // The last one: a program may be called `x,pid=1`.
        return leading_number(behind(text, rfind(text, b",pid=")?, b",pid=")?);
    }
    const KILLED: &[u8] = b"Killed process ";
    // Behind an announcement it stands alone.
    const BEFORE: [&[u8]; 3] = [KILLED, b"Out of memory", b"Memory cgroup out of memory"];
    if !BEFORE.iter().any(|before| text.starts_with(before)) {
        return None;
    }
    leading_number(behind(text, find(text, KILLED)?, KILLED)?)
}

/// `comm[53]: segfault at`, `traps: comm[53] trap invalid opcode`, `comm[53] general protection`,
/// `comm[53]: unhandled level 2 translation fault`. 32-bit ARM names no process id.
fn fault_victim(text: &[u8]) -> Option<u32> {
    const FAULTS: [&[u8]; 6] = [
        b"]: segfault at ",
        b"] trap ",
        b"] general protection",
        b"] bad frame in ",
        b"]: bad frame in ",
        b"]: unhandled ",
    ];
    let is_fault = |place: &usize| {
        let rest = text.get(*place..).unwrap_or_default();
        FAULTS.iter().any(|fault| rest.starts_with(fault))
    };
    let closed = text.iter().enumerate().filter(|(_, byte)| **byte == b']');
    let place = closed.map(|(place, _)| place).find(is_fault)?;
    let who = text.get(..place)?;
    let open = who.iter().rposition(|byte| *byte == b'[')?;
    number(who.get(open + 1..)?)
}

/// What of the kernel's doing explains that a process `ended` so; most often nothing.
pub(super) fn cause_of(ended: &Ended) -> Option<Cause> {
    let Ended::Signal(Signal { name: Some(name), .. }) = ended else { return None };
    match name.as_str() {
        "SIGKILL" => Some(Cause::OutOfMemory),
        "SIGSEGV" | "SIGBUS" | "SIGILL" | "SIGFPE" | "SIGTRAP" => Some(Cause::Fault),
        _ => None,
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn rfind(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|window| window == part)
}

/// What follows `part`, which stands at `place`.
fn behind<'a>(text: &'a [u8], place: usize, part: &[u8]) -> Option<&'a [u8]> {
    text.get(place + part.len()..)
}

fn leading_number(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    number(text.get(..digits)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::kernel_log::testing::corpus;
    use std::borrow::Cow;

    use proptest::prelude::*;

    #[test]
    fn the_kernels_lines_are_understood() {
        for (line, meaning) in corpus(include_str!("../../../tests/corpus/kernel_lines.txt")) {
            assert_eq!(meant(line, Speaker::Kernel), meaning, "{line}");
            assert_eq!(meant(line, Speaker::Init), "nothing", "a program cannot say that: {line}");
        }
    }

    fn meant(text: &str, speaker: Speaker) -> String {
        let line = Cow::Borrowed(text.as_bytes());
        let record = Record { speaker, micros: None, line, from: 0 };
        let by = |cause, words| victim(&record, cause).map(|pid| format!("{words} of {pid}"));
        by(Cause::OutOfMemory, "out of memory")
            .or_else(|| by(Cause::Fault, "fault"))
            .unwrap_or_else(|| "nothing".to_owned())
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(text in ".{0,40}(Killed process |oom-kill:|,pid=|\\[|\\]: segfault at |\\] trap ).{0,40}") {
            let _ = meant(&text, Speaker::Kernel);
        }
    }
}
