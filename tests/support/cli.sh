# shellcheck shell=bash
# Small assertions for tests of the command, sourced by tests/cli/*.sh:
#
#     . "$SRC/tests/support/cli.sh"
#
#     it "passes through what is not Kafka"
#     run "$BALLAST" harden nginx.yaml
#     expect_rc 0
#     expect_out_same nginx.yaml
#
# BALLAST is the program and SRC the source tree; ctest sets both. The script runs in an empty folder
# of its own, $WORK. A failed expectation prints itself and goes on; the script then exits 1.
set -u

: "${BALLAST:?is the path of the built program}"
: "${SRC:?is the path of the source tree}"

WORK=$(mktemp -d)
CLI_STATE=$(mktemp -d) # what `run` captures, out of the way of the test's own files
cd "$WORK" || exit 2

CLI_FAILED=0
CLI_PASSED=0
CLI_CASE=""
CLI_COMMAND=""
rc=0                   # of the last run
out="$CLI_STATE/out"   # file: its standard output
err="$CLI_STATE/err"   # file: its standard error
: >"$out"
: >"$err"

# shellcheck disable=SC2317 # called by the trap
cli_finish() {
    local code=$?

    cd / && rm -rf "$WORK" "$CLI_STATE"
    echo "$CLI_PASSED expectations met, $CLI_FAILED failed"
    if [ "$code" -ne 0 ]; then
        exit "$code"
    fi
    if [ $((CLI_PASSED + CLI_FAILED)) -eq 0 ]; then
        echo "FAIL: the script expects nothing"
        exit 1
    fi
    exit $((CLI_FAILED > 0)) # a bare exit would return the status from before the trap
}
trap cli_finish EXIT

cli_pass() {
    CLI_PASSED=$((CLI_PASSED + 1))
}

# cli_fail TEXT: prints it with the case, the command and what the command said.
cli_fail() {
    CLI_FAILED=$((CLI_FAILED + 1))
    echo "FAIL: ${CLI_CASE:+$CLI_CASE: }$1"
    echo "  at $(cli_caller)"
    if [ -n "$CLI_COMMAND" ]; then
        echo "  \$ $CLI_COMMAND"
        echo "  exit status $rc"
        echo "  stdout:" && head -c 2000 "$out" | sed 's/^/    /'
        echo "  stderr:" && head -c 2000 "$err" | sed 's/^/    /'
    fi
}

cli_caller() {
    local i

    for i in "${!BASH_SOURCE[@]}"; do
        if [ "${BASH_SOURCE[$i]}" != "${BASH_SOURCE[0]}" ]; then
            echo "${BASH_SOURCE[$i]}:${BASH_LINENO[$((i - 1))]}"
            return
        fi
    done
}

# cli_check TEXT COMMAND...: the expectation TEXT holds if COMMAND succeeds.
cli_check() {
    local text=$1

    shift
    if "$@"; then
        cli_pass
    else
        cli_fail "$text"
    fi
}

# it TEXT: names the case that follows.
it() {
    CLI_CASE=$1
    CLI_COMMAND=""
}

# run COMMAND...: captures $rc, $out and $err. Standard input is empty unless redirected into run.
run() {
    CLI_COMMAND="$*"
    rc=0
    if [ -t 0 ]; then
        "$@" >"$out" 2>"$err" </dev/null || rc=$?
    else
        "$@" >"$out" 2>"$err" || rc=$?
    fi
}

expect_rc() { cli_check "expected exit status $1, got $rc" [ "$rc" -eq "$1" ]; }

expect_out() { cli_check "expected exactly this on stdout: $1" [ "$(cat "$out")" = "$1" ]; }
expect_err() { cli_check "expected exactly this on stderr: $1" [ "$(cat "$err")" = "$1" ]; }
expect_out_empty() { cli_check "expected nothing on stdout" test ! -s "$out"; }
expect_err_empty() { cli_check "expected nothing on stderr" test ! -s "$err"; }

# Fixed strings, anywhere in the text; a string may not span lines.
expect_out_contains() { cli_check "expected on stdout: $1" grep -qF -e "$1" "$out"; }
expect_err_contains() { cli_check "expected on stderr: $1" grep -qF -e "$1" "$err"; }
expect_out_lacks() { cli_check "did not expect on stdout: $1" cli_not grep -qF -e "$1" "$out"; }
expect_err_lacks() { cli_check "did not expect on stderr: $1" cli_not grep -qF -e "$1" "$err"; }
# Extended regular expressions, matched line by line.
expect_out_matches() { cli_check "expected on stdout to match: $1" grep -qE -e "$1" "$out"; }
expect_err_matches() { cli_check "expected on stderr to match: $1" grep -qE -e "$1" "$err"; }

# Byte for byte; shows the first lines that differ.
expect_out_same() { cli_check "expected stdout to be the same as $1" cli_same "$1" "$out"; }
expect_same_file() { cli_check "expected $1 and $2 to be the same" cli_same "$1" "$2"; }
expect_file() { cli_check "expected a file $1" test -f "$1"; }
expect_no_file() { cli_check "did not expect a file $1" test ! -e "$1"; }
expect_file_contains() { cli_check "expected in $1: $2" grep -qF -e "$2" "$1"; }

cli_not() { ! "$@"; }

cli_same() {
    cmp -s "$1" "$2" && return 0
    diff -u "$1" "$2" | head -40
    return 1
}
