#!/usr/bin/env bash
# Disaster recovery of real Kafka, in a cluster of three zones, which is brought up for it and taken away again: brokers with their
# volumes are backed up under load, lost and restored, and what came back is held against what had been noted; what is not there
# is told. Then a second cluster rehearses the backup and takes over (standby.sh). Google's service is a fake; what its agent does
# in a cluster is done for real. Needs root.
#
#   backup.sh
#
# VERSION is Kafka's (3.3.2, with ZooKeeper; from 3.9 on without). LAB is a cluster of lab.sh to be used and cleaned.
# A line "N passed, N failed" for each cluster.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh

[ $# -eq 0 ] || {
    echo "usage: backup.sh" >&2
    exit 2
}

. "$here/borrow-lab.sh"

version=${VERSION:-3.3.2}
give_lab "$version"
"$testbed" exec "$lab" -- env WORK="$work" TESTBED="$lab" VERSION="$version" python3 -B "$here/backup.py"
# Of the first cluster only copies of its volumes, and what the service holds, are left.
"$testbed" clean "$lab"
HELD=$work VERSION=$version "$here/standby.sh"
