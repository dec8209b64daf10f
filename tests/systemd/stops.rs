//! Somebody asked for the end.

use crate::life;
use crate::support::Life;

const SLEEP: &str = "ExecStart=/bin/sleep 1000";

pub(crate) const LIVES: &[Life] = &[
    life("stop.service", SLEEP, "ctl start; ctl stop; over", &[]),
    life(
        "stop-always.service",
        "Restart=always\nExecStart=/bin/sleep 1000",
        "ctl start; ctl stop; over",
        &[],
    ),
    life("restart.service", SLEEP, "ctl start; ctl restart; ctl stop; over", &[]),
    life("try-restart.service", SLEEP, "ctl start; ctl try-restart; ctl stop; over", &[]),
    life(
        "reload.service",
        "ExecReload=/bin/kill -HUP $MAINPID\n\
         ExecStart=/bin/sh -c 'trap : HUP; touch /run/%n.up; while :; do sleep 0.05; done'",
        "ctl start; wait_until 'it took signals' test -e /run/$unit.up; ctl reload; ctl is-active; ctl stop; over",
        &[],
    ),
    life(
        // What systemctl says of it depends on who is faster, main or the command.
        "reload-dies.service",
        "ExecReload=/bin/kill -SEGV $MAINPID\nExecStart=/bin/sleep 1000",
        "ctl start; systemctl reload $unit 2>/dev/null; over",
        &["crashed main SIGSEGV"],
    ),
    life(
        "own-stop.service",
        "ExecStart=/bin/sleep 1000\nExecStop=/bin/sh -c 'kill -TERM $MAINPID; sleep 0.2'",
        "ctl start; ctl stop; over",
        &[],
    ),
    life(
        "own-stop-fails.service",
        "ExecStart=/bin/sleep 1000\nExecStop=/bin/false",
        "ctl start; ctl stop; over",
        &[],
    ),
    life(
        "stop-exit1.service",
        "ExecStart=/bin/sh -c 'trap \"exit 1\" TERM; touch /run/%n.up; while :; do sleep 0.05; done'",
        "ctl start; wait_until 'it took signals' test -e /run/$unit.up; ctl stop; over",
        &[],
    ),
    life(
        "stop-segv.service",
        "ExecStart=/bin/sh -c 'trap \"kill -SEGV $$$$\" TERM; touch /run/%n.up; while :; do sleep 0.05; done'",
        "ctl start; wait_until 'it took signals' test -e /run/$unit.up; ctl stop; over",
        &[],
    ),
    life(
        "stop-timeout.service",
        "TimeoutStopSec=500ms\n\
         ExecStart=/bin/sh -c 'trap \"\" TERM; touch /run/%n.up; while :; do sleep 0.05; done'",
        "ctl start; wait_until 'it took signals' test -e /run/$unit.up; ctl stop; over",
        &[],
    ),
    life(
        "oneshot-stopped.service",
        "Type=oneshot\nExecStart=/bin/sleep 1000",
        "ctl start --no-block; in_state start; ctl stop; over",
        &[],
    ),
    // These three are up when the host goes down.
    life("shutdown.service", SLEEP, "ctl start", &[]),
    life(
        "shutdown-segv.service",
        "ExecStart=/bin/sh -c 'trap \"kill -SEGV $$$$\" TERM; touch /run/%n.up; while :; do sleep 0.05; done'",
        "ctl start; wait_until 'it took signals' test -e /run/$unit.up",
        &[],
    ),
    life(
        "shutdown-crash.service",
        // Its own turn to be stopped comes later.
        "[Unit]\nBefore=slow-to-stop.service\n\
         [Service]\nExecStart=/bin/sh -c 'until [ -e /run/going-down ]; do sleep 0.05; done; kill -SEGV $$$$'",
        "ctl start; systemctl start slow-to-stop",
        &["crashed main SIGSEGV"],
    ),
];
