#!/bin/sh
# Builds the binaries of a release into dist/bin: stripped, fully static, within their sizes. For
# another architecture, which ARCH names, into dist/ARCH/bin.
set -eu

cd "$(dirname "$0")/.."
# shellcheck source=scripts/arch.sh
. scripts/arch.sh
out="target/$target/release"

# The hooks: at a fixed address, which spares them the relocations at every start, and with the
# small form of SHA-256, which names too long for a file need. Code and constants share pages: two
# more of them would be mostly padding. Without `deliver`, so that they cannot reach for the network.
hooks() {
    RUSTFLAGS='-C relocation-model=static -C link-arg=-Wl,-z,noseparate-code
        --cfg sha2_backend="soft" --cfg sha2_backend_soft="compact"' \
        cargo rustc --locked --release --target "$target" --target-dir target/hooks \
        --no-default-features --bin "$@"
}
hooks pre-start
hooks pre-stop
# What reads the kernel log is inlined further than the others, within bounds.
for hook in post-stop stopping; do
    CARGO_PROFILE_RELEASE_OPT_LEVEL=s hooks "$hook" -- -C llvm-args=-inline-threshold=200
done
# 300 KB of relocations in 4 KB: musl has understood that form since 1.2.4.
cargo rustc --locked --release --target "$target" --bin upstart-crash -- \
    -C link-arg=-Wl,-z,pack-relative-relocs

mkdir -p "$bin"
for hook in pre-start pre-stop post-stop stopping; do
    install -m 0755 "target/hooks/$target/release/$hook" "$bin/"
done
install -m 0755 "$out/upstart-crash" "$bin/"

# runs_alone BINARY: in a root that holds nothing but the binary. For another machine it is not run.
runs_alone() {
    [ -z "$cross" ] || return 0
    jail=$(mktemp -d)
    cp "$bin/$1" "$jail/"
    if [ "$(id -u)" -eq 0 ]; then
        chroot "$jail" "/$1" --version </dev/null >/dev/null 2>&1
    else
        unshare --map-root-user chroot "$jail" "/$1" --version </dev/null >/dev/null 2>&1
    fi || {
        echo "release: $bin/$1 does not start without a libc" >&2
        exit 1
    }
    rm -r "$jail"
}

# check BINARY BYTES: fully static means neither NEEDED nor an interpreter. The instructions of
# arm64 take more room: an eighth, which is far less than a panic path takes.
check() {
    size=$(stat -c %s "$bin/$1")
    [ "$arch" = amd64 ] || set -- "$1" $(($2 * 9 / 8))
    if readelf -d "$bin/$1" | grep -q NEEDED || readelf -l "$bin/$1" | grep -q INTERP; then
        echo "release: $bin/$1 is not fully static" >&2
        exit 1
    fi
    if [ "$size" -gt "$2" ]; then
        echo "release: $bin/$1 has $size bytes, more than $2" >&2
        exit 1
    fi
    runs_alone "$1"
    printf '%-24s %9d bytes, static\n' "$bin/$1" "$size"
}

check pre-start 65536
check pre-stop 65536
check post-stop 716800
check stopping 716800
check upstart-crash 6291456
