#!/usr/bin/env python3
"""Sizes: functions up to 60 lines, files up to 600.

A function that is better long says so in a comment with the words "long because", above or in it.
Relies on our layout: the braces of a function stand alone at the start of their lines.
"""

from common import OWN, Report, files

FUNCTION_LINES = 60
FILE_LINES = 600
REASON = "long because"


def functions(lines):
    """(first, last) line indices between the braces of each function; the reason may stand above."""
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line == "}" and start is not None:
            yield start, i
            start = None


def comment_above(lines, start):
    """Index of the first line of the definition and the comment on top of it."""
    while start > 0 and lines[start - 1].strip():
        start -= 1
    return start


def main():
    report = Report("sizes")
    for path in files(OWN, ".c", ".h"):
        report.looked += 1
        lines = path.read_text(encoding="utf-8").split("\n")
        if len(lines) - 1 > FILE_LINES:
            report.fail(path, FILE_LINES, f"{len(lines) - 1} lines; split files at {FILE_LINES}")
        for start, end in functions(lines):
            size = end - start - 1
            body = lines[comment_above(lines, start) : end]
            if size > FUNCTION_LINES and not any(REASON in line for line in body):
                report.fail(path, start + 1, f"function of {size} lines; {FUNCTION_LINES} is the most, "
                                             f'or say in a comment that it is "{REASON} ..."')
    report.finish()


main()
