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

work=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
finish() {
    local rc=$?

    "$testbed" down "$work/testbed" >/dev/null 2>&1 || rc=1
    if [ "$rc" -eq 0 ]; then
        rm -rf "$work"
    else
        echo "what was logged is in $work"
    fi
    exit "$rc"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

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
