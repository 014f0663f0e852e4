# shellcheck shell=bash
# shellcheck disable=SC2154 # OUT: set by demo.sh
# Ballast on a Kafka cluster as a chart renders it: what it is, what is wrong with it, what changes, and that
# changing it once is enough. Touches nothing outside build/.

SAMPLE=manifests/samples/tutorial-kafka.yaml

heading "Building the release program"
install_needs "$NEEDS_BUILD"
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

say "The same program runs in a pull request (ballast lint), as a post-renderer of Helm and as a KRM function" \
    "(ballast harden). docs/policies.md says how to write a policy of your own."
