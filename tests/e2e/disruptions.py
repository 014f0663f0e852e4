#!/usr/bin/env python3
"""Everything that disturbs a Kafka in Ballast's hands, at once and at bad moments.

    disruptions.py [GROUP...]    drains, rollouts, failures, lifecycle; all, if none is named

One cluster for all of them, with ZooKeeper. While each test runs, a client writes and another one watches the ISRs, and
the pods are sampled: never are two of the cluster down by our act, no partition has fewer replicas in sync than
min.insync.replicas, and no message that was acknowledged is lost. With ONLY=REGEX the tests whose name matches.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import Api, ApiError, ROOT, Report, expect, kubectl, run, wait_until  # noqa: E402
from kafka_lab import CHART, CLIENT_SECRET, NAMESPACE, OURS, QUICK, SECURED, STATUS, Lab, is_ready, save_logs  # noqa: E402
from kafka_security import jaas, jaas_of_broker, make_certificates, properties_text, properties_value  # noqa: E402

VERSION = "3.4.0"
MIN_ISR = 2
HOLD = "ballast.dev/hold"
# Of this chart alone, as a drain asks.
OF_KAFKA = "--pod-selector=app.kubernetes.io/instance=kafka"
ROLLOUT = {"action": "Mutate", "settleSeconds": 3, "soakSeconds": 2, "failAfterSeconds": 20}


def condition(pod, kind):
    return next((c for c in pod.get("status", {}).get("conditions", []) if c["type"] == kind), {})


class Samples(threading.Thread):
    """Which pods of one StatefulSet are down, five times a second. One that was never ready is not down yet.

    A drain asks for a broker and a ZooKeeper server of one node in the same moment, and each has a budget of its own.
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.lab, self.known, self.worst, self.when = Lab(Api()), set(), [], 0
        self.ended = threading.Event()
        self.begun = time.monotonic()

    def run(self):
        while not self.ended.wait(0.2):
            try:
                ready = {pod["metadata"]["name"] for pod in self.lab.pods() if is_ready(pod)}
            except (OSError, ApiError):
                continue  # the API server is away
            down = sorted(self.known - ready)
            self.known |= ready
            for name in {pod.rpartition("-")[0] for pod in down}:
                of_one = [pod for pod in down if pod.rpartition("-")[0] == name]
                if len(of_one) > len(self.worst):
                    self.worst, self.when = of_one, time.monotonic() - self.begun

    def stop(self):
        self.ended.set()
        self.join()


class Watched:
    """What holds while one test runs. `down` is how many pods of one StatefulSet may be down at once."""

    def __init__(self, suite, down=1, min_isr=MIN_ISR, failures=False):
        self.suite, self.down, self.min_isr, self.failures = suite, down, min_isr, failures

    def __enter__(self):
        self.writer, self.watcher = self.suite.lab.start_books(200)
        self.samples = Samples()
        self.samples.start()
        time.sleep(2)
        return self

    def __exit__(self, kind, *_):
        self.samples.stop()
        watched, written = self.watcher.stop(), self.writer.stop()
        if kind:
            return
        read = self.suite.lab.read_ledger()
        small = {isr: count for isr, count in watched["smallest_isr"].items() if int(isr) < self.min_isr}
        again = f"{written['again']} written again, " if written["again"] else ""
        print(f"  {written['sent']} sent, {again}{written['failed']} failed, {read['lost']} lost, slowest "
              f"{written['slowest_ms'] / 1000:.1f} s; down at most: {', '.join(self.samples.worst) or 'none'}", flush=True)
        expect(len(self.samples.worst) <= self.down, f"{len(self.samples.worst)} pods were down at once",
               *self.samples.worst, f"after {self.samples.when:.1f} s")
        expect(not small, f"partitions had fewer than {self.min_isr} replicas in sync", small, *self.watcher.timeline())
        expect(read["lost"] == 0, f"{read['lost']} messages are lost", read)
        expect(self.failures or written["failed"] == 0, f"{written['failed']} messages failed, {written['reasons']}")


