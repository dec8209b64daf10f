#!/bin/sh
# init WORD...: runs systemd with a memory controller that it may use. nspawn lends one of the first
# version of control groups to be looked at only.
memory=/sys/fs/cgroup/memory
[ ! -d "$memory" ] || mount -o remount,bind,rw "$memory" || exit
exec /usr/lib/systemd/systemd "$@"
