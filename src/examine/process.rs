//! One process, as /proc tells of it (proc(5)).

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::{SysconfVar, sysconf};

use super::command_line;
use crate::sys;

/// The most processes that are looked at.
const PROCESSES: usize = 32_768;

/// The most bytes of a command line that are read: what is shown is less.
const COMMAND_LINE: u64 = 4096;

/// What `/proc/PID/stat` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) pid: i32,
    /// The name; any bytes.
    pub(super) name: String,
    pub(super) state: char,
    /// Its parent, its process group and its session.
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    /// Processor time used so far, in ticks.
    pub(super) cpu_ticks: u64,
    /// When it began, in ticks since the boot.
    pub(super) began_ticks: u64,
    /// Resident memory, in pages.
    pub(super) resident_pages: u64,
}

impl Stat {
    /// Reads the line; `None` where it is none. The name stands in brackets and may hold brackets,
    /// spaces and newlines itself: it ends at the last bracket.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let line = String::from_utf8_lossy(line);
        let (before, rest) = line.rsplit_once(')')?;
        let (pid, name) = before.split_once('(')?;
        // Behind the name, the first is field 3 of proc(5).
        let fields: Vec<_> = rest.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).copied();
        let number = |at: usize| field(at)?.parse::<u64>().ok();
        Some(Self {
            pid: pid.trim().parse().ok()?,
            name: name.to_owned(),
            state: field(3)?.chars().next()?,
            parent: field(4)?.parse().ok()?,
            group: field(5)?.parse().ok()?,
            session: field(6)?.parse().ok()?,
            cpu_ticks: number(14)?.saturating_add(number(15)?),
            began_ticks: number(22)?,
            // The kernel calls it signed.
            resident_pages: field(24)?.parse::<i64>().ok()?.max(0).unsigned_abs(),
        })
    }

    /// All processes that can be seen now.
    ///
    /// # Errors
    /// Where there is no /proc, in words.
    pub(super) fn of_all() -> Result<Vec<Self>, String> {
        let listed = fs::read_dir("/proc").map_err(|error| format!("/proc: {error}"))?;
        let pids = listed.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        Ok(pids.take(PROCESSES).filter_map(Self::of).collect())
    }

    /// That of process `pid`; `None` where it is gone.
    fn of(pid: i32) -> Option<Self> {
        Self::parse(&fs::read(directory(pid).join("stat")).ok()?)
    }

    /// How long it has been running at `uptime` seconds after the boot.
    pub(super) fn age_seconds(&self, uptime: f64) -> f64 {
        (uptime - self.began_seconds()).max(0.0)
    }

    /// When it began, in seconds after the boot.
    pub(super) fn began_seconds(&self) -> f64 {
        self.began_ticks as f64 / ticks_per_second()
    }

    /// Its command line as it may be shown.
    pub(super) fn command_line(&self) -> String {
        let mut bytes = Vec::new();
        let read = File::open(directory(self.pid).join("cmdline"));
        let _ = read.and_then(|file| file.take(COMMAND_LINE).read_to_end(&mut bytes));
        command_line::shown(&bytes, &self.name)
    }

    /// Whose it is, as a number; `None` where it is gone.
    pub(super) fn owner(&self) -> Option<u32> {
        fs::metadata(directory(self.pid)).ok().map(|facts| facts.uid())
    }
}

/// How long process `pid` has been running; `None` where it is gone.
pub fn age(pid: i32) -> Option<Duration> {
    let uptime = sys::boot_micros() as f64 / 1e6;
    Duration::try_from_secs_f64(Stat::of(pid)?.age_seconds(uptime)).ok()
}

/// `/proc/PID`.
pub(super) fn directory(pid: i32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

/// How many ticks of the kernel's accounting make a second.
pub(super) fn ticks_per_second() -> f64 {
    sysconf(SysconfVar::CLK_TCK).ok().flatten().filter(|ticks| *ticks > 0).unwrap_or(100) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "S 1 42 43 0 -1 4194560 100 0 0 0 7 5 0 0 20 0 1 0 12345 1000000 250 \
                        18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0";

    #[test]
    fn a_name_may_hold_anything() {
        for name in ["nginx", "a b", ") R 1 1", "((", "))", "", "x\n99 (y) Z 9 9 9", "\u{fffd}"] {
            let stat = Stat::parse(format!("4711 ({name}) {REST}\n").as_bytes()).unwrap();
            let expected = Stat {
                pid: 4711,
                name: name.to_owned(),
                state: 'S',
                parent: 1,
                group: 42,
                session: 43,
                cpu_ticks: 12,
                began_ticks: 12345,
                resident_pages: 250,
            };
            assert_eq!(stat, expected);
        }
        let bytes = [b"1 (caf\xe9) ".as_slice(), REST.as_bytes()].concat();
        assert_eq!(Stat::parse(&bytes).unwrap().name, "caf\u{fffd}");
    }

    #[test]
    fn what_is_no_such_line_is_none() {
        for line in ["", "1", "1 (x", "1 (x)", "1 (x) S", "x (x) S 1 1 1", "1 (x) S a b c"] {
            assert_eq!(Stat::parse(line.as_bytes()), None, "{line:?}");
        }
        let whole = format!("1 (x) {REST}");
        let enough = whole.find(" 18446744073709551615").unwrap();
        for length in 0..whole.len() {
            let parsed = Stat::parse(&whole.as_bytes()[..length]);
            let expected = length > enough - 3;
            assert_eq!(parsed.is_some(), expected, "{length}: {:?}", &whole[..length]);
        }
    }

    #[test]
    fn this_process_is_among_them() {
        let own = i32::try_from(std::process::id()).unwrap();
        let all = Stat::of_all().unwrap();
        let stat = all.iter().find(|stat| stat.pid == own).unwrap();
        assert!(stat.resident_pages > 0 && stat.began_ticks > 0, "{stat:?}");
        assert_eq!(stat.owner(), Some(nix::unistd::geteuid().as_raw()));
        assert!(!stat.command_line().starts_with('['));
    }
}
