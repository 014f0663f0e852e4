#!/usr/bin/env bash
# A person's first hour with Ballast and Kafka, without help by hand, in a cluster of three zones, which is brought up for
# it and taken away again: docs/operations.md has the same sequence. Needs root.
#
#   first_hour.sh [short]
#
# HELM is helm or helm4; short has the steps whose answers come by Helm, in three minutes. LAB is a cluster of lab.sh to be
# used and cleaned. The last line is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh

[ $# -eq 0 ] || [ "$*" = short ] || {
    echo "usage: first_hour.sh [short]" >&2
    exit 2
}

. "$here/borrow-lab.sh"

give_lab 3.3.2 3.4.0
"$testbed" exec "$lab" -- env WORK="$work" TESTBED="$lab" python3 -B "$here/first_hour.py" "$@"
