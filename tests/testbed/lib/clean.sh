# shellcheck shell=bash
# shellcheck disable=SC2154 # dir: set by use_dir
# As new without going down: images stay, and everything that was made since `up` goes.

NAMESPACES_OF_KUBERNETES='^(default|kube-system|kube-public|kube-node-lease)$'

# clean: first what could refuse or undo the rest.
clean() {
    local begin=$SECONDS namespaces namespace

    [ -e "$dir/run/containerd-a.pid" ] || die "the testbed in $dir has no nodes; take it down and up again"
    still_enforced || give_up "nobody enforces NetworkPolicies any more; take it down and up again" network-policy
    quietly delete mutatingwebhookconfigurations,validatingwebhookconfigurations --all
    quietly delete validatingadmissionpolicies,validatingadmissionpolicybindings --all
    mapfile -t namespaces < <(names namespaces | grep -vE "$NAMESPACES_OF_KUBERNETES")
    for namespace in default "${namespaces[@]}"; do
        quietly delete deployments,statefulsets,jobs --all -n "$namespace" --wait=false
        quietly delete pods --all --force --grace-period=0 -n "$namespace" --wait=false
    done
    [ "${#namespaces[@]}" -eq 0 ] || quietly delete namespaces "${namespaces[@]}" --timeout=120s
    clean_default
    quietly delete customresourcedefinitions --all --timeout=60s
    quietly delete clusterroles,clusterrolebindings -l '!kubernetes.io/bootstrapping'
    quietly uncordon -l kubernetes.io/hostname
    clean_volumes
    wait_for apiserver 120 nothing_runs
    echo "clean after $((SECONDS - begin)) s"
}

# quietly ARGUMENT...: what is there or not, it is to be gone.
quietly() {
    kubectl "$@" >/dev/null 2>"$dir/logs/clean.log" || {
        cat "$dir/logs/clean.log" >&2
        die "could not clean the testbed in $dir: kubectl $*"
    }
}

names() {
    kubectl get "$1" -o jsonpath='{range .items[*]}{.metadata.name}{"\n"}{end}'
}

# The namespace that cannot go: all but what Kubernetes makes in it.
clean_default() {
    quietly delete persistentvolumeclaims,poddisruptionbudgets,networkpolicies,roles,rolebindings,secrets --all -n default \
        --timeout=60s
    quietly delete services --field-selector metadata.name!=kubernetes -n default
    quietly delete configmaps --field-selector metadata.name!=kube-root-ca.crt -n default
    quietly delete serviceaccounts --field-selector metadata.name!=default -n default
}

# A volume that was given back is not given again, so all are made anew, on empty folders.
clean_volumes() {
    quietly delete persistentvolumes --all --timeout=60s
    rm -rf "$dir"/nodes/*/lib/volumes "$dir"/nodes/*/lib/books
    make_volumes
}

# nothing_runs: no pod is left, for the API server or for a kubelet.
nothing_runs() {
    local group

    [ -z "$(kubectl get pods -A -o name)" ] || return 1
    for group in /sys/fs/cgroup/memory/"$cgroup"/node-*/kubepods /sys/fs/cgroup/"$cgroup"/node-*/kubepods; do
        [ ! -d "$group" ] || [ -z "$(find "$group" -name cgroup.procs -exec cat {} +)" ] || return 1
    done
}
