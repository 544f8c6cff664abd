#!/usr/bin/env bash
# The README shows what its commands print: runs each command named in an "output:" comment and compares it with the block
# that follows. usage: readme.sh PROGRAM README
set -euo pipefail
program=$1 readme=$2 wrong=0 seen=0
while IFS= read -r arguments; do
    seen=$((seen + 1))
    shown=$(awk -v mark="<!-- output: $arguments -->" '
        $0 == mark { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside' "$readme")
    read -ra words <<<"$arguments"
    printed=$("$program" "${words[@]}")
    if [ "$shown" != "$printed" ]; then
        echo "the README no longer shows what 'dvfo $arguments' prints:"
        diff <(echo "$shown") <(echo "$printed") || true
        wrong=$((wrong + 1))
    fi
done < <(sed -n 's/^<!-- output: \(.*\) -->$/\1/p' "$readme")
[ "$seen" -gt 0 ] || { echo "no command in $readme"; exit 1; }
echo "$seen commands of the README, $wrong differ"
[ "$wrong" -eq 0 ]
