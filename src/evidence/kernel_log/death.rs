//! The kernel's own lines on a death: out of memory, and faults.

use super::init_line::{Ended, Signal};
use super::read::{Record, number};

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
pub(super) fn victim(record: &Record, cause: Cause) -> Option<u32> {
    /// What programs write to the kernel log has a facility, which begins here.
    const KERNEL_ONLY: u32 = 8;
    if record.priority >= KERNEL_ONLY {
        return None;
    }
    match cause {
        Cause::OutOfMemory => memory_victim(&record.text),
        Cause::Fault => fault_victim(&record.text),
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
/// `comm[53]: unhandled level 2 translation fault`.
fn fault_victim(text: &[u8]) -> Option<u32> {
    const FAULTS: [&[u8]; 6] = [
        b"]: segfault at ",
        b"] trap ",
        b"] general protection",
        b"]: unhandled level ",
        b"]: unhandled exception",
        b"]: bad frame in ",
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
    use proptest::prelude::*;

    fn said(text: &str) -> Option<(Cause, u32)> {
        let record = Record { priority: 3, micros: None, text: text.into() };
        let by = |cause| victim(&record, cause).map(|pid| (cause, pid));
        by(Cause::OutOfMemory).or(by(Cause::Fault))
    }

    #[test]
    fn kernels_from_2_6_32_to_6_say_out_of_memory_like_this() {
        for text in [
            // 2.6.32, RHEL 6, 3.x to 4.x, 4.9, 5.0 and later; the machine and the cgroup.
            "Killed process 2592 (mysqld)",
            "Killed process 2592, UID 27, (mysqld) total-vm:1205028kB, anon-rss:905304kB, file-rss:4kB",
            "Killed process 2592 (java) total-vm:2205028kB, anon-rss:1905304kB, file-rss:0kB",
            "Killed process 2592 (java) total-vm:2205028kB, anon-rss:1905304kB, file-rss:0kB, shmem-rss:0kB",
            "Out of memory: Killed process 2592 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:48kB oom_score_adj:0",
            "Out of memory (oom_kill_allocating_task): Killed process 2592 (java) total-vm:8kB",
            "Memory cgroup out of memory: Killed process 2592 (java) total-vm:8kB, anon-rss:4kB",
            "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=java,pid=2592,uid=0",
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=java,pid=2592,uid=0",
        ] {
            assert_eq!(said(text), Some((Cause::OutOfMemory, 2592)), "{text}");
        }
    }

    #[test]
    fn and_faults_like_this() {
        for text in [
            "segv[6143]: segfault at 0 ip 000056349a5c0139 sp 00007ffeeb65f670 error 6 in segv[1139,56349a5c0000+1000] likely on CPU 1 (core 1, socket 0)",
            "a[1] b[6143]: segfault at 8 ip 00007f sp 00007f error 4",
            "traps: victim[6143] trap invalid opcode ip:40052d sp:7ffd0 error:0 in victim[400000+1000]",
            "victim[6143] trap divide error ip:40052d sp:7ffd0 error:0 in victim[400000+1000]",
            "traps: victim[6143] general protection ip:7f1 sp:7ff error:0 in libc.so[7f+1000]",
            "victim[6143] general protection ip:7f1 sp:7ff error:0 in libc-2.12.so[7f+1000]",
            "traps: victim[6143] general protection fault ip:7f1 sp:7ff error:0 in libc.so[7f+1000]",
            "victim[6143]: unhandled level 2 translation fault (11) at 0x00000000, esr 0x92000046",
        ] {
            assert_eq!(said(text), Some((Cause::Fault, 6143)), "{text}");
        }
    }

    #[test]
    fn other_lines_tell_of_no_death() {
        for text in [
            "Out of memory: Kill process 2592 (java) score 921 or sacrifice child",
            "Out of memory: kill process 2592 (java) score 921 or a child",
            "Memory cgroup out of memory: Kill process 2592 (java) score 1000 or sacrifice child",
            "java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0",
            "Task in /a killed as a result of limit of /a",
            "oom_reaper: reaped process 2592 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
            "a: Killed process 5 (b)",
            "usb 1-1: new device",
            "",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn a_program_cannot_speak_for_the_kernel() {
        let text = b"Killed process 2592 (java)".to_vec();
        let record = Record { priority: 12, micros: None, text };
        assert_eq!(victim(&record, Cause::OutOfMemory), None);
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(text in ".{0,40}(Killed process |oom-kill:|,pid=|\\[|\\]: segfault at |\\] trap ).{0,40}") {
            let _ = said(&text);
        }
    }
}
