"""What tests on real parts share: expectations, waiting for one, and a report."""

import pathlib
import re
import sys
import time
import traceback


# On a machine that stands still for a while everything takes longer. A limit is for what never ends.
PATIENCE_S = 120


class Failure(AssertionError):
    """An expectation that was not met."""


def expect(condition, text, *details):
    if not condition:
        raise Failure(text + "".join(f"\n    {detail}" for detail in details))


def wait_until(check, what, seconds=20, every=0.02, instead=None):
    """Polls until `check` returns something true, and returns it; a quiet machine needs less than `seconds`. `instead` tells
    what there is when it gives up."""
    begin = time.monotonic()
    while True:
        value = check()
        if value:
            return value
        waited = time.monotonic() - begin
        if waited > seconds + PATIENCE_S:
            raise Failure(f"gave up after {waited:.0f} s waiting until {what}" + (f"; it is {instead()}" if instead else ""))
        time.sleep(every)


def ended_outside(_kind, error, trace):
    """What ends a suite before, between or after its tests is a failure with a reason, and not a mere exit status."""
    print(f"FAIL {pathlib.Path(sys.argv[0]).stem}, outside of its tests: {str(error)[:4000]}", flush=True)
    print("".join(traceback.format_exception(error.with_traceback(trace))), flush=True)


sys.excepthook = ended_outside


def tests_of(suite_class):
    """Names of a suite's tests in their order: those of the parts that it is made of come first."""
    parts = [name for part in suite_class.__bases__ for name in tests_of(part)]
    return list(dict.fromkeys(parts + [name for name in suite_class.__dict__ if not name.startswith("_")]))


class Report:
    """Runs tests by name and counts them; the last line is "N passed, N failed"."""

    def __init__(self, only=None):
        self.passed = self.failed = 0
        self.only = only

    def run(self, name, test, *args):
        if self.only and not re.search(self.only, name):
            return
        begin = time.monotonic()
        try:
            test(*args)
        except Exception as error:  # whatever it is, the others still run
            self.failed += 1
            print(f"FAIL {name}: {str(error)[:4000]}", flush=True)
            if not isinstance(error, Failure):
                print("".join(traceback.format_tb(error.__traceback__)), flush=True)
        else:
            self.passed += 1
            print(f"ok   {name} ({time.monotonic() - begin:.1f} s)", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)
