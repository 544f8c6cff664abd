#!/usr/bin/env bash
# exported_symbols.sh LIBRARY...: every symbol that our libraries show to a linker begins with dvfo_.
set -euo pipefail
# What begins with two underscores belongs to the compiler (its sanitizers leave such names).
symbols=$(nm --extern-only --defined-only --format=posix "$@")
strange=$(awk 'NF > 1 && $1 !~ /^(dvfo_|__)/ { print $1 }' <<<"$symbols")
grep -q '^dvfo_' <<<"$symbols" || { echo "no symbol of ours in: $*"; exit 1; }
[ -z "$strange" ] || { printf 'without dvfo_:\n%s\n' "$strange"; exit 1; }
