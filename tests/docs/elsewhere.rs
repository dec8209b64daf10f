//! Commands of others that no test can run on the machine that it is run on: which test runs them in
//! its stead, or plays them.

/// A command that is run elsewhere.
pub(super) struct Elsewhere {
    /// As a page has it; `*` at its end is whatever follows.
    pub command: &'static str,
    /// The file that runs or plays it.
    pub test: &'static str,
    /// What that file says there.
    pub by: &'static str,
}

const fn run(command: &'static str, test: &'static str, by: &'static str) -> Elsewhere {
    Elsewhere { command, test, by }
}

/// What init is told, the simulated Upstart is told by a method; a package is unpacked where its test
/// can look at it.
pub(super) const ELSEWHERE: [Elsewhere; 16] = [
    run("dpkg -i upstart-monitor-hooks_*", "tests/support/debian.rs", "dpkg --force-confold -i "),
    run("rpm -i upstart-monitor-hooks-*", "tests/package_formats.rs", "rpm -i "),
    run("initctl list", "src/globs.rs", "initctl list"),
    run("initctl log-priority message", "tests/doctor.rs", "initctl log-priority message"),
    run("initctl log-priority error", "tests/verdicts.rs", "LogPriority::Error"),
    run("initctl restart*", "tests/restart.rs", ".restart()"),
    run("initctl start", "tests/restart.rs", ".start()"),
    run("initctl status", "tests/support/upstart/records.rs", "= status ]"),
    run("initctl stop*", "tests/node_example.rs", ".stop_by_event("),
    run("restart JOB KEY=VALUE", "tests/restart.rs", ".restart()"),
    run("service JOB restart", "tests/restart.rs", ".restart()"),
    run("start JOB", "tests/restart.rs", ".start()"),
    run("stop JOB", "tests/rows/stops.rs", ".stop()"),
    run(
        "upstart-crash enable --host",
        "tests/enable_systemd.rs",
        "[\"enable\", \"--yes\", \"--host\"]",
    ),
    run(
        "upstart-crash enable web@eu.service",
        "tests/enable_systemd.rs",
        "(\"web@eu\", \"web@eu.service\")",
    ),
    run("tar -C / -xpzf*", "tests/package_formats.rs", "tar -xpzf"),
];
