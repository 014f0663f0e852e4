"""The pack that `ballast vap` renders, on a real API server and without the webhook.

The API server takes every expression and has no warning of types; what is bad is refused, what is good passes; and of
the golden cases, nothing is refused that the command admits.
"""

import copy
import json
import os
import pathlib
import subprocess
import tempfile
import time

from harness import (BUILD, ROOT, Api, ApiError, Report, budget, expect, expect_denied, run, stateful_set,
                     wait_until)

WORK = pathlib.Path(os.environ["WORK"])
LABEL = "app.kubernetes.io/component=vap"
KINDS = ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy")

TEAM = """
apiVersion: ballast.dev/v1alpha1
kind: KafkaPolicy
metadata: {name: Team_A}
spec:
  priority: 10
  match:
    namespaces: ["vap-te?m"]
    namespaceSelector:
      matchLabels: {env: prod}
      matchExpressions: [{key: tier, operator: NotIn, values: [lab]}, {key: env, operator: Exists}]
    objectSelector: {matchLabels: {team: "a"}}
    names: ["kafka*"]
    roles: [broker]
  rules:
    replicas: {action: Warn, minBrokers: 5}
    images: {action: Deny, registry: eu.gcr.io/p/, requireDigest: true, allowed: ["eu.gcr.io/*/kafka?3.*"]}
    gracefulStop: {action: Deny, minSeconds: 300}
    storage: {action: "Off"}
  exceptions:
    - {name: over, match: {}, rules: [networkPolicy], reason: was over long ago, expires: 2020-01-01}
    - {name: lab, match: {names: [kafka-lab]}, rules: [replicas], reason: a lab}
"""


def render(*options):
    """A pack whose mistakes show: an expression that fails denies here, and admits as it is rendered."""
    items = json.loads(run(str(BUILD / "ballast"), "vap", "-o", "json", *options, cwd=ROOT).stdout)["items"]
    for item in items:
        if item["kind"] == "ValidatingAdmissionPolicy":
            expect(item["spec"]["failurePolicy"] == "Ignore", "it fails closed", item["metadata"]["name"])
            item["spec"]["failurePolicy"] = "Fail"
    return items


def bad_budget(namespace):
    return budget("probe", namespace, {"app": "kafka"}, maxUnavailable=0)


def zookeeper(**spec):
    return stateful_set("zookeeper", role="zookeeper", **spec)


def claim(name, namespace, **labels):
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {
        "name": name, "namespace": namespace, "labels": labels}, "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}


def network_policy(namespace, app="kafka"):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {
        "name": app, "namespace": namespace}, "spec": {"podSelector": {"matchLabels": {"app": app}}, "ingress": []}}


