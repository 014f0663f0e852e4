#!/usr/bin/env bash
# An installed tree works without the source tree.
set -euo pipefail
cd "$(dirname "$0")/../.."

prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install build/release --prefix "$prefix" >/dev/null
cd /
"$prefix/bin/ballast" --version
