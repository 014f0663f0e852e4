#!/usr/bin/env bash
# clang-tidy over everything that we ship. The argument is a build folder with compile_commands.json.
set -euo pipefail
build=$(realpath "${1:?is the build folder}")
cd "$(dirname "$0")/../.."

tidy=$(command -v run-clang-tidy-14 || command -v run-clang-tidy) || {
    echo "tidy: clang-tidy is missing; scripts/test.sh installs it" >&2
    exit 1
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
rc=0
"$tidy" -quiet -p "$build" -j "$(nproc)" "$PWD/(lib|policies|cli|webhook|controller)/" >"$log" 2>&1 || rc=$?
if [ "$rc" -ne 0 ]; then
    grep -v -e '^clang-tidy' -e 'warnings generated' -e '^Suppressed' -e '^Use -header-filter' "$log" || true
fi
echo "tidy: $(grep -c '^clang-tidy' "$log") files"
exit "$rc"
