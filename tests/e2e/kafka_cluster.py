#!/usr/bin/env python3
"""One KafkaCluster, from nothing to an upgrade under load: brought up, proven with messages, refused what would lose it, upgraded
through the gate while its controller is killed, and proven again.

Ballast comes from its chart and image, with Helm; the chart of Kafka, which has an older Kafka than the bundled one, is mounted
into its controller from the node.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from disruptions import Watched  # noqa: E402
from harness import BUILD, Api, Report, expect, expect_proven, kubectl, run, wait_until  # noqa: E402
from kafka_lab import (BALLAST_CHART, CHART, CLIENTS, NAMESPACE, OURS, QUICK, TOPIC1_MESSAGES, Lab, has_zookeeper,  # noqa: E402
                       save_logs)
from rights import check_used, now  # noqa: E402

OLD, NEW, NEW_ZOOKEEPER = os.environ["FROM"], os.environ["TO"], "3.8.1"
KRAFT = not has_zookeeper(OLD)
PODS = 3 if KRAFT else 6
OLD_PROTOCOL, NEW_PROTOCOL = (".".join(version.split(".")[:2]) for version in (OLD, NEW))
# What would lose it: values, the reason, and a part of what is said of it.
LOSS = ({"replicas": 2}, "RemovesBrokers", "from 3 to 2 pods") if KRAFT else ({"mode": "kraft"}, "LosesMembers", "metadata in ZooKeeper")
ACCOUNT = "installer"
TESTBED = pathlib.Path(os.environ["TESTBED"])
# Of the nodes, where the controller's volume is.
TOOLS = "/var/lib/ballast-tools"
RBAC = "rbac.authorization.k8s.io"
# What an installer needs in its namespace: the kinds of a chart, and Helm's records.
RULES = [{"apiGroups": ["", "apps", "policy", "networking.k8s.io", RBAC, "batch"], "resources": ["*"], "verbs": ["*"]}]


class Suite:
    def __init__(self):
        self.begin = now()
        self.lab = Lab()
        self.api = self.lab.api

    # --- what is read and done ---

    def _ballast(self, rc, *words, given=None, seconds=400):
        done = subprocess.run([str(BUILD / "ballast"), "cluster", *words], check=False, text=True, capture_output=True,
                              timeout=seconds, input=json.dumps(given) if given else None)
        expect(done.returncode == rc, f"ballast cluster {' '.join(words)}", done.returncode, done.stdout, done.stderr)
        return done.stdout

    def _plan(self, rc, spec):
        given = self._read()
        given = {"apiVersion": given["apiVersion"], "kind": given["kind"], "spec": given["spec"] | spec,
                 "metadata": {"name": "kafka", "namespace": NAMESPACE}}
        return self._ballast(rc, "plan", "-f", "-", f"--helm={shutil.which('helm4')}", f"--charts={CHART.parent}", given=given)

    def _read(self):
        return self.api.get("KafkaCluster", "kafka", NAMESPACE)

    def _values(self, **values):
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": values}}, NAMESPACE)

    def _ends(self, rc=0):
        """What is said until it is ready or stalled."""
        return self._ballast(rc, "status", "kafka", "-n", NAMESPACE, "-w")

    def _proof(self):
        return self._read()["status"]["verification"]

    def _events(self):
        events = self.api.request("GET", f"/api/v1/namespaces/{NAMESPACE}/events")["items"]
        return {event["reason"] for event in events if event["involvedObject"]["kind"] == "KafkaCluster"}

    def _members(self):
        return {f"{kind}/{each['metadata']['name']}": json.dumps([each.get("spec"), each.get("data")], sort_keys=True)
                for kind in ("StatefulSet", "Service", "ConfigMap")
                for each in self.api.request("GET", Api.path(kind, NAMESPACE))["items"]}

    def _give_tools(self):
        """The chart onto the nodes, and from there into the controller."""
        for node in "abc":
            folder = TESTBED / "nodes" / node / TOOLS.removeprefix("/var/")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            shutil.copytree(CHART, folder / "kafka")
        pod = self.api.get("Deployment", "ballast-controller", OURS)["spec"]["template"]["spec"]
        args = pod["containers"][0]["args"] + [f"--charts={TOOLS}"]
        kubectl("patch", "deployment", "ballast-controller", "-n", OURS, "-p", json.dumps({"spec": {"template": {"spec": {
            "volumes": [{"name": "charts", "hostPath": {"path": TOOLS}}],
            "containers": [{"name": "controller", "args": args, "volumeMounts": [
                {"name": "charts", "mountPath": TOOLS, "readOnly": True}]}]}}}}))
        kubectl("rollout", "status", "deployment/ballast-controller", "-n", OURS, "--timeout=60s")

    def _give_rights(self):
        kubectl("create", "serviceaccount", ACCOUNT, "-n", NAMESPACE)
        self.api.apply({"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": {"name": ACCOUNT, "namespace": NAMESPACE},
                        "rules": RULES})
        self.api.apply({"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": {"name": ACCOUNT, "namespace": NAMESPACE},
                        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": ACCOUNT},
                        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}]})

    # --- the tests, in order ---

    def ballast_is_installed(self):
        self.lab.namespace(OURS)
        self.lab.namespace(CLIENTS)
        self.lab.namespace(NAMESPACE, **{"ballast.dev/enforce": "true", "pod-security.kubernetes.io/enforce": "restricted"})
        run("helm", "install", "ballast", str(BALLAST_CHART), "-n", OURS, "-f", "-", "--wait", "--timeout=120s", input=json.dumps({
            "image": {"repository": "local/ballast", "tag": "dev"}, "policies": {"bundles": ["default", "managed"]},
            "clusters": {"enabled": True, "serviceAccounts": [{"namespace": NAMESPACE, "name": ACCOUNT}]}}))
        self._give_tools()
        self._give_rights()

    def a_cluster_comes_up_and_is_proven(self):
        begin = time.monotonic()
        self.api.create({
            "apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaCluster", "metadata": {"name": "kafka", "namespace": NAMESPACE},
            "spec": {"chart": {"bundled": "kafka"}, "serviceAccountName": ACCOUNT, "images": {"check": False},
                     "versions": {"kafka": OLD, "metadata": "Auto"},
                     "values": {"image": {"tag": OLD}, "mode": "kraft" if KRAFT else "zookeeper", **QUICK}}})
        said = self._ends()
        print(f"  {time.monotonic() - begin:.0f} s until it is ready", flush=True)
        expect(f"kafka/kafka: ready: Kafka {OLD}, revision 1, {PODS} pods ready, proven with messages\n" in said, "it is ready", said)
        proof = self._proof()
        expect_proven(proof, 1)
        expect({"Installing", "Verifying"} <= self._events(), "Events tell of it", self._events())
        self.lab.make_topics()

    def what_would_lose_it_is_refused(self):
        known = self._members()
        values, reason, why = LOSS
        before = {key: self._read()["spec"]["values"].get(key) for key in values}
        plan = self._plan(1, {"values": self._read()["spec"]["values"] | values})
        expect(reason in plan, "it is said before", plan)
        self._values(**values)
        said = self._ends(1)
        expect("kafka/kafka: stalled: " in said and why in said, "it is refused", said)
        expect(self._members() == known, "something was touched")
        self._values(**before)
        said = self._ends()
        expect("revision 1," in said and self._members() == known, "and goes on, with nothing changed", said)

    def an_upgrade_goes_by_itself(self):
        """Under load; and who works on it is killed while brokers roll."""
        values = self._read()["spec"]["values"]
        wanted = {"versions": {"kafka": NEW, "metadata": "Auto"}, "values": values | {"image": {"tag": NEW}}}
        if not KRAFT:
            wanted["versions"]["protocolValue"] = "interBrokerProtocolVersion"
            wanted["values"]["zookeeper"] = values["zookeeper"] | {"image": {"tag": NEW_ZOOKEEPER}}
        plan = self._plan(0, wanted)
        expect(f"Kafka {NEW}" in plan and (KRAFT or f"ZooKeeper {NEW_ZOOKEEPER}" in plan), "what it brings", plan)
        expect(f"{OLD} → " in plan, "what it changes", plan)
        level, first = self._read()["status"]["versions"].get("metadata", 0), self._proof()
        digest = re.search("Digest: ([0-9a-f]{64})", plan).group(1)
        with Watched(self):
            begin = time.monotonic()
            self.api.patch("KafkaCluster", "kafka", {"spec": wanted}, NAMESPACE)
            wait_until(lambda: self._proof().get("before"), "what was there is looked for before", 60, 0.2, self._read)
            before = self._proof()
            wait_until(self._one_broker_is_new, "a broker is new", 180, 0.5)
            expect(KRAFT or self._protocols() == {OLD_PROTOCOL}, "the protocol is held", self._protocols())
            kubectl("delete", "pods", "-n", OURS, "-l", "app.kubernetes.io/component=controller", "--force", "--grace-period=0")
            said = self._ends()
            print(f"  {time.monotonic() - begin:.0f} s until it is ready again", flush=True)
        expect((before["before"], before["lost"], before["sent"]) == (digest, 0, 0), "the same plan, and nothing was lost", before, digest)
        # With ZooKeeper the protocol is raised by a release of its own, which is proven as well.
        expect(said.endswith(f"kafka/kafka: ready: Kafka {NEW}, revision {2 if KRAFT else 3}, {PODS} pods ready, proven with messages\n"),
               said)
        if not KRAFT:
            expect(self._protocols() == {NEW_PROTOCOL} and "RaisingProtocol" in self._events(), "it was raised", self._protocols(),
                   self._events())
            expect(self._read()["status"]["versions"]["protocol"] == NEW_PROTOCOL, "the status says so", self._read()["status"])
        proof = self._proof()
        expect_proven(proof, 2 if KRAFT else 3, first["read"] + (0 if KRAFT else 201))
        images = self.lab.images()
        expect(any(image.endswith(f":{NEW}") for image in images) and not any(image.endswith(f":{OLD}") for image in images),
               "not all run the new version", images)
        expect({"VerifyingBefore", "Upgrading", "Verifying"} <= self._events(), "Events tell of it", self._events())
        raised = self._read()["status"]["versions"].get("metadata", 0)
        told = "MetadataVersionRaised" in self._events()
        expect((raised > level > 0 and told) if KRAFT else (raised == 0 and not told), "metadata.version", level, raised)
        expect(self.lab.read_topic1()["distinct"] == TOPIC1_MESSAGES, "topic1 is not whole")

    def it_goes_and_its_release_stays(self):
        members = self._members()
        kubectl("delete", "kafkacluster", "kafka", "-n", NAMESPACE, "--timeout=60s")
        expect(self._members() == members, "something went with it")
        audit = TESTBED / "logs" / "audit.log"
        check_used(audit, self.begin, "ballast-controller", [("ballast.dev", "kafkaclusters", "get"),
                                                             ("ballast.dev", "kafkaclusters/status", "patch")])

    def _protocols(self):
        """What brokers are given; "": nothing. Those that restart just now are not there."""
        return {next((entry["value"] for entry in container["env"] if entry["name"] == "KAFKA_CFG_INTER_BROKER_PROTOCOL_VERSION"), "")
                for container in self.api.get("StatefulSet", "kafka", NAMESPACE)["spec"]["template"]["spec"]["containers"]
                if container["name"] == "kafka"}

    def _one_broker_is_new(self):
        return any(container["image"].endswith(f"kafka:{NEW}") for pod in self.lab.pods()
                   for container in pod["spec"]["containers"])


def main():
    suite, report = Suite(), Report()
    for name in [n for n in Suite.__dict__ if not n.startswith("_")]:
        report.run(f"KafkaCluster: {name.replace('_', ' ')}", getattr(suite, name))
        if report.failed:
            save_logs(suite.lab)
            found = suite.api.find("KafkaCluster", "kafka", NAMESPACE)
            print(json.dumps((found or {}).get("status"), indent=1))
            break  # each step builds on those before
    report.finish()


if __name__ == "__main__":
    main()
