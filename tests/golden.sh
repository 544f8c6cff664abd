#!/usr/bin/env bash
# golden.sh [--update] DVFO: replays the transcripts in tests/golden. A line "$ dvfo ..." is a command, run in tests/data;
# what stands below it is what it said. Tells where they differ, or writes them anew.
set -euo pipefail
update=false
[ "$1" != --update ] || { update=true; shift; }
program=$(realpath "$1")
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
new=$(mktemp)
trap 'rm -f "$new"' EXIT
dvfo() { "$program" "$@"; }
cd "$here/data"
differing=0
for transcript in "$here"/golden/*.txt; do
    grep '^\$ dvfo ' "$transcript" | while read -r _ command; do
        printf '$ %s\n' "$command"
        eval "$command" 2>&1 || echo "exit $?"
    done >"$new"
    if $update; then
        cp "$new" "$transcript"
    elif ! diff -u "$transcript" "$new"; then
        differing=$((differing + 1))
    fi
done
[ "$differing" = 0 ] || { echo "$differing transcript(s) differ; the target 'golden' rewrites them: look at the diff"; exit 1; }
