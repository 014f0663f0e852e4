#!/usr/bin/env bash
# Runs integration tests beside a real control plane, which it starts and takes away again.
#
#   run.sh [--version V] SUITE...    a suite is tests/integration/SUITE.py
#
# BALLAST_BUILD is the folder with the programs under test (build/dev). Each suite ends with "N passed, N failed", and
# "failed suites: SUITE..." at the end names those that are to be run again.
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
failed=()
for suite in "$@"; do
    mkdir -p "$work/$suite"
    "$testbed" exec "$work/testbed" -- env WORK="$work/$suite" TESTBED_DIR="$work/testbed" python3 -B "$here/$suite.py" ||
        failed+=("$suite")
done
[ ${#failed[@]} -eq 0 ] || {
    echo "failed suites: ${failed[*]}"
    exit 1
}
