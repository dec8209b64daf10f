//! `make bench`: the hooks against the three-line shell hooks, in one run.
//!
//! Wall time from start to exit of the whole process. The candidates take turns, so that what else
//! the machine does falls on all of them alike; read the ratios, not the microseconds. The markers
//! lie in memory and the spool on disk, as on a real host. Init's answers come from the tests' own
//! Upstart, on another processor. The notifier that a crash starts is stood in for by an empty
//! program: its work is not the hook's.

#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{Hook, Host, Job, Layout};
use tempfile::TempDir;
use upstart_monitor::sys;

const ROUNDS: usize = 1500;
const WARM_UP: usize = 50;

fn main() -> io::Result<()> {
    let bench = Bench::set_up()?;
    let mut out = io::stdout().lock();
    sizes(&mut out, &bench)?;
    times(&mut out, &bench)?;
    peaks(&mut out, &bench)
}

/// What the hooks are run in.
struct Bench {
    /// With the hooks of `dist/bin`, and an empty program as `upstart-crash` beside them.
    host: Host,
    /// Keeps the markers; `/var/run` points here.
    _run: TempDir,
    /// A job that runs, for whoever asks init.
    _web: Job,
}

/// One program in one situation.
struct Candidate {
    name: &'static str,
    program: PathBuf,
    /// Whether the marker is there when the program starts.
    armed: bool,
    /// What it is told beside the job.
    environment: &'static [(&'static str, &'static str)],
    /// The candidate that its time is compared with.
    shell: Option<&'static str>,
    samples: Vec<Duration>,
}

impl Bench {
    fn set_up() -> io::Result<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        let host = Host::laid_out(Layout::Bare);
        let memory = Path::new("/dev/shm");
        let run = if memory.is_dir() {
            TempDir::new_in(memory)?
        } else {
            TempDir::new_in(host.path("/"))?
        };
        fs::remove_dir(host.path("/var/run"))?;
        std::os::unix::fs::symlink(run.path(), host.path("/var/run"))?;

        for hook in Hook::ALL.into_iter().chain([Hook::Observer]) {
            fs::remove_file(host.program(hook.name()))?;
            fs::copy(source.join("dist/bin").join(hook.name()), host.program(hook.name()))?;
        }
        compile(&source.join("benches/floor.c"), &host.program("floor"))?;
        compile(&source.join("benches/peak.c"), &host.program("peak"))?;
        fs::copy(host.program("floor"), host.program("upstart-crash"))?;

        let log: String = (0..2000).map(|n| format!("line {n} of the service's log\r\n")).collect();
        host.write("/var/log/upstart/shop.log", log);
        let web = host.job("web").start();
        Ok(Self { host, _run: run, _web: web })
    }

    /// Runs `program` as Upstart runs a hook, with arguments before it where it is wrapped.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("UPSTART_JOB", "shop")
            .env("UPSTART_INSTANCE", "")
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin")
            .env("UPSTART_MONITOR_ROOT", self.host.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Puts the marker into the state that `candidate` starts from. It is always pre-start's own.
    fn set_marker(&self, armed: bool) -> io::Result<()> {
        let marker = self.host.path("/var/run/shop.shutdown");
        match fs::remove_file(marker) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if armed {
            self.command(&self.host.program("pre-start")).status()?;
            self.tell_of_a_crash()?;
        }
        Ok(())
    }

    /// A full kernel log whose last line is init's word on the crash.
    fn tell_of_a_crash(&self) -> io::Result<()> {
        let (now, _) = sys::kernel_log_micros();
        let mut log = String::new();
        for record in 0..1700 {
            let _ = writeln!(
                log,
                "6,{record},{now},-;usb 1-1: new high-speed USB device, as a driver says"
            );
        }
        let _ = writeln!(log, "12,1700,{now},-;init: shop main process (53) killed by SEGV signal");
        fs::write(self.host.path("/dev/kmsg"), log)
    }

    /// The reports of earlier rounds must not make a directory of a size that no host has.
    fn empty_spool(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.host.path("/var/spool/upstart-monitor/new")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn candidates(&self) -> Vec<Candidate> {
        let shell = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/shell");
        let candidate = |name, program, armed, shell| Candidate {
            name,
            program,
            armed,
            environment: &[],
            shell,
            samples: Vec::with_capacity(ROUNDS),
        };
        let ours = |hook: &str| self.host.program(hook);
        let theirs = |hook: &str| shell.join(hook);
        vec![
            candidate("empty static program", ours("floor"), false, None),
            candidate("shell pre-start", theirs("pre-start"), false, None),
            candidate("pre-start", ours("pre-start"), false, Some("shell pre-start")),
            candidate("shell pre-stop", theirs("pre-stop"), true, None),
            candidate("pre-stop", ours("pre-stop"), true, Some("shell pre-stop")),
            candidate("shell post-stop, no marker", theirs("post-stop"), false, None),
            candidate(
                "post-stop, no marker",
                ours("post-stop"),
                false,
                Some("shell post-stop, no marker"),
            ),
            candidate("shell post-stop, marker", theirs("post-stop"), true, None),
            candidate(
                "post-stop, crash and report",
                ours("post-stop"),
                true,
                Some("shell post-stop, marker"),
            ),
            Candidate {
                environment: &[("JOB", "web"), ("INSTANCE", ""), ("RESULT", "ok")],
                ..candidate("observer, a stop", ours("stopping"), false, None)
            },
            Candidate {
                environment: &[
                    ("JOB", "shop"),
                    ("INSTANCE", ""),
                    ("RESULT", "failed"),
                    ("PROCESS", "main"),
                    ("EXIT_SIGNAL", "SEGV"),
                ],
                ..candidate("observer, crash and report", ours("stopping"), true, None)
            },
        ]
    }
}

fn compile(source: &Path, program: &Path) -> io::Result<()> {
    let status = Command::new("musl-gcc")
        .args(["-static", "-Os", "-s", "-o"])
        .arg(program)
        .arg(source)
        .status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("musl-gcc: {status}"))) }
}

