#!/usr/bin/env bash
# Runs the webhook as a user does: from its image, by its Helm chart, on a real cluster of three zones, which is
# brought up for it and taken away again. Needs root.
#
#   run.sh [--version V]    with ONLY=REGEX those tests whose name matches, and the first one, which installs Ballast
#
# The last line is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh

[ $# -eq 0 ] || { [ $# -eq 2 ] && [ "$1" = --version ]; } || {
    echo "usage: run.sh [--version V]" >&2
    exit 2
}

. "$here/../testbed/lib/borrowed.sh"

for name in ballast standin; do
    "$here/../testbed/image.sh" "$name" "$work/$name.tar" >"$work/image.log" 2>&1 || {
        cat "$work/image.log"
        exit 1
    }
done
"$testbed" up "$work/testbed" "$@"
for name in ballast standin; do
    "$testbed" image "$work/testbed" "$work/$name.tar" "$name"
done
"$testbed" exec "$work/testbed" -- env WORK="$work" python3 -B "$here/webhook.py"
