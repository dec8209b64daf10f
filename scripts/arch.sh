# shellcheck shell=sh
# Sourced: what is built for. ARCH, amd64 or arm64, says so, or else it is this machine: then the
# programs lie in dist/bin, and those for another one in dist/ARCH/bin.
# shellcheck disable=SC2034 # used by those that source it

case ${ARCH:-$(uname -m)} in
amd64 | x86_64) arch=amd64 machine=x86_64 ;;
arm64 | aarch64) arch=arm64 machine=aarch64 ;;
*) echo "ARCH is amd64 or arm64, not ${ARCH:-$(uname -m)}" >&2 && exit 1 ;;
esac
target=$machine-unknown-linux-musl
if [ "$machine" = "$(uname -m)" ]; then
    cross='' bin=dist/bin
else
    cross=$machine-linux-gnu-gcc bin=dist/$arch/bin
    export "CC_${machine}_unknown_linux_musl=$cross"
    export "CARGO_TARGET_$(echo "$machine" | tr '[:lower:]' '[:upper:]')_UNKNOWN_LINUX_MUSL_LINKER=$cross"
fi
