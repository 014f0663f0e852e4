#!/usr/bin/env bash
# Disturbs real Kafka in Ballast's hands in every way that there is, in a cluster of three zones, which is brought up
# for it and taken away again. Needs root.
#
#   disruptions.sh [drains|rollouts|failures|lifecycle]...    all, if none is named; with ONLY=REGEX those tests whose name matches
#
# LAB is a cluster of lab.sh to be used and cleaned, instead of one that is brought up for it.
# The last line is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh

for group in "$@"; do
    case $group in
    drains | rollouts | failures | lifecycle) ;;
    *)
        echo "usage: disruptions.sh [drains|rollouts|failures|lifecycle]..." >&2
        exit 2
        ;;
    esac
done

. "$here/borrow-lab.sh"

give_lab 3.4.0
"$testbed" exec "$lab" -- env WORK="$work" TESTBED="$lab" python3 -B "$here/disruptions.py" "$@"
