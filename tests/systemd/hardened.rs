//! Services that may do and see little: their hooks are not bound by that.

use crate::life;
use crate::support::Life;

const DIES: &str = "ctl start; signal SEGV; over";
const DIED: &[&str] = &["crashed main SIGSEGV"];

pub(crate) const LIVES: &[Life] = &[
    life("user.service", "User=nobody\nExecStart=/bin/sleep 1000", DIES, DIED),
    life("dynamic.service", "DynamicUser=yes\nExecStart=/bin/sleep 1000", DIES, DIED),
    life(
        "strict.service",
        "ProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes\nReadOnlyPaths=/\nExecStart=/bin/sleep 1000",
        DIES,
        DIED,
    ),
    life(
        "unprivileged.service",
        "User=nobody\nNoNewPrivileges=yes\nCapabilityBoundingSet=\nSystemCallFilter=@system-service\n\
         RestrictAddressFamilies=none\nMemoryDenyWriteExecute=yes\nExecStart=/bin/sleep 1000",
        DIES,
        DIED,
    ),
    life(
        "blind.service",
        "ProtectProc=invisible\nProcSubset=pid\nPrivateNetwork=yes\nPrivateDevices=yes\n\
         User=nobody\nExecStart=/bin/sleep 1000",
        DIES,
        DIED,
    ),
    life(
        "umask.service",
        "UMask=0777\nNice=10\nTasksMax=2\nLimitNOFILE=4\nLimitFSIZE=0\nWorkingDirectory=/var\n\
         ExecStart=/bin/sleep 1000",
        DIES,
        DIED,
    ),
    life(
        "environment.service",
        "Environment=LD_PRELOAD=/no/such.so UPSTART_JOB=other SERVICE_RESULT=success\n\
         UnsetEnvironment=INVOCATION_ID EXIT_CODE EXIT_STATUS\nExecStart=/bin/sleep 1000",
        DIES,
        DIED,
    ),
];
