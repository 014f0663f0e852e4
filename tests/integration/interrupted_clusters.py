#!/usr/bin/env python3
"""KafkaClusters that somebody disturbs: Helm and the controller are killed at any moment, a second controller takes over, a
registry goes and comes, a person types helm beside it, objects lie there without a release.

What holds each time: what was asked for is there in the end, one revision is deployed and none is pending, and the template has
changed once, so that pods are rolled once. There are no nodes: that pods run is written by the test.
"""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

from controllers import Controller
from harness import expect, kubectl, run, wait_until
from kafka_clusters import CHARTS, HELM, Clusters, cluster, make_namespace, run_all
from registries import Registry

WORK = pathlib.Path(os.environ["WORK"])
SEED = int(os.environ.get("SEED", time.time_ns() % 100000))


def helms(namespace):
    """Processes of Helm that work for a cluster of this namespace: {pid: does it write?}."""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"upgrade" in words and f"--namespace={namespace}".encode() in words:
            found[int(folder.name)] = not any(word.startswith(b"--dry-run") for word in words)
    return found


class Suite(Clusters):
    def __init__(self, api, kubeconfig):
        self.api, self.seconds = api, 0
        self.random = random.Random(SEED)
        self.registry = Registry(WORK / "registry", 5065)
        options = (f"--helm={shutil.which(HELM)}", f"--charts={CHARTS}", f"--charts-from=http://{self.registry.host}/charts/*")
        self.controller = Controller("first", kubeconfig, 9197, options)
        self.other = Controller("second", kubeconfig, 9297, options)
        self.controller.start()
        wait_until(self.controller.leads, "it leads", 30)
        print(f"     SEED={SEED}", flush=True)

    # --- what they share ---

    def _begin(self, namespace, **spec):
        make_namespace(self.api, namespace)
        self.api.create(cluster(namespace=namespace, **spec))
        self._comes_up(namespace=namespace)
        return self._generation(namespace)

    def _generation(self, namespace):
        return self.api.get("StatefulSet", "kafka", namespace)["metadata"]["generation"]

    def _ask(self, namespace):
        """For another template. Returns what it shall have."""
        self.seconds += 1
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 60 + self.seconds}}}, namespace)
        return 60 + self.seconds

    def _seconds(self, namespace):
        return self.api.get("StatefulSet", "kafka", namespace)["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]

    def _expect_done_once(self, namespace, wanted, generation):
        """It is there, by one revision that holds, and no template was changed twice."""
        self._comes_up_to(lambda found: found["metadata"]["generation"] == found["status"]["observedGeneration"] and
                          self._seconds(namespace) == wanted, namespace)
        statuses = list(self._revisions(namespace=namespace).values())
        expect(statuses.count("deployed") == 1 and not any("pending" in each for each in statuses), "one holds, and none is pending",
               self._revisions(namespace=namespace))
        expect(self._generation(namespace) == generation + 1, "its pods would be rolled twice", generation, self._generation(namespace))

    # --- the tests, in order ---

    def helm_is_killed_at_any_moment(self):
        generation = self._begin("killed-helm")
        for kills in ("renders", "writes", "writes"):
            wanted = self._ask("killed-helm")
            pid = wait_until(lambda kills=kills: next((pid for pid, writes in helms("killed-helm").items()
                                                       if writes == (kills == "writes")), None), f"a Helm {kills}", 60, 0.005)
            time.sleep(self.random.random() * 0.6)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it was through
            self._expect_done_once("killed-helm", wanted, generation)
            generation += 1
        kubectl("delete", "kafkacluster", "kafka", "-n", "killed-helm")

    def the_controller_is_killed_at_every_step(self):
        """At each reason that its status has on the way, from nothing and in an upgrade."""
        make_namespace(self.api, "killed")
        self.api.create(cluster(namespace="killed"))
        first = self._killed_on_the_way("killed", lambda: self.api.find("StatefulSet", "kafka", "killed"))
        generation = self._generation("killed")
        wanted = self._ask("killed")
        second = self._killed_on_the_way("killed", lambda: self._seconds("killed") == wanted)
        self._expect_done_once("killed", wanted, generation)
        print(f"     killed at {', '.join(first)}; and at {', '.join(second)}", flush=True)
        expect({"Installing", "Rolling"} <= set(first) and {"Upgrading", "Rolling"} <= set(second), "there are more steps", first, second)
        kubectl("delete", "kafkacluster", "kafka", "-n", "killed")

    def _killed_on_the_way(self, namespace, is_there):
        seen = []

        def ready():
            # No pod runs before it is seen that they are waited for.
            if "Rolling" in seen:
                self._pods_run(namespace)
            found = self._read(namespace=namespace)
            reason = self._condition("Ready", namespace=namespace)["reason"]
            if reason and reason not in seen and reason != "Ready":
                seen.append(reason)
                self.controller.process.kill()
                self.controller.process.wait()
                self.controller.start()
            return (self._condition("Ready", namespace=namespace)["status"] == "True" and is_there() and
                    found["status"].get("observedGeneration") == found["metadata"]["generation"])
        wait_until(ready, "it is ready", 240, 0.02, lambda: (seen, self._read(namespace=namespace).get("status")))
        return seen

    def another_controller_takes_over(self):
        """One works at a time, and the other one goes on in the middle."""
        generation = self._begin("two")
        self.other.start()
        wanted = self._ask("two")
        self._expect_done_once("two", wanted, generation)
        expect(self._revisions(namespace="two") == {1: "superseded", 2: "deployed"}, "both were at work", self._revisions(namespace="two"))
        wanted = self._ask("two")
        wait_until(lambda: any(helms("two").values()), "its Helm is at work", 60, 0.005)
        self.controller.process.kill()
        self.controller.process.wait()
        wait_until(self.other.leads, "the other one leads", 60)
        self._expect_done_once("two", wanted, generation + 1)
        self.controller.start()
        self.other.ends_well()
        wait_until(self.controller.leads, "the first one leads again", 60)
        kubectl("delete", "kafkacluster", "kafka", "-n", "two")

    def a_registry_that_is_away_delays(self):
        run(HELM, "package", str(CHARTS / "kafka"), "-d", str(WORK))
        package, = WORK.glob("kafka-*.tgz")
        run(HELM, "push", str(package), f"oci://{self.registry.host}/charts", "--plain-http")
        oci = {"url": f"oci://{self.registry.host}/charts/kafka", "version": package.stem.removeprefix("kafka-")}
        generation = self._begin("away", chart={"oci": oci})
        self.registry.end()
        wanted = self._ask("away")
        wait_until(lambda: "connection refused" in self._condition("Ready", namespace="away")["message"], "it is told", 60, 0.2,
                   lambda: self._read(namespace="away")["status"])
        expect(self._condition("Stalled", namespace="away")["status"] != "True", "it waits for nobody's hand",
               self._condition("Stalled", namespace="away"))
        self.registry.begin()
        self._expect_done_once("away", wanted, generation)
        kubectl("delete", "kafkacluster", "kafka", "-n", "away")

    def a_person_upgrades_beside_it(self):
        """What the object asks for comes back, also where that is nothing: Helm keeps values of the revision before, if it may."""
        self._begin("beside-us")
        done = subprocess.run([HELM, "upgrade", "kafka", str(CHARTS / "kafka"), "-n", "beside-us", "--force-conflicts", "--set",
                               "terminationGracePeriodSeconds=33"], capture_output=True, text=True, check=False)
        expect(done.returncode == 0, "a person may", done.stdout, done.stderr)
        wait_until(lambda: self._revisions(namespace="beside-us").get(3) == "deployed", "it is put back", 120, 0.2,
                   lambda: (self._revisions(namespace="beside-us"), self._read(namespace="beside-us")["status"]))
        expect(self._seconds("beside-us") == 30, "the person's value holds", self._seconds("beside-us"))
        self._comes_up(namespace="beside-us")
        expect(max(self._revisions(namespace="beside-us")) == 3, "and nobody fights", self._revisions(namespace="beside-us"))
        kubectl("delete", "kafkacluster", "kafka", "-n", "beside-us")

    def objects_without_a_release_are_taken_over(self):
        """As after a restore: nobody's, until `Take` is said; and no pod is rolled by it."""
        make_namespace(self.api, "orphaned")
        rendered = run(HELM, "template", "kafka", str(CHARTS / "kafka"), "-n", "orphaned").stdout
        kubectl("apply", "-n", "orphaned", "-f", "-", stdin=rendered)
        generation = self._generation("orphaned")
        self.api.create(cluster(namespace="orphaned"))
        self._wait("it is nobody's", "Stalled", "True", "NotOwned", namespace="orphaned")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"adopt": "Take"}}, "orphaned")
        self._comes_up_to(lambda found: found["metadata"]["generation"] == found["status"]["observedGeneration"], "orphaned")
        expect(self._revisions(namespace="orphaned") == {1: "deployed"}, "a release", self._revisions(namespace="orphaned"))
        expect(self._generation("orphaned") == generation, "a template has changed", generation, self._generation("orphaned"))
        kubectl("delete", "kafkacluster", "kafka", "-n", "orphaned")

    def it_is_handed_back_to_helm_3(self):
        """What Helm 4 has made goes on by Helm 3, and comes back."""
        generation = self._begin("handed-back")
        self._expect_done_once("handed-back", self._ask("handed-back"), generation)
        kubectl("delete", "kafkacluster", "kafka", "-n", "handed-back")
        run("helm", "upgrade", "kafka", str(CHARTS / "kafka"), "-n", "handed-back", "--set", "terminationGracePeriodSeconds=44")
        history = json.loads(run("helm", "history", "kafka", "-n", "handed-back", "-o", "json").stdout)
        expect([each["status"] for each in history] == ["superseded", "superseded", "deployed"], "Helm 3 goes on", history)
        generation = self._generation("handed-back")
        self.api.create(cluster(namespace="handed-back", values={"terminationGracePeriodSeconds": 44}))
        self._comes_up(namespace="handed-back")
        expect(self._generation("handed-back") == generation, "a template has changed", generation, self._generation("handed-back"))
        kubectl("delete", "kafkacluster", "kafka", "-n", "handed-back")

    def it_ends_well(self):
        self.controller.ends_well()
        self.registry.stop()


if __name__ == "__main__":
    run_all(Suite, "interrupted clusters")
