#!/usr/bin/env bash
# Helm for the container image, by which the controller makes Kafka clusters: into build/image/helm. The release and the
# digest of every module that it is made of stand in tests/testbed/helm-4, so it is built of these, by the Go module proxy,
# once, into the cache of the testbed, which has the same program.
#
#   scripts/image/helm.sh [amd64|arm64]    for this machine's architecture, or for another one, into build/image-arm64
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/image/arch.sh
# shellcheck disable=SC2034 # programs.sh wants them
here=$PWD/tests/testbed network_policy=""
. tests/testbed/lib/programs.sh

use_arch "$@"
install_needs "go:golang-go file:/etc/ssl/certs/ca-certificates.crt:ca-certificates" >/dev/null
if [ -n "$cross" ]; then
    cache=$cache/$1
    export GOARCH=$1
fi
mkdir -p "$cache" "$build"
exec 8>"$cache/lock"
flock 8
built=$(built_path helm4 "")
[ -x "$built" ] || build_one helm4 "" "$here/helm-4" "$(package_of helm4)" 8>&-
exec 8>&-
rm -f "$build/helm" "$build/helm.new"
ln -L "$built" "$build/helm" 2>/dev/null || { cp -L "$built" "$build/helm.new" && mv "$build/helm.new" "$build/helm"; }
