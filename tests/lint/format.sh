#!/usr/bin/env bash
# Is our C laid out as .clang-format says? `tests/lint/format.sh --fix` lays it out.
set -euo pipefail
cd "$(dirname "$0")/../.."

format=$(command -v clang-format-14 || command -v clang-format) || {
    echo "format: clang-format is missing; scripts/test.sh installs it" >&2
    exit 1
}
mapfile -t files < <(find include lib policies cli webhook controller tests -name '*.[ch]' 2>/dev/null | sort)
echo "format: ${#files[@]} files"
[ "${#files[@]}" -gt 0 ]
case "${1:-}" in
--fix) "$format" -i "${files[@]}" ;;
*)
    "$format" --dry-run -Werror --ferror-limit=3 "${files[@]}" || {
        echo "format: run tests/lint/format.sh --fix"
        exit 1
    }
    ;;
esac
