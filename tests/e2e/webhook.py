#!/usr/bin/env python3
"""The webhook as people run it: its image, its chart, three zones, and everything that goes wrong there.

The tests share one cluster: the first installs Ballast, which all need, and the last two take it out and put it
in again. Brokers are stand-ins that only listen, everything else is the real thing.
"""

import base64
import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import (Api, ApiError, Load, Report, ROOT, chart_of, expect, expect_denied,  # noqa: E402
                     kubectl, parse_metrics, run, stateful_set, wait_until)

WORK = pathlib.Path(os.environ["WORK"])
TESTBED = WORK / "testbed"
OURS = "ballast-system"
WEBHOOK = "ballast-webhook"
CHART = ROOT / "manifests" / "chart"
SAMPLES = ROOT / "manifests" / "samples"
ACCOUNT = f"system:serviceaccount:{OURS}:{WEBHOOK}"
CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
PARTS = {"authority": ("ca.crt", "ca.key", "tls.crt", "tls.key"), "tls": ("ca.crt", "tls.crt", "tls.key")}


def policy(name, namespaces, **rules):
    return json.dumps({"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": name},
                       "spec": {"priority": 10, "match": {"namespaces": namespaces}, "rules": rules}})


def kafka(namespace, name="kafka", **spec):
    """A workload as Bitnami's chart would start it, in an image that only listens."""
    obj = stateful_set(name, namespace, **spec)
    container = obj["spec"]["template"]["spec"]["containers"][0]
    del container["command"]
    container["image"] = "local/standin:1"
    container["env"] = [{"name": "KAFKA_CFG_LISTENERS", "value": "CLIENT://:9092"},
                        {"name": "KAFKA_CFG_ZOOKEEPER_CONNECT", "value": "zookeeper:2181"}]
    return obj


def headless(namespace, name="kafka"):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
            "spec": {"clusterIP": "None", "selector": {"app": name}, "ports": [{"name": "client", "port": 9092}]}}


