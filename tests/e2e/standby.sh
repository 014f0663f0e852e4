#!/usr/bin/env bash
# The second cluster of backup.sh, which stands by: it is brought up, rehearses the backup that the first one left behind, takes over
# by it, and is taken away again. Needs root.
#
#   HELD=DIR standby.sh    DIR is where backup.py keeps copies of volumes and what the service holds
#
# VERSION is Kafka's. The last line is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh

[ $# -eq 0 ] && [ -n "${HELD:-}" ] && [ -n "${VERSION:-}" ] || {
    echo "usage: HELD=DIR VERSION=V standby.sh" >&2
    exit 2
}

. "$here/../testbed/lib/borrowed.sh"

"$here/lab.sh" cluster "$work/testbed" "$VERSION"
"$testbed" exec "$work/testbed" -- env WORK="$HELD" TESTBED="$work/testbed" VERSION="$VERSION" python3 -B "$here/standby.py"
