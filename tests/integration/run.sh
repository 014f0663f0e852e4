#!/usr/bin/env bash
# Runs integration tests beside a real control plane, which it starts and takes away again.
#
#   run.sh [--version V] SUITE...    a suite is tests/integration/SUITE.py
#
# BALLAST_BUILD is the folder with the programs under test (build/dev). The last line is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh
version=()

[ "${1:-}" != --version ] || {
    version=(--version "$2")
    shift 2
}
[ $# -ge 1 ] || {
    echo "usage: run.sh [--version V] SUITE..." >&2
    exit 2
}

. "$here/../testbed/lib/borrowed.sh"

"$testbed" control-plane up "$work/testbed" "${version[@]}"
rc=0
for suite in "$@"; do
    mkdir -p "$work/$suite"
    "$testbed" exec "$work/testbed" -- env WORK="$work/$suite" TESTBED_DIR="$work/testbed" python3 -B "$here/$suite.py" || rc=1
done
exit $rc
