# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is used by the other files
# The testbed that a folder holds: its names, its processes, waiting for them.
#
#   DIR/bin         the programs         DIR/kubeconfig  the admin
#   DIR/logs        what they said; audit.log is the API server's
#   DIR/run         process ids          DIR/pki, DIR/etcd, DIR/nodes  their data
#   DIR/.testbed    says that the folder is ours, and what runs in it

ADDRESS=172.30.0.1 # of the API server, and of whatever a test runs by `exec`; nodes are .11, .12 and .13
ZONES="a b c"
# In percent, of programs in Go: memory is there, and collecting it took a fifth of what they do.
GARBAGE=400

# use_dir FOLDER: sets the names that belong to it. They differ for every folder, so that testbeds can run
# side by side, and need nothing but the path, so that `down` works whatever has happened.
use_dir() {
    dir=$(realpath -m "$1")
    netns=ballast-$(printf '%s' "$dir" | sha256sum | cut -c1-8)
    cgroup=$netns
    if [ -d "$dir" ] && [ ! -e "$dir/.testbed" ] && [ -n "$(ls -A "$dir")" ]; then
        [ "$(ls -A "$dir")" = logs ] || die "$dir holds files that are not of a testbed; choose another folder"
    fi
}

need_root() {
    [ "$(id -u)" -eq 0 ] ||
        die "a testbed needs root, for network namespaces, mounts and cgroups: sudo -E $0 ..."
}

need_running() {
    [ -e "/run/netns/$netns" ] && [ -e "$dir/.testbed" ] ||
        die "no testbed runs in $dir; start one: testbed.sh up $dir"
}

# take_dir: one command at a time changes a testbed. What it starts must not inherit the lock.
take_dir() {
    exec 7>"/run/lock/$netns"
    flock -w 20 7 || die "another command is at work on the testbed in $dir"
}

in_testbed() {
    nsenter --net="/run/netns/$netns" -- env KUBECONFIG="$dir/kubeconfig" PATH="$dir/bin:$PATH" "$@"
}

# Not `ip netns exec`: that mounts another /sys, which has no cgroups. It returns once the program is in the namespace, by
# which it is known, or has ended: on a busy machine either may take a while.
start() {
    local name=$1 pid

    shift
    setsid nsenter --net="/run/netns/$netns" -- env BALLAST_TESTBED="$netns" GOGC=$GARBAGE "$@" \
        >>"$dir/logs/$name.log" 2>&1 </dev/null 7>&- &
    pid=$!
    echo "$pid" >"$dir/run/$name.pid"
    disown # or the shell reports its end
    while ! is_running "$name" && readlink "/proc/$pid/exe" >/dev/null 2>&1; do
        sleep 0.01
    done
}

# is_running NAME: and not a zombie, nor another process that got the number since.
is_running() {
    local pid

    pid=$(cat "$dir/run/$1.pid" 2>/dev/null) &&
        [ "$(readlink "/proc/$pid/ns/net")" = "net:[$(stat -Lc %i "/run/netns/$netns")]" ]
}

# ends PID: some of its threads are left, and what it listened on is free after the last only.
ends() {
    local threads=("/proc/$1/task/"*)

    [ "${#threads[@]}" -gt 1 ]
}

# stop SIGNAL NAME...: and wait until they are gone, by force after ten seconds.
stop() {
    local signal=$1 name pid i

    shift
    for name in "$@"; do
        ! is_running "$name" || kill "-$signal" "$(cat "$dir/run/$name.pid")"
    done
    for name in "$@"; do
        pid=$(cat "$dir/run/$name.pid" 2>/dev/null) || continue
        for ((i = 0; i < 100; i++)); do
            is_running "$name" || ends "$pid" || break
            sleep 0.1
        done
        ! is_running "$name" || kill -KILL "$(cat "$dir/run/$name.pid")" || true
        rm -f "$dir/run/$name.pid"
    done
}

# wait_for NAME SECONDS COMMAND...: until COMMAND succeeds; if it never does, what the program NAME said last.
wait_for() {
    local name=$1 end=$((SECONDS + $2))

    shift 2
    until "$@" >/dev/null 2>"$dir/logs/waiting.log"; do
        if [ -e "$dir/run/$name.pid" ] && ! is_running "$name"; then
            give_up "$name has ended" "$name"
        fi
        [ "$SECONDS" -lt "$end" ] || give_up "$name is not ready in time: $(tail -n 1 "$dir/logs/waiting.log")" "$name"
        sleep 0.1
    done
    rm -f "$dir/logs/waiting.log"
}

give_up() {
    tail -n 15 "$dir/logs/$2.log" >&2 || true
    die "$1; see $dir/logs/$2.log"
}

kubectl() {
    in_testbed "$dir/bin/kubectl" "$@"
}