def applied(*objects, extra=()):
    return kubectl("apply", *extra, "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


def spec_of(obj):
    return obj["spec"]["template"]["spec"]


def condition(pod, kind):
    return next((c["status"] for c in pod["status"].get("conditions", []) if c["type"] == kind), None)


def is_ready(pod):
    return condition(pod, "Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


class Suite:
    def __init__(self, api):
        self.api = api
        # Metrics are read from beside the nodes.
        self.values = {"image": {"repository": "local/ballast", "tag": "dev"}, "networkPolicy": {"metricsFrom": []}, "policies": {"files": {
            "racks.yaml": policy("racks", ["kafka", "load"], rack={"action": "Mutate"},
                                 gracefulStop={"action": "Mutate", "minSeconds": 90}),
            "gates.yaml": policy("gates", ["gated"], inSync={"action": "Mutate"}),
            # The stand-ins need no minute to start.
            "quick.yaml": policy("quick", ["*"], probes={
                "action": "Mutate", "startup": {"periodSeconds": 1, "failureThreshold": 120},
                "readiness": {"initialDelaySeconds": 0, "periodSeconds": 1}})}}}

    # --- what the tests share ---

    def helm(self, verb, *args, **values):
        self.values.update(values)
        (WORK / "values.yaml").write_text(json.dumps(self.values))
        return run("helm", verb, "ballast", str(CHART), "-n", OURS, "-f", str(WORK / "values.yaml"), *args)

    def pods(self, namespace, app=None):
        items = self.api.request("GET", Api.path("Pod", namespace))["items"]
        return [pod for pod in items if not app or pod["metadata"]["labels"].get("app") == app]

    def all_webhooks(self):
        return [pod for pod in self.pods(OURS) if pod["metadata"]["labels"]["app.kubernetes.io/component"] == "webhook"]

    def webhooks(self):
        """Those that run, by name, oldest first."""
        pods = [pod for pod in self.all_webhooks() if is_ready(pod)]
        return sorted(pods, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))

    def two_webhooks(self, seconds=60):
        return wait_until(lambda: (pods := self.webhooks()) and len(pods) == 2 and len(self.all_webhooks()) == 2 and pods,
                          "two webhooks run", seconds, 0.2)

    def zones(self, pods):
        nodes = {node["metadata"]["name"]: node["metadata"]["labels"]["topology.kubernetes.io/zone"]
                 for node in self.api.request("GET", Api.path("Node"))["items"]}
        return sorted(nodes[pod["spec"]["nodeName"]] for pod in pods)

    def brokers_ready(self, namespace, seconds=60, known=()):
        """Three that are ready, none of which is among those `known` by uid."""
        def check():
            pods = [pod for pod in self.pods(namespace, "kafka") if is_ready(pod) and pod["metadata"]["uid"] not in known]
            return len(pods) == 3 and sorted(pods, key=lambda pod: pod["metadata"]["name"])
        return wait_until(check, f"three brokers are ready in {namespace}", seconds, 0.2)

    def brokers(self):
        """Those of namespace kafka, which most tests share."""
        if not self.api.find("StatefulSet", "kafka", "kafka"):
            applied(headless("kafka"), kafka("kafka"))
        return self.brokers_ready("kafka")

    def metrics(self, pod):
        connection = http.client.HTTPConnection(pod["status"]["podIP"], 8080, timeout=30)
        connection.request("GET", "/metrics")
        return parse_metrics(connection.getresponse().read().decode())

    def secret(self, which="tls"):
        """What is shown; or the authority, which its keeper alone reads."""
        return self.api.get("Secret", f"{WEBHOOK}-{which}", OURS).get("data") or {}

    def bundles(self):
        return [hook["clientConfig"].get("caBundle") for kind in CONFIGURATIONS
                for hook in self.api.get(kind, WEBHOOK)["webhooks"]]

    def leaf(self, pod):
        """The certificate that a pod shows, which each configuration must trust, also while they are being changed."""
        for bundle in set(self.bundles()):
            trust = ssl.create_default_context(cadata=decoded(bundle))
            with socket.create_connection((pod["status"]["podIP"], 8443), timeout=30) as plain:
                with trust.wrap_socket(plain, server_hostname=f"{WEBHOOK}.{OURS}.svc") as stream:
                    shown = ssl.DER_cert_to_PEM_cert(stream.getpeercert(binary_form=True))
        return shown

    def dry_creates(self):
        """Each call takes the whole way: API server, Service, both webhooks. What was not completed counts as lost."""
        obj = kafka("load")

        def work(api):
            created = api.create(obj, dry_run=True)
            expect(created["metadata"].get("labels", {}).get("ballast.dev/role") == "broker", "not completed")
            time.sleep(0.01)
        return Load(work, threads=2)

    def calls_come(self, load):
        """As many as tell something, however busy the machine is."""
        wait_until(lambda: load.calls > 100, "calls come", 60, 0.1)

    def says_nothing_bad(self):
        for pod in self.pods(OURS):
            log = kubectl("logs", "-n", OURS, pod["metadata"]["name"], check=False).stdout
            bad = [line for line in log.splitlines() if "forbidden" in line.lower() or '"level":"error"' in line]
            expect(not bad, f"{pod['metadata']['name']} complains", *bad[:5])

    # --- the chart ---

    def helm_installs_it(self):
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {
            "name": OURS, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}})
        self.helm("install", "--wait", "--timeout=300s")
        pods = self.webhooks()
        expect(len(pods) == 2, "there are not two replicas", [pod["metadata"]["name"] for pod in pods])
        expect(len(set(self.zones(pods))) == 2, "they are in one zone", self.zones(pods))
        for pod in pods:
            state = pod["status"]["containerStatuses"][0]
            expect(state["restartCount"] == 0, "a webhook was restarted", state)
        for kind in ("PodDisruptionBudget", "NetworkPolicy"):
            expect(self.api.find(kind, WEBHOOK, OURS), f"there is no {kind}")
        for name in ("kafka", "gated", "load", "lab"):
            self.api.namespace(name)

    def it_is_restricted(self):
        """The namespace enforces it already; what is there would also be let in again."""
        said = kubectl("label", "--dry-run=server", "--overwrite", "namespace", OURS,
                       "pod-security.kubernetes.io/enforce=restricted",
                       "pod-security.kubernetes.io/enforce-version=latest").stderr
        expect("violate" not in said, "pod security complains", said)
        events = kubectl("get", "events", "-n", OURS, "-o", "jsonpath={.items[*].message}").stdout
        expect("PodSecurity" not in events, "pod security refused a pod", events)

    def it_may_do_what_it_needs_and_no_more(self):
        for allowed, *question in (
                (True, "get", f"secrets/{WEBHOOK}-tls", "-n", OURS),
                (False, "update", f"secrets/{WEBHOOK}-tls", "-n", OURS),
                (False, "get", f"secrets/{WEBHOOK}-authority", "-n", OURS),
                (True, "watch", "statefulsets.apps", "-A"),
                (False, "patch", f"validatingwebhookconfigurations/{WEBHOOK}"),
                (False, "create", "mutatingwebhookconfigurations"),
                (False, "delete", f"mutatingwebhookconfigurations/{WEBHOOK}"),
                (False, "get", "secrets/other", "-n", OURS),
                (False, "list", "secrets", "-n", OURS),
                (False, "get", "secrets", "-n", "kafka"),
                (False, "list", "configmaps", "-n", "kafka"),
                (False, "patch", "statefulsets.apps", "-n", "kafka"),
                (False, "create", "pods", "-n", "kafka"),
                (False, "create", "pods/exec", "-n", "kafka"),
                (False, "update", "kafkapolicies.ballast.dev")):
            said = kubectl("auth", "can-i", *question, f"--as={ACCOUNT}", check=False).stdout.strip()
            expect(said == ("yes" if allowed else "no"), f"can-i {' '.join(question)}: {said}")
        self.says_nothing_bad()

    def it_keeps_its_certificates(self):
        for which, parts in PARTS.items():
            expect(set(parts) == set(self.secret(which)), f"{which} has other parts", list(self.secret(which)))
        secret = self.secret()
        for kind in CONFIGURATIONS:
            for hook in self.api.get(kind, WEBHOOK)["webhooks"]:
                expect(hook["clientConfig"].get("caBundle") == secret["ca.crt"], f"{kind}: {hook['name']} trusts another")
        for pod in self.webhooks():
            expect(self.leaf(pod) == decoded(secret["tls.crt"]), "a webhook shows another certificate")

    # --- Kafka ---

    def kubectl_apply_is_completed(self):
        objects = headless("kafka"), kafka("kafka")
        applied(*objects)
        made = self.api.get("StatefulSet", "kafka", "kafka")
        spec = spec_of(made)
        expect(made["metadata"]["labels"]["ballast.dev/role"] == "broker", "the object is not marked", made["metadata"])
        expect(spec["topologySpreadConstraints"][0]["topologyKey"] == "topology.kubernetes.io/zone", "no spread", spec)
        expect("podAntiAffinity" in spec["affinity"], "brokers may share a node", spec)
        expect(spec["terminationGracePeriodSeconds"] == 90, "no time to stop", spec)
        expect({"livenessProbe", "readinessProbe", "startupProbe"} <= set(spec["containers"][0]), "no probes", spec)
        expect(self.api.get("Service", "kafka", "kafka")["spec"].get("publishNotReadyAddresses"), "members are not found")
        zones = self.zones(self.brokers_ready("kafka"))
        made = self.api.get("StatefulSet", "kafka", "kafka")
        expect(zones == ["us-central1-a", "us-central1-b", "us-central1-c"], "the brokers are not in three zones", zones)
        for extra in ((), (), ("--server-side", "--force-conflicts"), ("--server-side", "--force-conflicts")):
            applied(*objects, extra=extra)
            again = self.api.get("StatefulSet", "kafka", "kafka")
            expect(again["metadata"]["generation"] == 1, f"applying again {extra} made a new generation",
                   json.dumps(spec_of(again)))
            expect(again["status"]["updateRevision"] == made["status"]["updateRevision"], "applying again made a new revision")

    def helm_upgrade_settles(self):
        chart = chart_of(kafka("lab"), WORK / "kafka-chart")
        run("helm", "install", "kafka", chart, "-n", "lab")
        self.brokers_ready("lab")
        for label in ("one", "two"):
            run("helm", "upgrade", "kafka", chart, "-n", "lab", "--set", f"label={label}")
            made = self.api.get("StatefulSet", "kafka", "lab")
            expect(made["metadata"]["generation"] == 1, "an upgrade without a change rolls the brokers",
                   json.dumps(spec_of(made)))
            expect(made["metadata"]["labels"]["ballast.dev/role"] == "broker", "the mark was lost", made["metadata"])

    def samples_are_what_they_say(self):
        """One is completed as it is, and the other one denied with all that is wrong."""
        taken = kubectl("apply", "--dry-run=server", "-n", "load", "-f", str(SAMPLES / "kafka.yaml"), "-o", "json")
        made = next(item for item in json.loads(taken.stdout)["items"] if item["kind"] == "StatefulSet")
        expect(made["metadata"]["labels"]["ballast.dev/role"] == "combined", "it was not completed", made)
        denied = kubectl("apply", "-n", "load", "-f", str(SAMPLES / "kafka-risky.yaml"), check=False)
        expect(denied.returncode != 0, "it was admitted", denied.stdout)
        for text in ('admission webhook "validate.ballast.dev" denied the request', "replicas: 1 broker is all that the "
                     "cluster has", "Raise replicas", "replicas: 1 controller cannot be lost", "storage: data in "
                     "/var/lib/kafka/data is on volume", "Use a volumeClaimTemplate"):
            expect(text in denied.stderr, f'the denial does not say "{text}"', denied.stderr)
        expect(not self.api.find("StatefulSet", "orders", "load"), "it is there all the same")

    def brokers_know_their_zone(self):
        for pod in self.brokers():
            zone = self.zones([pod])[0]
            name = pod["metadata"]["name"]
            expect(pod["metadata"]["annotations"].get("ballast.dev/zone") == zone, f"{name} has no zone", pod["metadata"])
            said = kubectl("exec", "-n", "kafka", name, "--", "sh", "-c", "echo $KAFKA_CFG_BROKER_RACK").stdout.strip()
            expect(said == zone, f'{name} is in {zone} and was told "{said}"')

    def protection_is_guarded(self):
        self.brokers()
        # The controller has made it. Until the webhooks know, there is nothing that they could protect.
        wait_until(lambda: self.api.find("PodDisruptionBudget", "kafka", "kafka"), "there is a budget")
        for pod in self.webhooks():
            wait_until(lambda: self.metrics(pod)['ballast_cache_objects{resource="poddisruptionbudgets"}'] >= 2,
                       "the webhooks know the budget")
        expect_denied(lambda: self.api.delete("PodDisruptionBudget", "kafka", "kafka"), "disruption-budget: ", status=403)
        for args, text in ((("delete", "statefulset", "kafka"), "deleting it stops them all"),
                           (("delete", "pvc", "data-kafka-0"), "holds data of"),
                           (("scale", "statefulset", "kafka", "--replicas=1"), "replicas: 1 broker"),
                           (("scale", "statefulset", "kafka", "--replicas=0"), "stops all of it")):
            refused = kubectl("-n", "kafka", *args, check=False)
            expect(refused.returncode != 0 and text in refused.stderr, f"kubectl {' '.join(args)} was let through",
                   refused.stdout, refused.stderr)

    def set_conditions(self, name, **conditions):
        self.api.patch("Pod", name, {"status": {"conditions": [
            {"type": f"ballast.dev/{kind.replace('_', '-')}", "status": status,
             "message": "orders-0 has 2 in sync of 2 needed" if status == "False" else ""}
            for kind, status in conditions.items()]}}, "gated", "status", "strategic-merge-patch")

    def a_drain_waits_for_the_brokers(self):
        """These are stand-ins, of which the controller would say that they do not answer: so it is away."""
        kubectl("scale", "deployment/ballast-controller", "-n", OURS, "--replicas=0")
        wait_until(lambda: not [pod for pod in self.pods(OURS) if "controller" in pod["metadata"]["name"]],
                   "the controller is away", 60, 0.2)
        try:
            self._drain_a_held_broker()
        finally:
            kubectl("scale", "deployment/ballast-controller", "-n", OURS, "--replicas=2")

    def _drain_a_held_broker(self):
        self.brokers()
        applied(headless("gated"), kafka("gated"))
        names = [f"kafka-{i}" for i in range(3)]
        wait_until(lambda: [condition(pod, "ContainersReady") for pod in self.pods("gated", "kafka")] == ["True"] * 3,
                   "the brokers run", 60, 0.2)
        expect(all(condition(pod, "Ready") == "False" for pod in self.pods("gated")), "the gate does not hold")
        for name in names:
            self.set_conditions(name, in_sync="True", safe_to_disrupt="True")
        kubectl("annotate", "pod", "kafka-0", "-n", "gated", "ballast.dev/hold=orders-0 is being copied")
        first = self.brokers_ready("gated")[0]
        node = first["spec"]["nodeName"]
        log = WORK / "drain.log"
        with log.open("w") as output:
            drain = subprocess.Popen(["kubectl", "drain", node, "--ignore-daemonsets", "--delete-emptydir-data",
                                      "--timeout=300s"], stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: "will retry after 5s" in log.read_text() and "orders-0" in log.read_text(), "the drain waits")
            wait_until(lambda: log.read_text().count("will retry after 5s") >= 2, "it asks again", 60, 0.2)
            expect(drain.poll() is None, "the drain did not wait", log.read_text())
            still = self.api.get("Pod", "kafka-0", "gated")
            expect(still["metadata"]["uid"] == first["metadata"]["uid"] and is_ready(still), "the broker was taken down")
            kubectl("annotate", "pod", "kafka-0", "-n", "gated", "ballast.dev/hold-")
            drain.wait(30)
        finally:
            drain.kill()
            kubectl("uncordon", node)
        said = log.read_text()
        expect(drain.returncode == 0 and said.count("orders-0") >= 2, "the drain did not end well", said)
        print("  " + next(line for line in said.splitlines() if "orders-0" in line))
        # Its volume is on the node, so it waits for that one.
        wait_until(lambda: (pod := self.api.find("Pod", "kafka-0", "gated")) and condition(pod, "ContainersReady") == "True",
                   "the broker comes back", 60, 0.2)
        expect(len(set(self.zones(self.two_webhooks()))) == 2, "the webhooks are in one zone now")
        self.brokers_ready("kafka")

    # --- changes while it serves ---

    def rolling_restarts_lose_no_call(self):
        before = {pod["metadata"]["name"] for pod in self.two_webhooks()}
        with self.dry_creates() as load:
            kubectl("rollout", "restart", f"deployment/{WEBHOOK}", "-n", OURS)
            kubectl("rollout", "status", f"deployment/{WEBHOOK}", "-n", OURS, "--timeout=60s")
            between = {pod["metadata"]["name"] for pod in self.webhooks()}
            self.helm("upgrade", "--wait", "--timeout=60s", log={"format": "json", "level": "debug"})
            self.two_webhooks()  # those that leave still answer for a while
        after = {pod["metadata"]["name"] for pod in self.webhooks()}
        expect(not before & between and not between & after, "they were not replaced", before, between, after)
        expect(not load.failures, f"{len(load.failures)} of {load.calls} calls failed", *load.failures[:3])
        expect(load.calls > 100, f"only {load.calls} calls")
        print(f"  {load.calls} calls")

    def recovers(self, what, act):
        """Calls may be lost at the moment, and after a while none is."""
        with self.dry_creates() as load:
            self.calls_come(load)
            expect(not load.failures, "calls fail before anything has happened", *load.failures[:3])
            act()
            self.two_webhooks()
        with self.dry_creates() as settled:
            self.calls_come(settled)
        expect(load.calls > 30 and settled.calls > 30, f"only {load.calls} and {settled.calls} calls")
        expect(not settled.failures, f"calls still fail: {len(settled.failures)} of {settled.calls}", *settled.failures[:3])
        expect(len(load.failures) * 2 < load.calls, f"{len(load.failures)} of {load.calls} calls failed", *load.failures[:3])
        print(f"  {what}: {len(load.failures)} of {load.calls} calls failed", *load.failures[:1])

    def one_replica_may_go(self):
        def delete():
            kubectl("delete", "pod", "-n", OURS, self.webhooks()[0]["metadata"]["name"], "--grace-period=0", "--force")

        def kill():
            os.kill(process_of(self.webhooks()[0]), signal.SIGKILL)
            wait_until(lambda: len(self.webhooks()) == 1, "it is seen", 20, 0.05)
        self.recovers("deleted by force", delete)
        self.recovers("killed", kill)

    def policies_change_without_a_restart(self):
        """As the kubelet brings them: within its minute, or at once for a pod that changes."""
        pods = self.two_webhooks()

        def reloads():
            return [self.metrics(pod).get('ballast_reloads_total{source="files",result="ok"}', 0) for pod in pods]
        before = reloads()
        files = {**self.values["policies"]["files"], "racks.yaml": policy(
            "racks", ["kafka", "load"], rack={"action": "Mutate"}, gracefulStop={"action": "Mutate", "minSeconds": 240})}
        with self.dry_creates() as load:
            self.helm("upgrade", "--wait", policies={"files": files})
            kubectl("annotate", "pods", "--all", "-n", OURS, f"nudge={time.time()}")
            wait_until(lambda: all(now > then for now, then in zip(reloads(), before, strict=False)), "both have read them", 90, 0.5)
        expect(not load.failures, f"{len(load.failures)} of {load.calls} calls failed", *load.failures[:3])
        for _ in range(20):
            made = self.api.create(kafka("load"), dry_run=True)
            expect(spec_of(made)["terminationGracePeriodSeconds"] == 240, "the old policy holds", spec_of(made))
        after = self.webhooks()
        expect([(pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["restartCount"]) for pod in pods] ==
               [(pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["restartCount"]) for pod in after],
               "the webhooks were restarted")
        applied(kafka("kafka"), extra=("--server-side", "--force-conflicts"))
        expect(self.api.get("StatefulSet", "kafka", "kafka")["metadata"]["generation"] == 1,
               "a change of policy rolls the brokers")

    def change_secret(self, data, until):
        """Takes parts out of the authority's Secret, and waits until `until(secret)` and both webhooks show it; under load."""
        pods = self.two_webhooks()
        with self.dry_creates() as load:
            self.api.patch("Secret", f"{WEBHOOK}-authority", {"data": data}, OURS)
            secret = wait_until(lambda: set(PARTS["authority"]) == set(now := self.secret("authority")) and until(now) and now,
                                "it is filled", 70, 0.5)
            wait_until(lambda: all(self.leaf(pod) == decoded(secret["tls.crt"]) for pod in pods), "both show it", 70, 0.5)
        expect(not load.failures, f"{len(load.failures)} of {load.calls} calls failed", *load.failures[:3])
        expect({pod["metadata"]["uid"] for pod in self.webhooks()} == {pod["metadata"]["uid"] for pod in pods},
               "the webhooks were restarted")
        print(f"  {load.calls} calls")
        return secret

    def certificates_change_without_a_restart(self):
        before = self.secret("authority")
        after = self.change_secret({"tls.crt": None, "tls.key": None}, lambda now: now["tls.crt"] != before["tls.crt"])
        expect(after["ca.crt"] == before["ca.crt"], "the authority changed too")

    def an_emptied_secret_costs_no_call(self):
        """The authority is lost: a new one is made, and the old one stays trusted while its certificates are in use."""
        before = self.secret("authority")
        after = self.change_secret(None, lambda now: now["ca.key"] != before["ca.key"])
        expect(decoded(before["ca.crt"]) in decoded(after["ca.crt"]), "the old authority is not trusted any more")

    def an_authority_can_be_got_rid_of(self):
        """The runbook: nobody may be there who remembers it."""
        old = decoded(self.secret()["ca.crt"])
        keeper = WEBHOOK.replace("-webhook", "-certificates")
        kubectl("scale", f"deployment/{WEBHOOK}", f"deployment/{keeper}", "-n", OURS, "--replicas=0")
        kubectl("wait", "pods", "-n", OURS, "-l", "app.kubernetes.io/component in (webhook,certificates)",
                "--for=delete", "--timeout=60s")
        for which in PARTS:
            kubectl("patch", "secret", f"{WEBHOOK}-{which}", "-n", OURS, "--type=json", '-p=[{"op":"remove","path":"/data"}]')
        kubectl("scale", f"deployment/{keeper}", "-n", OURS, "--replicas=1")
        kubectl("scale", f"deployment/{WEBHOOK}", "-n", OURS, "--replicas=2")
        self.two_webhooks()
        bundle = decoded(self.secret()["ca.crt"])
        expect(bundle.count("BEGIN") == 1 and bundle not in old, "the old authority is trusted")
        wait_until(self.admits, "Kafka is admitted again", 5, 0.1)

    def a_lost_bundle_comes_back(self):
        """As after kubectl replace, or helm upgrade --force, of what the chart renders."""
        bundle = self.secret()["ca.crt"]

        for kind in CONFIGURATIONS:
            self.api.patch(kind, WEBHOOK, [{"op": "remove", "path": f"/webhooks/{i}/clientConfig/caBundle"} for i, _ in
                                           enumerate(self.api.get(kind, WEBHOOK)["webhooks"])], kind_of="json-patch")
        wait_until(lambda: set(self.bundles()) == {bundle}, "the bundles are there again", 30, 0.2)
        wait_until(self.admits, "Kafka is admitted again", 5, 0.1)

    # --- the worst ---

    def everything_goes_and_comes_back(self):
        """No webhook, no broker, and nobody who could make one: it heals, though the configurations fail closed."""
        self.says_nothing_bad()
        brokers = {pod["metadata"]["uid"] for pod in self.brokers()}
        for name in ("controller-manager", "scheduler"):
            os.kill(int((TESTBED / "run" / f"{name}.pid").read_text()), signal.SIGKILL)
        try:
            for namespace in (OURS, "kafka"):
                kubectl("delete", "pods", "--all", "-n", namespace, "--grace-period=0", "--force")
            wait_until(lambda: not self.pods(OURS) and not self.pods("kafka"), "all pods are gone")
            # Their processes still answer for as long as they drain, one of them longer than the other.
            wait_until(self.fails_closed, "nobody answers any more, and nothing gets past", 40, 0.2)
        finally:
            begin = time.monotonic()
            run(str(ROOT / "tests/testbed/testbed.sh"), "restart-control-plane", str(TESTBED))
        self.api = Api()
        back = time.monotonic()
        self.two_webhooks(120)
        ready = time.monotonic()
        self.brokers_ready("kafka", 60, brokers)
        wait_until(self.admits, "Kafka is admitted again", 30, 0.2)
        print(f"  the control plane took {back - begin:.0f} s, the webhooks {ready - back:.0f} s more")

    def fails_closed(self):
        try:
            self.api.create(kafka("load"), dry_run=True)
        except ApiError as error:
            return error.status == 500 and "validate.ballast.dev" in error.message
        return False

    def admits(self):
        try:
            made = self.api.create(kafka("load"), dry_run=True)
            return made["metadata"].get("labels", {}).get("ballast.dev/role") == "broker"
        except ApiError:
            return False

    # --- leaving ---

    def a_namespace_goes_with_all_in_it(self):
        kubectl("delete", "namespace", "lab", "gated", "--timeout=60s")

    def it_can_be_taken_out(self):
        self.says_nothing_bad()
        self.api.create(json.loads(policy("mine", ["elsewhere"], replicas={"action": "Warn"})))
        run("helm", "uninstall", "ballast", "-n", OURS, "--wait", "--timeout=60s")
        for kind in CONFIGURATIONS:
            expect(not self.api.find(kind, WEBHOOK), f"the {kind} is left")
        expect(not self.api.find("ClusterRole", WEBHOOK), "its rights are left")
        expect(self.api.find("KafkaPolicy", "mine"), "the CRD, and with it all policies, went too")
        # Nobody stands in the way any more, of the worst either.
        applied(kafka("kafka", "lonely", replicas=1))
        kubectl("delete", "statefulset", "lonely", "kafka", "-n", "kafka", "--ignore-not-found")

    def it_can_be_put_in_again(self):
        self.helm("install", "--wait", "--timeout=300s")
        # A pod may be ready before the API server reaches it by its Service.
        wait_until(self.admits, "Kafka is admitted", 60)
        expect(self.api.find("KafkaPolicy", "mine"), "policies were lost")


