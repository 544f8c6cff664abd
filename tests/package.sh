#!/usr/bin/env bash
# package.sh CMAKE BUILD OPTION...: installs the build into an empty folder, builds bench/examples against it as a project
# of a stranger's (OPTIONs go to its cmake), and compares what it prints with the command named in its opening comment.
set -euo pipefail
cmake=$1 build=$2
shift 2
examples=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../bench/examples
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset DVFO_DATA DESTDIR
export LC_ALL=C
quietly() { "$@" >"$folder/said" 2>&1 || { cat "$folder/said"; exit 1; }; }

cp -r "$examples" "$folder/stranger"
quietly "$cmake" --install "$build" --prefix "$folder/installed"
quietly "$cmake" -S "$folder/stranger" -B "$folder/made" -DCMAKE_PREFIX_PATH="$folder/installed" \
    -DCMAKE_NO_SYSTEM_FROM_IMPORTED=ON -DCMAKE_C_FLAGS="-Wall -Wextra -Wpedantic -Wconversion -Wshadow" "$@"
quietly "$cmake" --build "$folder/made"

read -ra command < <(sed -n 's|^ \* *dvfo \(run .*\) \*/$|\1|p' "$examples/one_trial.c")
"$folder/installed/bin/dvfo" "${command[@]}" --format csv | awk -F, '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { printf "%-11s  %.6f J  %.6f s  cost %.6f J\n", $at["policy"], $at["energy_j"], $at["latency_s"], $at["cost_j"] }
    ' >"$folder/expected"
"$folder/made/one_trial" >"$folder/printed"
echo "bench/examples/one_trial, and as 'dvfo ${command[*]}' has it:"
diff -y "$folder/printed" "$folder/expected"

board=$folder/installed/share/dvfo/profiles/boards/jetson-nano.yaml
echo spoilt >"$board"
! "$folder/made/one_trial" >/dev/null 2>"$folder/said" && grep -F "$board" "$folder/said" # so that file is what it reads
