#!/usr/bin/env python3
"""docs/operations.md has the metrics and log lines that the programs have: names, types, labels and their values."""

import re

from common import ROOT, Report, files

FOLDERS = ("webhook", "controller", "lib/base", "lib/daemon", "lib/runtime")
PAGE = ROOT / "docs/operations.md"

# Lists of values that are too long, or not ours to list; the page says in words what they are.
IN_WORDS = ("rules", "resources")


def constants(text):
    """{array: [value]} of the lists of label values."""
    found = re.findall(r"const char \*(?:const )?(\w+)\[\] = \{(.*?)\};", text, re.DOTALL)
    return {name: re.findall(r"\"([^\"]*)\"", body) for name, body in found}


def controllers():
    """The names of all controllers, which are the values of the label `controller`."""
    texts = (path.read_text(encoding="utf-8") for path in files(["controller"], ".c"))
    spec = re.compile(r"^const struct bl_controller_spec \w+ = \{\s*\.name = \"(\w+)\"", re.MULTILINE)
    return sorted(name for text in texts for name in spec.findall(text))


def metrics_of_source(source):
    """{name: (type, {label: [value], or None where they are not listed})}."""
    text = source.read_text(encoding="utf-8")
    values = {**constants(text), "controllers": controllers()}
    found = {}

    def labels(pairs):
        return {label: None if name in IN_WORDS else values[name] for label, name in pairs}

    for kind, name, rest in re.findall(
        r"\bbl_metrics_make\(\s*[\w>-]+,\s*BL_METRIC_(\w+),\s*\"(\w+)\",(.*?)\);", text, re.DOTALL
    ):
        found[name] = (kind.lower(), labels(re.findall(r"LABEL\(\"(\w+)\", (\w+)\)", rest)))
    for name, kind, rest in re.findall(
        r"\.name = \"(\w+)\",.*?\.type = BL_METRIC_(\w+),\s*\.labels = \{(.*?)\}\}", text, re.DOTALL
    ):
        found[name] = (kind.lower(), labels(re.findall(r"\{\"(\w+)\", (\w+)", rest)))
    for name, kind in re.findall(r"# TYPE (\w+) (\w+)\\n", text):
        given = re.search(rf"\"{name}\{{(\w+)=", text)
        found[name] = (kind, {given.group(1): None} if given else {})
    return found


def metrics_of_code():
    """The same of all sources. A metric that two programs have is the same in both."""
    found = {}
    for source in files(FOLDERS, ".c"):
        for name, metric in metrics_of_source(source).items():
            assert found.setdefault(name, metric) == metric, f"{name} is not the same everywhere"
    return found


def metrics_of_page(text):
    """{name: (line, type, {label: [value], or None})} of the table under "Metrics"."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        row = re.fullmatch(r"\| `((?:ballast|process)_\w+)` \| (\w+) \| (.*?) ?\| .* \|", line)
        if not row:
            continue
        labels = {}
        for part in filter(None, row.group(3).split("; ")):
            label, _, listed = part.partition(":")
            words = listed.strip().split(", ") if re.fullmatch(r"[\w ,]*", listed) else []
            labels[label.strip("` ")] = words
        found[row.group(1)] = (number, row.group(2), labels)
    return found


def check_metrics(report):
    there, told = metrics_of_code(), metrics_of_page(PAGE.read_text(encoding="utf-8"))
    if len(there) < 10:
        report.fail(PAGE, 1, f"found only {len(there)} metrics")
    for name, (kind, labels) in there.items():
        report.looked += 1
        if name not in told:
            report.fail(PAGE, 1, f"does not tell of the metric {name}")
            continue
        line, told_kind, told_labels = told[name]
        if told_kind != kind:
            report.fail(PAGE, line, f"{name} is a {kind}")
        if list(told_labels) != list(labels):
            report.fail(PAGE, line, f"{name} has the labels {', '.join(labels) or 'none'}")
        for label, values in labels.items():
            if values is not None and told_labels.get(label) != values:
                report.fail(PAGE, line, f"{label} of {name} is one of {', '.join(values)}")
    for name in told.keys() - there.keys():
        report.fail(PAGE, told[name][0], f"there is no metric {name}")


def calls(text, name):
    """What stands in the parentheses of each call."""
    for match in re.finditer(rf"\b{name}\(", text):
        depth, at = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        yield text[match.end() : at - 1]


def lines_of_code():
    """Messages, and the keys of their fields."""
    messages, fields = set(), {"time", "level", "msg", "cut"}
    for path in files(FOLDERS, ".c"):
        text = path.read_text(encoding="utf-8")
        for call in ("BL_LOG", "bl_log_error", "bl_complaint_raise"):
            for body in calls(text, call):
                head = re.split(r"BL_LOG_(?:TEXT|INT)\(", body)[0]
                messages.update(re.findall(r"\"([a-z ]+)\"", head))
        fields.update(re.findall(r"BL_LOG_(?:TEXT|INT)\(\"(\w+)\"", text))
    return messages, fields


def check_log(report):
    messages, fields = lines_of_code()
    text = PAGE.read_text(encoding="utf-8")
    section = text[text.index("## Logs") : text.index("## Runbooks")]
    rows = re.findall(r"^\| `([a-z ]+)` \|", section, re.MULTILINE)
    told = set(re.findall(r"`(\w+)`", section))
    for message in sorted(messages ^ (set(rows) - {"msg"})):
        report.fail(PAGE, 1, f'log line "{message}": told of and not there, or the reverse')
    for field in sorted(fields - told):
        report.fail(PAGE, 1, f"does not name the log field {field}")


def main():
    report = Report("metrics")
    check_metrics(report)
    check_log(report)
    report.finish()


if __name__ == "__main__":
    main()
