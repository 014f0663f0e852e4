#!/usr/bin/env bash
# Builds and tests everything. The last line is "N passed, N failed"; the exit status tells the same. What runs side
# by side is in scripts/test/plan.py; each job has its log in build/logs, which is printed when it ends.
#
#   scripts/test.sh           every build and every test; builds a Kubernetes the first time (about 15 minutes)
#   scripts/test.sh --quick   the dev build and its tests, without a cluster
#   scripts/test.sh --all     what takes long, too: other versions of Kafka and Kubernetes, every disruption and upgrade,
#                             500 clusters, and the testbed's own tests
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. scripts/lib.sh

usage() {
    echo "usage: scripts/test.sh [--quick|--all]"
}

quick=no
all=no
for argument in "$@"; do
    case $argument in
    --quick) quick=yes ;;
    --all) all=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

mode=""
[ "$all" = no ] || mode=all
[ "$quick" = no ] || mode=quick

# What the compiler's cache has of one clone is good for another.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

heading "tools"
if [ "$quick" = yes ]; then
    needs=$NEEDS_BUILD
else
    needs="$NEEDS_BUILD $NEEDS_TEST $NEEDS_TESTBED $NEEDS_BROKERS"
fi
(install_needs "$needs") || {
    printf '%s\n' "failed: tools" "0 passed, 1 failed"
    exit 1
}
# Once, where somebody can answer; from then on sudo remembers.
[ "$quick" = yes ] || [ "$(id -u)" -eq 0 ] || keep_sudo
exec python3 -B scripts/test/main.py $mode
