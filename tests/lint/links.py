#!/usr/bin/env python3
"""What Markdown names is there: files that it links to, with their headings, and sources between backticks."""

import re
import urllib.parse

from common import ROOT, Report, documents

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]\[]*(?:\[[^\]]*\][^\]\[]*)*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
SOURCE = re.compile(r"`((?:cli|controller|include|lib|policies|tests|webhook)/[\w/.-]+\.(?:[ch]|py|sh))`")
# That CONTRIBUTING has somebody write.
TO_BE_WRITTEN = {"lib/kafka/wire/describe_user_scram_credentials.c"}
DEFINITION = re.compile(r"^\[[^\]]+\]:\s*<?(\S+?)>?\s*$", re.MULTILINE)


def spaces(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def anchors(path):
    """The anchors that GitHub makes of the headings."""
    seen = set()
    text = FENCE.sub(spaces, path.read_text(encoding="utf-8"))
    for heading in re.findall(r"^#+\s+(.*?)\s*#*$", text, re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
        count = 0
        unique = slug
        while unique in seen:
            count += 1
            unique = f"{slug}-{count}"
        seen.add(unique)
    return seen


def problem(path, link):
    if re.match(r"[a-z][a-z0-9+.-]*:", link, re.IGNORECASE) or link.startswith("//"):
        return None
    name, _, anchor = link.partition("#")
    target = path if not name else (path.parent / urllib.parse.unquote(name)).resolve()
    if name.startswith("/") or ROOT not in [target, *target.parents]:
        return f"link leaves the tree: {link}"
    if not target.exists():
        return f"link to a file that does not exist: {link}"
    if anchor and target.suffix == ".md" and anchor not in anchors(target):
        return f"link to a heading that does not exist: {link}"
    return None


def main():
    report = Report("links")
    for path in documents():
        report.looked += 1
        text = FENCE.sub(spaces, path.read_text(encoding="utf-8"))
        for pattern in (LINK, DEFINITION):
            for match in pattern.finditer(CODE.sub(spaces, text)):
                message = problem(path, match.group(1))
                if message:
                    report.fail(path, text.count("\n", 0, match.start(1)) + 1, message)
        for match in SOURCE.finditer(text):
            name = match.group(1)
            if name not in TO_BE_WRITTEN and not (ROOT / name).exists() and not (path.parent / name).exists():
                report.fail(path, text.count("\n", 0, match.start(1)) + 1, f"source that does not exist: {name}")
    report.finish()


main()
