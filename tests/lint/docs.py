#!/usr/bin/env python3
"""The documents name what there is: rules and their parameters, verbs, bundles; and Kafka's calls are tried."""

import re

from common import ROOT, Report

CRD = ROOT / "manifests/crd/kafkapolicies.yaml"
RULES = ROOT / "docs/rules"
MAN = ROOT / "docs/man"
PROGRAMS = ("ballast-webhook", "ballast-controller")


def kebab(name):
    return re.sub(r"[A-Z]", lambda match: "-" + match.group(0).lower(), name)


def keys_below(lines, start, depth):
    """(line number, depth, key) of each "key:" that is nested in the line before `start`."""
    for number, line in enumerate(lines[start:], start):
        match = re.match(r"( *)([\w-]+):", line)
        if not match:
            continue
        if len(match.group(1)) <= depth:
            return
        yield number, len(match.group(1)), match.group(2)


def properties(lines, start, depth):
    """The names under the `properties:` of the schema whose key stands before `start`, with their places."""
    inner = list(keys_below(lines, start, depth))
    first = min((place[1] for place in inner), default=0)
    for number, column, key in inner:
        if key == "properties" and column == first:
            below = list(keys_below(lines, number + 1, column))
            names = min((place[1] for place in below), default=0)
            return [place for place in below if place[1] == names]
    return []


def parameters(lines, start, depth):
    """Names of all parameters, those of nested maps too. `action` is every rule's."""
    found = []
    for number, column, key in properties(lines, start, depth):
        if key != "action":
            found.append((number + 1, key))
        found += parameters(lines, number + 1, column)
    return found


def read_rules(report):
    """{rule: [(line, parameter)]} of the CRD's spec.rules."""
    report.looked += 1
    lines = CRD.read_text(encoding="utf-8").splitlines()
    rules = {}
    for number, line in enumerate(lines):
        if re.fullmatch(r" +rules:", line):
            column = len(line) - len(line.lstrip())
            for at, depth, name in properties(lines, number + 1, column):
                rules[name] = parameters(lines, at + 1, depth)
    if not rules:
        report.fail(CRD, 1, "found no rules under spec.rules")
    return rules


def check_rules(report):
    index = RULES / "README.md"
    listed = index.read_text(encoding="utf-8")
    rules = read_rules(report)
    for rule, names in rules.items():
        page = RULES / f"{kebab(rule)}.md"
        if f"[{rule}]({page.name})" not in listed:
            report.fail(index, 1, f"the rule {rule} is not listed with its page {page.name}")
        if not page.is_file():
            report.fail(index, 1, f"the rule {rule} has no page {page.name}")
            continue
        report.looked += 1
        text = page.read_text(encoding="utf-8")
        # `startup.minSeconds` names minSeconds too.
        quoted = {name for code in re.findall(r"`([\w.]+)`", text) for name in [code, *code.split(".")]}
        for line, name in names:
            if name not in quoted:
                report.fail(page, 1, f"does not name the parameter `{name}` (CRD, line {line})")
    for page in sorted(RULES.glob("*.md")):
        if page != index and page.stem not in {kebab(rule) for rule in rules}:
            report.fail(page, 1, "is about a rule that the CRD does not have")


def check_verbs(report):
    verbs = set()
    for source in sorted((ROOT / "cli").rglob("*.c")):
        found = re.findall(
            r"struct bl_command \w+ = \{\s*\.name = \"ballast ([\w-]+)\"", source.read_text(encoding="utf-8")
        )
        report.looked += bool(found)
        verbs.update(found)
        for verb in found:
            if not (MAN / f"ballast-{verb}.1").is_file():
                report.fail(source, 1, f"the verb {verb} has no man page docs/man/ballast-{verb}.1")
    main = MAN / "ballast.1"
    text = main.read_text(encoding="utf-8")
    for verb in sorted(verbs):
        if not re.search(rf"^\.Xr ballast-{verb} 1", text, re.MULTILINE):
            report.fail(main, 1, f"does not refer to ballast-{verb}(1)")
    for page in sorted(MAN.glob("ballast-*.1")):
        if page.stem.removeprefix("ballast-") not in verbs and page.stem not in PROGRAMS:
            report.fail(page, 1, "is about a verb that the command does not have")


def check_bundles(report):
    page = MAN / "ballast-policy.5"
    text = page.read_text(encoding="utf-8")
    for bundle in sorted((ROOT / "policies/bundles").glob("*.yaml")):
        report.looked += 1
        if not re.search(rf"^\.It Cm {re.escape(bundle.stem)}$", text, re.MULTILINE):
            report.fail(page, 1, f"does not tell of the bundle {bundle.stem}")
    for rule in read_rules(report):
        if not re.search(rf"^\.It Va {rule}$", text, re.MULTILINE):
            report.fail(page, 1, f"does not tell of the rule {rule}")


def check_kafka_calls(report):
    """Each call that is decoded stands in ADR 16, is fuzzed, and has a test."""
    record = (ROOT / "docs/adr/0016-own-kafka-protocol-module.md").read_text(encoding="utf-8")
    fuzzed = (ROOT / "tests/fuzz/fuzz_wire.c").read_text(encoding="utf-8")
    tested = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/unit/kafka").glob("test_*.c")))
    for source in sorted((ROOT / "lib/kafka/wire").glob("*.c")):
        call = "".join(word.capitalize() for word in source.stem.split("_"))
        for decoder in re.findall(r"^int (bl_wire_decode_\w+)\(", source.read_text(encoding="utf-8"), re.MULTILINE):
            report.looked += 1
            if call not in record:
                report.fail(source, 1, f"ADR 16 does not list the call {call}")
            if decoder not in fuzzed:
                report.fail(source, 1, f"tests/fuzz/fuzz_wire.c does not try {decoder}()")
            # Those of SASL are made by bl_wire_open(), whose tests log in.
            if not call.startswith("Sasl") and decoder not in tested and decoder.replace("_decode", "") not in tested:
                report.fail(source, 1, f"no test in tests/unit/kafka has {decoder}()")


def main():
    report = Report("docs")
    check_kafka_calls(report)
    check_rules(report)
    check_verbs(report)
    check_bundles(report)
    report.finish()


main()
