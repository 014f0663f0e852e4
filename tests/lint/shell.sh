#!/usr/bin/env bash
# Shell scripts: they parse, and shellcheck has nothing to say.
set -euo pipefail
cd "$(dirname "$0")/../.."

mapfile -t scripts < <({
    find scripts tests cli -name '*.sh' -o -name '*.bash'
    find .ci -type f
} | sort)
echo "shell: ${#scripts[@]} scripts"
for script in "${scripts[@]}"; do
    bash -n "$script"
done
command -v shellcheck >/dev/null || {
    echo "shell: shellcheck is missing; scripts/test.sh installs it" >&2
    exit 1
}
shellcheck --severity=warning --shell=bash --external-sources --source-path=SCRIPTDIR "${scripts[@]}"
