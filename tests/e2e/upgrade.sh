#!/usr/bin/env bash
# Upgrades real Kafka in a cluster of three zones, which is brought up for it and taken away again, while a client
# writes: without Ballast, and with it. Needs root.
#
#   upgrade.sh [plain|ballast]...    both, if none is named
#
# FROM and TO are the versions (3.3.2 and 3.4.0, with ZooKeeper; from 3.9 on without), CONTROLLERS=3 has these beside
# the brokers where there is no ZooKeeper, LAB is a cluster of lab.sh to be used and cleaned, PROBES=quick asks every second whether a pod is ready, RESULTS is the folder
# for the figures (build/e2e). The last line of each run is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh

from=${FROM:-3.3.2} to=${TO:-3.4.0}

[ $# -gt 0 ] || set -- plain ballast
for way in "$@"; do
    [ "$way" = plain ] || [ "$way" = ballast ] || {
        echo "usage: upgrade.sh [plain|ballast]..." >&2
        exit 2
    }
done

. "$here/borrow-lab.sh"

rc=0
for way in "$@"; do
    give_lab "$from" "$to"
    "$testbed" exec "$lab" -- env WORK="$work" TESTBED="$lab" python3 -B "$here/upgrade.py" \
        "$way" "$from" "$to" "${CONTROLLERS:-0}" || rc=1
done
exit $rc
