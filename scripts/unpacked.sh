#!/bin/sh
# unpacked.sh PACKAGE: unpacks a package of Debian, once, without installing it, and prints where it
# lies: for tests of what would change this machine if it were installed.
set -eu

# download PACKAGE: into this directory, by root itself: only root can write to it.
download() {
    apt-get -qq -o APT::Sandbox::User=root download "$1" >&2
}

cache=${XDG_CACHE_HOME:-$HOME/.cache}/upstart-monitor
tree=$cache/$1

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -d "$tree" ]; then
    rm -rf "$tree.new"
    mkdir "$tree.new"
    cd "$tree.new"
    download "$1" || { apt-get -qq update && download "$1"; } || {
        echo "unpacked: no $1, no tests of it: is there a network?" >&2
        exit 1
    }
    dpkg-deb --extract "$1"_*.deb .
    rm "$1"_*.deb
    mv "$tree.new" "$tree"
fi
echo "$tree"
