#!/usr/bin/env bash
# Runs `ballast status` against real brokers: three of Kafka 3.9.1, plain processes on the loopback.
#
#   run.sh
#
# BALLAST_BUILD is the folder with the program under test (build/dev). The jars come from Maven Central, once, and lie
# in ~/.cache/ballast/kafka. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh

[ $# -eq 0 ] || die "usage: tests/kafka/run.sh"
version=3.9.1
jars=${XDG_CACHE_HOME:-$HOME/.cache}/ballast/kafka/$version/jars
sums=$PWD/tests/kafka/jars.sha256
build=$(realpath "${BALLAST_BUILD:-build/dev}")
[ -x "$build/ballast" ] || die "there is no $build/ballast; build it, or set BALLAST_BUILD"

complete() { (cd "$jars" 2>/dev/null && sha256sum --quiet --check "$sums" >/dev/null 2>&1); }

install_needs "java:openjdk-17-jre-headless openssl:openssl python3:python3" >/dev/null
if ! complete; then
    install_needs "mvn:maven" >/dev/null
    echo "fetching the jars of Kafka $version into $jars"
    rm -rf "$jars"
    mkdir -p "$jars"
    mvn -q -B -f tests/kafka/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$jars" || die "could not fetch the jars from Maven Central"
    complete || die "the jars in $jars are not those of tests/kafka/jars.sha256"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
BALLAST=$build/ballast JARS=$jars WORK=$work python3 -B tests/kafka/run.py
