//! What was out of the ordinary about the machine: what a reader must know, and nothing that is as
//! it always is. Pure. Thresholds stand in docs/notices.md too.

use super::LINE_CHARS;
use super::text::{harmless, shortened};
use super::words::{bytes, counted};
use crate::report::CrashReport;
use crate::snapshot::{CgroupMemory, Disk, FileHandles, Load, Memory, Pressure, Stall};

/// The load of one minute for each processor above which tasks stood in line: half as many again
/// as could run. At 1.0 a machine is busy, and nothing is wrong.
const LOAD: f64 = 1.5;

/// The share of memory that is available, in percent, below which the kernel starts to search for
/// some: what fits in no cache has to wait for a disk.
const MEMORY_AVAILABLE: u64 = 10;

/// The share of swap that is free, in percent, below which there is next to nothing behind memory.
const SWAP_FREE: u64 = 10;

/// The share of a disk, or of its inodes, that is available, in percent, below which a log or a
/// database is about to be refused its next write: file systems keep 5 % for root.
const DISK_AVAILABLE: u64 = 5;

/// The share of the file handles that may be opened yet, in percent.
const HANDLES_LEFT: u64 = 10;

/// The share of the last ten seconds, in percent, in which some task waited for a processor. The
/// kernel does not count for the whole machine that all of them did.
const WAITED_FOR_CPU: f64 = 50.0;

/// The same, in which all tasks waited for memory or for a disk: nothing at all got on.
const ALL_WAITED: f64 = 10.0;

/// Everything that was out of the ordinary when the job of `report` died, a line each.
pub(super) fn unusual(report: &CrashReport) -> Vec<String> {
    let snapshot = &report.snapshot;
    let mut lines = Vec::new();
    lines.extend(snapshot.memory.iter().flat_map(memory));
    lines.extend(snapshot.cgroup_memory.as_ref().and_then(cgroup_memory));
    lines.extend(snapshot.load.as_ref().and_then(|load| of_load(load, report.host.cpus)));
    lines.extend(snapshot.pressure.iter().flat_map(pressure));
    lines.extend(snapshot.disks.iter().flatten().flat_map(disk));
    lines.extend(snapshot.file_handles.as_ref().and_then(file_handles));
    lines.iter().map(|line| shortened(&harmless(line), LINE_CHARS)).collect()
}

/// Whether less than `percent` of `total` is left; of nothing there is never too little.
fn is_short(left: u64, total: u64, percent: u64) -> bool {
    u128::from(left) * 100 < u128::from(total) * u128::from(percent)
}

fn memory(memory: &Memory) -> Vec<String> {
    let Memory { total_bytes, available_bytes, swap_total_bytes, swap_free_bytes, .. } = *memory;
    let about = if memory.available_is_estimated { "about " } else { "" };
    let left = |left, total| format!("{} of {}", bytes(left), bytes(total));
    let of_memory = is_short(available_bytes, total_bytes, MEMORY_AVAILABLE)
        .then(|| format!("memory: {about}{} available", left(available_bytes, total_bytes)));
    let of_swap = is_short(swap_free_bytes, swap_total_bytes, SWAP_FREE)
        .then(|| format!("swap: {} free", left(swap_free_bytes, swap_total_bytes)));
    of_memory.into_iter().chain(of_swap).collect()
}

/// How often the control group was at its limit; the counts are of its whole life.
fn cgroup_memory(group: &CgroupMemory) -> Option<String> {
    let times = |count| counted(count, "time", "times");
    let parts = [
        (group.max > 0).then(|| format!("at its limit {}", times(group.max))),
        group.oom_kill.filter(|killed| *killed > 0).map(|killed| {
            format!("{} killed for want of memory", counted(killed, "process", "processes"))
        }),
        group.under_oom.filter(|under| *under).map(|_| "out of memory now".to_owned()),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("memory of {}: {}", group.path, parts.join(", ")))
}

