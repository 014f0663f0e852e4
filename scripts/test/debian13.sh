#!/usr/bin/env bash
# Builds and tests on Debian 13, which the image is built on. Needs root, and no container engine.
#
#   debian13.sh build           into build/debian13, and into build/debian13-programs what runs them on this machine
#   debian13.sh tests REPORT [OPTION...]
#                               all of ctest's but lint, with its options; REPORT is for the outcome, as JUnit has it
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
tree=$PWD build=build/debian13 programs=build/debian13-programs
inside() { scripts/image/debian13.sh run "$@"; }

# wrap PROGRAM AS: a command that runs PROGRAM with the libraries that it has on Debian 13, seen from this Debian.
wrap() {
    local library=$root/usr/lib/x86_64-linux-gnu

    mkdir -p "$(dirname "$2")"
    printf '#!/bin/sh\nexec %q --library-path %q %q "$@"\n' "$library/ld-linux-x86-64.so.2" "$library" "$1" >"$2"
    chmod 755 "$2"
}

case ${1:-} in
build)
    inside cmake --preset dev -B "$build" >/dev/null
    inside cmake --build "$build"
    root=$(scripts/image/debian13.sh path)
    for program in ballast ballast-webhook ballast-controller tests/ballast-kafka-admin tests/ballast-load; do
        wrap "$tree/$build/$program" "$programs/$program"
    done
    ;;
tests)
    [ $# -ge 2 ] || die "where does the report go? debian13.sh tests REPORT"
    inside ctest --test-dir "$build" -j 2 -LE lint --output-on-failure --output-junit "$(realpath -m "$2")" "${@:3}"
    ;;
*) die "usage: debian13.sh build|tests REPORT" ;;
esac
