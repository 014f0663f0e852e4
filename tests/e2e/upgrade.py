#!/usr/bin/env python3
"""What an upgrade of Kafka by `helm upgrade` does to its clients.

    upgrade.py plain|ballast [FROM TO [CONTROLLERS]]

From 3.3.2 to 3.4.0, and ZooKeeper from 3.8.0 to 3.8.1, as in the tutorial. From 3.9 on there is no ZooKeeper, and with
CONTROLLERS the brokers are no controllers.

A producer writes all the while, and notes what becomes of every message. "plain" is the reference, without Ballast:
what was acknowledged is there, but messages may fail, and come twice. "ballast" must do better. The figures go to
$RESULTS (build/e2e), and are printed beside those of the other way. With PROBES=quick the kubelet looks every second
whether a pod is ready, and not every ten as in the tutorial.
"""

import json
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import Api, ROOT, Report, expect, kubectl, wait_until  # noqa: E402
from kafka_lab import NAMESPACE, QUICK, STATUS, TOPIC1_MESSAGES, Lab, has_zookeeper, save_logs  # noqa: E402

RESULTS = pathlib.Path(os.environ.get("RESULTS", ROOT / "build" / "e2e"))
PROBES = os.environ.get("PROBES", "")
WAYS = {"plain": "plain helm upgrade", "ballast": "with Ballast"}
NEW_ZOOKEEPER = "3.8.1"
# Written before the upgrade, so that leaders, caches and the machine are calm, and after it.
BEFORE_S, AFTER_S = 15, 10
# The least that the ISR of any partition may be, for Ballast.
MIN_ISR = 2

FIGURES = (
    ("messages sent", lambda r: r["producer"]["sent"]),
    ("failed", lambda r: r["producer"]["failed"]),
    ("because", lambda r: ", ".join(f"{name} {count}" for name, count in r["producer"]["reasons"].items()) or "-"),
    ("written again, as a broker knew no topics yet", lambda r: r["producer"].get("again", "-")),
    ("acknowledged and lost", lambda r: r["consumer"]["lost"]),
    ("read twice", lambda r: r["consumer"]["duplicates"]),
    ("identities of the producer", lambda r: r["producer"].get("identities", "-")),
    ("not in order", lambda r: r["consumer"]["out_of_order"]),
    ("longest gap between acks, s", lambda r: r["producer"]["longest_gap_s"]),
    ("slowest message, s", lambda r: round(r["producer"]["slowest_ms"] / 1000, 2)),
    ("p99 of messages, ms", lambda r: r["producer"]["p99_ms"]),
    ("messages over 1 s", lambda r: r["producer"]["over_1s"]),
    ("smallest ISR, samples", lambda r: ", ".join(f"{isr}: {count}" for isr, count in
                                                  sorted(r["watcher"]["smallest_isr"].items(), reverse=True))),
    ("samples without an answer", lambda r: r["watcher"]["no_answer"]),
    ("samples with a partition without leader", lambda r: r["watcher"]["leaderless"]),
    ("helm upgrade returned after, s", lambda r: r["helm_s"]),
    ("all pods new and ready after, s", lambda r: r["rolled_s"]),
    ("all partitions in sync again after, s", lambda r: r["in_sync_s"]),
    ("of topic1, messages there", lambda r: r["topic1"]["distinct"]),
)


class Story:
    """What the annotation on the StatefulSet of the brokers says, one after the other."""

    def __init__(self, lab):
        self.lab, self.told, self.ended = type(lab)(Api()), [], threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)

    def begin(self):
        self.begun = time.monotonic()
        self.thread.start()
        return self

    def follow(self):
        while not self.ended.wait(0.2):
            noted = self.lab.api.get("StatefulSet", "kafka", NAMESPACE)["metadata"]["annotations"].get(STATUS)
            now = {key: json.loads(noted)[key] for key in ("phase", "act", "message", "done")} if noted else None
            if now and (not self.told or self.told[-1] != {**now, "at": self.told[-1]["at"]}):
                self.told.append({**now, "at": round(time.monotonic() - self.begun, 1)})

    def end(self):
        wait_until(lambda: self.told and self.told[-1]["phase"] == "Complete", "it is said that it is through", 90, 0.2)
        self.ended.set()
        return self.told


