#!/usr/bin/env bash
# Is a release program hardened: PIE, full RELRO, no executable stack, canaries, fortified calls?
set -euo pipefail

# No grep -q: it stops reading, and under pipefail the program before it fails of that.
failed=0
expect() { # WHAT COMMAND...
    local what=$1

    shift
    if "$@"; then
        echo "$program: $what"
    else
        echo "$program: error: not $what"
        failed=1
    fi
}
dynamic() { readelf -dW "$program" | grep -E "$1" >/dev/null; }
segments() { readelf -lW "$program" | grep -E "$1" >/dev/null; }
symbols() { readelf -sW --dyn-syms "$program" | grep -E "$1" >/dev/null; }
# Our own functions begin with a landing pad. The program as a whole is not marked for CET while
# Debian's start-up objects are not. x86 alone.
branches() { [ "$(uname -m)" != x86_64 ] || objdump -d --no-show-raw-insn "$program" | grep -A1 '<main>:' | grep endbr64 >/dev/null; }

for program in "$@"; do
    expect "position independent" dynamic 'FLAGS_1.*PIE'
    expect "bound at start (-z now)" dynamic 'FLAGS.*NOW'
    expect "relocated read-only (-z relro)" segments 'GNU_RELRO'
    expect "without executable stack" segments 'GNU_STACK.* RW '
    expect "guarded by stack canaries" symbols '__stack_chk_fail'
    expect "fortified" symbols '_chk@'
    expect "protected against stray branches" branches
done
exit "$failed"
