#!/usr/bin/env python3
"""Numbers that people read, and the words behind them.

"1 warnings" and "%s(s)" read like a program that nobody has looked at. A word in the plural right behind a number is
written by bl_text_plural(), which is also the one place that knows how. Behind "of" and "than" the plural is right for
any number that stands there.
"""

import re

from common import Report, files

# Where people are told something. Limits of parsers (lib/json, lib/base) are constants above one.
TOLD = ("cli", "policies", "controller", "webhook", "lib/kafka", "lib/workload", "lib/object", "lib/runtime")

NUMBER = r"%(?:zu|u|d|i|ld|lu|lld|llu|\" PRI\w+(?: \")?)"
PLURAL = re.compile(r"(?<!of )(?<!of the other )(?<!than )" + NUMBER + r" (?:other |more |older |new )?([A-Za-z]{2,}s)\b")
BY_HAND = re.compile(r"== 1\s*\?\s*\"[^\"]{0,12}\"\s*:\s*\"[^\"]{0,12}\"|!= 1\s*\?\s*\"s\"")
BOTH = re.compile(r"[a-z]\(s\)")

# What ends in "s" and is no plural.
SINGULAR = {"is", "has", "was", "needs", "less", "lets", "does", "as"}


def strings(line):
    return re.findall(r"\"(?:\\.|[^\"\\])*\"", line)


def main():
    report = Report("counts")
    for path in files(TOLD, ".c"):
        report.looked += 1
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.split("\n"), 1):
            for match in PLURAL.finditer(line):
                if match.group(1) not in SINGULAR:
                    report.fail(path, number, f'"{match.group(0)}" may be one: write the word by bl_text_plural()')
            for string in strings(line):
                if BOTH.search(string):
                    report.fail(path, number, f"{string}: write one of the two by bl_text_plural()")
        for match in BY_HAND.finditer(text):
            report.fail(path, text.count("\n", 0, match.start()) + 1, "bl_text_plural() knows how")
    report.finish()


main()
