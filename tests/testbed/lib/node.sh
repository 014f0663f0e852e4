#!/usr/bin/env bash
# Becomes the containerd of one node, in a mount namespace of its own, where the folders that containerd, CNI
# and kubelet share with the whole machine are the node's alone. So they keep their usual paths, the machine
# does not see their mounts, and all of it goes with the node's last process.
#
#   cd DIR && unshare --mount lib/node.sh ZONE
set -euo pipefail

zone=$1
node=nodes/$zone
mkdir -p "$node/lib" "$node/sysctl" "logs/node-$zone"

# fake_sysctl NAME VALUE: kubelet wants this value, and would set it for the whole machine.
fake_sysctl() {
    echo "$2" >"$node/sysctl/$1"
    mount --bind "$node/sysctl/$1" "/proc/sys/${1//.//}"
}
fake_sysctl vm.overcommit_memory 1
fake_sysctl vm.panic_on_oom 0
fake_sysctl kernel.panic 10
fake_sysctl kernel.panic_on_oops 1
fake_sysctl kernel.keys.root_maxkeys 1000000
fake_sysctl kernel.keys.root_maxbytes 25000000

# What is mounted here is seen by the node's other processes, as on a machine of its own.
mount --make-rshared /
mount --bind "logs/node-$zone" /var/log
# DIR may lie below what is covered next: "." still leads there, its path does not.
mount -t tmpfs -o mode=755 testbed /run
mkdir /run/testbed /run/lock
mount --no-canonicalize --bind . /run/testbed
mount --bind "/run/testbed/$node/lib" /var/lib
cd /run/testbed
exec containerd -c /run/testbed/containerd.toml