def decoded(text):
    return base64.b64decode(text).decode()


def process_of(pod):
    """The process that is the pod's container, which has the container's id in the name of its cgroup."""
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and container in (folder / "cgroup").read_text():
                return int(folder.name)
        except OSError:
            continue
    raise LookupError(f"no process of container {container}")


def main():
    only = os.environ.get("ONLY")
    suite, report = Suite(Api()), Report(only and f"helm installs it|{only}")
    # In this order, as they share the cluster.
    for name in ("helm_installs_it", "it_is_restricted", "it_may_do_what_it_needs_and_no_more", "it_keeps_its_certificates",
                 "kubectl_apply_is_completed", "helm_upgrade_settles", "samples_are_what_they_say",
                 "brokers_know_their_zone", "protection_is_guarded", "a_drain_waits_for_the_brokers",
                 "rolling_restarts_lose_no_call", "one_replica_may_go", "policies_change_without_a_restart",
                 "certificates_change_without_a_restart", "an_emptied_secret_costs_no_call", "an_authority_can_be_got_rid_of",
                 "a_lost_bundle_comes_back", "everything_goes_and_comes_back", "a_namespace_goes_with_all_in_it",
                 "it_can_be_taken_out", "it_can_be_put_in_again"):
        report.run(f"e2e: {name.replace('_', ' ')}", getattr(suite, name))
    report.finish()


if __name__ == "__main__":
    main()
