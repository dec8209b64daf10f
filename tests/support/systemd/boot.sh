#!/bin/sh
# boot GROUP SECONDS ROOT WORD...: runs the machine in ROOT, for so long at most, in a control group
# GROUP; nspawn is told by WORD what to run, and what else it is to do.
# It is in a namespace of processes, so nothing of it outlives the process that has started it.
for tree in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd \
    /sys/fs/cgroup/memory; do
    [ -w "$tree/cgroup.procs" ] || continue
    mkdir "$tree/$1" && echo $$ >"$tree/$1/cgroup.procs"
done
seconds=$2 root=$3
shift 3
exec nice -n -15 \
    setpriv --pdeathsig KILL unshare --pid --fork --kill-child=KILL --mount-proc \
    timeout -s KILL --foreground "$seconds" \
    systemd-nspawn --directory "$root" \
    --register=no --keep-unit --private-network --console=pipe \
    "$@" systemd.unit=lives.target systemd.show_status=no
