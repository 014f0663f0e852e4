#!/usr/bin/env bash
# Shows Ballast: on files, or on a cluster that it makes for it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

OUT=build/demo

usage() {
    cat <<'END'
usage: scripts/demo.sh [--cluster [--keep]]

    scripts/demo.sh             the command `ballast` on the manifests of a chart; a minute or two
    scripts/demo.sh --cluster   Ballast in a Kubernetes of three zones, which is made for it on this machine and
                                taken away again: one object brings a Kafka up, which is proven with messages, and
                                upgraded while clients write and read. Needs root or sudo. The programs of
                                Kubernetes are built the first time, which takes about fifteen minutes; after that
                                it is three.
    --keep                      leave that cluster running, and say how to use it and how to remove it

Debian 12 or a near relative; what is missing is installed with apt.
END
}

what=files
keep=no
for argument in "$@"; do
    case $argument in
    --cluster) what=cluster ;;
    --keep) keep=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done
[ "$what" = cluster ] || [ "$keep" = no ] || {
    echo "error: --keep goes with --cluster" >&2
    exit 2
}

mkdir -p "$OUT"
. scripts/demo/say.sh
if [ "$what" = cluster ]; then
    . scripts/demo/cluster.sh
else
    . scripts/demo/files.sh
fi
