#!/usr/bin/env python3
"""Names of ours that stand in clusters are defined once, in include/ballast/api/names.h.

A name is a string literal that holds "ballast.dev" and no more than a name does. Messages and help, which
quote names among other words, are not meant.
"""

import re

from common import OWN, ROOT, Report, files

HOME = ROOT / "include/ballast/api/names.h"
LITERAL = re.compile(r'"((?:\\.|[^"\\\n])*)"')
NAME = re.compile(r"[\w./~-]*ballast\.dev[\w./~=-]*")


def main():
    report = Report("names")
    defined = re.findall(r'#define \w+ "([^"]*)"', HOME.read_text(encoding="utf-8"))
    for name in sorted({name for name in defined if defined.count(name) > 1}):
        report.fail(HOME, 1, f'"{name}" is defined twice')
    for path in files(OWN, ".c", ".h"):
        report.looked += 1
        if path == HOME:
            continue
        text = re.sub(r"/\*.*?\*/", lambda comment: re.sub(r"[^\n]", " ", comment.group(0)),
                      path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for match in LITERAL.finditer(text):
            if NAME.fullmatch(match.group(1)):
                line = text.count("\n", 0, match.start()) + 1
                report.fail(path, line, f'"{match.group(1)}" belongs in {HOME.relative_to(ROOT)}')
    report.finish()


main()
