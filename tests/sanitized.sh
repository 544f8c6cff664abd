#!/usr/bin/env bash
# sanitized.sh COMMAND...: runs it and fails on any report of a sanitizer, from any process of it.
# Exit codes don't suffice: a leak is found after a Criterion test has passed, in a process whose end nobody asks about.
set -uo pipefail
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
export ASAN_OPTIONS="log_path=$reports/address:exitcode=99"
export UBSAN_OPTIONS="log_path=$reports/undefined:print_stacktrace=1"
export TSAN_OPTIONS="log_path=$reports/thread:exitcode=99"
"$@"
status=$?
shopt -s nullglob
found=("$reports"/*)
if [ ${#found[@]} -gt 0 ]; then
    cat "${found[@]}"
    echo "sanitized.sh: ${#found[@]} report(s) while running: $*"
    exit 1
fi
exit "$status"
