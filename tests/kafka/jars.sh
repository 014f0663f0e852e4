#!/usr/bin/env bash
# Fetches what Kafka and ZooKeeper are made of from Maven Central, once, with checksums.
#
#   jars.sh SET...    a SET is a version of Kafka, as 3.9.1, or zookeeper-VERSION; those there are have a
#                     jars-SET.sha256 beside this script
#   jars.sh           prints where the sets are: the jars of each in FOLDER/SET/jars
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../scripts/lib.sh"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ballast/kafka

sums() { echo "$here/jars-$1.sha256"; }
complete() { (cd "$1" 2>/dev/null && sha256sum --quiet --check "$2" >/dev/null 2>&1); }

# What is fetched lies beside its place until it is whole, for the next to find all of it or nothing.
fetch() { # SET
    local pom=pom.xml property=kafka new=$cache/$1/jars.new

    install_needs "mvn:maven" >/dev/null
    echo "fetching the jars of $1 into $cache/$1/jars" >&2
    [[ $1 != zookeeper-* ]] || pom=pom-zookeeper.xml property=zookeeper
    rm -rf "$new"
    mvn -q -B -f "$here/$pom" -D"$property=${1#zookeeper-}" \
        org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$new" || die "could not fetch the jars from Maven Central"
    complete "$new" "$(sums "$1")" || die "the jars in $new are not those of tests/kafka/jars-$1.sha256"
    rm -rf "$cache/$1/jars"
    mv "$new" "$cache/$1/jars"
}

[ $# -gt 0 ] || echo "$cache"
for name in "$@"; do
    [ -e "$(sums "$name")" ] || die "there is no tests/kafka/jars-$name.sha256"
    mkdir -p "$cache/$name"
    exec 8>"$cache/$name/lock"
    flock 8
    complete "$cache/$name/jars" "$(sums "$name")" || fetch "$name"
    exec 8>&-
done
