# shellcheck shell=bash
# shellcheck disable=SC2154 # dir, netns, cgroup: set by use_dir
# Stopping. Everything is found by what the kernel knows, not by what `up` wrote down: `up` may have been killed.

bring_down() {
    take_dir
    end_all
    remove_cgroups
    ! [ -e "/run/netns/$netns" ] || ip netns delete "$netns"
    if [ -e "$dir/.testbed" ]; then
        find "$dir" -mindepth 1 -maxdepth 1 ! -name logs ! -name .testbed -exec rm -rf {} +
        rm -f "$dir/.testbed"
    fi
    rm -f "/run/lock/$netns"
    exec 7>&-
}

# Processes in the testbed's network, and those of pods, which have networks of their own but are in our cgroups.
all_pids() {
    {
        [ ! -e "/run/netns/$netns" ] || ip netns pids "$netns"
        cgroups -exec cat {}/cgroup.procs \; 2>/dev/null
    } | sort -u
}

# cgroups FIND-ACTION...: on every cgroup of ours, the innermost first.
cgroups() {
    local top

    for top in "/sys/fs/cgroup/$cgroup" /sys/fs/cgroup/*/"$cgroup"; do
        [ ! -d "$top" ] || find "$top" -depth -type d "$@"
    done
}

# One that is being started can be missed, hence again until there is none.
end_all() {
    local pids i

    for ((i = 0; i < 150; i++)); do
        mapfile -t pids < <(all_pids)
        [ "${#pids[@]}" -gt 0 ] || return 0
        kill -KILL "${pids[@]}" 2>/dev/null || true
        sleep 0.1
    done
    die "could not end these processes of the testbed in $dir: ${pids[*]}"
}

remove_cgroups() {
    local i

    for ((i = 0; i < 100; i++)); do
        cgroups -exec rmdir {} \; 2>/dev/null || true
        [ -n "$(cgroups)" ] || return 0
        sleep 0.1
    done
    die "could not remove the cgroups $(cgroups | tail -n 1)"
}
