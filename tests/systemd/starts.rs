//! A service that does not come up.

use crate::life;
use crate::support::Life;

const SLEEP: &str = "ExecStart=/bin/sleep 1000";

pub(crate) const LIVES: &[Life] = &[
    life(
        "pre-fails.service",
        "ExecStartPre=/bin/sh -c 'exit 4'\nExecStart=/bin/sleep 1000",
        "ctl start; over",
        &["start_failed pre-start status 4"],
    ),
    life(
        "post-fails.service",
        "ExecStart=/bin/sleep 1000\nExecStartPost=/bin/sh -c 'exit 4'",
        "ctl start; over",
        &["start_failed post-start status 4"],
    ),
    life(
        "not-found.service",
        "ExecStart=/no/such",
        "ctl start; over",
        &["start_failed main not_started"],
    ),
    life(
        "exec-not-found.service",
        "Type=exec\nExecStart=/no/such",
        "ctl start; over",
        &["start_failed main not_started"],
    ),
    life(
        "not-executable.service",
        "ExecStart=/etc/passwd",
        "ctl start; over",
        &["start_failed main not_started"],
    ),
    life(
        "start-timeout.service",
        "Type=notify\nTimeoutStartSec=500ms\nExecStart=/bin/sleep 1000",
        "ctl start; over",
        &["start_failed main timeout"],
    ),
    life(
        "notify-exits.service",
        "Type=notify\nExecStart=/bin/sh -c 'sleep 0.1'",
        "ctl start; over",
        &["start_failed main status 0"],
    ),
    life(
        "forking-fails.service",
        "Type=forking\nExecStart=/bin/sh -c 'exit 5'",
        "ctl start; over",
        &["start_failed main status 5"],
    ),
    life(
        "forking-fails-later.service",
        "Type=forking\nPIDFile=/run/%n.pid\n\
         ExecStart=/bin/sh -c '(sleep 0.3; exit 6) & echo $! >/run/%n.pid'",
        "ctl start; over",
        &["crashed main status 6"],
    ),
    life(
        "condition.service",
        "ExecCondition=/bin/false\nExecStart=/bin/sleep 1000",
        "ctl start; over",
        &[],
    ),
    life(
        "stopped-in-pre.service",
        "ExecStartPre=/bin/sleep 1000\nExecStart=/bin/sleep 1000",
        "ctl start --no-block; in_state start-pre; ctl stop; over",
        &[],
    ),
    life("up.service", SLEEP, "ctl start; ctl is-active; ctl stop; over", &[]),
    // Nothing of these can be executed, the hooks neither.
    life("no-user.service", "User=no-such-user\nExecStart=/bin/sleep 1000", "ctl start; over", &[]),
    life(
        "no-directory.service",
        "WorkingDirectory=/no/such\nExecStart=/bin/sleep 1000",
        "ctl start; over",
        &[],
    ),
    life(
        "no-environment.service",
        "EnvironmentFile=/no/such\nExecStart=/bin/sleep 1000",
        "ctl start; over",
        &[],
    ),
];
