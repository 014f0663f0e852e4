# shellcheck shell=bash
# shellcheck disable=SC2154 # here, network_policy: of testbed.sh
# Where the programs of a testbed come from: those of this machine where their version fits, else built from
# the Go module proxy, once, into a cache. What is built is what kubernetes-*/go.mod name as tools, and each program that
# has a module of its own, so that a release of one is no reason to build another anew.

cache=${BALLAST_TESTBED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ballast/testbed}
# Nodes are those of this version. A control plane may be newer than its nodes, as in any upgrade.
NODE_VERSION=1.34

# pinned MODULE FOLDER: which release of MODULE the go.mod of FOLDER asks for.
pinned() {
    sed -nE "s#^(require)?[[:space:]]*$1 (v[0-9.]+).*#\2#p" "$here/$2/go.mod"
}

# packages VERSION: the Go packages of the programs, one a line.
packages() {
    awk '/^tool \(/ {tools = 1; next} /^\)/ {tools = 0} tools {print $1}' "$here/kubernetes-$1/go.mod"
}

# programs VERSION: name and source of each program of that version, as "kubectl 1.34". What only a node
# runs is not built for a version that has only a control plane.
programs() {
    local package

    for package in $(packages "$1"); do
        echo "${package##*/} $1"
    done
    [ "$1" = "$NODE_VERSION" ] || programs "$NODE_VERSION" | grep -E '^(kubelet|kube-proxy) '
}

# programs_beside: those that have a module of their own.
programs_beside() {
    printf '%s\n' coredns helm helm4
    [ -z "$network_policy" ] || echo network-policy
}

# folder_of NAME: where the module of a program beside is.
folder_of() {
    case $1 in
    helm) echo helm-3 ;;
    helm4) echo helm-4 ;;
    *) echo "$1" ;;
    esac
}

# fits FILE NAME VERSION: is this program of this version?
fits() {
    case $2 in
    helm | helm4) [[ $("$1" version --short 2>/dev/null) == "$(helm_release "$2")"* ]] ;;
    kubectl) [[ $("$1" version --client 2>/dev/null) == *"Client Version: v$3."* ]] ;;
    *) [[ $("$1" --version 2>/dev/null) == "Kubernetes v$3."* ]] ;;
    esac
}

# find_program NAME VERSION: prints where a program that fits is, if there is one.
find_program() {
    local built file

    built=$(built_path "$1" "$2")
    # The helm of a machine may be either of ours.
    for file in "${KUBEBUILDER_ASSETS:+$KUBEBUILDER_ASSETS/$1}" "$built" "$(command -v "$1" || true)" \
        "$(command -v "${1%4}" || true)"; do
        [ -n "$file" ] && [ -x "$file" ] || continue
        if [ "$file" = "$built" ] || fits "$file" "$1" "$2"; then
            echo "$file"
            return
        fi
    done
    return 1
}

# A program that changes with its module, or with how it is linked, lies at a path that does, so that a raised version is built anew.
built_path() {
    if [ -z "$2" ]; then
        echo "$cache/$1-$( (cat "$here/$(folder_of "$1")"/* && helm_flags "$1") | sha256sum | cut -c1-12)/$1"
    else
        echo "$cache/kubernetes-$(pinned k8s.io/kubernetes "kubernetes-$2")-$( (cat "$here/kubernetes-$2/go.mod" &&
            link_flags "$1" "$2") | sha256sum | cut -c1-12)/$1"
    fi
}

# build_programs VERSION: all that a testbed of this version runs.
build_programs() {
    [ -z "$(missing_packages "$NEEDS_TESTBED")" ] || install_needs "$NEEDS_TESTBED"
    mkdir -p "$cache"
    (
        flock -n 8 || {
            echo "another build of the testbed is running; waiting for it"
            flock 8
        }
        build_missing "$1" 8>&-
    ) 8>"$cache/lock"
}

build_missing() {
    local name version

    while read -r name version; do
        find_program "$name" "$version" >/dev/null ||
            build_one "$name" "$version" "$here/kubernetes-$version" "$(packages "$version" | grep "/$name\$")"
    done < <(programs "$1")
    for name in $(programs_beside); do
        find_program "$name" "" >/dev/null || build_one "$name" "" "$here/$(folder_of "$name")" "$(package_of "$name")"
    done
}

# package_of NAME: what is built in the module of a program beside.
package_of() {
    case $1 in
    helm) echo helm.sh/helm/v3/cmd/helm ;;
    helm4) echo helm.sh/helm/v4/cmd/helm ;;
    *) echo . ;;
    esac
}

