#!/usr/bin/env bash
# Man pages without a warning.
set -euo pipefail
cd "$(dirname "$0")/../.."

mapfile -t pages < <(find docs/man -name '*.[1-8]' | sort)
echo "man: ${#pages[@]} pages"
[ "${#pages[@]}" -gt 0 ] || exit 0
command -v mandoc >/dev/null || {
    echo "man: mandoc is missing; scripts/test.sh installs it" >&2
    exit 1
}
mandoc -Tlint -W warning "${pages[@]}"
