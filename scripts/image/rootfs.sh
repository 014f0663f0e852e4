#!/usr/bin/env bash
# The root file system of the container image, from what scripts/image/build.sh and helm.sh have built: the programs, the
# libraries that they load, Helm, CA certificates, policy bundles and charts, a user that is not root, and nothing else.
#
#   scripts/image/rootfs.sh OUT [amd64|arm64]    OUT is a folder that does not exist yet
set -euo pipefail

[ $# -eq 1 ] || [ $# -eq 2 ] || {
    echo "usage: scripts/image/rootfs.sh OUT [amd64|arm64]" >&2
    exit 2
}
out=$(realpath -m "$1")
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/image/arch.sh
use_arch "${@:2}"
[ ! -e "$out" ] || die "$out exists; remove it or choose another folder"
[ -x "$build/ballast" ] || die "nothing is built; run scripts/image/build.sh first"
[ -x "$build/helm" ] || die "there is no Helm; run scripts/image/helm.sh first"
certificates=/etc/ssl/certs/ca-certificates.crt
[ -e $certificates ] || install_needs "file:$certificates:ca-certificates"

# needed FILE...: the names of the libraries that these load, and of their loader.
needed() {
    "${cross}objdump" -p "$@" | sed -n 's/^  NEEDED  *//p' | sort -u
}

# find_library NAME: where Debian has it.
find_library() {
    local folder

    for folder in "/usr/lib/$triplet" "/lib/$triplet"; do
        [ ! -e "$folder/$1" ] || { echo "$folder/$1" && return; }
    done
    die "there is no library $1 of $triplet"
}

# add_libraries FILE...: what these load, and what that loads, at the places where it is looked for. Not ldd: that runs
# what it looks at.
add_libraries() {
    local name found place

    for name in $(needed "$@" | grep -v '^ld-linux'); do
        found=$(find_library "$name")
        place=$out/usr/lib/$triplet/$name
        [ ! -e "$place" ] || continue
        install -D -m 755 "$found" "$place"
        add_libraries "$place"
    done
}

umask 022
mkdir -p "$out"/{etc/ssl/certs,usr/bin,usr/lib,usr/lib64,usr/share}
# As on Debian, so that a library is found where its loader looks.
ln -s usr/lib "$out/lib"
ln -s usr/lib64 "$out/lib64"

for program in ballast ballast-webhook ballast-controller; do
    [ ! -x "$build/$program" ] ||
        install -s --strip-program="${cross}strip" -m 755 "$build/$program" "$out/usr/bin/"
done
add_libraries "$out"/usr/bin/*
install -m 755 "$build/helm" "$out/usr/bin/" # it loads nothing
# The C library loads one more by itself when a thread ends, as librdkafka's do.
install -m 755 "$(find_library libgcc_s.so.1)" "$out/usr/lib/$triplet/"
loader=$("${cross}readelf" -l "$out/usr/bin/ballast" | sed -nE 's/.*interpreter: (.*)\]/\1/p')
install -D -m 755 "$(realpath "$loader")" "$out$loader"

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
DESTDIR=$data cmake --install "$build" >/dev/null
cp -r "$data/usr/share/ballast" "$out/usr/share/"

install -m 644 $certificates "$out/etc/ssl/certs/"
echo "hosts: files dns" >"$out/etc/nsswitch.conf"
printf '%s\n' root:x:0:0:root:/:/sbin/nologin ballast:x:65532:65532:ballast:/:/sbin/nologin >"$out/etc/passwd"
printf '%s\n' root:x:0: ballast:x:65532: >"$out/etc/group"