# build_one NAME VERSION MODULE PACKAGE: builds to a name of its own and renames, so that what was
# interrupted is never taken for a program.
build_one() {
    local output begin=$SECONDS

    output=$(built_path "$1" "$2")
    echo "building $1$(release_of "$1" "$2")$(how_long "$1")"
    mkdir -p "$(dirname "$output")"
    go_command
    (cd "$3" && GOTOOLCHAIN=auto GOWORK=off GOFLAGS="-mod=readonly -buildvcs=false" CGO_ENABLED=0 \
        nice "$go" build -trimpath -ldflags "$(link_flags "$1" "$2")" -o "$output.new" "$4") ||
        die "could not build $1; what was built so far is kept, so try again once the cause is gone" \
            "(is the Go module proxy $("$go" env GOPROXY) reachable, is there space left in $cache?)"
    mv "$output.new" "$output"
    echo "built $1, $((SECONDS - begin)) s"
}

release_of() {
    case $1 in
    helm | helm4) echo " $(helm_release "$1")" ;;
    coredns | network-policy) ;;
    *) echo " $(pinned k8s.io/kubernetes "kubernetes-$2")" ;;
    esac
}

helm_release() {
    local module

    module=$(package_of "$1")
    pinned "${module%/cmd/helm}" "$(folder_of "$1")"
}

how_long() {
    case $1 in
    helm | helm4) echo " (about 3 minutes on two cores, once)" ;;
    kube-apiserver) echo " (about 4 minutes on two cores, once)" ;;
    *) echo " (about a minute, once)" ;;
    esac
}

# link_flags NAME VERSION: the version is what a program says of itself, and the API server decides by it what it offers.
link_flags() {
    local release

    echo "-s -w"
    if [ -z "$2" ]; then
        helm_flags "$1"
        return
    fi
    release=$(pinned k8s.io/kubernetes "kubernetes-$2")
    echo "-X k8s.io/component-base/version.gitVersion=$release"
    echo "-X k8s.io/component-base/version.gitMajor=${2%%.*}"
    echo "-X k8s.io/component-base/version.gitMinor=${2##*.}"
}

# helm_flags NAME: the version, and what `helm template` takes the cluster for, as the makefiles of Helm have them. Helm 4
# reads the latter off the modules that it is built of.
helm_flags() {
    local module folder flag

    [ "$1" != "${1#helm}" ] || return 0
    folder=$(folder_of "$1")
    module=helm.sh/helm/v${folder#helm-}
    echo "-X $module/internal/version.version=$(helm_release "$1")"
    [ "$1" = helm ] || return 0
    for flag in pkg/chartutil pkg/lint/rules; do
        echo "-X $module/$flag.k8sVersionMajor=1"
        echo "-X $module/$flag.k8sVersionMinor=$(pinned k8s.io/client-go "$folder" | cut -d. -f2)"
    done
}

# go_command: sets `go`. Go from 1.21 on gets the release that a go.mod asks for by itself; an older one, like
# that of Debian 12, is asked to get it as what it is to the proxy, a module.
go_command() {
    local minor release root

    [ -z "${go:-}" ] || return 0
    go=$(command -v go) || die "there is no go; install Go 1.21 or newer"
    minor=$(go version | sed -nE 's/.* go1\.([0-9]+).*/\1/p')
    [ "${minor:-0}" -lt 21 ] || return 0
    release=$(sed -n 's/^go //p' "$here"/*/go.mod | sort -V | tail -n 1)
    echo "getting Go $release, as $(go version | cut -d' ' -f3) is too old"
    root=$(cd / && go mod download -json \
        "golang.org/toolchain@v0.0.1-go$release.$(go env GOHOSTOS)-$(go env GOHOSTARCH)" |
        sed -nE 's/^[[:space:]]*"Dir": "(.*)",$/\1/p')
    [ -n "$root" ] || die "could not get Go $release; install Go 1.21 or newer"
    # A module's files are not executable; the go command does this for those that it gets by itself.
    chmod u+x "$root"/bin/* "$root"/pkg/tool/*/*
    go=$root/bin/go
}

# link_programs VERSION FOLDER: the programs of a testbed, all in one folder. Hard links, or else copies: a
# node does not see all folders of the machine.
link_programs() {
    local name version file

    mkdir -p "$2"
    while read -r name version; do
        file=$(find_program "$name" "$version") ||
            die "$name${version:+ $version} is gone; run testbed.sh build --version $1"
        ln -fL "$file" "$2/$name" 2>/dev/null || cp -fL "$file" "$2/$name"
    done < <(programs "$1" && programs_beside)
    file=${KUBEBUILDER_ASSETS:-}/etcd
    [ -x "$file" ] || file=$(command -v etcd)
    ln -fs "$file" "$2/etcd"
}
