#!/usr/bin/env python3
"""Queries of the dashboard and of the alerts ask for metrics, labels and values that there are, in a sound way."""

import json
import re

from common import ROOT, Report
from metrics import PAGE, metrics_of_code

DASHBOARD = ROOT / "manifests/dashboards/ballast.json"
RULES = ROOT / "manifests/dashboards/ballast.rules.yaml"

# What Prometheus adds, and what the API server's metrics have.
TARGET_LABELS = {"instance", "job", "namespace", "pod"}
API_SERVER = {
    "apiserver_admission_webhook_fail_open_count": ("counter", {"name", "type"}),
    "apiserver_admission_webhook_rejection_count": (
        "counter",
        {"name", "type", "operation", "error_type", "rejection_code"},
    ),
    "apiserver_admission_webhook_admission_duration_seconds": (
        "histogram",
        {"name", "type", "operation", "rejected"},
    ),
}

METRIC = re.compile(r"\b((?:ballast|process|apiserver)_\w+)(?:\{([^}]*)\})?(\[[^\]]*\])?")
MATCHER = re.compile(r"(\w+)\s*(=~|!~|!=|=)\s*\"((?:[^\"\\]|\\.)*)\"")


def known():
    """{series: (type, {label: [value] or None})}, the three series of a histogram included."""
    metrics = {name: (kind, dict(labels)) for name, (kind, labels) in metrics_of_code().items()}
    metrics.update((name, (kind, dict.fromkeys(labels))) for name, (kind, labels) in API_SERVER.items())
    series = {}
    for name, (kind, labels) in metrics.items():
        if kind != "histogram":
            series[name] = (kind, labels)
            continue
        series[f"{name}_bucket"] = ("counter", {**labels, "le": None})
        series[f"{name}_sum"] = series[f"{name}_count"] = ("counter", labels)
    return series


def check_matchers(fail, name, labels, text):
    for label, operator, value in MATCHER.findall(text or ""):
        if label not in labels and label not in TARGET_LABELS:
            fail(f"{name} has no label {label}")
            continue
        values = labels.get(label)
        if values is None:
            continue
        asked = value.split("|") if "~" in operator else [value]
        for one in asked:
            if one not in values:
                fail(f"{label} of {name} is never {one!r}")


def check_query(fail, query, series):
    if query.count("(") != query.count(")"):
        fail(f"parentheses do not match in {query}")
    found = METRIC.findall(query)
    if not found:
        fail(f"asks for no metric: {query}")
    used = set()
    for name, matchers, span in found:
        if name not in series:
            fail(f"there is no series {name}")
            continue
        kind, labels = series[name]
        used.update(labels)
        check_matchers(fail, name, labels, matchers)
        if (kind == "counter") != bool(span):
            fail(f"{name} is a {kind}: {'take its rate or increase' if kind == 'counter' else 'not over a time'}")
    for group in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", query):
        for label in filter(None, re.split(r"[,\s]+", group)):
            if label not in used | TARGET_LABELS:
                fail(f"groups by {label}, which none of the metrics has: {query}")
    return used | TARGET_LABELS


def check_text(fail, text, labels):
    """Labels that a legend or an annotation names."""
    for label in re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", text):
        if label not in labels:
            fail(f"names the label {label}, which the query does not have")


def check_dashboard(report, series):
    report.looked += 1
    text = DASHBOARD.read_text(encoding="utf-8")
    panels = json.loads(text)["panels"]
    ids = [panel["id"] for panel in panels]
    if len(ids) != len(set(ids)):
        report.fail(DASHBOARD, 1, "two panels have one id")
    for panel in panels:
        line = text[: text.index(f"\"title\": {json.dumps(panel['title'])}")].count("\n") + 1
        targets = panel.get("targets", [])
        if panel["type"] != "row" and not targets:
            report.fail(DASHBOARD, line, f"the panel {panel['title']} asks for nothing")
        for target in targets:
            def fail(message):
                report.fail(DASHBOARD, line, f"{panel['title']}: {message}")

            labels = check_query(fail, target["expr"], series)
            check_text(fail, target.get("legendFormat", ""), labels)


def check_rules(report, series):
    """The file is written so that each query and text is on a line of its own."""
    report.looked += 1
    operations = PAGE.read_text(encoding="utf-8")
    lines = RULES.read_text(encoding="utf-8").splitlines()
    alerts, alert, labels = set(), "", set()
    for number, line in enumerate(lines, 1):
        key, _, value = line.strip().removeprefix("- ").partition(": ")

        def fail(message):
            report.fail(RULES, number, f"{alert}: {message}")

        if key == "alert":
            alert = value
            alerts.add(alert)
        elif key == "expr":
            labels = check_query(fail, value, series)
        elif key in ("summary", "description"):
            check_text(fail, value, labels)
        elif key == "runbook":
            anchor = value.partition("#")[2].replace("-", " ")
            if f"### {anchor}" not in operations.lower():
                fail(f"there is no runbook {value}")
    for name in sorted(set(re.findall(r"`(Ballast[A-Z]\w+)`", operations)) - alerts):
        report.fail(PAGE, 1, f"tells of the alert {name}, which there is not")
    if not alerts:
        report.fail(RULES, 1, "found no alerts")


def main():
    report = Report("dashboards")
    series = known()
    check_dashboard(report, series)
    check_rules(report, series)
    for name in API_SERVER:
        if f"`{name}`" not in PAGE.read_text(encoding="utf-8"):
            report.fail(PAGE, 1, f"does not tell of {name}")
    report.finish()


main()
