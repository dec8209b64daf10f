#!/bin/sh
# Every test, with and without `deliver`.
set -eu

cd "$(dirname "$0")/.."
cargo nextest run --locked --no-fail-fast
cargo test --locked --doc --quiet
cargo nextest run --locked --no-fail-fast --no-default-features --target-dir target/no-deliver
