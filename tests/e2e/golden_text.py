"""What a person reads, compared with a text that is kept.

What differs each time (times, amounts) is replaced on both sides. A line of the kept text that begins with "?" may be missing, as
who looks once a second does not see all that is short.
"""

import difflib
import re

from outcome import expect


def normal(line, varies):
    """`varies` are (pattern, what stands instead)."""
    for pattern, instead in varies:
        line = re.sub(pattern, instead, line)
    return line.rstrip()


def missing_lines_aside(golden, shown):
    """`golden` without those that may be missing, and are; the others lose their mark."""
    kept, at = [], 0
    for marked in golden:
        line = marked.removeprefix("?")
        here = shown[at:at + 1] == [line]
        if line != marked and not here:
            continue
        kept.append(line)
        if here or line in shown[at:]:
            at = shown.index(line, at) + 1
    return kept


def expect_golden(path, lines, varies):
    shown = [normal(line, varies) for line in lines]
    golden = missing_lines_aside(path.read_text(encoding="utf-8").splitlines(), shown)
    expect(shown == golden, f"it is not what {path.name} has",
           *difflib.unified_diff(golden, shown, path.name, "shown", lineterm="", n=1))
