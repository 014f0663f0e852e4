#!/usr/bin/env bash
# Writes manifests/install from the chart, with real Helm: what `helm install` would make, for kubectl alone.
#
#   scripts/render-install.sh            write manifests/install/ballast.yaml and crd.yaml
#   scripts/render-install.sh --check    say whether they are what the chart gives, and write nothing
#
# Helm is $HELM, or helm from the PATH; tests/testbed/testbed.sh exec has one.
set -euo pipefail
cd "$(dirname "$0")/.."

check=no
case $# in
0) ;;
*) [ "$*" = --check ] && check=yes || {
    echo "usage: scripts/render-install.sh [--check]" >&2
    exit 2
} ;;
esac
helm=${HELM:-helm}
command -v "$helm" >/dev/null || {
    echo "error: there is no $helm; set HELM" >&2
    exit 1
}

rendered=$(mktemp -d)
trap 'rm -rf "$rendered"' EXIT

# Helm 4 ends each document with an empty line. What says that Helm keeps an object is not true of these, and nobody runs Helm's hooks. The CRD has a file of its own, so that it can be applied
# alone.
{
    echo "# Written by scripts/render-install.sh from manifests/chart; do not edit."
    "$helm" template ballast manifests/chart -n ballast-system --no-hooks --set crds.install=false |
        sed -e '/^ *helm\.sh\/chart:/d' -e '/^ *app\.kubernetes\.io\/managed-by: Helm$/d' -e '/^# Source: /d' |
        sed -e '/^$/{N;/^\n---$/s/^\n//;}' -e '${/^$/d;}'
} >"$rendered/ballast.yaml"
{
    echo "# Written by scripts/render-install.sh from manifests/crd; do not edit."
    for file in manifests/crd/*.yaml; do
        echo "---"
        cat "$file"
    done
} >"$rendered/crd.yaml"

for file in ballast.yaml crd.yaml; do
    if [ "$check" = no ]; then
        cp "$rendered/$file" "manifests/install/$file"
    elif ! diff -u "manifests/install/$file" "$rendered/$file"; then
        echo "error: manifests/install/$file is not what the chart gives; run scripts/render-install.sh" >&2
        exit 1
    fi
done
