# shellcheck shell=bash
# shellcheck disable=SC2154 # OUT, keep: set by demo.sh
# Ballast in a real cluster of three zones: the cluster, which is the tests' own, and its end. What is shown there is cluster.py's.
# With LAB it is one of tests/e2e/lab.sh, which is cleaned, and stays; clients are then of BALLAST_BUILD.

CLUSTER=$PWD/build/demo-cluster
BALLAST_BUILD=${BALLAST_BUILD:-$PWD/build/dev}
VERSIONS="3.9.1 4.1.1"

# in_tree COMMAND...: as root, and with the programs that this user has built. What it starts goes on without our output.
in_tree() {
    as_root env "HOME=$HOME" "PATH=$PATH" "BALLAST_BUILD=$BALLAST_BUILD" "$@" 9>&-
}

testbed() {
    in_tree tests/testbed/testbed.sh "$@"
}

# quietly WHAT COMMAND...: says what it does and then how long that took, in a line of which more of them can be a part; and
# what the command said if it failed.
quietly() {
    local begin=$SECONDS what=$1

    printf '%s ... ' "$what"
    shift
    "$@" >"$OUT/log" 2>&1 || {
        echo
        cat "$OUT/log"
        die "$what: \"$*\" failed"
    }
    printf '%s s. ' "$((SECONDS - begin))"
}

# It may be called in the middle of a command whose output goes elsewhere.
# shellcheck disable=SC2317 # called by the trap
take_down() {
    trap '' INT
    exec >&9 2>&1
    rm -f "$OUT/log"
    printf 'taking the cluster down ... '
    if testbed down "$CLUSTER"; then
        rm -rf "$CLUSTER" 2>/dev/null || as_root rm -rf "$CLUSTER"
        echo "it is gone"
    fi
}

build_commands() {
    cmake --preset release && cmake --build --preset release -t ballast -t ballast-ledger
}

make_kafka_images() {
    local version

    for version in $VERSIONS; do
        in_tree tests/testbed/image.sh kafka /dev/null "$version" || return
    done
}

# What the cluster is made of: kept from the last time, or built, which is told line by line.
prepare() {
    install_needs "$NEEDS_BUILD $NEEDS_TESTBED $NEEDS_BROKERS" | { grep -v '^everything' || true; }
    tests/testbed/testbed.sh build --network-policy 2>&1 | { grep -v '^go: ' || true; }
    quietly "Ballast's command" build_commands
    quietly "Its image" in_tree tests/testbed/image.sh ballast /dev/null
    quietly "Images of Kafka" make_kafka_images
}

give_cluster() {
    # shellcheck disable=SC2086 # these are words
    in_tree tests/e2e/lab.sh bundled "$CLUSTER" $VERSIONS
}

clean_lab() {
    testbed clean "$CLUSTER" && give_cluster
}

exec 9>&1
trap 'exit 130' INT
trap 'exit 143' TERM HUP
[ "$(id -u)" -eq 0 ] || keep_sudo
heading "A Kubernetes of three zones on this machine"
if [ -n "${LAB:-}" ]; then
    CLUSTER=$(realpath -m "$LAB")
    [ -e "$CLUSTER/.testbed" ] || die "there is no cluster in $CLUSTER; tests/e2e/lab.sh brings one up"
    quietly "One that is up, made clean" clean_lab
else
    BALLAST_BUILD=$PWD/build/release
    prepare
    trap take_down EXIT
    [ ! -e "$CLUSTER/.testbed" ] || quietly "Another one is taken down" testbed down "$CLUSTER"
    quietly "Control plane and nodes" give_cluster
fi
echo
rm -rf "$OUT/logs"
mkdir -p "$OUT/logs"
testbed exec "$CLUSTER" -- env WORK="$PWD/$OUT/logs" python3 -B scripts/demo/cluster.py

if [ "$keep" = yes ]; then
    trap - EXIT
    rm -f "$OUT/log"
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo -E "
    heading "The cluster is yours"
    echo "use it:     ${sudo}tests/testbed/testbed.sh exec build/demo-cluster -- bash      (kubectl and helm are there)"
    echo "remove it:  ${sudo}tests/testbed/testbed.sh down build/demo-cluster"
fi
