# shellcheck shell=bash
# shellcheck disable=SC2154 # here, dir, cgroup, cache: set by testbed.sh, use_dir and programs.sh
# Three nodes in three zones: containerd and kubelet each; kube-proxy and cluster DNS for all of them.

# make_cgroups: a subtree for each node, so that a kubelet does not end the pods of the others.
make_cgroups() {
    local zone controller group file

    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        make_cgroup_v2
        return
    fi
    for zone in $ZONES; do
        for controller in /sys/fs/cgroup/*/; do
            [ ! -e "$controller/tasks" ] || mkdir -p "$controller/$cgroup/node-$zone"
        done
        for group in "$cgroup" "$cgroup/node-$zone"; do
            for file in cpuset.cpus cpuset.mems; do
                cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$group/$file"
            done
        done
    done
}

make_cgroup_v2() {
    local group controller zone

    mkdir -p "/sys/fs/cgroup/$cgroup"
    for group in . "$cgroup"; do
        for controller in cpu cpuset memory pids; do
            echo "+$controller" >"/sys/fs/cgroup/$group/cgroup.subtree_control" 2>/dev/null ||
                die "cannot hand the cgroup controller $controller to the nodes: in a container, its processes must" \
                    "be in a cgroup below the root, and the container privileged"
        done
        echo +io >"/sys/fs/cgroup/$group/cgroup.subtree_control" 2>/dev/null || true # kubelet can do without
    done
    for zone in $ZONES; do
        mkdir -p "/sys/fs/cgroup/$cgroup/node-$zone"
    done
}

# As on most clouds, pods are routed, not bridged, so that no packet goes around kube-proxy's rules.
write_cni() { # ZONE INDEX
    mkdir -p "$dir/nodes/$1/lib/cni/net.d"
    cat >"$dir/nodes/$1/lib/cni/net.d/10-pods.conflist" <<END
{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipMasq": false, "ipam": {
    "type": "host-local", "ranges": [[{"subnet": "10.244.$2.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
END
}

write_containerd() {
    local snapshotter=overlayfs

    # An overlay cannot lie on an overlay, which is what the folders of most containers are.
    [ "$(stat -fc %T "$dir")" != overlayfs ] || snapshotter=native
    # restrict_oom_score_adj: without CAP_SYS_RESOURCE no pod could start otherwise.
    cat >"$dir/containerd.toml" <<END
version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/local/pause:1"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$snapshotter"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/var/lib/cni/net.d"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
END
}

write_kubelet() { # ZONE INDEX
    cat >"$dir/nodes/$1/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 172.30.0.1$2
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup/node-$1
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
enforceNodeAllocatable: []
# How full the machine is does not matter here.
evictionHard: {memory.available: 1Mi, nodefs.available: 0%, imagefs.available: 0%}
failCgroupV1: false
failSwapOn: false
healthzPort: 0
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
makeIPTablesUtilChains: false
nodeStatusUpdateFrequency: 3s
oomScoreAdj: 0
resolvConf: /run/testbed/resolv.conf
END
}

start_node() { # ZONE INDEX
    write_cni "$1" "$2"
    write_kubelet "$1" "$2"
    (cd "$dir" && start "containerd-$1" unshare --mount --propagation private bash "$here/lib/node.sh" "$1")
}

# on_node ZONE COMMAND...: with the folders that the node sees.
on_node() {
    local zone=$1

    shift
    nsenter --mount="/proc/$(cat "$dir/run/containerd-$zone.pid")/ns/mnt" -- "$@"
}

# Until the node has its own /run, a containerd of the machine would answer in its place.
node_answers() {
    on_node "$1" test -e /run/testbed/containerd.toml && on_node "$1" ctr version
}

start_kubelet() { # ZONE INDEX
    wait_for "containerd-$1" 30 node_answers "$1"
    import_on "$1" "$cache/pause.tar" docker.io/local/pause
    start "kubelet-$1" nsenter --mount="/proc/$(cat "$dir/run/containerd-$1.pid")/ns/mnt" -- \
        /run/testbed/bin/kubelet --config "/run/testbed/nodes/$1/kubelet.yaml" \
        --kubeconfig "/run/testbed/pki/node-$1.kubeconfig" --hostname-override "node-$1" --node-ip "172.30.0.1$2" \
        --node-labels "topology.kubernetes.io/zone=us-central1-$1,topology.kubernetes.io/region=us-central1"
}

start_proxy() {
    # The limits of connection tracking belong to the machine: 0 leaves them alone.
    start proxy "$dir/bin/kube-proxy" --kubeconfig="$dir/kubeconfig" --hostname-override=node-a \
        --proxy-mode=iptables --cluster-cidr=10.244.0.0/16 --oom-score-adj=0 --conntrack-max-per-core=0 \
        --conntrack-tcp-timeout-established=0s --conntrack-tcp-timeout-close-wait=0s
}

start_dns() {
    printf '%s\n' ".:53 {" "  bind $ADDRESS" "  errors" "  cache 5" \
        "  kubernetes cluster.local in-addr.arpa {" "    kubeconfig $dir/kubeconfig" "  }" "}" >"$dir/Corefile"
    start coredns "$dir/bin/coredns" -conf "$dir/Corefile"
    kubectl apply -f "$here/dns.yaml" >/dev/null
}

dns_answers() {
    in_testbed busybox nslookup kubernetes.default.svc.cluster.local 10.96.0.10
}

# There is no provisioner, so the volumes are there before they are asked for. What a claim had is not given to another.
# They are local ones, which a pod's fsGroup applies to, other than to those of type hostPath.
make_volumes() {
    local zone number

    for zone in $ZONES; do
        mkdir -p "$dir/nodes/$zone/lib/volumes/"{1..8}
    done
    for zone in $ZONES; do
        for number in 1 2 3 4 5 6 7 8; do
            cat <<END
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: $zone-$number}
spec:
  storageClassName: standard
  capacity: {storage: 1Ti}
  accessModes: [ReadWriteOnce]
  local: {path: /var/lib/volumes/$number}
  nodeAffinity:
    required:
      nodeSelectorTerms:
        - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node-$zone]}]
END
        done
    done | kubectl apply -f "$here/storage.yaml" -f - >/dev/null
}

start_nodes() {
    local zone i=0

    echo "nameserver 10.96.0.10" >"$dir/resolv.conf"
    enforce_network_policies
    make_cgroups
    write_containerd
    for zone in $ZONES; do
        start_node "$zone" $((i += 1))
    done
    start_proxy
    start_dns
    make_volumes
    i=0
    for zone in $ZONES; do
        start_kubelet "$zone" $((i += 1))
    done
    wait_for coredns 60 dns_answers
    for zone in $ZONES; do
        wait_for "kubelet-$zone" 60 kubectl wait --for=condition=Ready "node/node-$zone" --timeout=1s
    done
}

import_on() { # ZONE TAR NAME-OF-IMAGE
    on_node "$1" ctr -n k8s.io images import --base-name "$3" - <"$2" >/dev/null
}

# import_image TAR NAME: the tag is the archive's own. NAME may be one with a registry.
import_image() {
    local zone job jobs=() name=$2

    [ -r "$1" ] || die "there is no archive $1"
    [[ $2 != *:* ]] || die "a name without a tag is wanted, as the archive has the tag: ${2%%:*}"
    [ -e "$dir/run/containerd-a.pid" ] || die "the testbed in $dir has no nodes; start it with: testbed.sh up $dir"
    [[ $name == */* ]] || name=docker.io/local/$name
    for zone in $ZONES; do
        import_on "$zone" "$1" "$name" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do
        wait "$job" || die "could not import $1"
    done
}
