#!/usr/bin/env bash
# A real Kubernetes on one machine, inside a network namespace of its own. README.md says more.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
. "$here/../../scripts/lib.sh"
. "$here/lib/programs.sh"
. "$here/lib/common.sh"
. "$here/lib/control-plane.sh"
. "$here/lib/nodes.sh"
. "$here/lib/network-policy.sh"
. "$here/lib/down.sh"
. "$here/lib/clean.sh"
. "$here/lib/up.sh"

usage() {
    cat <<'END'
usage: testbed.sh VERB...

    build [--version V] [--network-policy]
                                        get the programs, once
    control-plane up DIR [--version V]  etcd, kube-apiserver, -controller-manager and -scheduler
    up DIR [--version V] [--network-policy]
                                        the same with three nodes in three zones, cluster DNS and Services
    down DIR                            stop everything and leave nothing but DIR/logs
    clean DIR                           take away what was made since `up`, but not the images
    exec DIR -- COMMAND...              run COMMAND in the testbed's network, with kubectl, helm, helm4
    image DIR TAR NAME                  give all nodes an OCI archive as local/NAME, or NAME if that has a slash
    restart-apiserver DIR, stop-apiserver DIR, start-apiserver DIR
    restart-control-plane DIR           kill -9 all of it but etcd, and start it again

V is the Kubernetes version: 1.34 (what is taken without --version) or 1.36, which has a control plane of its
own and the nodes of 1.34. With --network-policy NetworkPolicies are enforced. DIR is a folder that is empty, does not exist, or holds a testbed.
Programs that are built are kept in $BALLAST_TESTBED_CACHE, or else ~/.cache/ballast/testbed.
END
}

# read_arguments ARGUMENT...: sets `version`, `network_policy` and `words`, the arguments that are no option.
read_arguments() {
    version=1.34
    network_policy=
    words=()
    while [ $# -gt 0 ]; do
        case $1 in
        --version)
            [ $# -ge 2 ] || usage_error "--version wants a version"
            version=$2
            shift
            ;;
        --network-policy) network_policy=network-policy ;;
        -*) usage_error "there is no option $1" ;;
        *) words+=("$1") ;;
        esac
        shift
    done
    [ -d "$here/kubernetes-$version" ] ||
        usage_error "there is no version $version, only $(cd "$here" && echo kubernetes-* | sed 's/kubernetes-//g')"
}

usage_error() {
    printf 'error: %s\n\n' "$*" >&2
    usage >&2
    exit 2
}

# expect_words NUMBER: as many as that, or it is a mistake.
expect_words() {
    [ "${#words[@]}" -eq "$1" ] || usage_error "wrong number of arguments"
}

# on_testbed: the first word is the folder of a testbed that runs.
on_testbed() {
    need_root
    use_dir "${words[0]}"
    need_running
}

[ $# -gt 0 ] || usage_error "what to do?"
verb=$1
shift
if [ "$verb" = control-plane ]; then
    verb="control-plane-${1:-}"
    shift || true
fi

case $verb in
-h | --help | help) usage ;;
build)
    read_arguments "$@"
    expect_words 0
    build_programs "$version"
    ;;
up | control-plane-up)
    read_arguments "$@"
    expect_words 1
    [ -z "$network_policy" ] || [ "$verb" = up ] || usage_error "without nodes there is no network of pods"
    need_root
    use_dir "${words[0]}"
    bring_up "$verb" "$version"
    ;;
down | control-plane-down)
    read_arguments "$@"
    expect_words 1
    need_root
    use_dir "${words[0]}"
    bring_down
    ;;
exec)
    [ $# -ge 3 ] && [ "$2" = -- ] || usage_error "exec wants: DIR -- COMMAND..."
    words=("$1")
    shift 2
    on_testbed
    # Whoever starts this in the background and kills it means the command.
    exec nsenter --net="/run/netns/$netns" -- env KUBECONFIG="$dir/kubeconfig" PATH="$dir/bin:$PATH" "$@"
    ;;
image)
    read_arguments "$@"
    expect_words 3
    on_testbed
    import_image "${words[1]}" "${words[2]}"
    ;;
clean | stop-apiserver | start-apiserver | restart-apiserver | restart-control-plane)
    read_arguments "$@"
    expect_words 1
    on_testbed
    take_dir
    "${verb//-/_}"
    ;;
*) usage_error "there is no verb $verb" ;;
esac
