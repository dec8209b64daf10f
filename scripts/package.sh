#!/bin/sh
# package.sh [deb] [rpm] [tarball]: packs what packaging/files lists, all from one staged tree.
#
# The same programs give the same bytes: times are those of the last commit, owners are root, and
# nothing depends on the umask or on where this runs. ARCH, VERSION, and the directories
# PROGRAMS and OUT, say otherwise than is the custom.
set -eu

cd "$(dirname "$0")/.."
# shellcheck source=scripts/arch.sh
. scripts/arch.sh
package=upstart-monitor-hooks
version=${VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)}
out=${OUT:-dist}
umask 022
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} || {
    echo 'package: without git, SOURCE_DATE_EPOCH must say of when the sources are' >&2
    exit 1
}
export SOURCE_DATE_EPOCH

mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/stage
scripts/stage.sh "$stage"

# same_time DIRECTORY: everything in it was made at the same moment.
same_time() {
    find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}
same_time "$stage"

# What is ours alone, as paths from the root: no directory of the system's.
ours() {
    (cd "$stage" && find . ! -type d -o -path '*upstart-monitor*') | sed 's/^\.//' | LC_ALL=C sort
}

deb() {
    root=$work/deb
    cp -a "$stage" "$root"
    mkdir -p "$root/DEBIAN" "$root/usr/share/lintian/overrides"
    install -m 0644 packaging/deb/lintian-overrides "$root/usr/share/lintian/overrides/$package"
    maintainer=$(sed -n 's/^Maintainer: //p' packaging/deb/control)
    printf '%s (%s-1) unstable; urgency=medium\n\n  * %s\n\n -- %s  %s\n' "$package" "$version" \
        'What is new for operators stands in changelog.gz.' "$maintainer" \
        "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" |
        gzip -n9 >"$root/usr/share/doc/$package/changelog.Debian.gz"
    (cd "$root" && find etc -type f -printf '/%p\n' | LC_ALL=C sort) >"$root/DEBIAN/conffiles"
    (cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | LC_ALL=C sort |
        tr '\n' '\0' | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
    size=$(find "$root" -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
    sed -e "s/@VERSION@/$version-1/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$size/" \
        packaging/deb/control >"$root/DEBIAN/control"
    install -m 0755 packaging/scripts/* "$root/DEBIAN/"
    same_time "$root"
    # What dpkg of Ubuntu 12.04 can read: gzip, in both members.
    dpkg-deb --root-owner-group -Zgzip -z9 --uniform-compression --build "$root" \
        "$out/${package}_$version-1_$arch.deb" >/dev/null
    echo "$out/${package}_$version-1_$arch.deb"
}

rpm() {
    ours | while read -r path; do
        directive=''
        [ -L "$stage$path" ] || directive="%attr($(stat -c %a "$stage$path"),root,root) "
        if [ -d "$stage$path" ]; then
            directive="$directive%dir "
        else
            case $path in
            /etc/*) directive="$directive%config(noreplace) " ;;
            /usr/share/doc/*) directive="$directive%doc " ;;
            esac
        fi
        echo "$directive\"$path\""
    done >"$work/listed"
    rpmbuild -bb --quiet --target "$machine-linux" --define "_topdir $work/rpm" \
        --define "version $version" --define "stage $stage" --define "listed $work/listed" \
        --define "scripts $PWD/packaging/scripts" packaging/rpm/$package.spec >/dev/null
    install -m 0644 "$work/rpm/RPMS/$machine/$package-$version-1.$machine.rpm" "$out/"
    echo "$out/$package-$version-1.$machine.rpm"
}

tarball() {
    tarball=$out/$package-$version-$arch.tar.gz
    ours | sed 's,^/,,' | tar -C "$stage" --create --no-recursion --owner=root:0 --group=root:0 \
        --format=gnu --files-from=- | gzip -n9 >"$tarball"
    echo "$tarball"
}

for kind in "$@"; do
    case $kind in
    deb | rpm | tarball) "$kind" ;;
    *) echo 'usage: package.sh [deb] [rpm] [tarball]' >&2 && exit 2 ;;
    esac
done