class Drain:
    """One run of kubectl drain, beside us. Its node takes pods again as soon as it is through."""

    def __init__(self, node):
        self.node, self.said = node, ""
        self.process = subprocess.Popen(["kubectl", "drain", node, "--ignore-daemonsets", "--delete-emptydir-data",
                                         "--timeout=300s", OF_KAFKA], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True)
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        for line in self.process.stdout:
            self.said += line
        self.process.wait()
        kubectl("uncordon", self.node)

    def wait(self, seconds=250):
        self.thread.join(seconds)
        expect(not self.thread.is_alive() and self.process.returncode == 0, f"the drain of {self.node} did not end well",
               self.said[-3000:])
        return self


class Suite:
    def __init__(self):
        self.lab = Lab()
        self.api = self.lab.api

    # --- what the tests share ---

    def pod(self, name):
        return self.api.find("Pod", name, NAMESPACE)

    def node_of(self, name):
        return self.pod(name)["spec"]["nodeName"]

    def processes(self, name, namespace=NAMESPACE):
        """Those of a pod's containers, seen from outside. Other clusters of this machine have pods of that name too."""
        uid = self.api.get("Pod", name, namespace)["metadata"]["uid"]
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if uid in (entry / "cgroup").read_text() and (entry / "comm").read_text() != "pause\n":
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def signal(self, name, number, namespace=NAMESPACE):
        for process in self.processes(name, namespace):
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass

    def status(self, name="kafka"):
        found = self.api.get("StatefulSet", name, NAMESPACE)["metadata"].get("annotations", {}).get(STATUS)
        return json.loads(found) if found else {}

    def revision(self, name="kafka"):
        return self.api.get("StatefulSet", name, NAMESPACE)["status"].get("updateRevision")

    def roll(self):
        before = self.revision()
        kubectl("rollout", "restart", "-n", NAMESPACE, "statefulset/kafka")
        wait_until(lambda: self.revision() != before and not self.lab.is_rolled(), "it begins", 20, 0.1)

    def until_act(self, act, seconds=90):
        wait_until(lambda: self.status().get("act") == act and self.status().get("phase") == "Rolling",
                   f"the rollout is at {act}", seconds, 0.1)

    def rolled(self, seconds=240):
        self.lab.wait_rolled(seconds)
        wait_until(lambda: self.status().get("phase") in ("Complete", "RolledBack"), "it is noted as done", 60, 0.2)

    def well(self, seconds=180):
        """All pods are ready and may be disrupted, each for itself."""
        self.lab.wait_rolled(seconds)
        wait_until(lambda: all(condition(pod, "ballast.dev/safe-to-disrupt").get("status") == "True"
                               for pod in self.lab.pods()), "all pods are safe to disrupt", 60, 0.3)

    def kafka_comes_up(self):
        self.lab.install_ballast(rollout=ROLLOUT, zoneSpread={"action": "Mutate", "hostAntiAffinity": "Preferred"})
        self.lab.up(VERSION, **QUICK)
        self.lab.make_topics()
        self.well()

    def tidy(self):
        """After a failure: what was said is kept, and the next test has a chance."""
        save_logs(self.lab)
        for node in ("node-a", "node-b", "node-c"):
            kubectl("uncordon", node, check=False)

    # --- drains ---

    def a_drain_waits_for_a_broker_that_hangs(self):
        """Elsewhere a broker stands still: the drain is refused and asks again until that one has caught up."""
        with Watched(self):
            self.signal("kafka-1", signal.SIGSTOP)
            try:
                wait_until(lambda: condition(self.pod("kafka-2"), "ballast.dev/safe-to-disrupt").get("status") == "False",
                           "kafka-2 must stay", 30, 0.2)
                uid = self.pod("kafka-2")["metadata"]["uid"]
                drain = Drain(self.node_of("kafka-2"))
                wait_until(lambda: drain.said.count("kafka-2") >= 3, "the drain is refused and asks again", 40, 0.2)
                expect(self.pod("kafka-2")["metadata"]["uid"] == uid, "the broker was taken down", drain.said)
            finally:
                self.signal("kafka-1", signal.SIGCONT)
            said = drain.wait().said
            expect("will retry after 5s" in said, "it was not refused", said)
            print("  " + next(line for line in said.splitlines() if 'pods/"kafka-2"' in line and "retry" in line)[:300])
            self.well()

    def three_drains_at_once(self):
        """One after the other: pods leave each node in the same order."""
        with Watched(self):
            drains = [Drain(f"node-{zone}") for zone in "abc"]
            for drain in drains:
                drain.wait()
            self.well()

    def refuses_eviction(self, name, why):
        """Asked without doing it. Each webhook has learned of a hold by itself, and each call may come to another one."""
        try:
            self.api.request("POST", Api.path("Pod", NAMESPACE, name, "eviction") + "?dryRun=All", {
                "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}})
        except ApiError as error:
            return why in error.message
        return False

    def a_hold_is_respected(self):
        """By a drain and by a rollout."""
        with Watched(self):
            uid = self.pod("kafka-0")["metadata"]["uid"]
            self.api.annotate("Pod", "kafka-0", NAMESPACE, **{HOLD: "copying a disk"})
            wait_until(lambda: all(self.refuses_eviction("kafka-0", "copying a disk") for _ in range(10)),
                       "every webhook knows of the hold", 30, 0.2)
            drain = Drain(self.node_of("kafka-0"))
            wait_until(lambda: "copying a disk" in drain.said, "the drain is refused", 40, 0.2)
            self.roll()
            wait_until(lambda: "kafka-0 is held: copying a disk" in self.status().get("message", ""),
                       "the others are rolled, and it is said what is waited for", 150, 0.3)
            expect(self.pod("kafka-0")["metadata"]["uid"] == uid, "it was taken down")
            self.api.annotate("Pod", "kafka-0", NAMESPACE, **{HOLD: None})
            drain.wait()
            self.rolled()
            self.well()

    def drain_upgrade_and_scale_up_at_once(self):
        """The fourth shares a node with another one: of that, only one can leave, as their disks stay."""
        with Watched(self):
            self.lab.helm("upgrade", VERSION, replicas=4, heap="-Xms64m -Xmx250m")
            shared = wait_until(lambda: (self.pod("kafka-3") or {}).get("spec", {}).get("nodeName"), "it has a node", 30, 0.05)
            drain = Drain(next(node for node in map(self.node_of, ("kafka-0", "kafka-1", "kafka-2")) if node != shared))
            drain.wait()
            self.rolled(300)
            self.well()
            expect(len([p for p in self.lab.pods() if p["metadata"]["name"].startswith("kafka-") and
                        "zookeeper" not in p["metadata"]["name"]]) == 4, "there are not four brokers")

    # --- rollouts in which something goes wrong ---

    def the_controller_is_killed(self):
        """Whenever it has just begun something. The next one goes on."""
        with Watched(self):
            revision = self.revision()
            self.roll()
            for act in ("evict", "lead-back"):
                self.until_act(act)
                for pod in self.lab.ours("controller"):
                    kubectl("delete", "pod", "-n", OURS, pod["metadata"]["name"], "--grace-period=0", "--force")
            self.rolled()
            expect(self.status()["phase"] == "Complete" and self.revision() != revision, "it was not rolled", self.status())
            self.well()

    def the_api_server_is_restarted(self):
        with Watched(self):
            self.roll()
            self.until_act("evict")
            run(str(ROOT / "tests/testbed/testbed.sh"), "restart-apiserver", os.environ["TESTBED"])
            self.rolled()
            self.well()

    def the_webhooks_are_away(self):
        with Watched(self):
            self.roll()
            self.until_act("evict")
            kubectl("scale", "-n", OURS, "deployment/ballast-webhook", "--replicas=0")
            try:
                self.rolled()
            finally:
                kubectl("scale", "-n", OURS, "deployment/ballast-webhook", "--replicas=2")
                wait_until(lambda: len(self.lab.ours("webhook")) == 2, "the webhooks are back", 60, 0.3)
            self.well()

    def a_broker_hangs_in_the_middle(self):
        """Nothing goes on while it does."""
        with Watched(self):
            self.roll()
            other = wait_until(lambda: next(
                (pod["metadata"]["name"] for pod in self.lab.pods() if is_ready(pod) and
                 pod["metadata"]["labels"]["app.kubernetes.io/component"] == "kafka" and
                 pod["metadata"]["labels"]["controller-revision-hash"] == self.revision()), None), "one is rolled", 90, 0.2)
            self.signal(other, signal.SIGSTOP)
            time.sleep(8)
            self.signal(other, signal.SIGCONT)
            self.rolled()
            self.well()

    def comes_back(self, change):
        """A template with which no broker starts: the one before is restored, and so is the pod."""
        template = self.api.get("StatefulSet", "kafka", NAMESPACE)["spec"]["template"]
        with Watched(self):
            change()
            wait_until(lambda: self.status().get("phase") == "Rolling", "it begins", 30, 0.1)
            wait_until(lambda: self.status().get("phase") == "RolledBack", "it is rolled back", 200, 0.3)
            self.well()
            now = self.api.get("StatefulSet", "kafka", NAMESPACE)["spec"]["template"]
            expect(now == template, "the template is another one", json.dumps(now), json.dumps(template))

    def a_bad_image_is_rolled_back(self):
        self.comes_back(lambda: kubectl("set", "image", "-n", NAMESPACE, "statefulset/kafka",
                                        "kafka=docker.io/bitnami/kafka:9.9.9"))

    def a_bad_setting_is_rolled_back(self):
        self.comes_back(lambda: kubectl("set", "env", "-n", NAMESPACE, "statefulset/kafka", "KAFKA_CFG_BROKER_ID=-7",
                                        "KAFKA_CFG_NUM_IO_THREADS=none"))

    # --- failures that are nobody's act ---

    def a_full_outage_ends_by_itself(self):
        """All processes of Kafka and ZooKeeper die at once."""
        with Watched(self, down=9, min_isr=0, failures=True):
            for pod in self.lab.pods():
                self.signal(pod["metadata"]["name"], signal.SIGKILL)
            wait_until(lambda: not self.lab.is_rolled(), "they are down", 30, 0.1)
            begin = time.monotonic()
            self.lab.wait_rolled(240)
            print(f"  all ready again after {time.monotonic() - begin:.0f} s", flush=True)
            self.well()

    # --- other ways to run it ---

    def brokers_are_rolled_in_batches(self):
        """Two at once where policy and budget allow it and no partition has replicas on both; the first one alone."""
        self.api.create({"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": "batches"},
                         "spec": {"priority": 20, "match": {"namespaces": [NAMESPACE]}, "rules": {
                             "rollout": ROLLOUT | {"maxConcurrent": 2},
                             "disruptionBudget": {"action": "Mutate", "maxUnavailable": 2}}}})
        wait_until(lambda: "status" in self.api.get("KafkaPolicy", "batches"), "the policy is known", 20, 0.2)
        time.sleep(2)
        self.lab.helm("upgrade", VERSION, replicas=6, maxUnavailable=2)
        self.lab.wait_rolled(240)
        self.well()
        with Watched(self, down=2) as watched:
            self.roll()
            self.rolled()
            self.well()
        print(f"  together: {', '.join(watched.samples.worst)}", flush=True)
        expect(len(watched.samples.worst) == 2, "never were two brokers rolled at once", self.status())
        self.api.delete("KafkaPolicy", "batches")

    def it_comes_up_in_order(self):
        """One after the other, where each has to be ready before the next one is made."""
        self.lab.down()
        # A broker that finds nobody any more takes its whole grace period.
        wait_until(lambda: not self.lab.pods(), "all pods are gone", 180, 0.3)
        self.lab.up(VERSION, podManagementPolicy="OrderedReady", replicas=3, maxUnavailable=1)
        self.well()

    # --- clients have to prove who they are ---

    def secured_values(self, folder):
        """Of a Kafka that wants TLS and a password of its clients."""
        def pem(name):
            return properties_value((folder / name).read_text())

        host = f"{SECURED}-headless.{SECURED}.svc.cluster.local"
        make_certificates(folder, {"server": f"DNS:*.{host},DNS:{host}"})
        listener = "listener.name.client"
        return {"mode": "kraft", "image": {"tag": VERSION}, "readinessProbe": QUICK["readinessProbe"],
                "clientProtocol": "SASL_SSL", "extraConfig": {
                    f"{listener}.ssl.keystore.type": "PEM", f"{listener}.ssl.keystore.key": pem("server.p8"),
                    f"{listener}.ssl.keystore.certificate.chain": pem("server.crt"),
                    f"{listener}.sasl.enabled.mechanisms": "PLAIN",
                    f"{listener}.plain.sasl.jaas.config": jaas_of_broker("ballast", "secret")}}

    def secured_pods(self):
        return self.lab.pods(SECURED, SECURED)

    def secured_well(self):
        pods = self.secured_pods()
        return len(pods) == 3 and all(
            is_ready(pod) and condition(pod, "ballast.dev/safe-to-disrupt").get("status") == "True" and
            condition(pod, "ballast.dev/in-sync").get("reason") == "InSync" for pod in pods)

    def secured_brokers_are_reached(self):
        """As the annotations and a Secret say; before that it is said what is missing. Then they are upgraded."""
        folder = pathlib.Path(os.environ["WORK"]) / "certificates"
        folder.mkdir()
        run("helm", "install", SECURED, str(CHART), "-n", SECURED, "-f", "-", input=json.dumps(self.secured_values(folder)))
        wait_until(lambda: len(self.secured_pods()) == 3 and all(
            condition(pod, "ContainersReady").get("status") == "True" for pod in self.secured_pods()), "they serve", 120, 0.3)
        said = wait_until(lambda: next((found["message"] for pod in self.secured_pods()
                                        if "SSL" in (found := condition(pod, "ballast.dev/safe-to-disrupt"))["message"]), None),
                          "it is said why nothing is known", 60, 0.3)
        print(f"  {said}", flush=True)
        config = {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "ssl.truststore.type": "PEM",
                  "sasl.jaas.config": jaas("plain.PlainLoginModule", "ballast", "secret"),
                  "ssl.truststore.certificates": (folder / "ca.pem").read_text()}
        self.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": CLIENT_SECRET, "namespace": SECURED},
                         "stringData": {"client.properties": properties_text(config)}})
        self.api.annotate("StatefulSet", SECURED, SECURED, **{
            "ballast.dev/client-config": CLIENT_SECRET,
            "ballast.dev/bootstrap": f"{SECURED}-headless.{SECURED}.svc.cluster.local:9092"})
        wait_until(self.secured_well, "the brokers are known to be in sync", 120, 0.3)
        before = {pod["metadata"]["uid"] for pod in self.secured_pods()}
        kubectl("rollout", "restart", "-n", SECURED, f"statefulset/{SECURED}")
        wait_until(lambda: self.secured_well() and not before & {pod["metadata"]["uid"] for pod in self.secured_pods()},
                   "all pods are new", 240, 0.5)
        self.lab.down(SECURED, SECURED)

    def it_outlives_ballast(self):
        """Uninstalled, Ballast restarts nothing, and leaves no broker behind that waits for it."""
        before = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in self.lab.pods()}
        run("helm", "uninstall", "ballast", "-n", OURS, "--wait", "--timeout=300s")
        for each in self.lab.sets():
            gates = each["spec"]["template"]["spec"].get("readinessGates", [])
            expect(not any("ballast.dev" in gate["conditionType"] for gate in gates), "a gate is left", each["metadata"])
        time.sleep(5)
        after = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in self.lab.pods()}
        expect(before == after and self.pods_are_ready(), "pods were restarted", before, after)
        kubectl("delete", "pod", "-n", NAMESPACE, "kafka-1")
        wait_until(self.pods_are_ready, "a broker that is made anew is ready without Ballast", 120, 0.5)

    def pods_are_ready(self):
        pods = self.lab.pods()
        return len(pods) == sum(each["spec"]["replicas"] for each in self.lab.sets()) and all(map(is_ready, pods))


GROUPS = {
    "drains": ["a_drain_waits_for_a_broker_that_hangs", "three_drains_at_once", "a_hold_is_respected",
               "drain_upgrade_and_scale_up_at_once"],
    "rollouts": ["the_controller_is_killed", "the_api_server_is_restarted", "the_webhooks_are_away",
                 "a_broker_hangs_in_the_middle", "a_bad_image_is_rolled_back", "a_bad_setting_is_rolled_back"],
    "failures": ["a_full_outage_ends_by_itself"],
    "lifecycle": ["brokers_are_rolled_in_batches", "it_comes_up_in_order", "secured_brokers_are_reached",
                  "it_outlives_ballast"],
}


def main():
    groups = sys.argv[1:] or list(GROUPS)
    suite, report = Suite(), Report()
    report.run("disruptions: kafka comes up", suite.kafka_comes_up)
    if not report.failed:
        report.only = os.environ.get("ONLY")
        for group in groups:
            for name in GROUPS[group]:
                report.run(f"{group}: {name.replace('_', ' ')}", getattr(suite, name))
                if report.failed:
                    suite.tidy()
    report.finish()


if __name__ == "__main__":
    main()
