"""Jobs that run side by side: each has a log of its own, which is printed whole when the job ends.

A lane runs its jobs one after the other, and lanes run beside each other. A job waits for those that it needs, in
whatever lane; where one of them fails, it is not run, and counts as failed. A job that fails is run once more, or what
failed of it, so that one test on real machines that stumbled is told from one that is broken: what passes then is
unsteady, and named at the end. Nothing outlives `Run.stop`.
"""

import os
import pathlib
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field

# A job that takes longer than this hangs, and CI ends a run without a word after 90 minutes.
LIMIT_S = 2700
# From SIGTERM to SIGKILL: time enough to take a testbed down.
GRACE_S = 60
# Later than this nothing is run once more, or the run itself would be ended.
AGAIN_UNTIL_S = 4800


@dataclass
class Job:
    """One command, which its lane starts when all of `needs` have gone well. `count` makes an Outcome of it. `again` makes
    the command that runs only what failed, of the log; without it, or where it finds nothing there, all is run again."""

    name: str
    command: list
    count: object
    needs: tuple = ()
    nice: int = 0
    again: object = None


@dataclass
class Outcome:
    """What has become of a job: names of tests with seconds, what failed, and what failed only the first time."""

    passed: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    unsteady: list = field(default_factory=list)
    begin: float = 0
    seconds: float = 0


def check_lanes(lanes):
    """No job waits for one that comes after it in its own lane, or for one that does not exist."""
    names = [job.name for lane in lanes for job in lane]
    for lane in lanes:
        before = {name for name in names if name not in {job.name for job in lane}}
        for job in lane:
            missing = set(job.needs) - before
            if missing:
                raise ValueError(f"{job.name} would wait for ever for {', '.join(sorted(missing))}")
            before.add(job.name)
    if len(names) != len(set(names)):
        raise ValueError("two jobs have one name")


class Run:
    """All lanes of one run. `outcomes` has what ended, by name."""

    def __init__(self, lanes, logs):
        check_lanes(lanes)
        self.lanes, self.logs = lanes, pathlib.Path(logs)
        self.outcomes, self.processes = {}, {}
        self.changed, self.stopping = threading.Condition(), False
        self.begin = time.monotonic()

    def go(self):
        """Runs everything, and returns when all is through or `stop` was called."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for old in self.logs.iterdir():
            old.unlink()
        threads = [threading.Thread(target=self.run_lane, args=(lane,)) for lane in self.lanes if lane]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def stop(self):
        """Ends what runs: with SIGTERM, so that testbeds are taken down, and later by force."""
        with self.changed:
            self.stopping = True
            running = list(self.processes.values())
            self.changed.notify_all()
        for process in running:
            send(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            send(process, signal.SIGKILL)

    def run_lane(self, lane):
        for job in lane:
            with self.changed:
                self.changed.wait_for(lambda job=job: self.stopping or all(name in self.outcomes for name in job.needs))
                if self.stopping:
                    return
                broken = [name for name in job.needs if self.outcomes[name].failed]
            outcome = self.without(job, broken) if broken else self.run_job(job)
            with self.changed:
                self.outcomes[job.name] = outcome
                self.changed.notify_all()

    def without(self, job, broken):
        """A job whose needs failed: it is told, and counts."""
        self.say(f"\n== {job.name}\n{job.name}: FAILED: not run, as this failed: {', '.join(broken)}\n")
        return Outcome(failed=[job.name], begin=self.now())

    def run_job(self, job):
        first, ended = self.run_once(job, job.name)
        if not first.failed or not ended or self.stopping or self.now() > AGAIN_UNTIL_S:
            return first
        log = self.logs / f"{file_name(job.name)}.log"
        part = job.again(log.read_text(encoding="utf-8", errors="replace")) if job.again else None
        outcome, _ = self.run_once(job, f"{job.name}, once more", part)
        if part:
            outcome.passed = list({name: (name, seconds) for name, seconds in first.passed + outcome.passed}.values())
        outcome.unsteady = [] if outcome.failed else first.failed
        outcome.begin, outcome.seconds = first.begin, self.now() - first.begin
        return outcome

    def run_once(self, job, title, command=None):
        """What became of it, and whether it came to an end by itself."""
        begin, log = self.now(), self.logs / f"{file_name(title)}.log"
        self.say(f"-- {begin:5.0f} s: {title} begins\n")
        status = self.execute(job, command or job.command, log)
        outcome = job.count(job, status, log)
        outcome.begin, outcome.seconds = begin, self.now() - begin
        end = f"{title}: {'FAILED' if outcome.failed else 'ok'}, {outcome.seconds:.0f} s"
        self.say(f"\n== {title}\n{log.read_text(encoding='utf-8', errors='replace')}{end}\n")
        return outcome, isinstance(status, int)

    def execute(self, job, command, log):
        """The exit status, or a text where there is none. The process leads a group, which is ended as a whole."""
        with log.open("wb") as output:
            with self.changed:
                if self.stopping:
                    return "not started"
                process = subprocess.Popen(["nice", "-n", str(job.nice), *command], stdin=subprocess.DEVNULL,
                                           stdout=output, stderr=subprocess.STDOUT, process_group=0)
                self.processes[job.name] = process
            status = wait_limited(process)
            with self.changed:
                del self.processes[job.name]
        return "stopped" if self.stopping else status

    def now(self):
        return time.monotonic() - self.begin

    def say(self, text):
        """One text at a time, whoever else has something to say."""
        with self.changed:
            print(text, end="", flush=True)


def wait_limited(process):
    """Waits for it, and ends its whole group when it hangs."""
    try:
        return process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        send(process, signal.SIGTERM)
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        send(process, signal.SIGKILL)
        process.wait()
    return f"ended after {LIMIT_S} s, as it hangs"


def send(process, number):
    """To the process and all that it has started; by sudo where that runs as root and we do not."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        subprocess.run(["sudo", "-n", "kill", f"-{int(number)}", "--", f"-{process.pid}"], check=False)


def file_name(name):
    return re.sub(r"[^A-Za-z0-9.]+", "-", name)
