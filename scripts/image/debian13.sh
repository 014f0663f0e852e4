#!/usr/bin/env bash
# Debian 13, which the container image is built on, where there is no container engine: a root of it is made once
# and kept, and commands run in it as they would in the Dockerfile's first stage. Needs root.
#
#   debian13.sh path              prints where the root is, and makes it if it is not there
#   debian13.sh run COMMAND...    runs COMMAND in it, in this source tree, which has the same path inside
#
# The root lies in ~/.cache/ballast/debian13, named by what it is made of, so that a changed list of packages makes
# another one. The compiler's cache of what is built in it lies beside it.
set -euo pipefail
tree=$(cd "$(dirname "$0")/../.." && pwd)
. "$tree/scripts/lib.sh"

home=${XDG_CACHE_HOME:-$HOME/.cache}/ballast/debian13
mirror=http://deb.debian.org
native="gcc libc6-dev cmake ninja-build pkgconf libcjson-dev libyaml-dev libmicrohttpd-dev libgnutls28-dev zlib1g-dev
    libcurl4-openssl-dev libssl-dev librdkafka-dev check python3 ccache ca-certificates openssl diffutils patch
    binutils qemu-user"
usage() {
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0" | sed -n '/debian13.sh/p' >&2
    exit 2
}

sources() {
    echo "deb $mirror/debian trixie main"
    echo "deb $mirror/debian trixie-updates main"
    echo "deb $mirror/debian-security trixie-security main"
}

# The apt inside installs what is for arm64: that of Debian 12 finds no way to. Manual pages are left out, as in the
# slim image of Debian: those of two architectures are not the same, and then the second package is refused.
make_root() {
    local log=$home/log

    echo "making a root of Debian 13 in $root (about 2 minutes, once)" >&2
    install_needs "mmdebstrap:mmdebstrap file:/usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring" >/dev/null
    rm -rf "$root.new"
    # shellcheck disable=SC2016,SC2086,SC2116 # $1 is the hook's; these are words
    sources | mmdebstrap --variant=apt --architectures=amd64,arm64 --include="$(echo $native)" \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --customize-hook='echo "127.0.0.1 localhost" >"$1/etc/hosts"' \
        --customize-hook="copy-in '$tree/scripts/image/install-arm64.sh' /tmp" \
        --customize-hook='chroot "$1" /tmp/install-arm64.sh' \
        trixie "$root.new" - >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        die "could not make a root of Debian 13; all that was said is in $log"
    }
    mv "$root.new" "$root"
}

# One at a time makes it, and others are left alone: another branch may have another list.
need_root() {
    mkdir -p "$home"
    exec 8>"$home/lock"
    flock 8
    [ -d "$root" ] || make_root
    exec 8>&-
}

# run COMMAND...: in a mount namespace of its own, so that nothing stays mounted, whatever happens.
run() {
    mkdir -p "$root$tree" "$home/ccache" "$root$home/ccache"
    # shellcheck disable=SC2016 # expanded inside
    exec unshare --mount --propagation private -- bash -euc '
        root=$1 tree=$2 cache=$3
        shift 3
        mount --rbind /proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --rbind /sys "$root/sys"
        mount --bind /tmp "$root/tmp"
        mkdir -p "$root$tree" "$root$cache"
        mount --bind "$tree" "$root$tree"
        mount --bind "$cache" "$root$cache"
        exec chroot "$root" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            CCACHE_DIR="$cache" CCACHE_BASEDIR="$tree" CCACHE_NOHASHDIR=1 \
            sh -c '\''cd "$1" && shift && exec "$@"'\'' sh "$tree" "$@"
    ' bash "$root" "$tree" "$home/ccache" "$@"
}

[ $# -ge 1 ] || usage
[ "$(id -u)" -eq 0 ] || die "a root of Debian 13 needs root: sudo -E $0 $*"
root=$home/root-$({ declare -f make_root sources && echo "$native" && cat "$tree/scripts/image/install-arm64.sh"; } | sha256sum | cut -c1-12)
verb=$1
shift
case $verb in
path)
    [ $# -eq 0 ] || usage
    need_root
    echo "$root"
    ;;
run)
    [ $# -gt 0 ] || usage
    need_root
    run "$@"
    ;;
*) usage ;;
esac
