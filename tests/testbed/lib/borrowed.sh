# shellcheck shell=bash
# A testbed for the time that a script runs: set `testbed` to testbed.sh, source this, bring up "$work/testbed".
# At the end, however it comes, the testbed is taken away, and $work too unless something failed.

work=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
finish() {
    local rc=$?

    # shellcheck disable=SC2154 # set by the script that sources this
    "$testbed" down "$work/testbed" >/dev/null 2>&1 || rc=1
    if [ "$rc" -eq 0 ]; then
        rm -rf "$work"
    else
        echo "what was logged is in $work"
    fi
    exit "$rc"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
