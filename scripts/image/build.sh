#!/usr/bin/env bash
# Builds the programs of the container image, into build/image. The same in the Dockerfile and without Docker, where
# scripts/image/debian13.sh runs it.
#
#   scripts/image/build.sh [amd64|arm64]    for this machine's architecture, or for another one, into build/image-arm64
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/image/arch.sh

use_arch "$@"
[ -n "$cross" ] || install_needs "$NEEDS_BUILD"
[ -z "$cross" ] || install_cross_needs
# The prefix is compiled in: there the programs find their policies.
cmake --preset "$preset" -B "$build" -DCMAKE_INSTALL_PREFIX=/usr -DBUILD_TESTING=OFF
cmake --build "$build" --target ballast ballast-webhook ballast-controller
