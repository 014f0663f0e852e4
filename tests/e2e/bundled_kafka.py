#!/usr/bin/env python3
"""The sample of docs/operations.md on three nodes: a KafkaCluster by the bundled chart, from nothing to an upgrade, then TLS.

Everything is as the image and the charts have it, but for sizes that fit here; messages are those of Ballast's own proof.
"""

import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import ROOT, Api, Report, expect, expect_proven, json_of, kubectl, run, wait_until  # noqa: E402

WORK = pathlib.Path(os.environ["WORK"])
SAMPLES = ROOT / "manifests/samples/tutorial"
CHART = str(ROOT / "manifests/charts/kafka")
NAMESPACE, OURS, SECURE = "kafka", "ballast-system", "secure"


def small(memory):
    return {"heap": "128m" if memory < 300 else "256m", "storage": {"size": "1Gi", "className": ""},
            "resources": {"requests": {"cpu": "10m", "memory": f"{memory}Mi"}, "limits": None}}


class Suite:
    def __init__(self, api):
        self.api = api

    def _status(self):
        return self.api.get("KafkaCluster", "kafka", NAMESPACE).get("status", {})

    def _proven(self, revision):
        def proven():
            status = self._status()
            ready = [c["status"] for c in status.get("conditions", []) if c["type"] == "Ready"]
            return ready == ["True"] and status.get("verification", {}).get("revision") == revision and status
        return wait_until(proven, f"revision {revision} is proven", 240, 1, self._status)

    def ballast_is_installed(self):
        kubectl("apply", "-f", str(SAMPLES / "installer.yaml"))
        kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
        policy = {"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": "rack"},
                  "spec": {"priority": 10, "match": {"namespaces": [NAMESPACE]}, "rules": {"rack": {"action": "Mutate"}}}}
        values = {"image": {"repository": "local/ballast", "tag": "dev"},
                  "policies": {"bundles": ["default", "managed"], "files": {"rack.yaml": json.dumps(policy)}},
                  "clusters": {"enabled": True, "serviceAccounts": [{"namespace": NAMESPACE, "name": "kafka-installer"}]}}
        run("helm4", "install", "ballast", str(ROOT / "manifests/chart"), "-n", OURS, "--create-namespace", "-f", "-", "--wait",
            "--timeout=120s", input=json.dumps(values))

    def a_cluster_comes_up_and_is_proven(self):
        cluster = json_of((SAMPLES / "bundled.yaml").read_text())[0]
        cluster["spec"]["images"] = {"check": False}  # there is no registry
        cluster["spec"]["values"] = {"brokers": small(300), "controllers": small(200)}
        self.api.create(cluster)
        expect_proven(self._proven(1)["verification"], 1)
        pods = self.api.request("GET", Api.path("Pod", NAMESPACE))["items"]
        for kind in ("broker", "controller"):
            nodes = {p["spec"]["nodeName"] for p in pods if p["metadata"]["labels"]["app.kubernetes.io/component"] == kind}
            expect(len(nodes) == 3, f"not each {kind} is in a zone of its own", nodes)
        expect(not [c for p in pods for c in p["status"]["containerStatuses"] if c["restartCount"]], "a node began anew")

    def brokers_know_their_zone(self):
        racks = {kubectl("exec", "-n", NAMESPACE, f"kafka-broker-{n}", "--", "grep", "^broker.rack=",
                         "/opt/kafka/config/server.properties").stdout.strip() for n in range(3)}
        expect(len(racks) == 3, "racks", racks)

    def a_setting_rolls_every_node_and_loses_nothing(self):
        before = {p["metadata"]["uid"] for p in self.api.request("GET", Api.path("Pod", NAMESPACE))["items"]}
        first = self._status()["verification"]
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"config": {"log.retention.hours": 72}}}}, NAMESPACE)
        expect_proven(self._proven(2)["verification"], 2, first["read"])
        after = {p["metadata"]["uid"] for p in self.api.request("GET", Api.path("Pod", NAMESPACE))["items"]}
        expect(not before & after, "a pod is the old one", before & after)

    def helm_has_room(self):
        pods = self.api.request("GET", Api.path("Pod", OURS) + "?labelSelector=app.kubernetes.io/component=controller")["items"]
        expect(not [c for p in pods for c in p["status"]["containerStatuses"] if c["restartCount"]], "the controller was ended")

    def combined_nodes_speak_tls(self):
        folder = WORK / "tls"
        folder.mkdir()

        def openssl(*words):
            run("openssl", *words, cwd=folder)
        names = ",".join(f"DNS:{n}" for n in (f"kafka.{SECURE}.svc", f"*.kafka-node-headless.{SECURE}.svc.cluster.local"))
        (folder / "ext").write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tls.key", "-out", "tls.csr", "-subj", "/CN=kafka")
        openssl("x509", "-req", "-in", "tls.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tls.crt",
                "-extfile", "ext")
        kubectl("create", "namespace", SECURE)
        kubectl("create", "secret", "generic", "kafka-tls", "-n", SECURE,
                *(f"--from-file={folder / name}" for name in ("tls.crt", "tls.key", "ca.crt")))
        run("helm4", "install", "kafka", CHART, "-n", SECURE, "--wait", "--timeout=120s", "--set",
            "mode=combined,tls.enabled=true,tls.secret=kafka-tls,brokers.storage.size=1Gi,brokers.heap=256m,"
            "brokers.resources.requests.cpu=10m,brokers.resources.requests.memory=300Mi")
        pod = self.api.get("Pod", "kafka-node-0", SECURE)["status"]["podIP"]
        for port, asks in ((9092, False), (9091, True), (9093, True)):
            said = subprocess.run(["openssl", "s_client", "-connect", f"{pod}:{port}", "-CAfile", str(folder / "ca.crt")],
                                  input="", text=True, capture_output=True, check=False).stdout
            expect("Verify return code: 0 (ok)" in said, f"{port}: another certificate", said)
            expect(("Acceptable client certificate CA names" in said) == asks, f"{port}: who has to show one", said)


def main():
    suite, report = Suite(Api()), Report(os.environ.get("ONLY"))
    for name in [n for n in Suite.__dict__ if not n.startswith("_")]:
        report.run(f"bundled: {name.replace('_', ' ')}", getattr(suite, name))
    report.finish()


if __name__ == "__main__":
    main()
