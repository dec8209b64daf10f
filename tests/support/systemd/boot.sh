#!/bin/sh
# boot GROUP SECONDS ROOT: runs the machine in ROOT, for so long at most, in a control group GROUP.
# It is in a namespace of processes, so nothing of it outlives the process that has started it.
for tree in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [ -w "$tree/cgroup.procs" ] || continue
    mkdir "$tree/$1" && echo $$ >"$tree/$1/cgroup.procs"
done
exec nice -n -15 \
    setpriv --pdeathsig KILL unshare --pid --fork --kill-child=KILL --mount-proc \
    timeout -s KILL --foreground "$2" \
    systemd-nspawn --directory "$3" \
    --register=no --keep-unit --private-network --console=pipe \
    --boot systemd.unit=lives.target systemd.show_status=no
