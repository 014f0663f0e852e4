#!/usr/bin/env python3
"""Somebody who reaches the ports holds what there is to hold; beside him an API server and probes are served, each time.

Honest reviews are counted and not timed: tests/bench/webhook/run.py measures them. The attacker and the honest client
have one address.
"""

import os
import pathlib
import re
import subprocess
import sys
import threading

from controllers import SYSTEM, Controller
from harness import ADDRESS, ROOT, Api, Report, Webhook, expect, start_load, wait_until

WORK = pathlib.Path(os.environ["WORK"])
REVIEWS = int(os.environ.get("ATTACKS_REVIEWS", "400"))
WAVES = 2
PROBES = 20
RSS_MIB = float(os.environ.get("FAULTS_RSS_MIB", "128"))  # the chart's limit


class Attack:
    """tests/support/attack.py while it goes on."""

    def __init__(self, kind, port, *seconds):
        self.command = [sys.executable, "-B", str(ROOT / "tests/support/attack.py"), kind, ADDRESS, str(port), *map(str, seconds)]
        self.waves = 0

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        expect(self.process.stdout.readline() == "up\n", "the attack did not begin")
        self.reader = threading.Thread(target=self.count)
        self.reader.start()
        return self

    def stand(self):
        """Whoever is ended from now on does not come again."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def count(self):
        for _ in self.process.stdout:
            self.waves += 1

    def __exit__(self, *_):
        still = self.process.poll() is None
        self.process.stdin.close()
        self.reader.join()
        self.process.wait()
        expect(still, "the attack ended before its time")


class Suite:
    def __init__(self, webhook, controller):
        self.webhook, self.controller = webhook, controller

    def honest(self, *rounds):
        """Runs the load generator as each round says, all at once, and returns how many reviews were answered."""
        loads = [start_load(self.webhook, self.webhook.certs / "ca.crt", *options) for options in rounds]
        answered = 0
        for load in loads:
            said = load.communicate(timeout=300)[0]
            expect(load.returncode == 0, "an honest review failed", said, self.refusals())
            answered += int(re.match(r"(\d+) requests", said)[1])
        return answered

    def probe(self, program, failures):
        for _ in range(PROBES):
            for path in ("/healthz", "/readyz"):
                try:
                    status = program.ask(path)[0]
                except OSError as error:
                    status = error
                if status != 200:
                    failures.append(f"{path}: {status}")

    def withstands(self, kind):
        """Connections that stay and one for each review, and the kubelet."""
        failures = []
        before = self.refused()
        served = 0
        with Attack(kind, self.webhook.port, 2) as attack:
            kubelet = threading.Thread(target=self.probe, args=(self.webhook, failures))
            kubelet.start()
            while not served or attack.waves < WAVES:
                served += self.honest(("-c", 2, "-n", REVIEWS), ("-c", 2, "-n", REVIEWS // 2, "-H"))
            kubelet.join()
        expect(not failures, f"{len(failures)} of {2 * PROBES} probes failed", *failures[:3])
        used = self.webhook.metric("process_resident_memory_bytes") / 2**20
        print(f"  {served} honest reviews, {2 * PROBES} probes; {self.refused() - before:.0f} refused; {used:.0f} MiB")
        expect(used < RSS_MIB, f"{used:.0f} MiB, more than {RSS_MIB:.0f}")

    def refusals(self):
        return {key: value for key, value in self.webhook.metrics().items() if key.startswith("ballast_webhook_refused_total")}

    def refused(self):
        return sum(self.refusals().values())

    def serves_many_of_one_address(self):
        """Three hundred honest reviews in one moment, from where 1200 idle and 26 promise."""
        def given_up():
            return self.webhook.metric('ballast_webhook_refused_total{reason="given_up"}')
        before = given_up()
        with Attack("promises", self.webhook.port, 0), Attack("crowd", self.webhook.port) as crowd:
            # A busy machine ends many of them before it has a place for each.
            wait_until(lambda: given_up() > before, "places are short", 60)
            crowd.stand()
            served = self.honest(("-c", 300, "-n", 300, "-H"))
        expect(served == 300, f"{served} of 300 were answered")
        print(f"  {served} honest reviews at once; {given_up() - before:.0f} of others were given up")

    def probes_beside(self, program, port):
        """Forty that stay, where there is room for 32: on the health port itself, and on the other one."""
        failures = []
        with Attack("plain", port, 1):
            self.probe(program, failures)
            expect("process_open_fds" in program.ask("/metrics")[1], "no metrics")
        expect(not failures, f"{len(failures)} of {2 * PROBES} probes failed", *failures[:3])

    def is_over_afterwards(self):
        """Nothing is held any more, and who is new is served."""
        wait_until(lambda: self.webhook.metric("ballast_webhook_connections") == 0, "all connections are gone", 60)
        wait_until(lambda: self.webhook.metric("ballast_webhook_in_flight_requests") == 0, "no request is under way", 60)
        expect(self.honest(("-c", 2, "-n", 20, "-H")) == 20, "not all are answered")


def main():
    api = Api()
    if not api.find("Namespace", SYSTEM):
        api.namespace(SYSTEM, enforce=False)
    webhook = Webhook(WORK / "attacks", cluster=False, extra=["--drain=0s"]).start()
    controller = Controller("attacked", os.environ["KUBECONFIG"], 9191).start()
    suite, report = Suite(webhook, controller), Report(os.environ.get("ONLY"))
    for kind in ("promises", "idle", "crowd", "silent", "bodies", "stuffed", "stalled"):
        report.run(f"attacks: {kind}", suite.withstands, kind)
    report.run("attacks: many reviews from the attacker's address", suite.serves_many_of_one_address)
    for name, program in (("webhook", webhook), ("controller", controller)):
        for port in ("metrics_port", "health_port"):
            report.run(f"attacks: the {name}'s {port.replace('_', ' ')}", suite.probes_beside, program,
                       getattr(program, port))
    report.run("attacks: it is over afterwards", suite.is_over_afterwards)

    def ended():
        for program in (webhook, controller):
            program.ends_well()
    report.run("attacks: both end well", ended)
    report.finish()


if __name__ == "__main__":
    main()
