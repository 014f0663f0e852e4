#!/usr/bin/env bash
# Runs `ballast status`, `ballast verify` and what the controller does to brokers against real ones, three plain processes on the
# loopback: Kafka 3.9.1 without ZooKeeper, and 3.3.2 with it. 3.4.0 (with) and 4.1.1 (without) can be named, too.
#
#   run.sh [VERSION...]
#
# With ONLY=REGEX those tests whose name matches. BALLAST_BUILD is the folder with the program under test (build/dev).
# The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh

[ $# -gt 0 ] || set -- 3.9.1 3.3.2
build=$(realpath "${BALLAST_BUILD:-build/dev}")
admin=$build/tests/ballast-kafka-admin
[ -x "$build/ballast" ] && [ -x "$admin" ] || die "there is no $build/ballast; build it, or set BALLAST_BUILD"

install_needs "java:openjdk-17-jre-headless openssl:openssl python3:python3" >/dev/null
tests/kafka/jars.sh "$@"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
BALLAST=$build/ballast ADMIN=$admin JARS=$(tests/kafka/jars.sh) WORK=$work python3 -B tests/kafka/run.py "$@"
