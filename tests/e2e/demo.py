#!/usr/bin/env python3
"""scripts/demo.sh --cluster, as a person reads it, on the cluster of lab.sh that $LAB names.

What it prints is compared with demo.txt: times and amounts are N there.
"""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from golden_text import expect_golden  # noqa: E402
from outcome import Report, expect, wait_until  # noqa: E402

GOLDEN = pathlib.Path(__file__).with_suffix(".txt")
# One screen, and no line that a terminal folds. Silent it is while Helm waits, or a broker starts.
LINES, COLUMNS, SILENCE_S = 46, 100, 150
LIMIT_S = 600
# A number that is another one each time, by what stands beside it.
VARIES = [(r"^ *\d+ s  ", "N s  "), (r"\d+(\.\d+)? s\b", "N s"), (r"\d+(?= sent| read along)", "N"),
          (r"(?<=kafka-node-)\d", "N"), (r"\d+ (?=ready$)", "N ")]


class Demo:
    """One run of it. `lines` are (seconds since the last one, text)."""

    def __init__(self, **env):
        self.lines, self.begin = [], time.monotonic()
        # In a group of its own, as at a terminal: Ctrl-C goes to all of it.
        self.process = subprocess.Popen([str(ROOT / "scripts/demo.sh"), "--cluster"], stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.STDOUT, process_group=0, env={**os.environ, **env})
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        last = time.monotonic()
        for line in self.process.stdout:
            self.lines.append((time.monotonic() - last, line.rstrip()))
            last = time.monotonic()

    def text(self):
        return "\n".join(line for _, line in self.lines)

    def end(self, seconds=LIMIT_S):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            status = f"none after {seconds} s"
        self.thread.join(10)
        return status


class Suite:
    def without_a_cluster_it_says_so(self):
        demo = Demo(LAB="/nonexistent")
        expect(demo.end(60) == 1 and "error: there is no cluster in /nonexistent" in demo.text(), "no reason", demo.text())

    def ctrl_c_ends_it(self):
        demo = Demo()
        wait_until(lambda: "helm install" in demo.text() or demo.process.poll() is not None, "it is at work", 120, instead=demo.text)
        os.killpg(demo.process.pid, signal.SIGINT)
        status = demo.end(30)
        expect(status == 130 and "Traceback" not in demo.text(), "it does not end as it should", status, demo.text())

    def it_shows_what_it_should(self):
        demo = Demo()
        status = demo.end()
        print(demo.text(), flush=True)
        expect(status == 0, f"it ended with {status}")
        expect_golden(GOLDEN, [line for _, line in demo.lines], VARIES)
        expect(len(demo.lines) <= LINES, f"{len(demo.lines)} lines are no one screen")
        wide = [line for _, line in demo.lines if len(line) > COLUMNS]
        expect(not wide, "lines are too long", *wide)
        silent = [(round(after), line) for after, line in demo.lines if after > SILENCE_S]
        expect(not silent, "nothing was said for long before", *silent)


def main():
    # Where whoever started us has it ignored, the demonstration would ignore it, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    suite, report = Suite(), Report(os.environ.get("ONLY"))
    for name in [n for n in Suite.__dict__ if not n.startswith("_")]:
        report.run(f"demo: {name.replace('_', ' ')}", getattr(suite, name))
    report.finish()


if __name__ == "__main__":
    main()
