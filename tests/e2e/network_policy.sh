#!/usr/bin/env bash
# Real packets against the tables of docs/rules/network-policy.md, on a Kafka whose policies Ballast makes and the cluster
# enforces, while it runs and while it is upgraded. Needs root.
#
#   network_policy.sh [samples|zookeeper|kraft|protect-upgrade|kraft-upgrade]...    all, if none is named
#
# Samples are manifests, of which only labels and ports are needed. FILES are others than those of tests/golden/fixtures.
# LAB is a cluster of lab.sh to be used and cleaned, instead of one that is brought up for it.
# The last line of each run is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh

[ $# -gt 0 ] || set -- samples zookeeper kraft protect-upgrade kraft-upgrade
for group in "$@"; do
    case $group in
    samples | zookeeper | kraft | protect-upgrade | kraft-upgrade) ;;
    *)
        echo "usage: network_policy.sh [samples|zookeeper|kraft|protect-upgrade|kraft-upgrade]..." >&2
        exit 2
        ;;
    esac
done

. "$here/../../scripts/lib.sh"
. "$here/borrow-lab.sh"

rc=0
for group in "$@"; do
    give_lab 3.3.2 3.4.0 3.9.1 4.1.1
    grep -q network-policy "$lab/.testbed" || die "nobody enforces NetworkPolicies in $lab; bring it up with: lab.sh cluster"
    program=("$here/network_policy.py" "$group")
    # shellcheck disable=SC2206 # names of files
    [ "$group" != samples ] || program=("$here/network_samples.py" ${FILES:-})
    "$testbed" exec "$lab" -- env WORK="$work" TESTBED="$lab" python3 -B "${program[@]}" || rc=1
done
exit $rc
