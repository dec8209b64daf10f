#!/bin/sh
# Says who holds the copyright of what is in the programs, and under which licences, as Debian's
# copyright file. Of several licences to choose from, MIT is chosen.
set -eu

cd "$(dirname "$0")/.."
# shellcheck source=scripts/arch.sh
. scripts/arch.sh
manifests=$(cargo metadata --locked --format-version 1 | grep -o '"manifest_path":"[^"]*"' | cut -d '"' -f 4)

# The lines of a field below its name, where a dot stands for an empty line.
indented() {
    sed -e 's/[[:space:]]*$//' -e 's/^$/./' -e 's/^/ /'
}

# crate NAME VERSION LICENCE: its paragraph.
crate() {
    directory=$(echo "$manifests" | grep -F "/$1-$2/Cargo.toml")
    directory=${directory%/Cargo.toml}
    licences=$(find "$directory" -maxdepth 1 -type f \
        \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' \) | sort)
    holders=$(echo "$licences" | tr '\n' '\0' | xargs -0 sed -n \
        's/^[[:space:]]*\(Copyright \((c)\|©\|[0-9]\).*\)/\1/p' | sort -u)
    echo
    echo "Files: crates/$1-$2/*"
    echo Copyright:
    echo "${holders:-The authors of $1}" | indented
    case $3 in
    *' AND '*) chosen=$3 ;;
    'MIT OR '* | *' OR MIT'*) chosen=MIT ;;
    *) chosen=$3 ;;
    esac
    echo "License: $chosen"
    [ "$chosen" = MIT ] || echo "$licences" | tr '\n' '\0' | xargs -0 cat | indented
}

cat <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: upstart-monitor
Comment: The programs are static. The crates in them, by their versions, follow the project.

Files: *
$(sed -n 's/^Copyright (c)/Copyright:/p' LICENSE)
License: MIT
END
cargo tree --locked --edges normal,no-proc-macro --target "$target" --prefix none \
    --no-dedupe --format '{p}|{l}' | sed -n 's/^\([^ ]*\) v\([^ |]*\)|/\1|\2|/p' | sort -u |
    while IFS='|' read -r name version licence; do
        crate "$name" "$version" "$licence"
    done
cat <<END

License: MIT
$(sed '1,/^Copyright/d' LICENSE | sed 1d | indented)
END
