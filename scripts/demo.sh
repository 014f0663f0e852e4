#!/usr/bin/env bash
# Shows Ballast on a Kafka cluster as a chart renders it: what it is, what is wrong with it, what
# changes, and that changing it once is enough. Touches nothing outside build/.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

SAMPLE=manifests/samples/tutorial-kafka.yaml
OUT=build/demo

usage() {
    echo "usage: scripts/demo.sh"
}

case "${1:-}" in
"") ;;
-h | --help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac

# Long lines are folded between words, and go on two columns behind where they began.
folded() {
    awk -v width=110 '{
        match($0, /^ */)
        indent = RLENGTH + 2
        while (length($0) > width) {
            at = width
            while (at > indent && substr($0, at, 1) != " ")
                at--
            if (at <= indent)
                break
            print substr($0, 1, at - 1)
            $0 = sprintf("%" indent "s%s", "", substr($0, at + 1))
        }
        print
    }'
}

# say TEXT...: a remark between the commands.
say() {
    printf '\n'
    printf '%s\n' "$*" | fold -s -w 100
}

# show ALLOWED COMMAND...: echoes the command as one would type it, runs it, and minds its exit status
# unless it is in ALLOWED ("0 1").
show() {
    local allowed=$1 rc=0

    shift
    printf '\n$ %s\n' "$*"
    "$@" >"$OUT/shown" 2>&1 || rc=$?
    folded <"$OUT/shown"
    case " $allowed " in
    *" $rc "*) ;;
    *) die "\"$*\" ended with exit status $rc" ;;
    esac
}

# save FILE COMMAND...: the same, with the output in a file.
save() {
    local file=$1

    shift
    printf '\n$ %s > %s\n' "$*" "$file"
    "$@" >"$file" || die "\"$*\" ended with exit status $?"
}

heading "Building the release program"
install_needs "$NEEDS_BUILD"
mkdir -p "$OUT"
trap 'rm -f "$OUT/shown" "$OUT/log"' EXIT
{ cmake --preset release && cmake --build --preset release -t ballast; } >"$OUT/log" 2>&1 || {
    cat "$OUT/log"
    die "could not build"
}
[ -x build/release/ballast ] || die "there is no build/release/ballast"
[ -f "$SAMPLE" ] || die "there is no $SAMPLE"
PATH="$PWD/build/release:$PATH"
echo "build/release/ballast, $(stat -c %s build/release/ballast) bytes"
show 0 ballast --version

heading "1. What is in the manifests"
say "Three brokers, three ZooKeeper servers, an exporter and more, as a Helm chart renders them for GKE." \
    "There are budgets and zone constraints, so it looks safe."
show 0 ballast explain "$SAMPLE"

heading "2. What is wrong with them"
say "The zone constraints select no pod, so all brokers may land in one zone. Exit status 1 says that" \
    "something was found; a pull request can be held back by it."
show "0 1" ballast lint "$SAMPLE"

heading "3. What harden changes, and what it adds beside"
save "$OUT/diff" ballast harden -q --diff "$SAMPLE"
cat "$OUT/diff"
say "$(grep -c '^+[^+]' "$OUT/diff") lines added, $(grep -c '^-[^-]' "$OUT/diff") replaced. Comments, order and" \
    "quotes stay; the exporter and what else is no Kafka stay byte for byte."

heading "4. Once is enough"
say "Hardening what was hardened must change nothing: a needless change to a pod template would restart" \
    "every broker."
save "$OUT/once.yaml" ballast harden -q "$SAMPLE"
save "$OUT/twice.yaml" ballast harden -q "$OUT/once.yaml"
show 0 cmp "$OUT/once.yaml" "$OUT/twice.yaml"
echo "(no difference)"
show 0 sha256sum "$OUT/once.yaml" "$OUT/twice.yaml"

heading "5. What is left for people to decide"
say "Values that the author set are never overwritten, and settings of topics need thought."
show "0 1" ballast lint "$OUT/once.yaml"

say "The same program runs in a pull request (ballast lint), as a Helm 3 post-renderer and as a KRM function" \
    "(ballast harden). docs/policies.md says how to write a policy of your own."
