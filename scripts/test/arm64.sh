#!/usr/bin/env bash
# Builds what the image is on arm64, and runs it here, by qemu: is its root whole, do the programs do what they do on
# this machine? Needs root. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/../.."
inside() { scripts/image/debian13.sh run "$@"; }
root=build/image-arm64-root
passed=0 failed=0

# check WHAT COMMAND...: prints what COMMAND said if it fails.
check() {
    local what=$1 begin=$SECONDS log=build/image-arm64.log

    shift
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   arm64: $what ($((SECONDS - begin)) s)"
        return
    fi
    failed=$((failed + 1))
    echo "FAIL arm64: $what"
    sed 's/^/    /' "$log"
}

# program NAME ARGUMENT...: with nothing but the libraries of the image's root.
program() {
    inside qemu-aarch64 -L "$root" "$root/usr/bin/$1" "${@:2}"
}

make_root() {
    rm -rf "$root"
    scripts/image/helm.sh arm64 && inside scripts/image/build.sh arm64 && inside scripts/image/rootfs.sh "$root" arm64
}

is_arm64() {
    local name

    for name in ballast ballast-webhook ballast-controller helm; do
        inside aarch64-linux-gnu-readelf -h "$root/usr/bin/$name" | grep 'Machine: *AArch64' || return 1
    done
}

certificates() {
    local folder

    folder=$(mktemp -d)
    program ballast-webhook certs --certs-dir="$folder" --dns-name=ballast.test &&
        openssl verify -CAfile "$folder/ca.crt" "$folder/tls.crt"
    local rc=$?
    rm -rf "$folder"
    return $rc
}

check "the image's root is made" make_root
check "the programs are for it" is_arm64
for name in ballast ballast-webhook ballast-controller; do
    check "$name tells its version" program "$name" --version
done
check "helm tells its version" program helm version
check "golden cases" program ballast test tests/golden
check "ballast-webhook makes certificates" certificates
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
