# shellcheck shell=bash
# What selftest.sh counts with, and what it looks for after `down`. Deliberately not what `down` itself uses.
# shellcheck disable=SC2154 # here, work, first, second, dir and machine_before are the script's

testbed=$here/testbed.sh
passed=0
failed=0

# check WHAT COMMAND...: prints what COMMAND said if it fails.
check() {
    local what=$1 begin=$SECONDS

    shift
    if "$@" >"$work/check.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $what ($((SECONDS - begin)) s)"
        return 0
    fi
    failed=$((failed + 1))
    echo "FAIL $what"
    sed 's/^/    /' "$work/check.log"
    return 1
}

# finish: whatever has happened, nothing stays and the count is the last line.
# shellcheck disable=SC2317 # called by the trap
finish() {
    "$testbed" down "$first" || failed=$((failed + 1))
    "$testbed" down "$second" || failed=$((failed + 1))
    rm -rf "$work"
    heading "result, after $SECONDS s"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

run() {
    "$testbed" exec "$dir" -- "$@"
}

retry() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))

    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.5
    done
}

name_of() {
    echo "ballast-$(printf '%s' "$1" | sha256sum | cut -c1-8)"
}

# nothing_is_left DIR: no process, mount, namespace, cgroup or file of the testbed but its logs. The dead are
# collected by process 1, which may take a moment.
nothing_is_left() {
    retry 10 is_gone "$1"
}

is_gone() {
    local name left

    name=$(name_of "$1")
    left=$({
        ls -d "/run/netns/$name" "/run/lock/$name" 2>/dev/null
        find /sys/fs/cgroup -name "$name"
        grep -l "$1/" /proc/[0-9]*/mountinfo
        grep -l "$name" /proc/[0-9]*/cgroup
        grep -l "BALLAST_TESTBED=$name" /proc/[0-9]*/environ
        find "$1" -mindepth 1 -maxdepth 1 ! -name logs
    } 2>/dev/null)
    [ -z "$left" ] || {
        echo "left: $left"
        return 1
    }
}

# machine: all that a Kubernetes node usually leaves or changes on a machine.
machine() {
    grep -v ' /run/netns' /proc/self/mountinfo | cut -d' ' -f3- | sort
    ls -d /var/lib/kubelet /var/lib/cni /var/lib/containerd /run/containerd /run/flannel /var/log/pods \
        /var/log/containers /run/netns/cni-* 2>/dev/null
    grep . /proc/sys/vm/{overcommit_memory,panic_on_oom} /proc/sys/kernel/{panic,panic_on_oops} \
        /proc/sys/kernel/keys/root_max{keys,bytes} /proc/sys/net/ipv4/ip_forward \
        /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null
    ip -brief link 2>/dev/null
}

machine_is_as_it_was() {
    diff <(echo "$machine_before") <(machine)
}

# memory: what the testbed's processes and pods hold, each shared page counted once.
memory() {
    local pid

    for pid in $(grep -lE "$(name_of "$dir")" /proc/[0-9]*/cgroup /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | sort -u); do
        grep '^Pss:' "/proc/$pid/smaps_rollup" 2>/dev/null
    done | awk '{kib += $2} END {printf "%d", kib / 1024}'
}
