#!/usr/bin/env bash
# What a person sees who runs scripts/demo.sh --cluster, on a cluster that is brought up for it and taken away again. Needs root.
#
#   demo.sh
#
# LAB is a cluster of lab.sh to be used and cleaned. The last line is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh

[ $# -eq 0 ] || {
    echo "usage: demo.sh" >&2
    exit 2
}

. "$here/borrow-lab.sh"

[ -e "$lab/.testbed" ] || "$here/lab.sh" bundled "$lab"
LAB=$lab python3 -B "$here/demo.py"
