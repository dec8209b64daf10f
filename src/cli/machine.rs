//! What `upstart-crash show` says of the machine: only what says something.

use std::time::Duration;

use super::text::size;
use crate::evidence::KernelLine;
use crate::report::{CrashReport, duration_in_words};
use crate::snapshot::{CgroupMemory, Disk, Load, Memory, Pressure, Snapshot};

/// The share of a resource from which on it is worth a word that it is used up, in percent.
const SCARCE_PERCENT: u64 = 90;

/// The facts on the machine, each with its name.
pub(super) fn facts(report: &CrashReport) -> Vec<(&'static str, String)> {
    let Snapshot { load, memory, pressure, file_handles, cgroup_memory, disks, .. } =
        &report.snapshot;
    let mut facts = vec![("Host", host(report))];
    facts.extend(load.iter().map(|load| ("Load", load_in_words(load))));
    if let Some(memory) = memory {
        facts.push(("Memory", memory_in_words(memory)));
        if memory.swap_total_bytes > 0 {
            let [free, total] = [memory.swap_free_bytes, memory.swap_total_bytes].map(size);
            facts.push(("Swap", format!("{free} of {total} free")));
        }
    }
    facts.extend(pressure.iter().filter_map(|p| Some(("Pressure", pressure_in_words(p)?))));
    facts.extend(disks.iter().flatten().map(|disk| ("Disk", disk_in_words(disk))));
    for handles in file_handles.iter().filter(|files| is_scarce(files.open, files.limit)) {
        facts.push(("Files", format!("{} of at most {} open", handles.open, handles.limit)));
    }
    facts.extend(cgroup_memory.iter().filter_map(|c| Some(("Cgroup", cgroup_in_words(c)?))));
    facts
}

/// What the kernel wrote in the last minute, without what it wrote on this end.
pub(super) fn other_kernel_lines(report: &CrashReport) -> Vec<&KernelLine> {
    let of_this_end = report.kernel.iter().flat_map(|kernel| &kernel.lines);
    let known: Vec<_> = of_this_end.map(|line| &line.text).collect();
    let lines = report.snapshot.kernel_log.iter().flat_map(|log| &log.lines);
    lines.filter(|line| !known.contains(&&line.text)).collect()
}

fn host(report: &CrashReport) -> String {
    let host = &report.host;
    let up = Duration::try_from_secs_f64(host.uptime_seconds).unwrap_or_default();
    let cpus = host.cpus.map_or_else(String::new, |cpus| format!(", {cpus} CPUs"));
    let (name, kernel, arch) = (&host.name, &host.kernel, &host.arch);
    format!("{name}, {kernel} {arch}{cpus}, up {}", duration_in_words(up))
}

fn load_in_words(load: &Load) -> String {
    let (one, five, fifteen) = (load.one, load.five, load.fifteen);
    let (running, total) = (load.threads_running, load.threads_total);
    format!(
        "{one:.2} {five:.2} {fifteen:.2} (1, 5, 15 min), {running} of {total} threads could run"
    )
}

fn memory_in_words(memory: &Memory) -> String {
    let [available, total, free, buffers, cached] = [
        memory.available_bytes,
        memory.total_bytes,
        memory.free_bytes,
        memory.buffers_bytes,
        memory.cached_bytes,
    ]
    .map(size);
    let about = if memory.available_is_estimated { "about " } else { "" };
    format!(
        "{about}{available} of {total} available: {free} free, {cached} cached, {buffers} buffers"
    )
}

/// `None` where hardly anybody had to wait.
fn pressure_in_words(pressure: &Pressure) -> Option<String> {
    /// In percent.
    const NOTICED: f64 = 1.0;
    let kinds =
        [("a processor", &pressure.cpu), ("memory", &pressure.memory), ("a disk", &pressure.io)];
    let waits: Vec<_> = kinds
        .into_iter()
        .map(|(name, stall)| (name, stall.some.avg10_percent))
        .filter(|(_, percent)| *percent >= NOTICED)
        .map(|(name, percent)| format!("for {name} {percent:.0} %"))
        .collect();
    (!waits.is_empty()).then(|| format!("waited {} of the last 10 s", waits.join(", ")))
}

