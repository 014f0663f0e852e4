#!/usr/bin/env bash
# How fast is it? Builds the release program and measures it beside a reference, in one run:
#
#     tests/bench/run.sh [FILES] [ROUNDS]
#
# `ballast lint` and `ballast harden` on FILES manifests (10,000) beside libyaml's bare events on the
# same files, the best of ROUNDS (3) by CPU time; then one decision on a review of 12 KiB, in process, one in a namespace
# with many workloads, and the gate on 100 brokers with 100,000 partitions.
set -euo pipefail
cd "$(dirname "$0")/../.."
files=${1:-10000} rounds=${2:-3}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --preset release >"$work/log"
cmake --build --preset release -t ballast ballast-bench ballast-bench-namespace ballast-bench-gate libyaml-events >>"$work/log" || {
    tail -20 "$work/log" >&2
    exit 1
}
python3 -B tests/bench/generate.py "$work/manifests" "$files"
python3 -B tests/bench/generate.py --review "$work/review.json"
for count in 2 250 1000; do
    python3 -B tests/bench/generate.py --namespace "$work/namespace-$count.yaml" "$count"
done
bytes=$(find "$work/manifests" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
find "$work/manifests" -type f -exec cat {} + >/dev/null

# measure NAME COMMAND...: adds "cpu wall kib" to a file of that name. Exit code 1 means findings.
measure() {
    local name=$1 rc=0
    shift
    /usr/bin/time -q -a -o "$work/$name" -f '%U %S %e %M' "$@" >"$work/$name.out" 2>"$work/$name.err" || rc=$?
    if [ "$rc" -gt 1 ]; then
        tail -5 "$work/$name.err" >&2
        exit 1
    fi
}

for ((i = 0; i < rounds; i++)); do
    measure events build/release/tests/libyaml-events "$work/manifests"
    measure lint build/release/ballast lint -p policies/bundles/default.yaml "$work/manifests"
    measure harden build/release/ballast harden -p policies/bundles/default.yaml "$work/manifests"
done

echo "$(date -u +%F), $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)"
echo "$files files, $bytes bytes"
tail -1 "$work/lint.err"
echo
printf '%-24s %8s %8s %10s %10s %9s\n' '' 'CPU s' 'wall s' 'MB/s CPU' 'peak MiB' 'times'
least=
for name in events lint harden; do
    # The quickest of the rounds: everything that disturbs makes it slower.
    read -r cpu wall kib < <(awk '{ print $1 + $2, $3, $4 }' "$work/$name" | sort -n | head -1)
    least=${least:-$cpu}
    awk -v n="$name" -v c="$cpu" -v w="$wall" -v k="$kib" -v b="$bytes" -v l="$least" 'BEGIN {
        label["events"] = "libyaml, bare events"; label["lint"] = "ballast lint"
        label["harden"] = "ballast harden"
        printf "%-24s %8.2f %8.2f %10.1f %10.1f %9.2f\n", label[n], c, w, b / c / 1e6, k / 1024, c / l
    }'
done
echo
build/release/tests/ballast-bench policies/bundles/default.yaml "$work/review.json" 5000
echo
for count in 2 250 1000; do
    build/release/tests/ballast-bench-namespace policies/bundles/default.yaml "$work/namespace-$count.yaml" 20
done
echo
build/release/tests/ballast-bench-gate
