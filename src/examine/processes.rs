//! What uses the machine most: by memory, and by processor time over a short while.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::{SysconfVar, sysconf};

use super::Scene;
use super::process::{Stat, ticks_per_second};
use crate::aftermath::{TopProcess, TopProcesses};
use crate::sys;

/// How many are told of, of each kind.
const TOP: usize = 5;

/// Over how long processor time is measured: twenty ticks on most kernels.
const WHILE: Duration = Duration::from_millis(200);

/// The greediest processes. Where nothing is waited for, processor time is not measured.
pub(super) fn collect(scene: &Scene) -> Result<TopProcesses, String> {
    let (before, began) = (Stat::of_all()?, Instant::now());
    let interval = WHILE.min(scene.settings.settle);
    if interval.is_zero() {
        return Ok(TopProcesses {
            by_memory: told(by_memory(before), &BTreeMap::new()),
            by_cpu: None,
        });
    }
    thread::sleep(interval);
    let (now, seconds) = (Stat::of_all()?, began.elapsed().as_secs_f64());
    let percent = percent(&before, &now, seconds * ticks_per_second());
    let ours = family(std::process::id().cast_signed(), &now);
    let others = now.iter().filter(|stat| !ours.contains(&stat.pid)).cloned().collect();
    let by_cpu = told(by_cpu(others, &percent), &percent);
    Ok(TopProcesses { by_memory: told(by_memory(now), &percent), by_cpu: Some(by_cpu) })
}

/// What each process used of one processor in `ticks`, in percent. An id that was given to another
/// process meanwhile does not count.
fn percent(before: &[Stat], now: &[Stat], ticks: f64) -> BTreeMap<i32, f64> {
    let before: BTreeMap<_, _> =
        before.iter().map(|stat| ((stat.pid, stat.began_ticks), stat.cpu_ticks)).collect();
    let used = |stat: &Stat| {
        let earlier = before.get(&(stat.pid, stat.began_ticks)).copied().unwrap_or(0);
        stat.cpu_ticks.saturating_sub(earlier) as f64
    };
    let rounded = |percent: f64| (percent * 10.0).round() / 10.0;
    now.iter().map(|stat| (stat.pid, rounded(100.0 * used(stat) / ticks.max(1.0)))).collect()
}

/// The process `first`, its children and theirs. What the notifier does while it measures, it does
/// for this report.
fn family(first: i32, all: &[Stat]) -> BTreeSet<i32> {
    let mut family = BTreeSet::from([first]);
    loop {
        let known = family.len();
        let children = all.iter().filter(|stat| family.contains(&stat.parent));
        family.extend(children.map(|stat| stat.pid).collect::<Vec<_>>());
        if family.len() == known {
            return family;
        }
    }
}

fn by_memory(mut all: Vec<Stat>) -> Vec<Stat> {
    all.sort_by_key(|stat| std::cmp::Reverse(stat.resident_pages));
    all.truncate(TOP);
    all
}

fn by_cpu(mut all: Vec<Stat>, percent: &BTreeMap<i32, f64>) -> Vec<Stat> {
    let of = |stat: &Stat| percent.get(&stat.pid).copied().unwrap_or(0.0);
    all.retain(|stat| of(stat) > 0.0);
    all.sort_by(|a, b| of(b).total_cmp(&of(a)));
    all.truncate(TOP);
    all
}

/// What is told of `chosen`; one that has gone meanwhile is told of as far as it is known.
fn told(chosen: Vec<Stat>, percent: &BTreeMap<i32, f64>) -> Vec<TopProcess> {
    let uptime = sys::boot_micros() as f64 / 1e6;
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096).max(0).unsigned_abs();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let tell = |stat: Stat| TopProcess {
        user: stat.owner().map_or_else(|| "?".to_owned(), |uid| user(&users, uid)),
        age_seconds: (stat.age_seconds(uptime) * 100.0).round() / 100.0,
        memory_bytes: stat.resident_pages.saturating_mul(page),
        cpu_percent: percent.get(&stat.pid).copied(),
        command: stat.command_line(),
        pid: stat.pid,
        state: stat.state,
    };
    chosen.into_iter().map(tell).collect()
}

/// The name that passwd(5) gives `uid`, else the number. Users that other services know are not
/// asked for: the network may be what is broken.
fn user(passwd: &str, uid: u32) -> String {
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| uid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(pid: i32, began_ticks: u64, cpu_ticks: u64, resident_pages: u64) -> Stat {
        let name = String::new();
        let (parent, group, session) = (1, 0, 0);
        Stat {
            pid,
            name,
            state: 'R',
            parent,
            group,
            session,
            cpu_ticks,
            began_ticks,
            resident_pages,
        }
    }

    #[test]
    fn the_greediest_come_first() {
        let all: Vec<_> = (1..=9).map(|n| stat(n, 0, 0, n.unsigned_abs().into())).collect();
        let pids: Vec<_> = by_memory(all).iter().map(|stat| stat.pid).collect();
        assert_eq!(pids, [9, 8, 7, 6, 5]);

        let before = [stat(1, 5, 100, 0), stat(2, 5, 100, 0), stat(3, 5, 100, 0)];
        // The id 3 is another process's now; 4 was not there before.
        let now = vec![stat(1, 5, 101, 0), stat(2, 5, 100, 0), stat(3, 9, 7, 0), stat(4, 9, 20, 0)];
        let percent = percent(&before, &now, 20.0);
        assert_eq!(percent, [(1, 5.0), (2, 0.0), (3, 35.0), (4, 100.0)].into());
        let pids: Vec<_> = by_cpu(now, &percent).iter().map(|stat| stat.pid).collect();
        assert_eq!(pids, [4, 3, 1], "those that did nothing are left out");
    }

    #[test]
    fn a_family_is_all_that_descends_from_its_first() {
        let child = |pid, parent| Stat { parent, ..stat(pid, 0, 0, 0) };
        let all = [child(9, 8), child(8, 7), child(7, 1), child(6, 1), child(1, 0)];
        assert_eq!(family(7, &all), [7, 8, 9].into());
        assert_eq!(family(5, &all), [5].into());
    }

    #[test]
    fn users_have_the_names_that_the_file_gives() {
        let passwd = "root:x:0:0::/:/bin/sh\nbroken\nwww:x:33:33::/:\n+::::::\n";
        assert_eq!([0, 33, 7].map(|uid| user(passwd, uid)), ["root", "www", "7"]);
    }
}
