#!/usr/bin/env python3
"""Does the runner of scripts/test.sh count what it should, and end what it started? Prints "ok NAME" or "FAIL NAME"."""

import io
import pathlib
import sys
import tempfile
import threading
import time
from contextlib import redirect_stdout

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "support"))
import counts  # noqa: E402
import jobs  # noqa: E402
from jobs import Job, Run  # noqa: E402
from outcome import Failure, Report, expect, wait_until  # noqa: E402


def shell(name, script, count=counts.suite, *needs):
    return Job(name, ["bash", "-c", script], count, needs)


def outcomes(*lanes):
    """What has become of the jobs, and what was printed."""
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as said:
        run = Run(lanes, folder)
        run.go()
    return run.outcomes, said.getvalue()


def it_counts_what_is_printed():
    found, said = outcomes([shell("one", "echo 'ok   a (1.5 s)'; echo 'ok b'; echo 'FAIL c: why'; exit 1")])
    expect(found["one"].passed == [("a", 1.5), ("b", None)], "passed", found)
    expect(found["one"].failed == ["one: c: why"], "failed", found)
    expect("== one\nok   a (1.5 s)\n" in said and "one: FAILED" in said, "the log is printed", said)


def no_test_is_a_failure():
    found, _ = outcomes([shell("none", "true")])
    expect(found["none"].failed == ["none: no test was run (status 0)"], "none", found)


def an_end_that_nothing_explains_is_a_failure():
    found, _ = outcomes([shell("half", "echo 'ok a'; exit 3"), Job("gone", ["/nowhere/program"], counts.step)])
    expect(found["half"].failed == ["half: ended with status 3"], "half", found)
    expect(found["gone"].failed == ["gone"], "gone", found)


def a_suite_that_cannot_begin_says_why():
    support = pathlib.Path(__file__).resolve().parents[2] / "tests" / "support"
    program = "import outcome; outcome.expect(False, \"no broker\")"
    found, _ = outcomes([shell("suites", f"cd {support}; echo 'ok a'; python3 -c '{program}'")])
    expect(found["suites"].failed == ["suites: -c, outside of its tests: no broker"], "suites", found)


def what_stumbles_once_is_unsteady():
    with tempfile.TemporaryDirectory() as folder:
        script = f"echo x >> {folder}/tries; [ $(wc -l < {folder}/tries) -gt 1 ] && echo 'ok a' || {{ echo 'FAIL a'; exit 1; }}"
        found, said = outcomes([shell("stumbles", script)], [shell("after", "echo 'ok b'", counts.suite, "stumbles")])
    expect(found["stumbles"].passed == [("a", None)] and not found["stumbles"].failed, "it counts by its second run", found)
    expect(found["stumbles"].unsteady == ["stumbles: a"], "the first is not forgotten", found)
    expect("== stumbles\nFAIL a\n" in said and "== stumbles, once more\nok a\n" in said, "both are printed", said)
    expect(found["after"].passed == [("b", None)], "what needs it is run", found)


def what_fails_twice_has_failed():
    with tempfile.TemporaryDirectory() as folder:
        found, _ = outcomes([shell("broken", f"echo x >> {folder}/tries; echo 'FAIL a'; exit 1")])
        tries = (pathlib.Path(folder) / "tries").read_text(encoding="utf-8")
    expect(tries == "x\nx\n", "it is run twice, and no more", tries)
    expect(found["broken"].failed == ["broken: a"] and not found["broken"].unsteady, "it failed", found)


def only_what_failed_is_run_again():
    job = shell("two", "echo 'ok a (2.0 s)'; echo 'FAIL b'; echo 'failed: b'; exit 1")
    job.again = lambda log: ["bash", "-c", "echo 'ok b (1.0 s)'"] if "failed: b" in log else None
    found, _ = outcomes([job])
    expect(found["two"].passed == [("a", 2.0), ("b", 1.0)], "the first run counts, too", found)
    expect(found["two"].unsteady == ["two: b"] and not found["two"].failed, "it is told", found)
    job.command = ["bash", "-c", "exit 1"]
    found, said = outcomes([job])
    expect("== two, once more\n" in said and found["two"].failed, "what tells nothing is run again as a whole", found, said)


def what_needs_a_failure_is_not_run():
    found, said = outcomes([shell("bad", "echo no; false", counts.step)],
                           [shell("later", "echo was run", counts.step, "bad"), shell("free", "true", counts.step)])
    expect(found["later"].failed == ["later"] and "was run" not in said, "it was run", found, said)
    expect("not run, as this failed: bad" in said, "it is told", said)
    expect(found["free"].passed == [("free", None)], "its lane goes on", found)


def a_plan_that_never_ends_is_refused():
    try:
        Run([[shell("a", "true", counts.step, "b"), shell("b", "true", counts.step)]], "/nowhere")
    except ValueError as error:
        expect("a would wait for ever for b" in str(error), "it is told", error)
    else:
        raise Failure("it was taken")


def stop_ends_all_that_was_started():
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as said:
        mark = pathlib.Path(folder) / "marks"
        mark.mkdir()
        # The first ends by its trap, as a testbed does, and the second one's child outlives nothing.
        run = Run([[shell("tidy", f"trap 'touch {mark}/tidied; exit 1' TERM; touch {mark}/one; sleep 600 & wait")],
                   [shell("child", f"(touch {mark}/two; sleep 601; touch {mark}/lived)"), shell("next", "true")]],
                  f"{folder}/logs")
        thread = threading.Thread(target=run.go)
        thread.start()
        wait_until(lambda: len(list(mark.iterdir())) == 2, "both run", 60)
        begin = time.monotonic()
        run.stop()
        thread.join()
        expect(time.monotonic() - begin < jobs.GRACE_S, "it took force")
        expect(sorted(path.name for path in mark.iterdir()) == ["one", "tidied", "two"], "the trap", list(mark.iterdir()))
    expect("next" not in run.outcomes and run.outcomes["tidy"].failed, "it is no success", run.outcomes, said.getvalue())


def what_hangs_is_ended():
    limit, jobs.LIMIT_S = jobs.LIMIT_S, 0.5
    try:
        found, _ = outcomes([shell("hangs", "echo 'ok a'; sleep 600")])
    finally:
        jobs.LIMIT_S = limit
    expect(found["hangs"].failed == ["hangs: ended with status ended after 0.5 s, as it hangs"], "hangs", found)


def main():
    report = Report()
    for test in (it_counts_what_is_printed, no_test_is_a_failure, an_end_that_nothing_explains_is_a_failure,
                 a_suite_that_cannot_begin_says_why, what_stumbles_once_is_unsteady, what_fails_twice_has_failed,
                 only_what_failed_is_run_again, what_needs_a_failure_is_not_run, a_plan_that_never_ends_is_refused,
                 stop_ends_all_that_was_started, what_hangs_is_ended):
        report.run(f"test.sh: {test.__name__.replace('_', ' ')}", test)
    report.finish()


main()
