#!/usr/bin/env bash
# Which form of Eq. (1) predicts what it hasn't seen: variants of jetson-tx2's file, each judged with networks (TensorRT)
# or input sizes (Keras) left out. The table of docs/calibration.md.
set -euo pipefail
usage="usage: profiles/calibrate/compare_forms.sh DATA
  DATA   folder of measurements or raw tables of jetson-tx2 (dvfo profile validate --measured)
Needs build/release/dvfo. Prints median errors in per cent."
[ $# -eq 1 ] && [ "$1" != --help ] || { echo "$usage"; [ "${1:-}" = --help ]; exit; }
data=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# set RUNTIME KEY VALUE...: the key's quantity becomes a documented value
edit() {
    local runtime=$1 next=$2 script=
    shift 2
    while [ $# -gt 0 ]; do
        script+="s|^( *)$1: \{.*|\1$1: {value: $2, standing: documented, source: \"variant\"}|;"
        shift 2
    done
    sed -E "/name: $runtime/,/name: $next/ { $script }" profiles/boards/jetson-tx2.yaml
}

# the efficiency of each kernel shape by itself, as before
own_classes() {
    local source='source: "variant"}'
    sed -E "/name: tensorrt/,/name: keras/ s|^( *)depthwise: .*|&\n\1conv-1x1: {value: 0.6, standing: calibrated, low: 0.2, high: 1, $source\n\1conv-3x3: {value: 1.5, standing: calibrated, low: 0.6, high: 2.25, $source|" "$1"
}

judge() { # title, leave out, runtime, file
    printf '%-58s' "$1"
    build/release/dvfo profile validate --board "$4" --measured "$data" --runtime "$3" --leave-out "$2" --format csv |
        awk -F, 'NR > 1 { printf " %8.1f", 100 * $6; if ($8 != "") printf " (%4.1f)", 100 * $8 } END { print "" }'
}

variant() { # title, leave out, runtime, next, key value...
    local title=$1 what=$2 runtime=$3 next=$4
    shift 4
    edit "$runtime" "$next" "$@" >"$folder/variant.yaml"
    judge "$title" "$what" "$runtime" "$folder/variant.yaml"
}

echo "TensorRT, networks left out (with an anchor): inception-v4, yolov3-tiny, vgg-19, all"
t=(network tensorrt keras)
variant "as shipped" "${t[@]}"
edit tensorrt keras tile_pixels 1 tile_channels 1 depth 0 winograd 0 gpu_byte_per_cycle 10000 |
    sed '/name: tensorrt/,/name: keras/ { /reread:/,/default:/d }' >"$folder/plain.yaml"
own_classes "$folder/plain.yaml" >"$folder/variant.yaml"
judge "plain: an efficiency per kernel shape, shapes' traffic" network tensorrt "$folder/variant.yaml"
edit tensorrt keras tile_pixels 128 tile_channels 128 depth 0 winograd 0 >"$folder/plain.yaml"
own_classes "$folder/plain.yaml" >"$folder/variant.yaml"
judge "the same with blocks, tiles 128x128, load and store" network tensorrt "$folder/variant.yaml"
variant "sum of compute and memory (p = 1)" "${t[@]}" exponent 1
variant "maximum of both (p = 64)" "${t[@]}" exponent 64
variant "any depth alike" "${t[@]}" depth 0
variant "tiles 128x128" "${t[@]}" tile_pixels 128 tile_channels 128
variant "tiles 128x32" "${t[@]}" tile_pixels 128 tile_channels 32
variant "tiles 32x32" "${t[@]}" tile_pixels 32 tile_channels 32
variant "no load and store limit of the GPU" "${t[@]}" gpu_byte_per_cycle 10000
echo "Keras, input sizes left out (with an anchor): xception 200, 600, 800, inception-v3 200, 400, 800 px, all"
k=(size keras none)
variant "as shipped" "${k[@]}"
variant "kernels take no cycles of their own" "${k[@]}" kernel_cycles 0
variant "no launch cost" "${k[@]}" launch_cycles 0
sed '/name: keras/,$ s/combine: stream/combine: sum/' profiles/boards/jetson-tx2.yaml >"$folder/variant.yaml"
judge "launches not hidden behind kernels (sum)" size keras "$folder/variant.yaml"
