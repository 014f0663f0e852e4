#!/usr/bin/env bash
# Disturbs real Kafka in Ballast's hands in every way that there is, in a cluster of three zones, which is brought up
# for it and taken away again. Needs root.
#
#   disruptions.sh [drains|rollouts|failures|lifecycle]...    all, if none is named; with ONLY=REGEX those tests whose name matches
#
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

. "$here/../testbed/lib/borrowed.sh"

"$here/lab.sh" cluster "$work/testbed" 3.4.0
"$here/../testbed/image.sh" ballast "$work/ballast.tar" >"$work/image.log" 2>&1 || {
    cat "$work/image.log"
    exit 1
}
"$testbed" image "$work/testbed" "$work/ballast.tar" ballast
"$testbed" exec "$work/testbed" -- env WORK="$work" TESTBED="$work/testbed" python3 -B "$here/disruptions.py" "$@"
