#!/usr/bin/env bash
# Runs `ballast status` and what the controller does to brokers against real ones, three plain processes on the
# loopback: Kafka 3.9.1 without ZooKeeper, and 3.3.2 with it. 3.4.0 (with) and 4.1.1 (without) can be named, too.
#
#   run.sh [VERSION...]
#
# BALLAST_BUILD is the folder with the program under test (build/dev). The jars come from Maven Central, once, and lie
# in ~/.cache/ballast/kafka. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh

[ $# -gt 0 ] || set -- 3.9.1 3.3.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ballast/kafka
build=$(realpath "${BALLAST_BUILD:-build/dev}")
admin=$build/tests/ballast-kafka-admin
[ -x "$build/ballast" ] && [ -x "$admin" ] || die "there is no $build/ballast; build it, or set BALLAST_BUILD"

sums() { echo "$PWD/tests/kafka/jars-$1.sha256"; }
complete() { (cd "$cache/$1/jars" 2>/dev/null && sha256sum --quiet --check "$2" >/dev/null 2>&1); }

fetch() { # VERSION
    complete "$1" "$(sums "$1")" && return
    install_needs "mvn:maven" >/dev/null
    echo "fetching the jars of Kafka $1 into $cache/$1/jars"
    rm -rf "$cache/$1/jars"
    mkdir -p "$cache/$1/jars"
    case $1 in [123].*) logging=log4j1 ;; *) logging=log4j2 ;; esac
    mvn -q -B -f tests/kafka/pom.xml -Dkafka="$1" -P "$logging" \
        org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$cache/$1/jars" || die "could not fetch the jars from Maven Central"
    complete "$1" "$(sums "$1")" || die "the jars in $cache/$1/jars are not those of tests/kafka/jars-$1.sha256"
}

install_needs "java:openjdk-17-jre-headless openssl:openssl python3:python3" >/dev/null
for version in "$@"; do
    [ -e "$(sums "$version")" ] || die "there is no tests/kafka/jars-$version.sha256"
    fetch "$version"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
BALLAST=$build/ballast ADMIN=$admin JARS=$cache WORK=$work python3 -B tests/kafka/run.py "$@"
