#!/usr/bin/env bash
# bench/slurm/submit tried out: what its job array makes has the bytes of a run on one machine, also when tasks were
# killed on the way and the array was submitted again.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
usage="usage: tests/slurm.sh [--install | --stand-in] [DVFO]
  (nothing)    on a real Slurm: a cluster of one node, set up in a temporary folder for this test alone; a minute or two
  --install    first install what that needs from Debian (root or sudo); Debian then starts munge's service, too
  --stand-in   without Slurm: a script stands in for sbatch
DVFO is the program (default: build/release/dvfo). Needs root for nothing but --install. Exit 0: passed; 1: failed;
2: wrong arguments, or Slurm isn't installed."

PATH=$PATH:/usr/sbin:/sbin # where Debian keeps daemons
# shellcheck source-path=SCRIPTDIR
source "$here/slurm_cluster.sh"
stand_in=false
case "${1:-}" in
--help | -h) echo "$usage"; exit ;;
--install)
    # shellcheck source-path=SCRIPTDIR source=../bench/setup.sh
    source "$here/../bench/setup.sh"
    # shellcheck disable=SC2034 # read by install_packages
    packages=("${cluster_packages[@]}")
    install_packages
    shift
    ;;
--stand-in) stand_in=true; shift ;;
-*) echo "$usage" >&2; exit 2 ;;
esac
[ $# -le 1 ] || { echo "$usage" >&2; exit 2; }
dvfo=$(realpath "${1:-$here/../build/release/dvfo}")
[ -x "$dvfo" ] || { echo "no program '$dvfo'" >&2; exit 2; }
if ! $stand_in && [ -n "$(cluster_missing)" ]; then
    echo "not installed: $(cluster_missing); --install gets ${cluster_packages[*]}, --stand-in goes without" >&2
    exit 2
fi

# Nothing of a cluster that is used from here.
unset "${!SLURM_@}" "${!SBATCH_@}" "${!SQUEUE_@}" "${!SCANCEL_@}"
export DVFO=$dvfo LC_ALL=C
submit=$here/../bench/slurm/submit
folder=$(mktemp -d)
meanwhile=''

clean_up() {
    local code=$?
    trap '' INT TERM
    [ -z "$meanwhile" ] || kill "$meanwhile" 2>/dev/null || true
    if [ -n "${STAND_IN:-}${SLURM_CONF:-}" ]; then
        timeout 20 scancel --user="$(id -un)" || true
        until_true 30 all_ended || true
    fi
    cluster_stop
    cd /
    rm -rf "$folder"
    exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

fail() {
    printf 'slurm.sh: %s\n' "$*" >&2
    tail -n 20 "$folder"/*/slurm/*.txt "$folder"/cluster/*.said >&2 2>/dev/null || true
    exit 1
}

# refuses CODE TEXT ARGUMENT...: submit ends so, and says so
refuses() {
    local code=0
    PATH=${path:-$PATH} "$submit" "${@:3}" >said 2>&1 || code=$?
    if [ "$code" != "$1" ] || ! grep -qF -- "$2" said; then
        fail "submit ${*:3}: exit $code, expected $1 and '$2': $(<said)"
    fi
}

all_ended() { local left; left=$(squeue -h -o %i) && [ -z "$left" ]; }
wait_for_end() { until_true 600 all_ended || fail "jobs don't end: $(squeue -h)"; }

# submitted OUT CPUS: sets array and merge
submitted() {
    "$submit" parts.yaml "${size[@]}" --shards 4 --cpus "$2" --out "$1" >said || fail "submit: exit $?"
    array=$(awk '$1 == "array" { print $2 }' said)
    merge=$(awk '$1 == "merge" { print $2 }' said)
    echo "submitted array $array, merge $merge"
}

same_as_alone() { # OUT
    [ -e "$1/parts.h5" ] || fail "no merged file"
    cmp "$1/parts.h5" alone.h5 || fail "the merged file is another"
    tail -n +4 "$1/slurm/$merge.txt" | diff - alone.txt || fail "the table is another"
}

# in_the_middle OUT PART COMMAND...: once its agent and the trials of one network are there, of four
in_the_middle() {
    until_true 300 grep -q '^2 of 5' "$1/slurm/${array}_$2.txt" || fail "part $2 doesn't begin"
    "${@:3}"
}
kill_part() {
    local process
    read -r process _ <"$1/.lock-$2-of-4"
    kill -KILL "$process"
}

cd "$folder"
cat >parts.yaml <<'PLAN'
title: Two boards, two seeds, an agent each
question: Do the parts of the work have the bytes of the whole?
set: {requests: 300000}
sweep:
  board: [jetson-nano, jetson-tx2]
  network: [resnet-18, vgg-19, mobilenet-v2, vit-b16]
  trace: ["model:wifi"]
  policy: [edge-only, cloud-only, dvfo]
agents:
  dvfo: {}
seeds: 3
quick:
  seeds: 2
  steps: 20000
table:
  rows: [board, network, policy]
  columns: [energy_j, latency_s]
PLAN
size=(--quick)
! $stand_in || size+=(--set requests=50000)

echo "==> alone"
"$dvfo" bench run parts.yaml "${size[@]}" --out alone 2>/dev/null
"$dvfo" bench merge parts.yaml "${size[@]}" --out alone --to alone.h5 >/dev/null
"$dvfo" bench table parts.yaml "${size[@]}" --out alone >alone.txt

mkdir programs
if $stand_in; then
    for program in sbatch scancel squeue; do
        ln -s "$here/slurm_stand_in.sh" "programs/$program"
    done
    export PATH=$folder/programs:$PATH STAND_IN=$folder/jobs
    mkdir jobs
else
    cluster_start "$folder/cluster" 8
    [ -z "$(listens_elsewhere)" ] || fail "it listens on $(listens_elsewhere)"
    echo "==> a cluster of $(slurmctld -V)"
fi

echo "==> wrong arguments"
refuses 2 'usage: '
refuses 2 'stand after --' parts.yaml --partition=test
refuses 2 'whole number' parts.yaml --shards=0
refuses 2 'wants a value' parts.yaml --out
refuses 2 '--shards and --at-once' parts.yaml -- --array=1-3
refuses 2 "'nothing'" nothing
DVFO=nothing refuses 2 'no program' parts.yaml
mkdir bare
for program in bash dirname realpath basename; do
    ln -s "$(command -v $program)" bare/
done
path=$folder/bare refuses 2 'no sbatch here' parts.yaml
refuses 0 '--array=1-10%3' parts.yaml --at-once 3 --dry-run
[ ! -e results ] || fail "--dry-run made a folder"
if $stand_in; then
    STAND_IN_REFUSES=--dependency=afterok:1 refuses 1 'was cancelled' parts.yaml "${size[@]}" --out refused
    wait_for_end
    [ ! -e refused/parts.h5 ] || fail "merged what was cancelled"
    export STAND_IN_REFUSES=--partition=nowhere
fi
refuses 1 'nothing was submitted' parts.yaml -- --partition=nowhere
unset STAND_IN_REFUSES
all_ended || fail "something was submitted"

echo "==> undisturbed"
out="parts of 100 %A"
submitted "$out" 2
wait_for_end
same_as_alone "$out"
for part in 1 2 3 4; do
    grep -q "^part $part of 4 on " "$out/slurm/${array}_$part.txt" || fail "part $part says something else"
done

echo "==> one task killed, one cancelled"
out=disturbed
submitted $out 1
in_the_middle $out 3 scancel "${array}_3" &
meanwhile=$!
in_the_middle $out 2 kill_part $out 2
wait "$meanwhile" || fail "part 3 was not cancelled"
meanwhile=''
wait_for_end
[ ! -e $out/parts.h5 ] || fail "merged although tasks failed"
[ ! -e "$out/slurm/$merge.txt" ] || fail "the job that merges ran although tasks failed"
for part in 1 2 3 4; do
    left=$("$dvfo" bench run parts.yaml "${size[@]}" --out $out --shard $part/4 --dry-run 2>/dev/null | wc -l)
    echo "part $part of 4: $left of 12 trials left"
    case $part-$left in
    1-0 | 4-0) ;; # nobody disturbed them
    2-[1-9] | 3-[1-9]) ;;
    *) fail "expected none left of parts 1 and 4, some of 2 and 3" ;;
    esac
done

echo "==> submitted again"
submitted $out 2
wait_for_end
same_as_alone $out
grep -q '^12 trials, 12 of them there already' "$out/slurm/${array}_1.txt" || fail "part 1 was made again"
echo "the same bytes as alone"
