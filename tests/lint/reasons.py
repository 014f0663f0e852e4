#!/usr/bin/env python3
"""The page of KafkaCluster has each reason for which one stalls, in its table and with a runbook, and no others."""

import re

from common import ROOT, Report

PAGE = ROOT / "docs/kafka-cluster.md"
# Waited for, and so in neither.
WAITED_FOR = {"RegistryNotAsked"}


def reasons():
    """Of refusals, of looks that fail, of steps that fail, and of what is decided beside them."""
    found = set()
    for header in (ROOT / "include/ballast/cluster").glob("*.h"):
        found |= set(re.findall(r'#define BL_REFUSED_\w+ "(\w+)"', header.read_text(encoding="utf-8")))
    plan = (ROOT / "controller/cluster/plan.c").read_text(encoding="utf-8")
    found |= set(re.findall(r'stalls\(\s*next,\s*"(\w+)"', plan))
    found |= set(re.findall(r'\[BL_EVALUATE_\w+\] = "(\w+)"', plan))
    found |= set(re.findall(r'\[BL_CLUSTER_\w+\] = \{"\w+",\s*"(\w+)"', plan))
    return found - WAITED_FOR


def main():
    report, text = Report("reasons"), PAGE.read_text(encoding="utf-8")
    rows = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`[A-Z]\w+`.*?) \|", text, re.MULTILINE))))
    headings = set(re.findall(r"\w+", " ".join(re.findall(r"^### (.*)", text, re.MULTILINE))))
    there = reasons()
    for reason in sorted(there):
        report.looked += 1
        if reason not in rows:
            report.fail(PAGE, 1, f"the table has no {reason}")
        if reason not in headings:
            report.fail(PAGE, 1, f"there is no runbook of {reason}")
    for reason in sorted((rows | headings) - there):
        report.fail(PAGE, 1, f"tells of {reason}, for which nothing stalls")
    report.finish()


if __name__ == "__main__":
    main()
