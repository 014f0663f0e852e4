# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the scripts that source this
# Which architecture an image is for, as Docker calls it, and what is different for another one than this machine's.

# use_arch [ARCH]: sets `build`, `triplet`, `cross` (empty where programs run here) and `preset`.
use_arch() {
    local own

    own=$(dpkg --print-architecture)
    [ $# -le 1 ] || die "one architecture at a time"
    build=build/image preset=release cross="" triplet=$(uname -m)-linux-gnu
    [ "${1:-$own}" != "$own" ] || return 0
    [ "$own-$1" = amd64-arm64 ] || die "cannot build for $1 on $own: only for $own and, on amd64, for arm64"
    triplet=aarch64-linux-gnu build=build/image-$1 preset=$1
    cross=$triplet-
}

# install_cross_needs: the compiler and the libraries for another architecture, on Debian 13.
install_cross_needs() {
    install_needs "$NEEDS_BUILD"
    [ -e "/usr/lib/$triplet/pkgconfig/rdkafka.pc" ] && command -v "${cross}gcc" >/dev/null && return
    echo "installing what builds for $triplet"
    as_root scripts/image/install-arm64.sh || die "could not install what builds for $triplet"
}
