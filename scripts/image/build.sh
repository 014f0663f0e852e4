#!/usr/bin/env bash
# Builds the programs of the container image, into build/image. The same in the Dockerfile and without Docker.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh

[ $# -eq 0 ] || {
    echo "usage: scripts/image/build.sh" >&2
    exit 2
}
install_needs "$NEEDS_BUILD"
# The prefix is compiled in: there the programs find their policies.
cmake --preset release -B build/image -DCMAKE_INSTALL_PREFIX=/usr -DBUILD_TESTING=OFF
cmake --build build/image
