//! Main ends, and nobody asked for it.

use crate::life;
use crate::support::Life;

const SLEEP: &str = "ExecStart=/bin/sleep 1000";
const OVER: &str = "ctl start; over";
/// Main has crashed twice, and stays up then.
const TWICE: &str = "ctl start; up 2; ctl stop";

pub(crate) const LIVES: &[Life] = &[
    life("segv.service", SLEEP, "ctl start; signal SEGV; over", &["crashed main SIGSEGV"]),
    life(
        "abort.service",
        // Its core lies where no other's does.
        "LimitCORE=infinity\nExecStart=/bin/sh -c 'cd $(mktemp -d); sleep 0.1; kill -ABRT $$$$'",
        OVER,
        &["crashed main SIGABRT"],
    ),
    life(
        "exit3.service",
        "ExecStart=/bin/sh -c 'sleep 0.1; exit 3'",
        OVER,
        &["crashed main status 3"],
    ),
    life(
        "exit3-restarted.service",
        "Restart=on-failure\nRestartSec=10ms\nExecStart=/lives/first 2 %n 'sleep 0.1; exit 3'",
        TWICE,
        &["crashed main status 3", "crashed main status 3"],
    ),
    life(
        "segv-restarted.service",
        "Restart=always\nRestartSec=10ms\nExecStart=/lives/first 2 %n 'sleep 0.1; kill -SEGV $$$$'",
        TWICE,
        &["crashed main SIGSEGV", "crashed main SIGSEGV"],
    ),
    life("exit0.service", "ExecStart=/bin/sh -c 'sleep 0.1'", OVER, &[]),
    life(
        "exit0-on-failure.service",
        "Restart=on-failure\nExecStart=/bin/sh -c 'sleep 0.1'",
        OVER,
        &[],
    ),
    life(
        "exit0-always.service",
        "Restart=always\nRestartSec=10ms\nExecStart=/lives/first 2 %n 'sleep 0.1'",
        TWICE,
        &["crashed main status 0", "crashed main status 0"],
    ),
    life(
        "exit3-success.service",
        "SuccessExitStatus=3\nExecStart=/bin/sh -c 'sleep 0.1; exit 3'",
        OVER,
        &[],
    ),
    life(
        "prevented.service",
        "Restart=always\nRestartPreventExitStatus=3\nExecStart=/bin/sh -c 'sleep 0.1; exit 3'",
        OVER,
        &["crashed main status 3"],
    ),
    life("killed.service", SLEEP, "ctl start; signal KILL; over", &["crashed main SIGKILL"]),
    life("terminated.service", SLEEP, "ctl start; signal TERM; over", &["unclear main SIGTERM"]),
    life(
        "exit0-prevented.service",
        "Restart=always\nRestartPreventExitStatus=0\nExecStart=/bin/sleep 0.1",
        OVER,
        &[],
    ),
    life(
        "terminated-always.service",
        "Restart=always\nRestartSec=10ms\nExecStart=/bin/sleep 1000",
        "ctl start; signal TERM; up 1; ctl stop",
        &["crashed main SIGTERM"],
    ),
    life("hangup.service", SLEEP, "ctl start; signal HUP; over", &["crashed main SIGHUP"]),
    life(
        "systemctl-kill.service",
        SLEEP,
        "ctl start; ctl kill -s SEGV; over",
        &["crashed main SIGSEGV"],
    ),
    life(
        "oom.service",
        SLEEP,
        // As systemd-oomd does it. The kernel's own want of memory sets PID 1 the same way going,
        // and needs a memory controller, which not every machine lends.
        "ctl start
         group=/sys/fs/cgroup$(property ControlGroup)
         setfattr -n user.oomd_ooms -v 1 \"$group\"
         setfattr -n user.oomd_kill -v 1 \"$group\"
         echo 1 >\"$group/cgroup.kill\"
         over",
        &["crashed main oom"],
    ),
    life(
        "watchdog.service",
        "Type=notify\nNotifyAccess=all\nWatchdogSec=500ms\n\
         ExecStart=/bin/sh -c 'systemd-notify --ready; exec sleep 1000'",
        OVER,
        &["crashed main watchdog"],
    ),
    life(
        "runtime-max.service",
        "RuntimeMaxSec=500ms\nExecStart=/bin/sleep 1000",
        OVER,
        &["crashed main timeout"],
    ),
    life(
        "notify.service",
        "Type=notify\nNotifyAccess=all\n\
         ExecStart=/bin/sh -c 'systemd-notify --ready; sleep 0.2; kill -SEGV $$$$'",
        OVER,
        &["crashed main SIGSEGV"],
    ),
    life(
        "exec.service",
        "Type=exec\nExecStart=/bin/sleep 1000",
        "ctl start; signal SEGV; over",
        &["crashed main SIGSEGV"],
    ),
    life(
        "forking.service",
        "Type=forking\nExecStart=/bin/sh -c 'sleep 1000 &'",
        "ctl start; signal SEGV; over",
        &["crashed main SIGSEGV"],
    ),
    life("oneshot.service", "Type=oneshot\nExecStart=/bin/true", "ctl start; over", &[]),
    life(
        "oneshot-fails.service",
        "Type=oneshot\nExecStart=/bin/sh -c 'exit 3'",
        OVER,
        &["crashed main status 3"],
    ),
    life(
        "oneshot-remains.service",
        "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true",
        "ctl start; ctl stop; over",
        &[],
    ),
    life("web@eu.service", SLEEP, "ctl start; signal SEGV; over", &["crashed main SIGSEGV"]),
    life(r"web@a\x2db-c.service", SLEEP, "ctl start; signal SEGV; over", &["crashed main SIGSEGV"]),
    life(r"x\x2dy.service", SLEEP, "ctl start; signal SEGV; over", &["crashed main SIGSEGV"]),
    life(
        "start-limit.service",
        "[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=60\n\
         [Service]\nRestart=always\nRestartSec=10ms\nExecStart=/bin/sh -c 'sleep 0.1; exit 3'",
        "ctl start; wait_until 'it was given up' has NRestarts 2; over",
        &["crashed main status 3", "crashed main status 3"],
    ),
    life(
        "crash-then-restart.service",
        "ExecStart=/bin/sleep 1000\nExecStopPost=/bin/sleep 0.5",
        "ctl start; signal SEGV; ctl restart; ctl stop",
        &["crashed main SIGSEGV"],
    ),
    life(
        "crash-then-stop.service",
        "ExecStart=/bin/sleep 1000\nExecStopPost=/bin/sleep 0.5",
        "ctl start; signal SEGV; ctl stop; over",
        &["crashed main SIGSEGV"],
    ),
    life(
        "stop-in-wait.service",
        "Restart=always\nRestartSec=1000\nExecStart=/bin/sh -c 'sleep 0.1; exit 3'",
        "ctl start; in_state auto-restart; ctl stop; over",
        &["crashed main status 3"],
    ),
    // The commands of a setting end with the first that fails: ours is never run.
    life(
        "own-command-fails.service",
        "ExecStart=/bin/sleep 1000\nExecStopPost=/bin/false",
        "ctl start; signal SEGV; over",
        &[],
    ),
];
