#!/usr/bin/env bash
# KafkaClusters as people make them, by the chart and the Helm of Ballast's image, with real Kafka, in a cluster of three
# zones, which is brought up for it and taken away again. Needs root.
#
#   bundled.sh
#
# LAB is a cluster of lab.sh to be used and cleaned. The last line is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh

[ $# -eq 0 ] || {
    echo "usage: bundled.sh" >&2
    exit 2
}

. "$here/borrow-lab.sh"

give_lab 4.1.1
"$here/lab.sh" bundled "$lab" 4.1.1
"$testbed" exec "$lab" -- env WORK="$work" TESTBED="$lab" python3 -B "$here/bundled_kafka.py"
