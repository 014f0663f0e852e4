#!/usr/bin/env bash
# A cluster of three zones with real Kafka in it, to try things in by hand. Needs root.
#
#   lab.sh up DIR [VERSION...]       Kafka of the first VERSION (3.3.2), with ZooKeeper before 3.9; the nodes have the
#                                    images of the others too (3.4.0), and ZooKeeper's 3.8.0 and 3.8.1
#   lab.sh cluster DIR [VERSION...]  the same, but Kafka does not run yet, and the nodes have the image of Ballast
#   lab.sh bundled DIR [VERSION...]  as cluster, for the chart that Ballast's image ships: the nodes have the images of
#                                    apache/kafka (3.9.1, 4.1.1). Where DIR is up, they get these
#   lab.sh down DIR
#
# NetworkPolicies are enforced.
# README.md says what to do then.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
testbed=$here/../testbed/testbed.sh
image=$here/../testbed/image.sh
. "$here/../../scripts/lib.sh"

usage() {
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0" | sed -n '/lab.sh/p' >&2
    exit 2
}

# give_image NAME TAG AS: makes it, and gives it to the nodes.
give_image() {
    "$image" "$1" "$work/$1-$2.tar" "$2" >"$work/image.log" 2>&1 || {
        cat "$work/image.log" >&2
        die "could not make the image of $1"
    }
    "$testbed" image "$dir" "$work/$1-$2.tar" "$3"
}

# give_ours: the images that every lab has.
give_ours() {
    give_image ledger 1 ledger
    give_image ballast dev ballast
}

cluster() {
    local version

    "$testbed" up "$dir" --network-policy
    for version in "$@"; do
        give_image kafka "$version" docker.io/bitnami/kafka
    done
    case $1 in
    3.[0-8].*)
        for version in 3.8.0 3.8.1; do
            give_image zookeeper "$version" docker.io/bitnami/zookeeper
        done
        ;;
    esac
    give_image standin 1 standin
    give_ours
}

bundled() {
    local version

    [ -e "$dir/.testbed" ] || {
        "$testbed" up "$dir" --network-policy
        give_ours
    }
    for version in "$@"; do
        give_image apache-kafka "$version" docker.io/apache/kafka
    done
}

[ $# -ge 2 ] || usage
verb=$1
dir=$(realpath -m "$2")
shift 2
[ $# -gt 0 ] || [ "$verb" = bundled ] || set -- 3.3.2 3.4.0
[ $# -gt 0 ] || set -- 3.9.1 4.1.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $verb in
bundled) bundled "$@" ;;
cluster) cluster "$@" ;;
up)
    cluster "$@"
    "$testbed" exec "$dir" -- env TESTBED="$dir" python3 -B "$here/kafka_lab.py" "$1"
    ;;
down) "$testbed" down "$dir" ;;
*) usage ;;
esac
