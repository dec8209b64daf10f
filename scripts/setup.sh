#!/bin/sh
# Installs what the machine lacks for: build, test, package, lint. What it may not install, it names.
set -eu

missing=''
policy=/usr/sbin/policy-rc.d

# need COMMAND PACKAGE: notes the Debian package unless the command is there.
need() {
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

install_missing() {
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "setup: please install:$missing" >&2
        exit 1
    fi
    apt-get -qq update
    start_nothing
    # A mail system that the machine has stays there: this fails instead.
    # shellcheck disable=SC2086 # one word a package
    DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --no-install-recommends --no-remove -y $missing >/dev/null
    missing=''
}

# start_nothing: the daemons in the packages are for tests, which start them themselves.
start_nothing() {
    [ ! -e "$policy" ] || return 0
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

need_rust() {
    if ! command -v cargo >/dev/null 2>&1; then
        echo "setup: please install Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or newer, with rustup" >&2
        exit 1
    fi
}

need_target() {
    [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ] || rustup target add "$target"
}

need_cargo_tool() {
    cargo "$1" --version >/dev/null 2>&1 || cargo install --locked "cargo-$1"
}

cd "$(dirname "$0")/.."
# shellcheck source=scripts/arch.sh
. scripts/arch.sh
for purpose in "$@"; do
    case $purpose in
    build)
        need cc gcc
        need musl-gcc musl-tools
        need readelf binutils
        if [ -n "$cross" ]; then
            need "$cross" "gcc-$(echo "$machine" | tr _ -)-linux-gnu"
            [ -e "/usr/$machine-linux-gnu/include/stdio.h" ] || missing="$missing libc6-dev-$arch-cross"
        fi
        install_missing
        need_rust
        need_target
        ;;
    test)
        need strace strace
        need unshare util-linux
        need debootstrap debootstrap
        need lintian lintian
        need rsyslogd rsyslog
        need smtpd opensmtpd
        /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || missing="$missing python3-aiosmtpd"
        need prometheus-alertmanager prometheus-alertmanager
        need promtool prometheus
        need chromium chromium
        need groff groff-base
        need node nodejs
        need start-stop-daemon dpkg
        need systemd-nspawn systemd-container
        need setpriv util-linux
        need setfattr attr
        need runsv runit
        need s6-supervise s6
        need execlineb execline
        install_missing
        need_cargo_tool nextest
        ;;
    package)
        need dpkg-deb dpkg
        need rpmbuild rpm
        install_missing
        ;;
    lint)
        need shellcheck shellcheck
        install_missing
        need_cargo_tool deny
        ;;
    *)
        echo "usage: setup.sh [build] [test] [package] [lint]" >&2
        exit 2
        ;;
    esac
done
