#!/usr/bin/env python3
"""What scripts/demo.sh --cluster shows, on a cluster that is there: Ballast by its chart, one KafkaCluster from nothing to
proven, what is refused, and an upgrade under load. Run by cluster.sh, in the cluster's network.

The cluster, its clients and their books are those of the tests (tests/e2e), and so is what must hold: a message that
failed or is lost ends it with status 1.
"""

import pathlib
import shlex
import subprocess
import sys
import textwrap
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests" / "integration")]
from disruptions import Watched  # noqa: E402
from harness import BUILD, ApiError, Failure, expect  # noqa: E402
from kafka_lab import CLIENTS, NAMESPACE, Lab, save_logs  # noqa: E402

OLD, NEW = "3.9.1", "4.1.1"
WIDTH = 100
CLUSTER = ROOT / "scripts/demo/kafka.yaml"
# Is said of a moment that tells nobody anything.
UNSAID = "the controller has not looked at"


def say(text=""):
    print(text, flush=True)


def heading(text):
    say(f"== {text}")


def typed(command):
    """As one types it."""
    for line in textwrap.wrap(f"$ {command}", WIDTH, subsequent_indent=" " * 6, break_on_hyphens=False):
        say(line)


def shortened(text, width=WIDTH):
    return text if len(text) <= width else text[:width - 4].rstrip() + " ..."


def call(*command, status=0):
    """Runs a command, and returns what it said, on both of its outputs."""
    typed(shlex.join(command))
    return run(command, shlex.join(command), status)


def run(command, name, status=0):
    done = subprocess.run(command, text=True, capture_output=True, check=False, cwd=ROOT)
    said = done.stdout + done.stderr
    expect(done.returncode == status, f"{name}: ended with {done.returncode}", said)
    return said


def refused(*command):
    """A command that is denied: each reason, without what to do about it where there is no room."""
    said = call(*command, status=1).partition("denied the request: ")[2]
    expect(said, f"{shlex.join(command)} was not refused by the webhook")
    for reason in said.splitlines():
        say(shortened(f"  denied: {reason}"))


class Tour:
    def __init__(self):
        self.lab = Lab()

    def status(self):
        return self.lab.api.get("KafkaCluster", "kafka", NAMESPACE).get("status", {})

    def follow(self, again=False):
        """`ballast cluster status -w`, as it speaks, until the cluster is ready. While pods roll, once for each, and without
        what is just done with one."""
        begin, shown = time.monotonic(), None
        words = ["cluster", "status", "kafka", "-n", NAMESPACE, "-w"]
        if not again:
            typed(shlex.join(["ballast", *words]))
        with subprocess.Popen([str(BUILD / "ballast"), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as process:
            for line in process.stdout:
                text = line.strip().removeprefix("kafka/kafka: ")
                progress, rolls, _ = text.partition(" pods are new")
                if progress != shown and UNSAID not in text:
                    text = text.partition(" ready: ")[0] + " ready" if rolls else text
                    say(shortened(f"{time.monotonic() - begin:5.0f} s  {text}"))
                    shown = progress
        expect(process.returncode == 0, "it did not become ready", self.status())

    def proof(self):
        proof = self.status()["verification"]
        say(f"  the proof: {proof['sent']} messages written, {proof['read']} read, {proof['lost']} lost")
        expect(proof["lost"] == 0, "messages are lost", proof)

    # --- the parts, in order ---

    def install(self):
        begin = time.monotonic()
        heading("Ballast comes by its chart")
        call("kubectl", "apply", "-f", "manifests/samples/tutorial/installer.yaml")
        call("helm", "install", "ballast", "manifests/chart", "-n", "ballast-system", "--create-namespace", "--wait", "-f",
             "scripts/demo/ballast.yaml")
        say(f"  its pods are ready after {time.monotonic() - begin:.0f} s")

    def bring_up(self):
        heading("One object brings Kafka up")
        call("kubectl", "apply", "-f", str(CLUSTER.relative_to(ROOT)))
        text = CLUSTER.read_text(encoding="utf-8")
        say(textwrap.indent(text[text.index("spec:"):].rstrip(), "  "))
        self.follow()
        self.proof()

    def refuse(self):
        heading("What would take it down is refused")
        refused("kubectl", "delete", "statefulset", "kafka-node", "-n", NAMESPACE)
        refused("kubectl", "apply", "-n", NAMESPACE, "-f", "manifests/samples/kafka-risky.yaml")

    def upgrade(self):
        heading(f"From {OLD} to {NEW}, while one client writes and another one reads")
        self.lab.namespace(CLIENTS)
        self.lab.make_ledger()
        with Load(self):
            command = f"sed s/{OLD}/{NEW}/g {CLUSTER.relative_to(ROOT)} | kubectl apply -f -"
            typed(command)
            run(["bash", "-o", "pipefail", "-c", command], command)
            self.follow(again=True)
        self.proof()


class Load(Watched):
    """The tests' writer, and beside it one that reads along. What was not reached by an error is not waited for."""

    def __enter__(self):
        super().__enter__()
        self.reader = self.suite.lab.follow_books()
        return self

    def __exit__(self, kind, *rest):
        if kind:
            return
        super().__exit__(kind, *rest)
        read = self.reader.stop()
        say(f"  {read['distinct']} read along, {read['lost']} lost")
        expect(read["lost"] == 0 and read["distinct"] == read["acked"], "not all was read", read)


def main():
    tour = Tour()
    try:
        for part in (tour.install, tour.bring_up, tour.refuse, tour.upgrade):
            part()
    except KeyboardInterrupt:
        sys.exit(130)
    except (Failure, ApiError, OSError) as error:
        say(f"error: {error}")
        save_logs(tour.lab)
        sys.exit(1)


if __name__ == "__main__":
    main()
