#!/usr/bin/env bash
# peers.sh MICRO [NAME=PROGRAM]...: the M/M/1 row of our benchmark (MICRO is the built dvfo_micro) beside other simulators
# on this machine, now. PROGRAM is a peer that simulates the same million customers once; the whole process is timed.
# SimPy is timed too when python3 (or $PYTHON) has it. Every figure is the minimum of RUNS (default 7) runs.
#
#   bench/micro/peers.sh build/release/dvfo_micro cimba=path/to/MM1_single
set -euo pipefail
export LC_ALL=C # $EPOCHREALTIME with a decimal point
[ $# -ge 1 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
micro=$1 python=${PYTHON:-python3} runs=${RUNS:-7}
shift

fastest_s() { # COMMAND...
    local fastest=inf begin end
    for ((i = 0; i <= runs; i++)); do # the first is the warm-up
        begin=$EPOCHREALTIME
        "$@" >/dev/null
        end=$EPOCHREALTIME
        [ "$i" -eq 0 ] || fastest=$(awk -v a="$fastest" -v b="$begin" -v e="$end" \
            'BEGIN { t = e - b; print (a == "inf" || t < a) ? t : a }')
    done
    echo "$fastest"
}

simpy_mm1='
import random, simpy
sum_s = 0.0
def arrive(env, line):
    for _ in range(1000000):
        yield env.timeout(random.expovariate(0.9))
        yield line.put(env.now)
def serve(env, line):
    global sum_s
    while True:
        arrived_s = yield line.get()
        yield env.timeout(random.expovariate(1.0))
        sum_s += env.now - arrived_s
env = simpy.Environment()
line = simpy.Store(env)
env.process(arrive(env, line))
env.process(serve(env, line))
env.run()
print(sum_s / 1e6)'

ours_s=$("$micro" --only mm1 --runs "$runs" --format csv 2>/dev/null | awk -F, 'NR == 2 { print $5 }')
row() { printf '%-12s %10.4f %10.2f\n' "$1" "$2" "$(awk -v a="$2" -v b="$ours_s" 'BEGIN { print a / b }')"; }
printf '%-12s %10s %10s\n' simulator fastest_s against_us
row dvfo "$ours_s"
for peer in "$@"; do
    row "${peer%%=*}" "$(fastest_s "${peer#*=}")"
done
if "$python" -c 'import simpy; simpy.Environment' 2>/dev/null; then
    row simpy "$(fastest_s "$python" -c "$simpy_mm1")"
else
    echo "simpy is not installed for $python: left out" >&2
fi
