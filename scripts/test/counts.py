"""How many tests a job was, and which failed: by its exit status, by ctest's report, or by what it printed."""

import re
import xml.etree.ElementTree as tree

from jobs import Outcome

SHOWN = 200


def step(job, status, _log):
    """The job is one test."""
    if status == 0:
        return Outcome(passed=[(job.name, None)])
    return Outcome(failed=[job.name])


def suite(job, status, log):
    """A program that prints "ok NAME (1.2 s)" or "FAIL NAME" for each test."""
    outcome = Outcome()
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("ok "):
            outcome.passed.append(timed(line[3:].strip()[:SHOWN]))
        elif line.startswith("FAIL "):
            outcome.failed.append(f"{job.name}: {line[5:].strip()[:SHOWN]}")
    return with_status(outcome, job, status)


def timed(text):
    """The name, and the seconds behind it if it tells them."""
    match = re.fullmatch(r"(.*) \(([\d.]+) s\)", text)
    return (match[1], float(match[2])) if match else (text, None)


def ctest(report):
    """A counter for a run of ctest that writes `report`; a test that did not run has failed."""
    def count(job, status, _log):
        outcome = Outcome()
        for case in cases(report):
            if case.get("status") == "run" and case.find("failure") is None:
                outcome.passed.append((case.get("name"), float(case.get("time", 0))))
            else:
                outcome.failed.append(f"{job.name}: {case.get('name')}")
        return with_status(outcome, job, status)
    return count


def cases(report):
    try:
        return list(tree.parse(report).iter("testcase"))
    except (OSError, tree.ParseError):
        return []


def with_status(outcome, job, status):
    """No test at all is a failure, and so is an end that none of them explains."""
    if not outcome.passed and not outcome.failed:
        outcome.failed.append(f"{job.name}: no test was run (status {status})")
    elif status != 0 and not outcome.failed:
        outcome.failed.append(f"{job.name}: ended with status {status}")
    return outcome
