#!/usr/bin/env python3
"""Names of ours that stand in clusters are defined once, in include/ballast/api/names.h.

A name is a string literal that holds "ballast.dev" and no more than a name does. Messages and help, which
quote names among other words, are not meant.

Each is used, and told in docs/rules/README.md. And modules of the tests that can import each other have names of their own.
"""

import re

from common import OWN, ROOT, Report, files

HOME = ROOT / "include/ballast/api/names.h"
PAGE = "docs/rules/README.md"
LITERAL = re.compile(r'"((?:\\.|[^"\\\n])*)"')
NAME = re.compile(r"[\w./~-]*ballast\.dev[\w./~=-]*")


# They stand on one path, so that of two with one name whoever is found first is imported.
TOGETHER = ("tests/support", "tests/integration", "tests/e2e")


def check_modules(report):
    seen = {}
    for folder in TOGETHER:
        for path in sorted((ROOT / folder).glob("*.py")):
            report.looked += 1
            other = seen.setdefault(path.stem, path)
            if other != path:
                report.fail(path, 1, f"{other.relative_to(ROOT)} has the same name")


def check_told(report):
    """A name that nobody reads is dead, and one that no page tells of is a riddle to whoever finds it on an object."""
    sources = "".join(path.read_text(encoding="utf-8") for path in files(OWN, ".c", ".h") if path != HOME)
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    for line, text in enumerate(HOME.read_text(encoding="utf-8").splitlines(), 1):
        if found := re.match(r'#define (BL_(?:LABEL|ANNOTATION|CONDITION|SCHEDULING|FINALIZER)[A-Z_]*) "(ballast\.dev/[a-z-]+)"', text):
            macro, name = found.groups()
            report.looked += 1
            if not re.search(rf"\b{macro}\b", sources):
                report.fail(HOME, line, f"nothing uses {macro}")
            if name not in page:
                report.fail(HOME, line, f'{PAGE} does not tell of "{name}"')


def main():
    report = Report("names")
    defined = re.findall(r'#define \w+ "([^"]*)"', HOME.read_text(encoding="utf-8"))
    check_told(report)
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
    check_modules(report)
    report.finish()


main()
