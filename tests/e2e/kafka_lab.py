#!/usr/bin/env python3
"""Real Kafka in the testbed, and clients in it that keep books: what the tests of upgrades and of failures share.

Kafka comes from the chart beside this file. Its clients are pods, in a namespace of their own, so that they see
names and addresses as an application does; what they write and read is in ledger.c.

    kafka_lab.py VERSION    brings Kafka up in the testbed $TESTBED, with topic1 and ledger
"""

import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import Api, ROOT, expect, kubectl, run, wait_enforced, wait_until  # noqa: E402

CHART = ROOT / "tests" / "e2e" / "charts" / "kafka"
BALLAST_CHART = ROOT / "manifests" / "chart"
NAMESPACE = "kafka"
OURS = "ballast-system"
# Helm 3 has the name that people type; HELM=helm4 is the other one.
HELM = os.environ.get("HELM", "helm")
# Of a second Kafka, whose clients need a certificate's authority and a password; the Secret says that to Ballast.
SECURED, CLIENT_SECRET = "secured", "ballast-client"
# Where the controller notes how a rollout goes.
STATUS = "ballast.dev/rollout-status"
CLIENTS = "clients"
BOOTSTRAP = f"kafka.{NAMESPACE}.svc.cluster.local:9092"
# Of the node that the clients run on; TESTBED/nodes/a/lib is its /var/lib.
NODE, BOOKS = "node-a", "/var/lib/books"
TOPIC1_MESSAGES = 201
# Values of the chart for tests that do not ask how long a roll takes: the tutorial's probes look every ten seconds.
QUICK = {"readinessProbe": {"initialDelaySeconds": 1, "periodSeconds": 1},
         "zookeeper": {"readinessProbe": {"initialDelaySeconds": 1, "periodSeconds": 2}}}


def has_zookeeper(version):
    return tuple(int(part) for part in version.split(".")[:2]) < (3, 9)


def is_ready(pod):
    conditions = {c["type"]: c["status"] for c in pod.get("status", {}).get("conditions", [])}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


class Client:
    """A pod of the ledger's program, which runs until it is told to end or is through."""

    def __init__(self, lab, verb, *args):
        self.lab, self.name = lab, f"{verb}-{int(time.time() * 1000) % 100000000}"
        lab.api.create({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": self.name, "namespace": CLIENTS},
            "spec": {"restartPolicy": "Never", "nodeName": NODE, "terminationGracePeriodSeconds": 5,
                     "containers": [{
                         "name": "ledger", "image": "local/ledger:1", "imagePullPolicy": "IfNotPresent",
                         "args": [verb, "-b", BOOTSTRAP, *map(str, args)],
                         "volumeMounts": [{"name": "books", "mountPath": "/books"}]}],
                     "volumes": [{"name": "books", "hostPath": {"path": BOOKS, "type": "DirectoryOrCreate"}}]}})

    def phase(self):
        return self.lab.api.get("Pod", self.name, CLIENTS)["status"].get("phase")

    def running(self, seconds=60):
        wait_until(lambda: self.phase() not in (None, "Pending"), f"{self.name} runs", seconds, 0.1)
        return self

    def log(self):
        return kubectl("logs", "-n", CLIENTS, self.name, check=False).stdout

    def timeline(self):
        """What changed, and when; without what librdkafka says of connections."""
        return [line for line in self.log().splitlines() if " s: " in line and not line.startswith("%")]

    def result(self, seconds=180):
        """What it says in the end."""
        wait_until(lambda: self.phase() in ("Succeeded", "Failed"), f"{self.name} is through", seconds, 0.1)
        said = self.log()
        expect(self.phase() == "Succeeded", f"{self.name} failed", said[-2000:])
        return json.loads([line for line in said.splitlines() if line.startswith("{")][-1])

    def stop(self, seconds=180):
        expect(self.phase() == "Running", f"{self.name} has ended before it was told to", self.log()[-2000:])
        killed = kubectl("exec", "-n", CLIENTS, self.name, "--", "/bin/kill", "-TERM", "1", check=False)
        # With the container's first process its others end, kill among them.
        expect(killed.returncode in (0, 128 + signal.SIGKILL), f"{self.name} was not told to stop", killed.stderr)
        return self.result(seconds)