fn of_load(load: &Load, cpus: Option<usize>) -> Option<String> {
    let cpus = cpus.filter(|cpus| *cpus > 0)?;
    let Load { one, five, fifteen, .. } = load;
    let on = counted(cpus as u64, "processor", "processors");
    (*one > LOAD * cpus as f64).then(|| format!("load: {one:.2} {five:.2} {fifteen:.2} on {on}"))
}

fn pressure(pressure: &Pressure) -> Vec<String> {
    let Pressure { cpu, memory, io } = pressure;
    let all = |stall: &Stall| stall.full.as_ref().map_or(0.0, |full| full.avg10_percent);
    let for_cpu = cpu.some.avg10_percent;
    [
        (all(memory) > ALL_WAITED).then(|| ("everything", "memory", all(memory))),
        (all(io) > ALL_WAITED).then(|| ("everything", "a disk", all(io))),
        (for_cpu > WAITED_FOR_CPU).then_some(("tasks", "a processor", for_cpu)),
    ]
    .into_iter()
    .flatten()
    .map(|(who, what, share)| format!("pressure: {who} waited for {what} {share:.0} % of 10 s"))
    .collect()
}

fn disk(disk: &Disk) -> Vec<String> {
    let Disk { path, total_bytes, available_bytes, inodes_total, inodes_available, .. } = disk;
    let of_bytes = is_short(*available_bytes, *total_bytes, DISK_AVAILABLE).then(|| {
        format!("disk {path}: {} of {} available", bytes(*available_bytes), bytes(*total_bytes))
    });
    let inodes = inodes_available.zip(*inodes_total);
    let of_inodes = inodes
        .filter(|(left, total)| is_short(*left, *total, DISK_AVAILABLE))
        .map(|(left, total)| format!("disk {path}: {left} of {total} inodes available"));
    of_bytes.into_iter().chain(of_inodes).collect()
}

