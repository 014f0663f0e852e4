#!/usr/bin/env python3
"""Man pages tell of the options that the programs have: no fewer, no others, with their letters and words.

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
    """{name: letter, or ""} of the first column of --help."""
    found = re.findall(r"^  (?:-(\w), |    )--([\w-]+)", text, re.MULTILINE)
    return {name: letter for letter, name in found if name not in EVERYWHERE}


def options_of_page(page):
    """{name: (letter or "", the entry)}: what stands between its .It and the next one."""
    options = {}
    for entry in re.split(r"^\.It ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head = entry.partition("\n")[0]
        for name in re.findall(r"Fl -([\w-]+)", head):
            letter = re.search(rf"Fl (\w) , Fl -{name}\b", head)
            options[name] = (letter[1] if letter else "", entry)
    return {name: told for name, told in options.items() if name not in EVERYWHERE}


def words_of_verbs(ballast):
    """{(verb, option): words} of options that take one of these and nothing else; completion has them of the table."""
    pattern = r"^complete -c ballast -n '__ballast_verb ([\w-]+)' .*-l ([\w-]+) -x -a '([^']+)'"
    script = run(ballast, "completion", "fish")
    return {(verb, name): words.split() for verb, name, words in re.findall(pattern, script, re.MULTILINE)}


def compare(report, page, there, words):
    """`there` is of the program, and `words` {option: its words}."""
    report.looked += 1
    if not page.is_file():
        report.fail(ROOT / "docs/man", 1, f"there is no page {page.name}")
        return
    told = options_of_page(page)
    for option in sorted(there.keys() - told.keys()):
        report.fail(page, 1, f"does not tell of the option --{option}")
    for option in sorted(told.keys() - there.keys()):
        report.fail(page, 1, f"tells of the option --{option}, which there is not")
    for option in sorted(there.keys() & told.keys()):
        letter, entry = told[option]
        if letter != there[option]:
            report.fail(page, 1, f"has the letter \"{letter}\" for --{option}, and the program \"{there[option]}\"")
        for word in words.get(option, ()):
            if not re.search(rf"\.Cm {re.escape(word)}\b", entry):
                report.fail(page, 1, f"does not tell of the word {word} of --{option}")


def main():
    report = Report("options")
    build = pathlib.Path(sys.argv[1]).resolve()
    ballast = build / "ballast"
    verbs = re.findall(r"^  ([a-z][\w-]*) ", run(ballast, "--help"), re.MULTILINE)
    for program in ("ballast-webhook", "ballast-controller"):
        compare(report, MAN / f"{program}.1", options_of_help(run(build / program, "--help")), {})
    words = words_of_verbs(ballast)
    for verb in verbs:
        if verb != "ballast":
            compare(report, MAN / f"ballast-{verb}.1", options_of_help(run(ballast, verb, "--help")),
                    {option: words[of, option] for of, option in words if of == verb})
    report.finish()


main()
