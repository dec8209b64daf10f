#!/bin/sh
# stage.sh DIRECTORY: lays out there what packaging/files lists, with the programs in $PROGRAMS.
set -eu

cd "$(dirname "$0")/.."
# shellcheck source=scripts/arch.sh
. scripts/arch.sh
stage=$1
programs=${PROGRAMS:-$bin}
doc=$stage/usr/share/doc/upstart-monitor-hooks
umask 022

for program in pre-start pre-stop post-stop stopping upstart-crash; do
    if [ ! -x "$programs/$program" ]; then
        echo "stage: $programs/$program is missing: make release" >&2
        exit 1
    fi
done
for made in man/upstart-crash.8 man/upstart-monitor-hooks.8 man/upstart-monitor-config.5 \
    completions/upstart-crash.bash completions/_upstart-crash completions/upstart-crash.fish; do
    if [ ! -f "dist/$made" ]; then
        echo "stage: dist/$made is missing: make man" >&2
        exit 1
    fi
done

# put MODE PATH [FILE...]: one line of packaging/files.
put() {
    mode=$1
    path=$stage$2
    shift 2
    mkdir -p "${path%/*}"
    case $mode,$path,$# in
    link,*) ln -s "$1" "$path" ;;
    *,*/,*)
        for file in "$@"; do
            case $file in dist/bin/*) file=$programs/${file##*/} ;; esac
            install -m "$mode" "$file" "$path"
        done
        ;;
    *,0) install -d -m "$mode" "$path" ;;
    *) install -m "$mode" "$1" "$path" ;;
    esac
}

rm -rf "$stage"
grep -v -e '^#' -e '^$' packaging/files | while read -r line; do
    # shellcheck disable=SC2086 # words and globs
    put $line
done

# compressed FILE PATH: the same bytes each time.
compressed() {
    mkdir -p "${2%/*}"
    gzip -n9 <"$1" >"$2"
}
compressed CHANGELOG.md "$doc/changelog.gz"
scripts/copyright.sh >"$doc/copyright"
for page in dist/man/*.[1-9]; do
    compressed "$page" "$stage/usr/share/man/man${page##*.}/${page##*/}.gz"
done
# completion FILE NAME DIRECTORY: puts it where that shell looks for it.
completion() {
    install -D -m 0644 "dist/completions/$1" "$stage/usr/share/$3/$2"
}
completion upstart-crash.bash upstart-crash bash-completion/completions
completion _upstart-crash _upstart-crash zsh/vendor-completions
completion upstart-crash.fish upstart-crash.fish fish/vendor_completions.d
