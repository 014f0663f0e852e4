#!/usr/bin/env bash
# Container images without a container engine, as OCI archives.
#
#   image.sh ballast OUT.tar    ballast:dev, what the Dockerfile builds, from this tree; needs root
#   image.sh standin OUT.tar    standin:1, busybox: sleeps, and listens on TCP $PORT (9092); for tests that only need pods.
#                               What starts Kafka in the image apache/kafka starts this here
#   image.sh pause OUT.tar      pause:1, what holds a pod's network
#   image.sh ledger OUT.tar     ledger:1, the client of tests/e2e/ledger.c, from $BALLAST_BUILD (build/dev)
#   image.sh kafka|zookeeper OUT.tar VERSION[-...]    the real ones, started as the images of Bitnami are
#   image.sh apache-kafka OUT.tar VERSION             the same Kafka, started as the image apache/kafka is
#
# A third argument is the tag, for an image that stands for another; those of Kafka begin with the version. Those of Ballast
# and of Kafka are kept, and /dev/null for OUT.tar makes one for later.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/scripts/lib.sh"
. "$root/tests/testbed/lib/java-image.sh"

usage() {
    echo "usage: image.sh ballast|standin|pause|ledger OUT.tar [TAG]"
    echo "       image.sh kafka|zookeeper|apache-kafka OUT.tar VERSION"
}

case ${1:-} in
-h | --help) usage && exit 0 ;;
esac
[ $# -eq 2 ] || [ $# -eq 3 ] || {
    usage >&2
    exit 2
}
out=$(realpath -m "$2")
tag=${3:-}
work=$(mktemp -d)
inside=$(TMPDIR=/tmp mktemp -u)
trap 'rm -rf "$work" "$inside"' EXIT

# pack TAG UMOCI-OPTION...: what lies in $work/root becomes the archive, with this tag if none was asked for. Below
# it are the `layers`, each FOLDER:PLACE.
layers=()
pack() {
    local tag=${tag:-$1} rootless=() layer

    shift
    [ "$(id -u)" -eq 0 ] || rootless=(--rootless)
    umoci init --layout "$work/oci"
    umoci new --image "$work/oci:$tag"
    for layer in "${layers[@]}"; do
        umoci insert "${rootless[@]}" --image "$work/oci:$tag" "${layer%:*}" "${layer##*:}"
    done
    umoci insert "${rootless[@]}" --image "$work/oci:$tag" "$work/root" /
    umoci config --image "$work/oci:$tag" "$@"
    umoci gc --layout "$work/oci"
    mkdir -p "$(dirname "$out")"
    tar -C "$work/oci" -cf "$out.new" .
    mv "$out.new" "$out"
}

# hand_out KEPT: what is kept is never changed, only replaced, so both can be one file.
hand_out() {
    [ "$out" != /dev/null ] || return 0
    mkdir -p "$(dirname "$out")"
    [ ! "$1" -ef "$out" ] || return 0 # it is a link to this from the last time
    ln -f "$1" "$out.new" 2>/dev/null || cp --reflink=auto "$1" "$out.new"
    mv "$out.new" "$out"
}

# settings: the last stage of the Dockerfile, as options of umoci.
settings() {
    sed -nE -e 's/^USER (.*)/--config.user=\1/p' -e 's/^LABEL ([^=]+)="(.*)"/--config.label=\1=\2/p' \
        -e 's/^ENTRYPOINT \["(.*)"\]/--config.entrypoint=\1/p' "$root/Dockerfile"
}

busybox_root() {
    local name

    mkdir -p "$work/root/bin" "$work/root/tmp" "$work/root/etc"
    chmod 1777 "$work/root/tmp"
    install -m 755 "$(command -v busybox)" "$work/root/bin/busybox"
    for name in $(busybox --list); do
        [ "$name" = busybox ] || ln -s busybox "$work/root/bin/$name"
    done
    echo "root:x:0:0:root:/:/bin/sh" >"$work/root/etc/passwd"
}

# What the image is made of: its sources, what makes it, and the Debian that it is made on.
ballast_key() {
    (cd "$root" && find CMakeLists.txt CMakePresets.json Dockerfile cmake include lib policies webhook controller cli \
        manifests/crd manifests/charts scripts/image scripts/lib.sh tests/testbed/helm-4 tests/testbed/image.sh -type f | LC_ALL=C sort | xargs sha256sum
        echo "$debian") | sha256sum | cut -c1-16
}

# As in the Dockerfile, on the same Debian. An image is kept, and made again when anything that it is made of has changed.
make_ballast() {
    local kept folder=${XDG_CACHE_HOME:-$HOME/.cache}/ballast/images tag=${tag:-dev}

    debian=$("$root/scripts/image/debian13.sh" path)
    kept=$folder/ballast-$tag-$(ballast_key).tar
    mkdir -p "$folder"
    exec 8>"$folder/lock"
    flock 8
    [ -e "$kept" ] || out=$kept make_ballast_anew 8>&-
    touch "$kept"
    # Those of other branches are kept, too, but not for ever.
    find "$folder" -name '*.tar' -printf '%T@ %p\n' | sort -rn | tail -n +6 | cut -d' ' -f2- | xargs -r rm -f
    exec 8>&-
    hand_out "$kept"
}

make_ballast_anew() {
    "$root/scripts/image/helm.sh"
    "$root/scripts/image/debian13.sh" run scripts/image/build.sh
    # That sees /tmp, as it is here, and nothing else of this machine.
    "$root/scripts/image/debian13.sh" run scripts/image/rootfs.sh "$inside"
    mv "$inside" "$work/root"
    mapfile -t options < <(settings)
    pack dev --config.env PATH=/usr/bin "${options[@]}"
}

# It says what it got and ends at once when told to, unlike a shell that is process 1 and waits.
make_standin() {
    busybox_root
    cat >"$work/root/bin/standin" <<'END'
#!/bin/sh
trap 'exit 0' TERM INT
nc -ll -p "${PORT:-9092}" -e /bin/cat &
sleep 2147483647 &
wait
END
    chmod 755 "$work/root/bin/standin"
    install -D -m 755 "$work/root/bin/standin" "$work/root/etc/kafka/docker/run"
    pack 1 --config.env PATH=/bin --config.entrypoint /bin/standin
}

# A client as it is in a cluster: it has the DNS that pods have.
make_ledger() {
    local program=${BALLAST_BUILD:-$root/build/dev}/tests/ballast-ledger

    [ -x "$program" ] || die "there is no $program; build it, or set BALLAST_BUILD"
    busybox_root
    install -m 755 "$program" "$work/root/bin/ledger"
    cache=/nowhere libraries "$program"
    echo "hosts: files dns" >"$work/root/etc/nsswitch.conf"
    pack 1 --config.env PATH=/bin --config.entrypoint /bin/ledger
}

make_pause() {
    busybox_root
    pack 1 --config.entrypoint /bin/sleep --config.cmd 2147483647
}

install_needs "umoci:umoci file:/usr/share/doc/busybox-static:busybox-static" >/dev/null
case $1 in
ballast) make_ballast ;;
standin) make_standin ;;
pause) make_pause ;;
ledger) make_ledger ;;
kafka | zookeeper) make_java_image "$1" ;;
apache-kafka) make_apache_image ;;
*) usage >&2 && exit 2 ;;
esac
echo "made $out"
