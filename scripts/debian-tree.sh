#!/bin/sh
# Makes a minimal Debian, once, and prints where it lies: what packages are installed in by tests.
#
# Of the release and from the mirror that apt uses on this machine.
set -eu

# shellcheck source=/dev/null # of the machine
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/upstart-monitor
tree=$cache/debian-$release

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -d "$tree" ]; then
    # shellcheck disable=SC2016 # variables of apt's
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
        'Component: main' "Codename: $release" | head -n 1)
    eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
    export http_proxy="${http_proxy-}"
    rm -rf "$tree.new"
    # shellcheck disable=SC2086 # debootstrap has a mirror of its own
    debootstrap --variant=minbase "$release" "$tree.new" $mirror >"$cache/log" 2>&1 || {
        tail -n 5 "$cache/log" >&2
        echo 'debian-tree: no Debian, no tests of the package: is there a network?' >&2
        exit 1
    }
    rm -rf "$tree.new"/var/cache/apt/archives/*.deb
    mv "$tree.new" "$tree"
fi
echo "$tree"