class Suite:
    def __init__(self, way, old, new, controllers):
        self.way, self.old, self.new, self.controllers = way, old, new, controllers
        self.lab = Lab()
        self.results = {"way": way, "from": old, "to": new, "controllers": controllers}

    def kafka_comes_up(self):
        if self.way == "ballast":
            self.lab.install_ballast(rollout={"action": "Mutate", "metadataVersion": "Raise"})
        self.lab.up(self.old, kraft={"controllers": self.controllers}, **(QUICK if PROBES == "quick" else {}))
        self.lab.make_topics()
        expect(self.lab.read_topic1()["distinct"] == TOPIC1_MESSAGES, "topic1 is not whole")

    def it_is_upgraded(self):
        writer, watcher = self.lab.start_books()
        time.sleep(BEFORE_S)
        begin = time.monotonic()
        zookeeper = self.lab.values.get("zookeeper", {}) | {"image": {"tag": NEW_ZOOKEEPER}}
        self.lab.helm("upgrade", self.new, zookeeper=zookeeper)
        self.results["helm_s"] = round(time.monotonic() - begin, 1)
        wait_until(lambda: not self.lab.is_rolled(), "it begins", 60)
        story = Story(self.lab).begin() if self.way == "ballast" else None
        self.lab.wait_rolled(540)
        self.results["rolled_s"] = round(time.monotonic() - begin, 1)
        wait_until(lambda: self.lab.in_sync(watcher), "all partitions are in sync again", 180, 0.5)
        self.results["in_sync_s"] = round(time.monotonic() - begin, 1)
        time.sleep(AFTER_S)
        if story:
            self.results["story"] = story.end()
        self.results |= {"watcher": watcher.stop(), "producer": writer.stop()}
        self.results["timeline"] = watcher.timeline()
        images = self.lab.images()
        expect(any(image.endswith(f":{self.new}") for image in images) and
               not any(image.endswith(f":{self.old}") for image in images), "not all run the new version", images)

    def nothing_acknowledged_is_lost(self):
        self.results |= {"consumer": self.lab.read_ledger(), "topic1": self.lab.read_topic1()}
        read, written = self.results["consumer"], self.results["producer"]
        expect(read["lost"] == 0, f"{read['lost']} messages are lost", read)
        expect(read["acked"] == written["acked"] and written["acked"] > 1000, "the ledger does not add up", read, written)
        expect(self.results["topic1"]["distinct"] == TOPIC1_MESSAGES, "topic1 is not whole", self.results["topic1"])

    def every_message_is_there_once(self):
        """As far as the client's library has it so: with a second identity it may write again what was under way when it
        lost the first (librdkafka #4953, open), which is told, and no fault of the upgrade."""
        read, written = self.results["consumer"], self.results["producer"]
        under_way = 0
        if written["identities"] > 1:
            print(f"  the producer had {written['identities']} identities: {read['duplicates']} messages are there twice")
            under_way = written["sent"] / written["seconds"] * written["slowest_ms"] / 1000 * (written["identities"] - 1)
        # What is written again comes behind what was written meanwhile.
        expect(read["duplicates"] <= under_way and read["out_of_order"] <= under_way + written["again"],
               "messages came twice, or not in order", read, written)

    def no_message_fails(self):
        producer = self.results["producer"]
        expect(producer["failed"] == 0, f"{producer['failed']} messages failed", producer["reasons"])

    def isrs_stay_large_enough(self):
        small = {isr: count for isr, count in self.results["watcher"]["smallest_isr"].items() if int(isr) < MIN_ISR}
        expect(not small, f"partitions had fewer than {MIN_ISR} replicas in sync", small, *self.results["timeline"])

    def what_is_told_is_so(self):
        """By the annotation that people read: each pod is restarted once, it is never taken back, and it is over."""
        told = self.results["story"]
        expect(told[-1]["phase"] == "Complete", "it does not say that it is through", told[-1])
        expect(all(one["phase"] in ("Waiting", "Rolling") for one in told[:-1]), "it says what is not so", *told)
        for before, after in zip(told, told[1:], strict=False):
            expect(before["done"] <= after["done"], "fewer are done than before", before, after)
        for pod in self.lab.pods():
            name = pod["metadata"]["name"]
            times = [one for one in told if one["message"] == f"restarting {name}"]
            # What lasts less than a glance may not be seen.
            expect(len(times) <= 1, f"{name} is restarted more than once", *times)

    def metadata_version_is_raised(self):
        """By itself, when all is done."""
        if has_zookeeper(self.new):
            return
        said = kubectl("exec", "-n", NAMESPACE, "kafka-0", "--", "bash", "-c", "java $(cat /opt/app/options) "
                       "org.apache.kafka.tools.FeatureCommand --bootstrap-server kafka:9092 describe").stdout
        line = next(line for line in said.splitlines() if "metadata.version" in line)
        major, minor = self.new.split(".")[:2]
        expect(f"FinalizedVersionLevel: {major}.{minor}-" in line, "metadata.version was not raised", line)
        print("  " + line)

    def logs(self):
        """For whoever wants to know why it failed."""
        save_logs(self.lab)
        (pathlib.Path(os.environ["WORK"]) / "results.json").write_text(json.dumps(self.results, indent=1))

    def file(self, way):
        kind = ("-separate" if self.controllers else "") + (f"-{PROBES}" if PROBES else "")
        return RESULTS / f"upgrade-{self.old}-{self.new}{kind}-{way}.json"

    def save(self):
        RESULTS.mkdir(parents=True, exist_ok=True)
        self.file(self.way).write_text(json.dumps(self.results, indent=1) + "\n")

    def print_figures(self):
        """Both ways side by side, as far as they were gone."""
        ways = [json.loads(self.file(way).read_text()) for way in WAYS if self.file(way).exists()]
        rows = [[f"{self.old} to {self.new}", *(WAYS[way["way"]] for way in ways)]]
        rows += [[what, *(str(figure(way)) for way in ways)] for what, figure in FIGURES]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            print("  " + "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip())


def main():
    if len(sys.argv) not in (2, 4, 5) or sys.argv[1] not in WAYS:
        sys.exit("usage: upgrade.py plain|ballast [FROM TO [CONTROLLERS]]")
    way, old, new, controllers = [*sys.argv[1:], *("plain", "3.3.2", "3.4.0", 0)[len(sys.argv) - 1:]]
    suite, report = Suite(way, old, new, int(controllers)), Report()
    tests = ["kafka_comes_up", "it_is_upgraded", "nothing_acknowledged_is_lost"]
    if way == "ballast":
        tests += ["every_message_is_there_once", "no_message_fails", "isrs_stay_large_enough",
                  "what_is_told_is_so", "metadata_version_is_raised"]
    for name in tests:
        report.run(f"upgrade, {way}: {name.replace('_', ' ')}", getattr(suite, name))
        if report.failed and "topic1" not in suite.results:
            break  # the others build on it
    if "topic1" in suite.results:
        suite.save()
        suite.print_figures()
    if report.failed:
        suite.logs()
    report.finish()


if __name__ == "__main__":
    main()