class Suite:
    def __init__(self, api):
        self.api = api
        self.count = 0

    # --- packs ---

    def clear(self):
        for kind in KINDS:
            self.api.request("DELETE", Api.path(kind) + f"?labelSelector={LABEL}")

    def use(self, *options, probe=None, outcome="denied"):
        """Puts a pack in force; `probe` is a bad object, and what comes of it tells that the pack holds."""
        probe = probe or bad_budget(self.probes)
        self.clear()
        wait_until(lambda: self.outcome(probe) == "allowed", "the pack before is gone", 30)
        for obj in render(*options):
            self.api.apply(obj)
        wait_until(self.checked, "the types of all policies are checked")
        wait_until(lambda: self.outcome(probe) == outcome, f"a probe is {outcome}", 30)
        time.sleep(1.5)  # the API server takes over what has changed once a second, and the probe is one of many

    def checked(self):
        """The API server has looked at all expressions; what it warns of is a failure."""
        items = self.api.request("GET", Api.path("ValidatingAdmissionPolicy") + f"?labelSelector={LABEL}")["items"]
        for item in items:
            warnings = item.get("status", {}).get("typeChecking", {}).get("expressionWarnings")
            expect(not warnings, f"{item['metadata']['name']} has warnings", warnings)
        return items and all(item.get("status", {}).get("observedGeneration") == item["metadata"]["generation"]
                             for item in items)

    def outcome(self, obj):
        try:
            self.api.create(obj, dry_run=True)
        except ApiError as error:
            # Admission comes before the registry finds that it is there.
            if error.status == 409:
                return "allowed"
            expect("ValidatingAdmissionPolicy" in error.message, "refused for another reason", error.message)
            return "denied"
        return "warned" if any("ValidatingAdmissionPolicy" in w for w in self.api.warnings) else "allowed"

    def namespace(self, name=None, enforce=True, **labels):
        self.count += 1
        name = name or f"vap-{os.getpid()}-{self.count}"
        if not self.api.find("Namespace", name):
            self.api.namespace(name, enforce)
        if labels:
            self.api.patch("Namespace", name, {"metadata": {"labels": labels}})
        # The API server learns of a namespace's labels by a watch.
        if enforce:
            wait_until(lambda: self.outcome(bad_budget(name)) == "denied",
                       "the namespace is known", 10)
        return name

    def expect_outcome(self, outcome, obj, why=""):
        found = self.outcome(obj)
        expect(found == outcome, f"{obj['kind']} {why or obj['spec']} is {found}, not {outcome}", self.api.warnings)

    # --- tests ---

    def bundles_are_accepted(self):
        for bundle in ("audit", "strict", "default"):
            for options in (("-p", bundle), ("-p", bundle, "--all-namespaces", "--admin", 'user:"a\\b"',
                                            "--admin", "group:ops", "--admin", "user:carl")):
                self.clear()
                for obj in render(*options):
                    self.api.apply(obj)
                wait_until(self.checked, "the types of all policies are checked")

    def yaml_is_the_same(self):
        text = run(str(BUILD / "ballast"), "vap", "-p", "strict").stdout
        done = subprocess.run(["kubectl", "apply", "--dry-run=server", "--validate=strict", "-o", "name", "-f", "-"],
                              input=text, capture_output=True, text=True, check=False)
        expect(done.returncode == 0, "kubectl does not take it", done.stderr)
        expect(len(done.stdout.split()) == len(render("-p", "strict")), "objects are missing", done.stdout)

    def refuses_workloads(self):
        name = self.namespace()
        good = stateful_set(namespace=name)
        self.expect_outcome("allowed", good, "kafka")
        self.expect_outcome("allowed", zookeeper(namespace=name), "zookeeper")
        self.expect_outcome("warned", stateful_set(namespace=name, replicas=2), "of two brokers")
        self.expect_outcome("warned", zookeeper(namespace=name, replicas=4), "of four ZooKeeper servers")
        self.expect_outcome("allowed", stateful_set(namespace=name, replicas=0), "that is stopped")
        for seconds, outcome in ((5, "denied"), (30, "allowed"), (119, "denied"), (120, "allowed")):
            bad = copy.deepcopy(good)
            bad["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = seconds
            self.expect_outcome(outcome, bad, f"with {seconds} s to stop")
        bad = copy.deepcopy(good)
        del bad["spec"]["volumeClaimTemplates"]
        bad["spec"]["template"]["spec"]["volumes"] = [{"name": "data", "emptyDir": {}}]
        self.expect_outcome("denied", bad, "without a claim")
        bad["spec"]["template"]["spec"]["volumes"][0] = {"name": "data", "hostPath": {"path": "/data"}}
        self.expect_outcome("allowed", bad, "on the node's disk")
        for image, outcome in (("kafka", "warned"), ("r:5000/apache/kafka", "warned"), ("kafka:latest", "warned"),
                               ("r:5000/apache/kafka:3.9.1", "allowed"), ("kafka@sha256:" + "0" * 64, "allowed"),
                               ("kafka:latest@sha256:" + "0" * 64, "allowed")):
            bad = copy.deepcopy(good)
            bad["spec"]["template"]["spec"]["containers"][0]["image"] = image
            self.expect_outcome(outcome, bad, image)

    def passes_what_is_not_kafka(self):
        name = self.namespace()
        connect = stateful_set("connect", name, replicas=1)
        connect["spec"]["template"]["spec"]["containers"][0]["command"] = ["/opt/kafka/bin/connect-distributed.sh", "c"]
        self.expect_outcome("allowed", connect, "of Kafka Connect")
        web = stateful_set("web", name, replicas=1)
        web["spec"]["template"]["spec"]["containers"][0].update(image="docker.io/library/nginx:1", command=["nginx"])
        self.expect_outcome("allowed", web, "of nginx")
        web["metadata"]["labels"] = {"ballast.dev/role": "broker"}
        self.expect_outcome("warned", web, "that says it is a broker")
        out = stateful_set(namespace=name, replicas=1)
        out["metadata"]["labels"] = {"ballast.dev/role": "none"}
        self.expect_outcome("allowed", out, "that has opted out")
        owned = stateful_set(namespace=name, replicas=1)
        owned["metadata"]["ownerReferences"] = [{"apiVersion": "platform.confluent.io/v1beta1", "kind": "Kafka",
                                                 "name": "kafka", "uid": "1", "controller": True}]
        self.expect_outcome("allowed", owned, "of an operator")
        numbered = stateful_set("kafka-1", name, replicas=1)
        numbered["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "KAFKA_NODE_ID", "value": "1"}]
        self.expect_outcome("allowed", numbered, "of one broker of several")
        self.expect_outcome("allowed", budget("web", name, {"app": "web"}, maxUnavailable=0))
        other = self.namespace(enforce=False)
        self.expect_outcome("allowed", stateful_set(namespace=other, replicas=1), "where nobody asked for it")
        self.expect_outcome("allowed", stateful_set(namespace="kube-system", replicas=1), "in kube-system")

    def refuses_budgets(self):
        name = self.namespace()
        for spec, outcome in (({"maxUnavailable": 1}, "allowed"), ({"minAvailable": 2}, "allowed"),
                              ({"minAvailable": "50%"}, "allowed"), ({"maxUnavailable": "34%"}, "allowed"),
                              ({"maxUnavailable": 0}, "denied"), ({"maxUnavailable": "0%"}, "denied"),
                              ({"maxUnavailable": 2}, "denied"), ({"maxUnavailable": "100%"}, "denied"),
                              ({"minAvailable": 0}, "denied"), ({"minAvailable": "0%"}, "denied"),
                              ({"minAvailable": "100%"}, "denied"),
                              ({"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow"}, "denied")):
            self.expect_outcome(outcome, budget(namespace=name, **spec))
            self.expect_outcome(outcome, budget("b", name, {"ballast.dev/role": "broker"}, **spec))
        nothing = budget(namespace=name)
        del nothing["spec"]["maxUnavailable"]
        self.expect_outcome("denied", nothing, "without a limit")
        self.api.create(budget(namespace=name))
        expect_denied(lambda: self.api.patch("PodDisruptionBudget", "kafka", {"spec": {"maxUnavailable": 2}}, name),
                      "lets more pods go", "Set maxUnavailable: 1 instead")
        self.api.annotate("PodDisruptionBudget", "kafka", name, a="b")

    def lets_what_was_there_be(self):
        name = self.namespace("vap-before")
        self.api.annotate("StatefulSet", "kafka", name, a="b")
        self.api.annotate("PodDisruptionBudget", "kafka", name, a="b")
        self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": 2}}, name)
        expect(not self.api.warnings, "it warns of what was there", self.api.warnings)
        self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": 1}}, name)
        expect(any("too few replicas" in w for w in self.api.warnings), "it does not warn", self.api.warnings)
        self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": 2}}, name)
        expect_denied(lambda: self.api.patch("StatefulSet", "kafka", {"spec": {"template": {"spec": {
            "terminationGracePeriodSeconds": 6}}}}, name), "too soon")

    def guards_deletions(self):
        name = self.namespace()
        self.api.create(stateful_set(namespace=name))
        self.api.create(budget(namespace=name))
        self.api.create(network_policy(name))
        wait_until(lambda: self.api.find("PersistentVolumeClaim", "data-kafka-0", name), "there is a claim")
        self.api.create(claim("data-web-0", name, app="web"))
        self.api.delete("PersistentVolumeClaim", "data-web-0", name)
        for kind, named in (("StatefulSet", "kafka"), ("PodDisruptionBudget", "kafka"), ("NetworkPolicy", "kafka"),
                            ("PersistentVolumeClaim", "data-kafka-0")):
            expect_denied(lambda: self.api.delete(kind, named, name), "ballast.dev/allow-deletion=true", status=403)
            self.api.request("DELETE", Api.path(kind, name, named) + "?dryRun=All&propagationPolicy=Orphan") \
                if kind == "StatefulSet" else None
            alice = Api(user=("alice", "system:masters"))
            expect_denied(lambda: alice.delete(kind, named, name), "ballast.dev/allow-deletion=true")
            self.api.annotate(kind, named, name, **{"ballast.dev/allow-deletion": "true"})
            self.api.delete(kind, named, name)

    def lets_a_namespace_go(self):
        name = self.namespace()
        self.api.create(stateful_set(namespace=name))
        self.api.create(budget(namespace=name))
        self.api.create(network_policy(name))
        wait_until(lambda: self.api.find("PersistentVolumeClaim", "data-kafka-0", name), "there is a claim")
        self.api.delete("Namespace", name)
        wait_until(lambda: not self.api.find("Namespace", name), "the namespace is gone", 60)

    def lets_admins_pass(self):
        name = self.namespace()
        self.use("-p", "default", "--admin", "user:alice", "--admin", "group:ops")
        for user in (("alice", "system:masters"), ("bob", "ops")):
            self.api.create(budget(namespace=name))
            if user[0] == "bob":
                self.allow_ops(name)
            expect_denied(lambda: self.api.delete("PodDisruptionBudget", "kafka", name), "allow-deletion")
            wait_until(lambda: self.deletes(Api(user=user), name), f"{user[0]} may delete it", 10)

    def deletes(self, api, name):
        try:
            return api.delete("PodDisruptionBudget", "kafka", name)
        except ApiError as error:
            expect("ValidatingAdmissionPolicy" in error.message, "refused for another reason", error.message)
            return None

    def allow_ops(self, name):
        self.api.create({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {
            "name": "ops", "namespace": name}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
                                                          "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "Group", "name": "ops", "apiGroup": "rbac.authorization.k8s.io"}]})
        wait_until(lambda: Api(user=("bob", "ops")).find("PodDisruptionBudget", "kafka", name), "ops may", 10)

    def follows_priorities_and_exceptions(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", dir=WORK, delete=False) as file:
            file.write(TEAM)
        self.use("-p", "default", "-p", file.name)
        team = self.namespace("vap-team", env="prod")
        digest = "eu.gcr.io/p/kafka:3.9@sha256:" + "0" * 64

        def broker(name="kafka", labels=None, image=digest, seconds=300, **values):
            obj = stateful_set(name, team, **values)
            obj["metadata"]["labels"] = {"ballast.dev/role": "broker", "team": "a", **(labels or {})}
            obj["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = seconds
            obj["spec"]["template"]["spec"]["containers"][0]["image"] = image
            return obj
        wait_until(lambda: self.outcome(broker(replicas=4)) == "warned", "the label of the namespace is known", 10)
        self.expect_outcome("allowed", broker(replicas=5), "of five")
        self.expect_outcome("allowed", broker("kafka-lab", replicas=1), "that is excused")
        self.expect_outcome("allowed", broker("other", replicas=3), "of another name: default decides")
        self.expect_outcome("allowed", broker(labels={"team": "b"}, replicas=3), "of another team")
        self.expect_outcome("warned", broker(labels={"ballast.dev/role": "zookeeper"}, replicas=4), "of another role")
        self.expect_outcome("denied", broker(replicas=5, seconds=30), "whose policy denies what is missing")
        self.expect_outcome("denied", broker(replicas=5, image="eu.gcr.io/p/kafka:3.9"), "without a digest")
        self.expect_outcome("denied", broker(replicas=5, image=digest.replace("eu.gcr.io/p/", "docker.io/p/")), "of Docker")
        self.expect_outcome("denied", broker(replicas=5, image=digest.replace("kafka:3", "kafka:4")), "not allowed")
        bad = broker(replicas=5)
        del bad["spec"]["volumeClaimTemplates"]
        bad["spec"]["template"]["spec"]["volumes"] = [{"name": "data", "emptyDir": {}}]
        self.expect_outcome("allowed", bad, "where storage is off")

    def warns_and_audits(self):
        name = self.namespace()
        policy = WORK / "warn.yaml"
        policy.write_text("{apiVersion: ballast.dev/v1alpha1, kind: KafkaPolicy, metadata: {name: warn}, spec: {rules: "
                          "{replicas: {action: Warn}, disruptionBudget: {action: Audit}}}}")
        self.use("-p", str(policy), probe=stateful_set(namespace=name, replicas=1), outcome="warned")
        self.expect_outcome("allowed", budget(namespace=name, maxUnavailable=0))
        self.api.create(stateful_set(namespace=name))
        self.api.delete("StatefulSet", "kafka", name)
        expect(any("deleting it stops all" in w for w in self.api.warnings), "no warning", self.api.warnings)

    def refuses_nothing_that_the_command_admits(self):
        self.use("-p", "default", "--all-namespaces")
        cases = [json.loads(line) for line in run(str(BUILD / "ballast"), "test", "-o", "cases", "tests/golden",
                                                  cwd=ROOT).stdout.splitlines()]
        asked = denied = 0
        made = set()
        for case in cases:
            for obj in case["objects"]:
                if obj.get("kind") not in ("StatefulSet", "Deployment", "PodDisruptionBudget"):
                    continue
                obj["metadata"].setdefault("namespace", "default")
                space = obj["metadata"]["namespace"]
                if space not in made and not self.api.find("Namespace", space):
                    self.api.namespace(space, enforce=False)
                    made.add(space)
                asked += 1
                try:
                    self.api.create(obj, dry_run=True)
                except ApiError as error:
                    if "ValidatingAdmissionPolicy 'ballast-" in error.message:
                        denied += 1
                        self.expect_error(case, obj, error.message)
        self.api.remove_namespaces(made)
        expect(asked > 300 and denied > 5, "too few to tell anything", asked, denied)

    def expect_error(self, case, obj, message):
        """The command finds an error of the same rule, with all objects of the case in sight."""
        rule = message.split("denied request: ")[1].split(":")[0]
        done = run(str(BUILD / "ballast"), "lint", "-p", "default", "-o", "json", "-", check=False,
                   input="\n".join(json.dumps(o) for o in case["objects"]))
        found = [f for f in json.loads(done.stdout) if f["severity"] == "error"]
        names = ["".join("-" + c.lower() if c.isupper() else c for c in f["rule"]) for f in found]
        expect(rule in names, f"{case['file']}:{case['line']} {case['name']}: {obj['kind']} {obj['metadata']['name']} "
               f"is refused, and the command admits it", message, json.dumps(found)[:500])


def main():
    api = Api()
    suite, report = Suite(api), Report(os.environ.get("ONLY"))
    suite.clear()
    suite.probes = "vap-probes"
    for name in (suite.probes, "vap-before"):
        if not api.find("Namespace", name):
            api.namespace(name)
    # What was there before the pack.
    bad = stateful_set(namespace="vap-before", replicas=2)
    bad["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 5
    wait_until(lambda: suite.outcome(bad) == "allowed", "no pack of another run is left")
    api.apply(bad)
    api.apply(budget(namespace="vap-before", maxUnavailable=0))
    for name in ("bundles_are_accepted", "yaml_is_the_same"):
        report.run(f"vap: {name.replace('_', ' ')}", getattr(suite, name))
    report.run("vap: default is put in force", suite.use, "-p", "default")
    for name in ("refuses_workloads", "passes_what_is_not_kafka", "refuses_budgets", "lets_what_was_there_be",
                 "guards_deletions", "lets_a_namespace_go", "lets_admins_pass", "follows_priorities_and_exceptions",
                 "warns_and_audits", "refuses_nothing_that_the_command_admits"):
        report.run(f"vap: {name.replace('_', ' ')}", getattr(suite, name))
    suite.clear()
    report.finish()


main()