fn sizes(out: &mut impl Write, bench: &Bench) -> io::Result<()> {
    writeln!(out, "{:<30} {:>10}", "file", "bytes")?;
    for (name, path) in [
        ("empty static program", bench.host.program("floor")),
        ("pre-start", bench.host.program("pre-start")),
        ("pre-stop", bench.host.program("pre-stop")),
        ("post-stop", bench.host.program("post-stop")),
        ("stopping", bench.host.program("stopping")),
        ("upstart-crash", Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/bin/upstart-crash")),
    ] {
        writeln!(out, "{name:<30} {:>10}", fs::metadata(path)?.len())?;
    }
    writeln!(out)
}

fn times(out: &mut impl Write, bench: &Bench) -> io::Result<()> {
    let mut candidates = bench.candidates();
    for round in 0..WARM_UP + ROUNDS {
        bench.empty_spool()?;
        for candidate in &mut candidates {
            bench.set_marker(candidate.armed)?;
            let mut command = bench.command(&candidate.program);
            command.envs(candidate.environment.iter().copied());
            let began = Instant::now();
            let status = command.status()?;
            let took = began.elapsed();
            assert!(status.success(), "{}: {status}", candidate.name);
            if round >= WARM_UP {
                candidate.samples.push(took);
            }
        }
    }
    for candidate in &mut candidates {
        candidate.samples.sort_unstable();
    }
    let at = |name: &str, part: f64| {
        let samples = candidates.iter().find(|c| c.name == name).map(|c| c.samples.as_slice());
        let samples = samples.unwrap_or_default();
        let position = (samples.len().saturating_sub(1) as f64 * part) as usize;
        samples.get(position).map_or(f64::NAN, |took| took.as_secs_f64() * 1e6)
    };
    writeln!(
        out,
        "{:<30} {:>10} {:>10} {:>9} {:>9}",
        format!("wall time of {ROUNDS}"),
        "median us",
        "p99 us",
        "of shell",
        "of empty"
    )?;
    for candidate in &candidates {
        let (median, p99) = (at(candidate.name, 0.5), at(candidate.name, 0.99));
        let of_shell = candidate
            .shell
            .map_or_else(String::new, |shell| format!("{:.2}", median / at(shell, 0.5)));
        let of_empty = median / at("empty static program", 0.5);
        writeln!(
            out,
            "{:<30} {median:>10.0} {p99:>10.0} {of_shell:>9} {of_empty:>9.2}",
            candidate.name
        )?;
    }
    writeln!(out)
}

fn peaks(out: &mut impl Write, bench: &Bench) -> io::Result<()> {
    writeln!(out, "{:<30} {:>10} {:>10}", "memory at exit", "all KiB", "own KiB")?;
    for candidate in bench.candidates() {
        bench.set_marker(candidate.armed)?;
        let printed = bench
            .command(&bench.host.program("peak"))
            .envs(candidate.environment.iter().copied())
            .arg(&candidate.program)
            .stdout(Stdio::piped())
            .output()?;
        let printed = String::from_utf8_lossy(&printed.stdout);
        let (all, own) = printed.trim().split_once(' ').unwrap_or(("?", "?"));
        writeln!(out, "{:<30} {all:>10} {own:>10}", candidate.name)?;
    }
    Ok(())
}
