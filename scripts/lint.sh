#!/bin/sh
# Everything that a reader should not have to look for.
set -eu

cd "$(dirname "$0")/.."
cargo fmt --check
cargo clippy --locked --all-targets --quiet -- -D warnings
cargo clippy --locked --all-targets --quiet --no-default-features -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --quiet
cargo deny --locked --log-level error check bans licenses sources
shellcheck scripts/*.sh packaging/scripts/* .ci/run benches/shell/* tests/support/systemd/*.sh
