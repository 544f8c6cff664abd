#!/usr/bin/env bash
# Do the dimensionless coefficients that jetson-tx2 shows under TensorFlow (cycles of a launch, share of the memory bus,
# cycles of a kernel) hold on a sibling? Its keras runtime with the sibling's cores and bus is held against the
# sibling's own measurements: an Xception job over CPU, GPU and memory clocks, its unit taken away by one scale.
set -euo pipefail
usage="usage: profiles/calibrate/check_transfer.sh TABLES
  TABLES   folder with tx1_xception_image5000_cpu_gpu_emc.csv and agx_xavier_xception_image5000_cpu_gpu_emc.csv
Needs build/release/dvfo."
[ $# -eq 1 ] && [ "$1" != --help ] || { echo "$usage"; [ "${1:-}" = --help ]; exit; }
tables=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# Distinct values of a column of a table, ascending, as a list of MHz.
levels() { # table, column, units per MHz
    awk -F, -v column="$2" -v unit="$3" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i + 1; next } # a quoted name holds one comma more
        { print $at[column] / unit }' "$1" | sort -gu | paste -sd,
}

sibling() { # name, table, FLOP per cycle, byte per cycle of the bus
    awk -v name="$1" -v flop="$3" -v bus="$4" -v cpu="$(levels "$2" cpu_freq_khz 1e3)" \
        -v gpu="$(levels "$2" gpu_freq_hz 1e6)" -v mem="$(levels "$2" emc_freq_hz 1e6)" '
        /^name:/ { print "name: " name; next }
        /^  (cpu|gpu|mem):$/ { domain = $1 }
        /^    levels_mhz:/ { print "    levels_mhz: [" (domain == "cpu:" ? cpu : domain == "gpu:" ? gpu : mem) "]"; next }
        /^    calibrated_mhz:/ { next }
        /^peak_byte_per_cycle:/ { sub(/value: 32/, "value: " bus) }
        /- name: keras/ { keras = 1 }
        !keras && / byte_per_cycle:/ { sub(/value: .*source/, "value: " bus / 2 ", standing: documented, source") }
        keras && /flop_per_cycle:/ { sub(/value: 512/, "value: " flop) }
        keras && / byte_per_cycle:/ { match($0, /value: [0-9.]+/)
            share = substr($0, RSTART + 7, RLENGTH - 7) / 32
            sub(/value: .*source/, "value: " share * bus ", standing: documented, source") }
        { print }' profiles/boards/jetson-tx2.yaml >"$folder/$1.yaml"
}

# Settings of cores and clocks, with the median of the jobs at each: other knobs were turned, too.
points() { # name, table, input px
    echo "board,runtime,precision,network,input_px,batch,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,latency_ms,power_mw"
    awk -F, '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i + 1; next }
        { print $at["cores_online"] "," $at["cpu_freq_khz"] / 1e3 "," $at["gpu_freq_hz"] / 1e6 "," $at["emc_freq_hz"] / 1e6,
                $at["workload_time_s"] * 10 }' "$2" | # a hundredth of the job, in ms: its unit is taken away anyway
        sort -k1,1 -k2,2g | awk -v name="$1" -v px="$3" '
        function tell() { if (n) print name ",keras,fp32,xception," px ",1," setting "," (ms[int((n + 1) / 2)] + ms[int(n / 2) + 1]) / 2 "," }
        $1 != setting { tell(); setting = $1; n = 0 }
        { ms[++n] = $2 }
        END { tell() }'
}

check() { # name, table, FLOP per cycle, bus
    local table="$tables/$2"
    sibling "$1" "$table" "$3" "$4"
    for px in 100 200 300; do
        points "$1" "$table" "$px" >"$folder/points.csv"
        build/release/dvfo profile validate --board "$folder/$1.yaml" --measured "$folder/points.csv" --anchor --points \
            --format csv | awk -F, -v name="$1" -v px="$px" '
            NR > 1 { print log($11 / $10) }' | sort -g | awk -v name="$1" -v px="$px" '
            { ratio[NR] = $1 }
            END { middle = ratio[int((NR + 1) / 2)]
                  for (i = 1; i <= NR; i++) { e = ratio[i] - middle; print e < 0 ? -e : e } }' | sort -g | awk -v name="$1" -v px="$px" '
            { e[NR] = $1 } END { printf "%-12s %4d points, as Xception at %d px: median error %4.1f %%, 90th percentile %5.1f %%\n",
                  name, NR, px, 100 * e[int((NR + 1) / 2)], 100 * e[int(0.9 * NR)] }'
    done
}

check jetson-tx1 tx1_xception_image5000_cpu_gpu_emc.csv 512 16
check agx-xavier agx_xavier_xception_image5000_cpu_gpu_emc.csv 1024 64