fn file_handles(handles: &FileHandles) -> Option<String> {
    let FileHandles { open, limit } = handles;
    is_short(limit.saturating_sub(*open), *limit, HANDLES_LEFT)
        .then(|| format!("file handles: {open} of {limit} open"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::samples;
    use crate::snapshot::{Averages, Held, Snapshot};

    /// A machine of four processors on which all is well, changed by `change`.
    fn of(change: impl FnOnce(&mut Snapshot)) -> Vec<String> {
        let mut report = samples::report();
        let none = || Averages { avg10_percent: 0.0, avg60_percent: 0.0, avg300_percent: 0.0 };
        let stall = || Stall { some: none(), full: Some(none()) };
        let snapshot = &mut report.snapshot;
        let memory = snapshot.memory.as_mut().unwrap();
        memory.available_is_estimated = false;
        (memory.total_bytes, memory.available_bytes) = (16 << 30, 8 << 30);
        (memory.swap_total_bytes, memory.swap_free_bytes) = (2 << 30, 2 << 30);
        snapshot.load.as_mut().unwrap().one = 0.5;
        snapshot.pressure = Some(Pressure { cpu: stall(), memory: stall(), io: stall() });
        snapshot.file_handles = Some(FileHandles { open: 1, limit: 1000 });
        let group = snapshot.cgroup_memory.as_mut().unwrap();
        (group.max, group.oom_kill, group.under_oom) = (0, Some(0), Some(false));
        snapshot.disks = Some(vec![Disk {
            path: "/".to_owned(),
            holds: vec![Held::Root],
            total_bytes: 1000 << 30,
            available_bytes: 500 << 30,
            inodes_total: Some(1000),
            inodes_available: Some(500),
        }]);
        change(snapshot);
        unusual(&report)
    }

    #[test]
    fn what_is_as_always_is_not_told() {
        assert_eq!(of(|_| ()), [""; 0]);
        assert_eq!(of(|it| *it = Snapshot::missed(it.taken_at)), [""; 0]);
    }

    /// Each fact right where it is still ordinary, and right where it no longer is.
    #[test]
    fn each_threshold_is_met_to_the_last_unit() {
        type Change = fn(&mut Snapshot);
        let table: [(Change, Change, &str); 13] = [
            (
                |it| it.load.as_mut().unwrap().one = 6.0,
                |it| it.load.as_mut().unwrap().one = 6.01,
                "load: 6.01 3.10 1.05 on 4 processors",
            ),
            (
                |it| it.memory.as_mut().unwrap().available_bytes = 1_717_986_919,
                |it| it.memory.as_mut().unwrap().available_bytes = 1_717_986_918,
                "memory: 1.6 GiB of 16.0 GiB available",
            ),
            (
                |_| (),
                |it| {
                    let memory = it.memory.as_mut().unwrap();
                    (memory.available_bytes, memory.available_is_estimated) = (112 << 20, true);
                },
                "memory: about 112 MiB of 16.0 GiB available",
            ),
            (
                |it| it.memory.as_mut().unwrap().swap_free_bytes = 214_748_365,
                |it| it.memory.as_mut().unwrap().swap_free_bytes = 214_748_364,
                "swap: 204 MiB of 2.0 GiB free",
            ),
            (
                |it| {
                    let memory = it.memory.as_mut().unwrap();
                    (memory.swap_total_bytes, memory.swap_free_bytes) = (0, 0);
                },
                |it| it.memory.as_mut().unwrap().swap_free_bytes = 0,
                "swap: 0 B of 2.0 GiB free",
            ),
            (
                |_| (),
                |it| {
                    let group = it.cgroup_memory.as_mut().unwrap();
                    (group.max, group.oom_kill, group.under_oom) = (7, Some(1), Some(true));
                },
                "memory of /upstart/nginx: at its limit 7 times, \
                 1 process killed for want of memory, out of memory now",
            ),
            (
                |it| it.cgroup_memory.as_mut().unwrap().oom_kill = None,
                |it| it.cgroup_memory.as_mut().unwrap().oom_kill = Some(2),
                "memory of /upstart/nginx: 2 processes killed for want of memory",
            ),
            (
                |it| it.pressure.as_mut().unwrap().cpu.some.avg10_percent = 50.0,
                |it| it.pressure.as_mut().unwrap().cpu.some.avg10_percent = 63.68,
                "pressure: tasks waited for a processor 64 % of 10 s",
            ),
            (
                |it| it.pressure.as_mut().unwrap().memory.some.avg10_percent = 99.0,
                |it| {
                    let full = it.pressure.as_mut().unwrap().memory.full.as_mut();
                    full.unwrap().avg10_percent = 41.02;
                },
                "pressure: everything waited for memory 41 % of 10 s",
            ),
            (
                |it| it.pressure.as_mut().unwrap().io.full.as_mut().unwrap().avg10_percent = 10.0,
                |it| it.pressure.as_mut().unwrap().io.full.as_mut().unwrap().avg10_percent = 11.0,
                "pressure: everything waited for a disk 11 % of 10 s",
            ),
            (
                |it| it.disks.as_mut().unwrap()[0].available_bytes = 50 << 30,
                |it| it.disks.as_mut().unwrap()[0].available_bytes = (50 << 30) - 1,
                "disk /: 50.0 GiB of 1000.0 GiB available",
            ),
            (
                |it| it.disks.as_mut().unwrap()[0].inodes_available = Some(50),
                |it| it.disks.as_mut().unwrap()[0].inodes_available = Some(49),
                "disk /: 49 of 1000 inodes available",
            ),
            (
                |it| it.file_handles.as_mut().unwrap().open = 900,
                |it| it.file_handles.as_mut().unwrap().open = 901,
                "file handles: 901 of 1000 open",
            ),
        ];
        for (ordinary, unusual, line) in table {
            assert_eq!(of(ordinary), [""; 0], "{line}");
            assert_eq!(of(unusual), [line]);
        }
    }

    #[test]
    fn a_load_on_no_known_number_of_processors_is_no_news() {
        let mut report = samples::report();
        for (cpus, is_told) in [(Some(4), true), (Some(64), false), (Some(0), false), (None, false)]
        {
            report.host.cpus = cpus;
            let told = unusual(&report).iter().any(|line| line.starts_with("load: "));
            assert_eq!(told, is_told, "{cpus:?}");
        }
    }
}
