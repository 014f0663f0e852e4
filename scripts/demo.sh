#!/usr/bin/env bash
# Shows Ballast on a Kafka cluster as a chart renders it: what it is, what is wrong with it, and what
# changes. Touches nothing outside build/.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

SAMPLE=manifests/samples/tutorial-kafka.yaml

usage() {
    echo "usage: scripts/demo.sh"
}

case "${1:-}" in
"") ;;
-h | --help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac

# show ALLOWED COMMAND...: echoes the command as one would type it, runs it, and minds its exit status
# unless it is in ALLOWED ("0 1").
show() {
    local allowed=$1 rc=0

    shift
    printf '\n$ %s\n' "$*"
    "$@" || rc=$?
    case " $allowed " in
    *" $rc "*) ;;
    *) die "\"$*\" ended with exit status $rc" ;;
    esac
}

heading "Building the release program"
install_needs "$NEEDS_BUILD"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ cmake --preset release && cmake --build --preset release; } >"$log" 2>&1 || {
    cat "$log"
    die "could not build"
}
[ -x build/release/ballast ] || die "there is no build/release/ballast"
[ -f "$SAMPLE" ] || die "there is no $SAMPLE"
PATH="$PWD/build/release:$PATH"
echo "build/release/ballast, $(stat -c %s build/release/ballast) bytes"
show 0 ballast --version

heading "What is in the manifests, and what the default policy does with it"
show 0 ballast explain "$SAMPLE"

heading "What is wrong with them (exit status 1 says that there are findings)"
show "0 1" ballast lint "$SAMPLE"

heading "What harden changes, and what it adds beside"
show 0 ballast harden --diff "$SAMPLE"

heading "Afterwards"
hardened=build/release/tutorial-kafka.hardened.yaml
printf '\n$ ballast harden %s > %s\n' "$SAMPLE" "$hardened"
ballast harden "$SAMPLE" >"$hardened"
show "0 1" ballast lint "$hardened"
echo
echo "The same program runs in a pull request (ballast lint) and as a Helm post-renderer (ballast harden)."