class Lab:
    """A Kafka of three brokers in the testbed."""

    def __init__(self, api=None):
        self.api = api or Api()
        self.values = {}

    def namespace(self, name, **labels):
        if not self.api.find("Namespace", name):
            self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})

    # --- Ballast ---

    def install_ballast(self, values=None, wait=True, **rules):
        """By its chart, before there is any Kafka. Its readiness is being in sync, and its pods are replaced one by one."""
        given = values or {}
        rules = {"rollout": {"action": "Mutate"}, "inSync": {"action": "Mutate"},
                 # These start within seconds.
                 "probes": {"action": "Mutate", "startup": {"periodSeconds": 1, "failureThreshold": 120}}} | rules
        policy = {"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": "lab"},
                  "spec": {"priority": 10, "match": {"namespaces": [NAMESPACE, SECURED]}, "rules": rules}}
        self.namespace(OURS)
        for name in (NAMESPACE, SECURED):
            self.namespace(name, **{"ballast.dev/enforce": "true", "pod-security.kubernetes.io/enforce": "restricted"})
        values = {"image": {"repository": "local/ballast", "tag": "dev"},
                  "policies": {"files": {"lab.yaml": json.dumps(policy)}},
                  **given, "controller": {"clientConfigs": [{"namespace": SECURED, "secret": CLIENT_SECRET}],
                                          **given.get("controller", {})}}
        run(HELM, "install", "ballast", str(BALLAST_CHART), "-n", OURS, "-f", "-", *(("--wait", "--timeout=120s") if wait else ()),
            input=json.dumps(values))
        # A pod may be ready before the API server reaches it by its Service.
        if wait:
            wait_enforced(self.api, NAMESPACE)

    def ours(self, component):
        """Pods of Ballast that run."""
        return [pod for pod in self.api.request("GET", Api.path("Pod", OURS))["items"]
                if pod["metadata"]["labels"].get("app.kubernetes.io/component") == component and is_ready(pod)]

    # --- Kafka ---

    def helm(self, verb, version, *args, **values):
        """install or upgrade, which both return at once."""
        self.values |= {"image": {"tag": version}, **values}
        return run(HELM, verb, "kafka", str(CHART), "-n", NAMESPACE, "-f", "-", *args, input=json.dumps(self.values))

    def up(self, version, **values):
        """Installs it, and waits until it serves. With ZooKeeper before 3.9."""
        self.namespace(NAMESPACE, **{"pod-security.kubernetes.io/enforce": "restricted"})
        self.namespace(CLIENTS)
        self.helm("install", version, **{"mode": "zookeeper" if has_zookeeper(version) else "kraft", **values})
        self.wait_rolled(180)

    def down(self, release="kafka", namespace=NAMESPACE):
        """Uninstalls it with its data, as Ballast wants to be told."""
        kubectl("annotate", "statefulsets", "-n", namespace, "--all", "ballast.dev/allow-deletion=true")
        run(HELM, "uninstall", release, "-n", namespace, "--wait", "--timeout=300s")
        kubectl("delete", "pvc", "-n", namespace, "--all", "--wait=false")

    def sets(self):
        return self.api.request("GET", Api.path("StatefulSet", NAMESPACE))["items"]

    def pods(self, release="kafka", namespace=NAMESPACE):
        return [pod for pod in self.api.request("GET", Api.path("Pod", namespace))["items"]
                if pod["metadata"]["labels"].get("app.kubernetes.io/instance") == release]

    def is_rolled(self):
        """All pods are ready and of the newest template: told by the pods, as a status may be late."""
        pods = self.pods()
        for each in self.sets():
            status = each.get("status", {})
            if status.get("observedGeneration") != each["metadata"]["generation"]:
                return False
            own = [pod for pod in pods
                   if pod["metadata"].get("ownerReferences", [{}])[0].get("uid") == each["metadata"]["uid"]]
            if len(own) != each["spec"]["replicas"] or not all(
                    is_ready(pod) and pod["metadata"]["labels"]["controller-revision-hash"] == status["updateRevision"]
                    for pod in own):
                return False
        return bool(pods)

    def wait_rolled(self, seconds=300):
        wait_until(self.is_rolled, "all pods are new and ready", seconds, 0.2,
                   lambda: kubectl("get", "pods", "-n", NAMESPACE, "-o", "wide").stdout)

    def images(self):
        return sorted({container["image"] for pod in self.pods() for container in pod["spec"]["containers"]})

    # --- clients ---

    def tool(self, verb, *args):
        """A client that ends by itself: what it says."""
        return Client(self, verb, *args).result()

    def make_topics(self):
        """Those of the tutorial, and ours."""
        self.tool("topic", "-t", "topic1", "-p", 3)
        filled = self.tool("fill", "-t", "topic1", "-n", TOPIC1_MESSAGES)
        expect(filled["acked"] == TOPIC1_MESSAGES, "topic1 could not be filled", filled)
        self.make_ledger()

    def make_ledger(self):
        self.tool("topic", "-t", "ledger", "-p", 6, "-c", "min.insync.replicas=2")

    def in_sync(self, watcher):
        """Has the newest that `watcher` saw every replica in sync?"""
        seen = watcher.timeline()
        return bool(seen) and ": smallest ISR 3 " in seen[-1]

    def start_books(self, rate=500):
        """A producer that notes what becomes of each message, and one that watches the ISRs."""
        writer = Client(self, "produce", "-t", "ledger", "-f", "/books/ledger", "-r", rate)
        watcher = Client(self, "watch")
        return writer.running(), watcher.running()

    def follow_books(self):
        """One that reads the ledger as it is written; it is stopped when the writer is."""
        return Client(self, "follow", "-t", "ledger", "-f", "/books/ledger").running()

    def read_ledger(self):
        return self.tool("consume", "-t", "ledger", "-f", "/books/ledger")

    def read_topic1(self):
        return self.tool("consume", "-t", "topic1")


def save_logs(lab):
    """What Kafka and Ballast said, into $WORK."""
    folder = pathlib.Path(os.environ["WORK"])
    for namespace in (NAMESPACE, SECURED, OURS):
        for pod in lab.api.request("GET", Api.path("Pod", namespace))["items"]:
            name = pod["metadata"]["name"]
            (folder / f"{name}.log").write_text(kubectl("logs", "-n", namespace, name, check=False).stdout)


def main():
    version = sys.argv[1]
    lab = Lab()
    begin = time.monotonic()
    lab.up(version, **QUICK)
    lab.make_topics()
    print(f"Kafka {version} runs in the namespace {NAMESPACE}, {time.monotonic() - begin:.0f} s; topic1 and ledger are there")


if __name__ == "__main__":
    main()
