#!/usr/bin/env bash
# The root file system of the container image, from what scripts/image/build.sh has built: the programs, the
# libraries that they load, CA certificates, the policy bundles, a user that is not root, and nothing else.
#
#   scripts/image/rootfs.sh OUT     OUT is a folder that does not exist yet
set -euo pipefail

[ $# -eq 1 ] || {
    echo "usage: scripts/image/rootfs.sh OUT" >&2
    exit 2
}
out=$(realpath -m "$1")
cd "$(dirname "$0")/../.."
. scripts/lib.sh
[ ! -e "$out" ] || die "$out exists; remove it or choose another folder"
[ -x build/image/ballast ] || die "nothing is built; run scripts/image/build.sh first"
certificates=/etc/ssl/certs/ca-certificates.crt
[ -e $certificates ] || install_needs "file:$certificates:ca-certificates"

umask 022
mkdir -p "$out"/{etc/ssl/certs,usr/bin,usr/lib,usr/lib64,usr/share}
# As on Debian, so that a library is found where ldd says that it is.
ln -s usr/lib "$out/lib"
ln -s usr/lib64 "$out/lib64"

for program in ballast ballast-webhook ballast-controller; do
    [ ! -x "build/image/$program" ] || install -s -m 755 "build/image/$program" "$out/usr/bin/"
done

# Absolute paths among what ldd prints are the libraries and the loader. The C library loads one more by itself when
# a thread ends, as librdkafka's do.
unwinder=$(readlink -f "$(cc -print-file-name=libgcc_s.so.1)")
{
    ldd "$out"/usr/bin/* | grep -oE '(^|[[:space:]])/[^ :]+ '
    echo "$unwinder"
} | sort -u | while read -r library; do
    mkdir -p "$out$(dirname "$library")"
    install -m 755 "$library" "$out$library"
done

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
DESTDIR=$data cmake --install build/image >/dev/null
cp -r "$data/usr/share/ballast" "$out/usr/share/"

install -m 644 $certificates "$out/etc/ssl/certs/"
echo "hosts: files dns" >"$out/etc/nsswitch.conf"
printf '%s\n' root:x:0:0:root:/:/sbin/nologin ballast:x:65532:65532:ballast:/:/sbin/nologin >"$out/etc/passwd"
printf '%s\n' root:x:0: ballast:x:65532: >"$out/etc/group"
