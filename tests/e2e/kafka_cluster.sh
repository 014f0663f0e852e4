#!/usr/bin/env bash
# One KafkaCluster on real kubelets and brokers, in a cluster of three zones, which is brought up for it and taken away again: it
# comes up, is proven with messages, refuses what would lose it, and is upgraded under load while its controller is killed.
# Needs root.
#
#   kafka_cluster.sh
#
# FROM and TO are the versions (3.3.2 and 3.4.0, with ZooKeeper; from 3.9 on without, where metadata.version is raised in the end).
# LAB is a cluster of lab.sh to be used and cleaned. The last line is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh

[ $# -eq 0 ] || {
    echo "usage: kafka_cluster.sh" >&2
    exit 2
}

. "$here/borrow-lab.sh"

from=${FROM:-3.3.2} to=${TO:-3.4.0}
give_lab "$from" "$to"
"$testbed" exec "$lab" -- env WORK="$work" TESTBED="$lab" FROM="$from" TO="$to" python3 -B "$here/kafka_cluster.py"
