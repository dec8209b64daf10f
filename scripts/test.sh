#!/bin/sh
# Every test, with and without `deliver`; then the hooks' tests once more on the released programs.
set -eu

cd "$(dirname "$0")/.."
cargo nextest run --locked --no-fail-fast
cargo test --locked --doc --quiet
cargo nextest run --locked --no-fail-fast --no-default-features --target-dir target/no-deliver
UPSTART_MONITOR_TEST_PROGRAMS="$PWD/dist/bin" cargo nextest run --locked --no-fail-fast \
    --test delivery --test faults --test kick --test lives --test markers --test never_harm \
    --test histories --test old_kernels --test restart --test rows --test snapshot --test verdicts
# The packages, which the others do not need.
cargo nextest run --locked --no-fail-fast --test package --test package_inits --test package_formats \
    --run-ignored only