fn disk_in_words(disk: &Disk) -> String {
    let [available, total] = [disk.available_bytes, disk.total_bytes].map(size);
    let words = format!("{}: {available} of {total} available", disk.path);
    match disk.inodes_total.zip(disk.inodes_available) {
        Some((total, available)) if is_scarce(total.saturating_sub(available), total) => {
            format!("{words}, room for {available} more files of {total}")
        }
        _ => words,
    }
}

/// `None` where the group never ran out of memory.
fn cgroup_in_words(cgroup: &CgroupMemory) -> Option<String> {
    let times = |count: Option<u64>, what: &str| match count {
        None | Some(0) => None,
        Some(1) => Some(format!("{what} once")),
        Some(count) => Some(format!("{what} {count} times")),
    };
    let events = [
        times(cgroup.oom_kill, "killed for want of memory"),
        times(cgroup.oom, "out of memory"),
        times(Some(cgroup.max), "at its limit"),
        times(cgroup.high, "throttled"),
        (cgroup.under_oom == Some(true)).then(|| "stands still for want of memory".to_owned()),
    ];
    let events: Vec<_> = events.into_iter().flatten().collect();
    (!events.is_empty()).then(|| format!("{}: {}", cgroup.path, events.join(", ")))
}

fn is_scarce(used: u64, total: u64) -> bool {
    u128::from(used) * 100 >= u128::from(total) * u128::from(SCARCE_PERCENT) && total > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> CrashReport {
        serde_json::from_str(include_str!("../../tests/data/report-v1.json")).unwrap()
    }

    #[test]
    fn what_is_wrong_is_said() {
        let facts: Vec<_> =
            facts(&report()).iter().map(|(name, fact)| format!("{name}: {fact}")).collect();
        assert_eq!(
            facts,
            [
                "Host: web-1, 3.13.0-170-generic x86_64, 4 CPUs, up 10 d 0 h",
                "Load: 8.42 3.10 1.05 (1, 5, 15 min), 9 of 412 threads could run",
                "Memory: about 202.4 MiB of 7.8 GiB available: 96.5 MiB free, 99.4 MiB cached, \
                 11.7 MiB buffers",
                "Swap: 4.0 KiB of 2.0 GiB free",
                "Pressure: waited for a processor 12 %, for memory 64 % of the last 10 s",
                "Disk: /: 7.6 GiB of 19.6 GiB available",
                "Disk: /var/log/upstart: 0 B of 4.8 GiB available, room for 12 more files of 327680",
                "Files: 790112 of at most 812014 open",
                "Cgroup: /upstart/nginx: killed for want of memory once, at its limit 7 times",
            ]
        );
    }

    #[test]
    fn what_is_well_is_not_spoken_of() {
        let mut report = report();
        let snapshot = &mut report.snapshot;
        let averages = &mut snapshot.pressure.as_mut().unwrap();
        averages.cpu.some.avg10_percent = 0.9;
        averages.memory.some.avg10_percent = 0.0;
        snapshot.memory.as_mut().unwrap().swap_total_bytes = 0;
        snapshot.file_handles.as_mut().unwrap().open = 2528;
        let cgroup = snapshot.cgroup_memory.as_mut().unwrap();
        (cgroup.max, cgroup.oom_kill) = (0, Some(0));
        let names: Vec<_> = facts(&report).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Host", "Load", "Memory", "Disk", "Disk"]);
        report.snapshot = Snapshot::missed(report.time);
        assert_eq!(facts(&report).len(), 1);
    }

    #[test]
    fn a_line_on_this_end_is_said_once() {
        let mut report = report();
        let texts = |report: &CrashReport| {
            let lines = other_kernel_lines(report).into_iter();
            lines.map(|line| line.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(texts(&report), ["end_request: I/O error, dev sda, sector 83921"]);
        report.kernel = report.snapshot.kernel_log.clone();
        assert_eq!(texts(&report), [""; 0]);
    }
}
