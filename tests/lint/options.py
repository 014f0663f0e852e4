#!/usr/bin/env python3
"""Man pages tell of the options that the programs have: no fewer, no others.

    options.py BUILD    a build folder with the programs, whose --help is printed from the parser's tables
"""

import pathlib
import re
import subprocess
import sys

from common import ROOT, Report

MAN = ROOT / "docs/man"
# The page of the command tells of these once for all verbs.
EVERYWHERE = {"help", "version"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def options_of_help(text):
    """The names in the first column of --help."""
    return set(re.findall(r"^  (?:-\w, |    )--([\w-]+)", text, re.MULTILINE)) - EVERYWHERE


def options_of_page(page):
    told = re.findall(r"^\.It .*$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {name for line in told for name in re.findall(r"Fl -([\w-]+)", line)} - EVERYWHERE


def compare(report, page, there):
    report.looked += 1
    if not page.is_file():
        report.fail(ROOT / "docs/man", 1, f"there is no page {page.name}")
        return
    told = options_of_page(page)
    for option in sorted(there - told):
        report.fail(page, 1, f"does not tell of the option --{option}")
    for option in sorted(told - there):
        report.fail(page, 1, f"tells of the option --{option}, which there is not")


def main():
    report = Report("options")
    build = pathlib.Path(sys.argv[1]).resolve()
    ballast = build / "ballast"
    verbs = re.findall(r"^  ([a-z][\w-]*) ", run(ballast, "--help"), re.MULTILINE)
    for program in ("ballast-webhook", "ballast-controller"):
        compare(report, MAN / f"{program}.1", options_of_help(run(build / program, "--help")))
    for verb in verbs:
        if verb != "ballast":
            compare(report, MAN / f"ballast-{verb}.1", options_of_help(run(ballast, verb, "--help")))
    report.finish()


main()
