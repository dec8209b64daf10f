//! `make bench`: the way from a crash to its receivers, by the released programs.
//!
//! The spool lies on the disk that temporary files lie on, and the notifier flushes to it: read the
//! figures beside those of that disk. Only the backlog, which is about memory and about what grows
//! with its length, lies in memory. The receiver is a thread of this program. Run as root.

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use support::{
    Answer, Crashes, Hook, Host, Notifier, Receiver, configure, peak_kib_of_one_post, wait_until,
};

const JOBS: usize = 50;
const REPORTS: usize = 1000;
const BACKLOG: usize = 10_000;
const ROUNDS: usize = 50;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    flushes(&mut out)?;
    throughput(&mut out)?;
    backlog(&mut out)?;
    memory(&mut out)?;
    latency(&mut out)
}

/// What the disk takes to flush a small file, and the directory that it lies in.
fn flushes(out: &mut impl Write) -> io::Result<()> {
    let dir = tempfile::tempdir()?;
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for round in 0..200 {
        let mut file = fs::File::create(dir.path().join(round.to_string()))?;
        file.write_all(&[b'x'; 3000])?;
        files.push(timed(|| file.sync_all())?);
        directories.push(timed(|| fs::File::open(dir.path())?.sync_all())?);
    }
    writeln!(out, "{:<56} {:>10} {:>10}", "the disk, 200 flushes", "median ms", "p99 ms")?;
    for (name, samples) in [("a new file of 3 KB", &mut files), ("its directory", &mut directories)]
    {
        row(out, name, samples)?;
    }
    writeln!(out)
}

/// From the notifier's start until everything is where it is to be.
fn throughput(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{:<56} {:>8} {:>8} {:>8}", "", "seconds", "a second", "peak KiB")?;
    let hook = Receiver::new([]);
    let hook = format!("[sink.webhook.hook]\nurl = \"{}\"\nfold = false\n", hook.url("/hook"));
    for (name, sink) in [
        ("into a file", "[sink.file.feed]\npath = \"/feed.jsonl\"\n"),
        ("into a webhook, each by itself", &format!("{hook}recovered = false\n")),
    ] {
        let host = host(sink)?;
        let name = format!("{REPORTS} reports of {JOBS} jobs, {name}");
        work_off(out, &name, &host, REPORTS, || is_delivered(&host, REPORTS))?;
    }
    Ok(())
}

/// So many reports that wait for a sink which takes none.
fn backlog(out: &mut impl Write) -> io::Result<()> {
    let host = host("[sink.file.feed]\npath = \"/no/such/directory/feed.jsonl\"\n")?;
    host.mount_small("/var/spool/upstart-monitor", 512 << 20);
    let name = format!("{BACKLOG} reports, taken and queued, in memory");
    work_off(out, &name, &host, BACKLOG, || host.spool("archive").len() == BACKLOG)?;
    writeln!(out)
}

/// What a post costs by itself: the longest report there can be, to one service.
fn memory(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{:<56} {:>10}", "one post of the longest report", "peak KiB")?;
    for scheme in ["http", "https"] {
        writeln!(out, "{scheme:<56} {:>10}", peak_kib_of_one_post(&released()?, scheme))?;
    }
    writeln!(out)
}

fn work_off(
    out: &mut impl Write,
    name: &str,
    host: &Host,
    reports: usize,
    is_done: impl Fn() -> bool,
) -> io::Result<()> {
    Crashes::on(host).storm(reports, JOBS);
    let (mut peak, began) = (0, Instant::now());
    let notifier = Notifier::start(host);
    while !is_done() {
        peak = peak.max(notifier.peak_kib());
        std::thread::sleep(Duration::from_millis(10));
    }
    let took = began.elapsed().as_secs_f64();
    let rate = reports as f64 / took;
    writeln!(out, "{name:<56} {took:>8.2} {rate:>8.0} {peak:>8}")
}

/// From the start of post-stop to the first byte that the service reads.
fn latency(out: &mut impl Write) -> io::Result<()> {
    let hook = Receiver::new([Answer::status(200)]);
    let host = host(&format!(
        "[sink.webhook.hook]\nurl = \"{}\"\nfold = false\nrecovered = false\n",
        hook.url("/hook")
    ))?;
    let (mut all, mut hooks) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let job = format!("job-{round}");
        host.hook(Hook::PreStart, &job).run().harms_nobody();
        let began = Instant::now();
        host.hook(Hook::PostStop, &job).run().harms_nobody();
        hooks.push(began.elapsed());
        let request = hook.wait_for(round + 1).remove(round);
        all.push(request.began.duration_since(began));
        // The next crash finds no notifier at work: the worst case.
        wait_until("the notifier's end", || is_idle(&host));
    }
    writeln!(out, "{:<56} {:>10} {:>10}", format!("{ROUNDS} crashes"), "median ms", "p99 ms")?;
    row(out, "post-stop", &mut hooks)?;
    row(out, "from its start to the request's first byte", &mut all)
}

/// A host with the released programs, delivering as `sink` says.
fn host(sink: &str) -> io::Result<Host> {
    let host = released()?;
    configure(&host, sink);
    Ok(host)
}

/// A host with the released programs.
fn released() -> io::Result<Host> {
    let host = Host::with_notifier();
    let released = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/bin");
    for program in Hook::ALL.map(Hook::name).into_iter().chain(["upstart-crash"]) {
        fs::remove_file(host.program(program))?;
        fs::copy(released.join(program), host.program(program))?;
    }
    Ok(host)
}

fn is_delivered(host: &Host, reports: usize) -> bool {
    host.spool("archive").len() == reports
        && host.spool("queue").iter().all(|sink| host.spool(&format!("queue/{sink}")).is_empty())
}

/// Whether no notifier is at work.
fn is_idle(host: &Host) -> bool {
    let lock = fs::File::open(host.path("/var/spool/upstart-monitor/lock"));
    lock.is_ok_and(|lock| lock.try_lock().is_ok())
}

fn timed<T>(act: impl FnOnce() -> io::Result<T>) -> io::Result<Duration> {
    let began = Instant::now();
    act()?;
    Ok(began.elapsed())
}

fn row(out: &mut impl Write, name: &str, samples: &mut [Duration]) -> io::Result<()> {
    samples.sort_unstable();
    let at = |part: f64| {
        let position = (samples.len().saturating_sub(1) as f64 * part) as usize;
        samples.get(position).map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
    };
    writeln!(out, "{name:<56} {:>10.2} {:>10.2}", at(0.5), at(0.99))
}
