#!/usr/bin/env bash
# Builds and tests everything. The last line is "N passed, N failed"; the exit status tells the same.
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

passed=0
failed=0
failures=()

# What the compiler's cache has of one clone is good for another.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

finish() {
    local failure

    heading "result, after $SECONDS s"
    for failure in "${failures[@]}"; do
        echo "failed: $failure"
    done
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

note_failure() {
    failed=$((failed + 1))
    failures+=("$1")
}

# step NAME COMMAND...: counts as one; says what failed and goes on.
step() {
    local name=$1 begin=$SECONDS

    shift
    heading "$name"
    if "$@"; then
        passed=$((passed + 1))
        echo "$name: ok, $((SECONDS - begin)) s"
        return 0
    fi
    note_failure "$name"
    echo "$name: FAILED, $((SECONDS - begin)) s"
    return 1
}

build() {
    local log rc=0

    log=$(mktemp)
    cmake --preset "$1" >"$log" 2>&1 || rc=$?
    [ "$rc" -eq 0 ] || cat "$log"
    rm -f "$log"
    [ "$rc" -eq 0 ] && cmake --build --preset "$1"
}

# tests PRESET [CTEST OPTION...]: counts every test of the run by itself.
tests() {
    local preset=$1 report line rc=0 before=$failed

    shift
    heading "$preset: tests"
    report=$(mktemp)
    ctest --preset "$preset" "$@" --output-junit "$report" || rc=$?
    while read -r line; do
        case $line in
        "passed "*) passed=$((passed + 1)) ;;
        *) note_failure "$preset: ${line#* }" ;;
        esac
    done < <(junit_results "$report")
    rm -f "$report"
    if [ "$rc" -ne 0 ] && [ "$failed" -eq "$before" ]; then
        note_failure "$preset: ctest ended with status $rc"
    fi
}

# suite NAME COMMAND...: a program whose output counts its tests: "ok NAME", "FAIL NAME", "N passed, N failed".
suite() {
    local name=$1 log line rc=0 before=$((passed + failed)) failed_before=$failed begin=$SECONDS

    shift
    heading "$name"
    log=$(mktemp)
    "$@" 2>&1 | tee "$log" | { grep --line-buffered -v '^ok ' || true; }
    rc=${PIPESTATUS[0]}
    while read -r line; do
        case $line in
        "ok "*) passed=$((passed + 1)) ;;
        "FAIL "*) note_failure "$name: ${line#FAIL }" ;;
        esac
    done < <(grep -E '^(ok|FAIL) ' "$log" | cut -c1-200)
    rm -f "$log"
    echo "$name: status $rc, $((SECONDS - begin)) s"
    if [ $((passed + failed)) -eq "$before" ]; then
        note_failure "$name: no test was run"
    elif [ "$rc" -ne 0 ] && [ "$failed" -eq "$failed_before" ]; then
        note_failure "$name: ended with status $rc"
    fi
}

# integration BUILD [--version V] SUITE...: on a real control plane, as root. A sanitizer keeps memory for itself,
# so that only another build can tell whether ours stays flat.
integration() {
    local build=$1 sizes=()

    shift
    [ "$build" = release ] || sizes=(FAULTS_GROWTH_MIB=500 FAULTS_REVIEWS=5000)
    as_root env "BALLAST_BUILD=$PWD/build/$build" "PATH=$PATH" "HOME=$HOME" "SCALE=${SCALE:-20}" \
        "SCALE_MIB=${SCALE_MIB:-0}" "${sizes[@]}" tests/integration/run.sh "$@"
}

# "passed NAME" or "failed NAME" for each test; one that did not run has failed.
junit_results() {
    python3 - "$1" <<'END'
import sys
import xml.etree.ElementTree as tree

try:
    cases = tree.parse(sys.argv[1]).iter("testcase")
except (OSError, tree.ParseError):
    cases = []
for case in cases:
    good = case.get("status") == "run" and case.find("failure") is None
    print("passed" if good else "failed", case.get("name"))
END
}

# An installed tree works without the source tree.
install_works() {
    local prefix rc=0

    prefix=$(mktemp -d)
    cmake --install build/release --prefix "$prefix" >/dev/null && "$prefix/bin/ballast" --version || rc=1
    rm -rf "$prefix"
    return $rc
}

heading "tools"
if [ "$quick" = yes ]; then
    needs=$NEEDS_BUILD
else
    needs="$NEEDS_BUILD $NEEDS_TEST $NEEDS_TESTBED"
fi
(install_needs "$needs") || {
    note_failure "tools"
    finish
}

if [ "$quick" = yes ]; then
    step "dev: build (gcc)" build dev && tests dev -LE lint
    finish
fi

step "dev: build (gcc)" build dev && tests dev -LE lint
step "asan: build (gcc, AddressSanitizer, UndefinedBehaviorSanitizer)" build asan && tests asan
step "tsan: build (gcc, ThreadSanitizer)" build tsan && tests tsan -R 'unit-(base|http|serve|kube|runtime|webhook)'
step "clang: build" build clang
step "release: build (gcc, hardened)" build release && tests release
step "release: install" install_works
step "lint: configure" cmake --preset lint && tests lint

# What runs on real brokers, and on a real Kubernetes.
suite "brokers, asan" env "BALLAST_BUILD=$PWD/build/asan" tests/kafka/run.sh 3.9.1
step "testbed: build 1.34" tests/testbed/testbed.sh build --version 1.34 && {
    suite "Kubernetes 1.34, asan" integration asan admission golden faults companions leave
    suite "Kubernetes 1.34, tsan" integration tsan faults
    suite "Kubernetes 1.34, release" integration release install vap scale
    suite "three zones" as_root env "PATH=$PATH" "HOME=$HOME" tests/e2e/run.sh
    suite "upgrade" as_root env "PATH=$PATH" "HOME=$HOME" tests/e2e/upgrade.sh ballast
    suite "upgrade, KRaft" as_root env "PATH=$PATH" "HOME=$HOME" FROM=3.9.1 TO=4.1.1 tests/e2e/upgrade.sh ballast
    # Of the disruptions what takes least, for the time that the others take.
    [ "$all" = yes ] || suite "disruptions" as_root env "PATH=$PATH" "HOME=$HOME" \
        "ONLY=that hangs|three drains|bad image" tests/e2e/disruptions.sh drains rollouts
}
[ "$all" = no ] || {
    suite "brokers, other versions" tests/kafka/run.sh 3.3.2 3.4.0 4.1.1
    step "testbed: build 1.36" tests/testbed/testbed.sh build --version 1.36 &&
        suite "Kubernetes 1.36, release" integration release --version 1.36 install vap admission faults companions
    suite "disruptions" as_root env "PATH=$PATH" "HOME=$HOME" tests/e2e/disruptions.sh
    suite "upgrade, plain" as_root env "PATH=$PATH" "HOME=$HOME" tests/e2e/upgrade.sh plain
    suite "upgrade, KRaft, plain" as_root env "PATH=$PATH" "HOME=$HOME" FROM=3.9.1 TO=4.1.1 tests/e2e/upgrade.sh plain
    suite "upgrade, controllers" as_root env "PATH=$PATH" "HOME=$HOME" FROM=3.9.1 TO=4.1.1 CONTROLLERS=3 \
        tests/e2e/upgrade.sh
    SCALE=500 SCALE_MIB=32 suite "500 clusters, release" integration release scale
    suite "testbed" as_root env "PATH=$PATH" "HOME=$HOME" tests/testbed/selftest.sh
}
finish
