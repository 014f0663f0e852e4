#!/usr/bin/env python3
"""Runs the plan, and prints what became of it. Started by scripts/test.sh. The last line is "N passed, N failed".

    main.py [quick|all]
"""

import signal
import sys
import threading

import plan
from jobs import Run, file_name

SLOWEST = 10
# Of the log of each job that failed, at the end, where somebody who sees only the end finds it.
LAST_LINES = 15


def print_ends(run):
    """The ends of the first logs of jobs that failed or were unsteady, but for those that were not run."""
    for name, outcome in run.outcomes.items():
        log = run.logs / f"{file_name(name)}.log"
        if not (outcome.failed or outcome.unsteady) or not log.exists():
            continue
        print(f"the end of {name}:")
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]:
            print(f"    {line}")


def print_result(run):
    """When each job ran, the slowest tests, what failed, and the count."""
    outcomes = run.outcomes
    print(f"\n== result, after {run.now():.0f} s")
    for name, outcome in sorted(outcomes.items(), key=lambda item: item[1].begin):
        print(f"{outcome.begin:6.0f} s + {outcome.seconds:5.0f} s  {name}")
    tests = [(seconds, f"{name}: {test}") for name, outcome in outcomes.items()
             for test, seconds in outcome.passed if seconds is not None]
    print(f"the {SLOWEST} slowest tests:")
    for seconds, name in sorted(tests, reverse=True)[:SLOWEST]:
        print(f"{seconds:8.1f} s  {name}")
    print_ends(run)
    for outcome in outcomes.values():
        for name in outcome.unsteady:
            print(f"unsteady: {name}: it failed, and passed when all of its job was run once more")
        for name in outcome.failed:
            print(f"failed: {name}")
    passed = sum(len(outcome.passed) for outcome in outcomes.values())
    failed = sum(len(outcome.failed) for outcome in outcomes.values())
    print(f"{passed} passed, {failed} failed", flush=True)
    return failed == 0 and passed > 0


def main():
    run = Run(plan.lanes(sys.argv[1] if len(sys.argv) > 1 else ""), plan.LOGS)
    stopped = []

    def stop(number, _frame):
        if not stopped:
            stopped.append(number)
            print("ending everything that runs", flush=True)
            threading.Thread(target=run.stop).start()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        run.go()
    finally:
        plan.clean_up()
    good = print_result(run)
    sys.exit(128 + stopped[0] if stopped else 0 if good else 1)


main()
