# shellcheck shell=bash
# shellcheck disable=SC2154 # here, dir, cache, network_policy: set by testbed.sh, use_dir and programs.sh
# Starting, all or nothing.

# bring_up VERB VERSION
bring_up() {
    local begin

    check_machine
    build_programs "$2"
    [ -e "$cache/pause.tar" ] || "$here/image.sh" pause "$cache/pause.tar"
    # What a former testbed in this folder has left, if it was not taken down.
    bring_down
    begin=$SECONDS
    take_dir
    mkdir -p "$dir"
    echo "$1 $2 $network_policy" >"$dir/.testbed"
    rm -rf "$dir/logs"
    mkdir -p "$dir/logs" "$dir/run"
    trap undo EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    link_programs "$2" "$dir/bin"
    start_control_plane
    [ "$1" != up ] || start_nodes
    trap - EXIT INT TERM HUP
    echo "up after $((SECONDS - begin)) s: $0 exec $dir -- kubectl get nodes"
}

undo() {
    echo "taking down what has been started; the logs stay in $dir/logs" >&2
    bring_down
}

# What no installation can help with.
check_machine() {
    local why

    why=$(unshare --net --mount true 2>&1) || die "cannot make namespaces here ($why); in a container, run it privileged"
    [ -e /sys/fs/cgroup/cgroup.controllers ] || [ -e /sys/fs/cgroup/cpuset/cpuset.cpus ] ||
        die "there are no cgroups at /sys/fs/cgroup, neither v1 nor v2"
    [ -w /sys/fs/cgroup ] || die "/sys/fs/cgroup is read-only; in a container, run it privileged"
}
