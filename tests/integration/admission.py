#!/usr/bin/env python3
"""What a person meets: objects that are completed, denials, guards, and tools that apply again."""

import json
import os
import pathlib
import re

from harness import (TESTBED_DIR, Api, ApiError, ForeignWebhook, Report, Webhook, budget, chart_of, expect, expect_denied,
                     install, install_crd, kubectl, run, stateful_set, uninstall, wait_enforced, wait_until)

WORK = pathlib.Path(os.environ["WORK"])


def spec_of(obj):
    return obj["spec"]["template"]["spec"]


def expect_completed(obj):
    spec = spec_of(obj)
    expect(obj["metadata"]["labels"]["ballast.dev/role"] == "broker", "the object is not marked", obj["metadata"])
    expect(obj["spec"]["template"]["metadata"]["labels"]["ballast.dev/role"] == "broker", "its pods are not marked")
    expect(spec["terminationGracePeriodSeconds"] == 120, "no time to stop", spec)
    expect(spec["topologySpreadConstraints"][0]["topologyKey"] == "topology.kubernetes.io/zone", "no spread", spec)
    kafka = [c for c in spec["containers"] if c["name"] == "kafka"][0]
    expect(kafka.get("livenessProbe", {}).get("tcpSocket", {}).get("port") == "client", "no probe", spec)


class Suite:
    def __init__(self, api, webhook):
        self.api, self.webhook = api, webhook
        self.count = 0

    def namespace(self, **options):
        self.count += 1
        name = f"t{self.count}"
        self.api.namespace(name, **options)
        self.wait_cached("namespaces", lambda count: count >= self.count)
        return name

    def wait_cached(self, resource, check):
        wait_until(lambda: check(self.webhook.metric(f'ballast_cache_objects{{resource="{resource}"}}')),
                   f"the cache of {resource} has caught up")

    def create_cached(self, resource, obj):
        """Creates it, and waits until the webhook knows. Controllers make and delete others meanwhile."""
        created = self.api.create(obj)
        everything = re.sub(r"/namespaces/[^/]+", "", Api.path(obj["kind"], obj["metadata"].get("namespace")))
        if resource == "pods":
            everything += "?labelSelector=ballast.dev/role"

        def in_scope():
            namespaces = self.api.request("GET", "/api/v1/namespaces?labelSelector=ballast.dev/enforce=true")["items"]
            names = {None, *(each["metadata"]["name"] for each in namespaces)}
            return [each for each in self.api.request("GET", everything)["items"] if each["metadata"].get("namespace") in names]
        self.wait_cached(resource, lambda count: count == len(in_scope()))
        return created

    # --- completing ---

    def completes_on_create(self):
        created = self.api.create(stateful_set(namespace=self.namespace()))
        expect_completed(created)

    def completes_a_dry_run_alike(self):
        namespace = self.namespace()
        dry = self.api.create(stateful_set(namespace=namespace), dry_run=True)
        real = self.api.create(stateful_set(namespace=namespace))
        expect(dry["spec"] == real["spec"], "a dry run gives another object", dry["spec"], real["spec"])

    def completes_server_side_apply(self):
        namespace = self.namespace()
        first = self.api.apply(stateful_set(namespace=namespace))
        expect_completed(first)
        for _ in range(3):
            again = self.api.apply(stateful_set(namespace=namespace))
            expect(again["metadata"]["generation"] == 1, "applying again made a new generation", again["spec"])
            expect(again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"] or
                   again["spec"] == first["spec"], "applying again changed it")

    def completes_kubectl_apply(self):
        namespace = self.namespace()
        text = json.dumps(stateful_set(namespace=namespace))
        kubectl("apply", "-f", "-", stdin=text)
        expect_completed(self.api.get("StatefulSet", "kafka", namespace))
        for _ in range(3):
            kubectl("apply", "-f", "-", stdin=text)
            again = self.api.get("StatefulSet", "kafka", namespace)
            expect(again["metadata"]["generation"] == 1, "applying again made a new generation")

    def keeps_lists_that_the_author_resets(self):
        """Lists are atomic: who applies his own takes out what was added, on each apply."""
        namespace = self.namespace()
        obj = stateful_set(namespace=namespace)
        spec_of(obj)["topologySpreadConstraints"] = [
            {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}]
        spec_of(obj)["affinity"] = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": {"labelSelector": {"matchLabels": {"app": "kafka"}},
                                              "topologyKey": "kubernetes.io/hostname"}}]}}
        text = json.dumps(obj)
        kubectl("apply", "-f", "-", stdin=text)
        first = self.api.get("StatefulSet", "kafka", namespace)
        constraint = spec_of(first)["topologySpreadConstraints"][0]
        expect(constraint["labelSelector"]["matchLabels"]["app"] == "kafka", "the spread selects nothing", constraint)
        for tool in (("apply", "-f", "-"), ("replace", "-f", "-"), ("apply", "--server-side", "--force-conflicts", "-f", "-")):
            kubectl(*tool, stdin=text)
            again = self.api.get("StatefulSet", "kafka", namespace)
            expect(again["metadata"]["generation"] == 1, f"kubectl {tool[0]} made a new generation",
                   json.dumps(spec_of(again)), json.dumps(spec_of(first)))

    def leaves_an_update_without_change_alone(self):
        namespace = self.namespace()
        self.api.create(stateful_set(namespace=namespace))
        def label():
            """Its controller may write its status between the two."""
            obj = self.api.get("StatefulSet", "kafka", namespace)
            obj["metadata"]["labels"]["mine"] = "yes"
            try:
                return self.api.update(obj)
            except ApiError as error:
                expect(error.status == 409, "the update failed", str(error))
                return None
        after = wait_until(label, "the label is written")
        expect(after["metadata"]["generation"] == 1, "a label made a new generation")
        expect(after["metadata"]["labels"]["mine"] == "yes", "the label was lost")

    def leaves_what_was_there_before(self):
        """Its template is its author's until he changes it."""
        namespace = self.namespace(enforce=False)
        obj = stateful_set(namespace=namespace)
        created = self.api.create(obj)
        expect("livenessProbe" not in spec_of(created)["containers"][0], "completed in a namespace that is not opted in")
        self.api.patch("Namespace", namespace, {"metadata": {"labels": {"ballast.dev/enforce": "true"}}})
        wait_enforced(self.api, namespace)
        touched = self.api.annotate("StatefulSet", "kafka", namespace, note="hello")
        expect(touched["metadata"]["generation"] == 1, "an annotation rolled it")
        expect("livenessProbe" not in spec_of(touched)["containers"][0], "its template was changed")
        expect(not any("Ballast completes" in w for w in self.api.warnings), "nothing changes, and there is a warning",
               self.api.warnings)
        scaled = self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": 5}}, namespace)
        expect(any("Ballast completes StatefulSet" in w and "at the next change" in w for w in self.api.warnings),
               "nobody says that it waits", self.api.warnings)
        expect("livenessProbe" not in spec_of(scaled)["containers"][0], "scaling changed its template")
        adopted = self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/adopt": "now"})
        expect_completed(adopted)

    def keeps_what_is_in_scope(self):
        """Objects of a namespace that is not looked after take no memory; with its label they come, and go without it."""
        def kept():
            return self.webhook.metric('ballast_cache_objects{resource="statefulsets"}')

        namespace, before = self.namespace(enforce=False), kept()
        for name in ("one", "two"):
            self.api.create(stateful_set(name, namespace=namespace))
        inside = self.namespace()
        self.api.create(stateful_set(namespace=inside))
        wait_until(lambda: kept() == before + 1, "that of the other namespace is kept")
        for labels, more in (("true", 3), (None, 1), ("true", 3)):
            self.api.patch("Namespace", namespace, {"metadata": {"labels": {"ballast.dev/enforce": labels}}})
            wait_until(lambda more=more: kept() == before + more, f"{more} are kept")
        wait_enforced(self.api, namespace)
        expect_denied(lambda: self.api.delete("StatefulSet", "one", namespace), "deleting it stops them all")

    def adopts_at_the_next_change(self):
        namespace = self.namespace(enforce=False)
        self.api.create(stateful_set(namespace=namespace))
        self.api.patch("Namespace", namespace, {"metadata": {"labels": {"ballast.dev/enforce": "true"}}})
        wait_enforced(self.api, namespace)
        changed = self.api.patch("StatefulSet", "kafka", {"spec": {"template": {"spec": {"containers": [
            {"name": "kafka", "image": "docker.io/apache/kafka:4.0.0"}]}}}}, namespace, kind_of="strategic-merge-patch")
        expect_completed(changed)

    def completes_a_headless_service(self):
        created = self.api.create({"apiVersion": "v1", "kind": "Service", "metadata": {
            "name": "kafka-headless", "namespace": self.namespace()}, "spec": {
                "clusterIP": "None", "selector": {"app": "kafka"}, "ports": [{"name": "client", "port": 9092}]}})
        expect(created["spec"].get("publishNotReadyAddresses") is True, "members cannot find each other", created["spec"])

    def completes_bare_pods_and_no_others(self):
        namespace = self.namespace()
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "kafka-0", "namespace": namespace,
                                                               "labels": {"app": "kafka"}},
               "spec": {**spec_of(stateful_set()), "volumes": [{"name": "data", "emptyDir": {}}]}}
        wait_until(lambda: self.api.find("ServiceAccount", "default", namespace), "there is a service account")
        owned = json.loads(json.dumps(pod))
        owned["metadata"].update(name="kafka-1", ownerReferences=[
            {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "kafka", "uid": "0", "controller": True}])
        made = self.api.create(owned)
        expect("livenessProbe" not in made["spec"]["containers"][0], "a pod of a controller was changed")

    def passes_what_is_not_kafka(self):
        namespace = self.namespace()
        before = self.webhook.metrics()
        obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
               "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {
                   "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [
                       {"name": "web", "image": "docker.io/library/nginx:1"}]}}}}
        created = self.api.create(obj)
        expect("labels" not in created["metadata"], "a stranger was marked", created["metadata"])
        after = self.webhook.metrics()
        key = 'ballast_webhook_requests_total{path="mutate",code="200"}'
        expect(after.get(key, 0) == before.get(key, 0), "the API server asked about a stranger")

    # --- judging ---

    def denies_with_all_that_is_wrong(self):
        obj = stateful_set(namespace=self.namespace(), replicas=1)
        del obj["spec"]["volumeClaimTemplates"]
        del spec_of(obj)["containers"][0]["volumeMounts"]
        expect_denied(lambda: self.api.create(obj), 'admission webhook "validate.ballast.dev" denied the request',
                      "replicas: 1 broker is all that the cluster has", "Raise replicas", "storage:", status=403)

    def warns(self):
        obj = stateful_set(namespace=self.namespace())
        del spec_of(obj)["containers"][0]["resources"]
        self.api.create(obj)
        expect(any(w.startswith("resources: ") for w in self.api.warnings), "no warning", self.api.warnings)
        expect(all(len(w) <= 256 for w in self.api.warnings), "a warning is too long", self.api.warnings)

    def does_not_deny_what_was_there(self):
        """An update of something else is not held up by what is wrong already, and nobody is told of it again."""
        namespace = self.namespace(enforce=False)
        self.api.create(stateful_set(namespace=namespace, replicas=1))
        self.api.patch("Namespace", namespace, {"metadata": {"labels": {"ballast.dev/enforce": "true"}}})
        wait_enforced(self.api, namespace)
        self.api.annotate("StatefulSet", "kafka", namespace, note="hello")
        expect(not any("replicas" in w for w in self.api.warnings), "it warns of what was there", self.api.warnings)
        self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": 2}}, namespace)
        expect_denied(lambda: self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": 1}}, namespace), "replicas: 1")

    def audits(self):
        namespace = self.namespace()
        self.api.create(stateful_set(name="audited", namespace=namespace))
        log = TESTBED_DIR / "logs" / "audit.log"

        def find():
            for line in log.read_text().splitlines():
                event = json.loads(line)
                ref = event.get("objectRef", {})
                if ref.get("namespace") == namespace and ref.get("name") == "audited" and event["verb"] == "create":
                    return event
            return None
        event = wait_until(find, "the request is in the audit log")
        notes = event["annotations"]
        expect(notes.get("mutate.ballast.dev/zoneSpread") == "default Mutate changed", "the audit log does not name "
               "policy and rule", json.dumps(notes))

    # --- guards ---

    def guards_budgets(self):
        namespace = self.namespace()
        self.create_cached("statefulsets", stateful_set(namespace=namespace))
        self.create_cached("poddisruptionbudgets", budget(namespace=namespace))
        expect_denied(lambda: self.api.delete("PodDisruptionBudget", "kafka", namespace), "disruption-budget:",
                      "ballast.dev/allow-deletion=true", status=403)
        expect_denied(lambda: self.api.patch("PodDisruptionBudget", "kafka", {"spec": {"maxUnavailable": 2}}, namespace),
                      "lets 2 of 3 pods go at once")
        expect_denied(lambda: self.api.create(budget(name="second", namespace=namespace, labels={"app": "kafka"})),
                      "with two budgets")
        self.api.annotate("PodDisruptionBudget", "kafka", namespace, **{"ballast.dev/allow-deletion": "true"})
        self.api.delete("PodDisruptionBudget", "kafka", namespace)

    def guards_network_policies(self):
        namespace = self.namespace()
        self.create_cached("statefulsets", stateful_set(namespace=namespace))
        self.create_cached("networkpolicies", {
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "kafka",
                                                                                       "namespace": namespace},
            "spec": {"podSelector": {"matchLabels": {"app": "kafka"}}, "policyTypes": ["Ingress"],
                     "ingress": [{"ports": [{"port": 9092}]}]}})
        expect_denied(lambda: self.api.delete("NetworkPolicy", "kafka", namespace), "network-policy:")
        expect_denied(lambda: self.api.patch("NetworkPolicy", "kafka", {"spec": {"podSelector": {"matchLabels": {
            "app": "other"}}}}, namespace), "no more")

    def guards_workloads_and_claims(self):
        namespace = self.namespace()
        self.create_cached("statefulsets", stateful_set(namespace=namespace))
        expect_denied(lambda: self.api.delete("StatefulSet", "kafka", namespace), "deleting it stops them all",
                      f"kubectl annotate StatefulSet kafka -n {namespace}", status=403)
        self.api.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {
            "name": "data-kafka-9", "namespace": namespace}, "spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}})
        expect_denied(lambda: self.api.delete("PersistentVolumeClaim", "data-kafka-9", namespace), "holds data of")
        expect_denied(lambda: self.api.request("DELETE", Api.path("PersistentVolumeClaim", namespace)), "holds data of")
        self.api.annotate("PersistentVolumeClaim", "data-kafka-9", namespace, **{"ballast.dev/allow-deletion": "true"})
        self.api.delete("PersistentVolumeClaim", "data-kafka-9", namespace)
        kubectl("annotate", "StatefulSet", "kafka", "-n", namespace, "ballast.dev/allow-deletion=true")
        kubectl("delete", "StatefulSet", "kafka", "-n", namespace)

    def lets_admins_pass(self):
        namespace = self.namespace()
        self.create_cached("statefulsets", stateful_set(namespace=namespace))
        Api(user=("admin@example.com", "system:masters")).delete("StatefulSet", "kafka", namespace)

    def guards_scale(self):
        namespace = self.namespace()
        self.create_cached("statefulsets", stateful_set(namespace=namespace, replicas=5))

        def scale(to):
            return self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": to}}, namespace, "scale")
        scale(4)
        expect_denied(lambda: scale(2), "replicas: 2 brokers are too few", status=403)
        expect_denied(lambda: scale(0), "stops all of it", status=403)
        refused = kubectl("scale", "statefulset", "kafka", "-n", namespace, "--replicas=1", check=False)
        expect(refused.returncode != 0 and "replicas: 1 broker" in refused.stderr, "kubectl scale was let through",
               refused.stderr)
        scale(6)

    def deletes_a_namespace(self):
        """With everything in it: nobody is there any more to be protected."""
        namespace = self.namespace()
        self.create_cached("statefulsets", stateful_set(namespace=namespace))
        self.create_cached("poddisruptionbudgets", budget(namespace=namespace))
        wait_until(lambda: self.api.find("PersistentVolumeClaim", "data-kafka-0", namespace), "there is a claim", 60)
        self.api.delete("Namespace", namespace)
        wait_until(lambda: not self.api.find("Namespace", namespace), "the namespace is gone", 60)

    def garbage_collects(self):
        """A budget that belongs to a workload goes with it."""
        namespace = self.namespace()
        owner = self.create_cached("statefulsets", stateful_set(namespace=namespace))
        owned = budget(namespace=namespace)
        owned["metadata"]["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "kafka",
                                                 "uid": owner["metadata"]["uid"]}]
        self.create_cached("poddisruptionbudgets", owned)
        self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/allow-deletion": "true"})
        self.api.delete("StatefulSet", "kafka", namespace)
        wait_until(lambda: not self.api.find("PodDisruptionBudget", "kafka", namespace), "the budget is collected", 60)

    # --- pods ---

    def pod(self, namespace, name="kafka-0", role="broker", **metadata):
        wait_until(lambda: self.api.find("ServiceAccount", "default", namespace), "there is a service account")
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": name, "namespace": namespace, "labels": {"app": "kafka", "ballast.dev/role": role}, **metadata},
            "spec": {**spec_of(stateful_set(role=role)), "schedulerName": "nobody",
                     "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": f"data-{name}"}}]}}

    def writes_the_zone_at_binding(self):
        """With a policy that wants it: the bundles leave it off."""
        namespace = self.namespace()
        self.api.create({"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": "rack"},
                         "spec": {"priority": 10, "match": {"namespaces": [namespace]},
                                  "rules": {"rack": {"action": "Mutate"}}}})
        wait_until(lambda: self.webhook.metric("ballast_policies") == 2, "the policy is known")
        self.create_cached("nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {
            "name": "n1", "labels": {"topology.kubernetes.io/zone": "zone-1"}}})
        for name, role, zone in (("kafka-0", "broker", "zone-1"), ("zk-0", "zookeeper", None)):
            self.create_cached("pods", self.pod(namespace, name, role))
            self.api.request("POST", Api.path("Pod", namespace, name, "binding"), {
                "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name, "namespace": namespace},
                "target": {"apiVersion": "v1", "kind": "Node", "name": "n1"}})
            bound = self.api.get("Pod", name, namespace)
            expect(bound["spec"]["nodeName"] == "n1", "the pod was not bound")
            expect(bound["metadata"].get("annotations", {}).get("ballast.dev/zone") == zone, "the zone is wrong",
                   bound["metadata"])
        self.api.delete("KafkaPolicy", "rack")
        self.api.delete("Node", "n1")
        wait_until(lambda: self.webhook.metric("ballast_policies") == 1, "the policy is gone")

    def evict(self, namespace, name="kafka-0", dry_run=False):
        """A dry run goes the same way and leaves the pod, whatever the webhook knows of it by then."""
        return self.api.request("POST", Api.path("Pod", namespace, name, "eviction") + ("?dryRun=All" if dry_run else ""), {
            "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}})

    def condition(self, namespace, status, name="kafka-0"):
        before = self.api.get("Pod", name, namespace)
        self.api.patch("Pod", name, {"status": {"conditions": [
            {"type": "Ready", "status": "True"},
            {"type": "ballast.dev/safe-to-disrupt", "status": status, "message": "topic1-0 has 2 in sync of 2 needed"}]}},
            namespace, "status", "strategic-merge-patch")
        return before

    def answers_evictions(self):
        namespace = self.namespace()
        self.create_cached("pods", self.pod(namespace))
        self.condition(namespace, "False")

        def denied(dry_run=True):
            try:
                self.evict(namespace, dry_run=dry_run)
            except ApiError as error:
                return error
            return None
        wait_until(denied, "the eviction is denied")
        error = denied(dry_run=False)
        expect(error, "the eviction was allowed")
        expect(error.status == 429, f"the status is {error.status}, which nobody tries again", error.message)
        expect("topic1-0 has 2 in sync" in error.message, "the denial does not say why", error.message)
        expect(error.body["details"]["causes"][0]["reason"] == "DisruptionBudget", "no cause", error.body)
        self.condition(namespace, "True")
        wait_until(lambda: not denied(), "the eviction is allowed")
        self.evict(namespace)

    def holds_pods(self):
        namespace = self.namespace()
        self.create_cached("pods", self.pod(namespace, annotations={"ballast.dev/hold": "disk repair"}))
        self.condition(namespace, "True")
        expect_denied(lambda: self.evict(namespace), "held by the annotation ballast.dev/hold: disk repair", status=429)

    def lets_pods_leave_a_drained_node_in_turn(self):
        namespace, node = self.namespace(), "drained"
        self.create_cached("nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}})
        for name, role in (("kafka", "broker"), ("zoo", "zookeeper")):
            made = stateful_set(name=name, namespace=namespace, role=role)
            spec_of(made)["containers"][0]["env"] = [{"name": "KAFKA_ZOOKEEPER_CONNECT", "value": "zoo:2181"}]
            self.api.create(made)
            wait_until(lambda pod=f"{name}-0": self.api.find("Pod", pod, namespace), "the pods are there")
            self.api.request("POST", Api.path("Pod", namespace, f"{name}-0", "binding"), {
                "apiVersion": "v1", "kind": "Binding", "metadata": {"name": f"{name}-0", "namespace": namespace},
                "target": {"apiVersion": "v1", "kind": "Node", "name": node}})

        def refusal(pod):
            try:
                self.evict(namespace, pod, dry_run=True)
            except ApiError as error:
                return error
            return None
        expect(not refusal("zoo-0"), "it is denied while nobody drains the node")
        kubectl("cordon", node)
        error = wait_until(lambda: refusal("zoo-0"), "the webhook knows where the pods are")
        expect(error.status == 429 and 'after pod "kafka-0" of it' in error.message, "it is not its turn", error.message)
        expect(not refusal("kafka-0"), "the broker is denied, too")
        # What follows is known without a wait: the node is asked for each time.
        for _ in range(5):
            kubectl("uncordon", node)
            expect(not refusal("zoo-0"), "it is denied though nobody drains the node any more")
            kubectl("cordon", node)
            expect(refusal("zoo-0"), "it is allowed at once after the node was cordoned")
        self.evict(namespace, "kafka-0")
        wait_until(lambda: not refusal("zoo-0"), "the turn comes")
        self.api.delete("Node", node)

    # --- policies ---

    def refuses_a_broken_policy(self):
        policy = {"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": "broken"},
                  "spec": {"exceptions": [{"name": "x", "match": {}, "rules": ["replica"], "reason": "y"}], "rules": {}}}
        expect_denied(lambda: self.api.create(policy), 'names an unknown rule "replica"', 'Did you mean "replicas"?',
                      status=422)
        expect_denied(lambda: self.api.create({**policy, "metadata": {"name": "default"}, "spec": {"rules": {}}}),
                      'there is a policy "default" already')

    def follows_policies_of_the_cluster(self):
        namespace = self.namespace()
        self.api.create({"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": "lax"},
                         "spec": {"priority": 5, "match": {"namespaces": [namespace]},
                                  "rules": {"replicas": {"action": "Warn"}, "gracefulStop": {"action": "Mutate",
                                                                                            "minSeconds": 240}}}})
        wait_until(lambda: self.webhook.metric("ballast_policies") == 2, "the policy is known")
        created = self.api.create(stateful_set(namespace=namespace, replicas=1))
        expect(spec_of(created)["terminationGracePeriodSeconds"] == 240, "the policy does not hold", spec_of(created))
        self.api.delete("KafkaPolicy", "lax")
        wait_until(lambda: self.webhook.metric("ballast_policies") == 1, "the policy is gone")
        # What is applied again under the policy that holds now does not roll for it.
        again = self.api.apply({**stateful_set(namespace=namespace, replicas=1)}, manager="python-urllib")
        expect(again["metadata"]["generation"] == 1, "a change of policy rolled the brokers", spec_of(again))

    # --- company ---

    def lives_with_another_webhook(self):
        """One that changes the same pods after us: we are asked again, and it settles."""
        namespace = self.namespace()
        foreign = Foreign(self.webhook)
        try:
            self.api.apply(foreign.configuration(namespace))
            created = wait_until(lambda: self.try_foreign(namespace), "the other webhook is called", 30)
            expect_completed(created)
            names = [c["name"] for c in spec_of(created)["containers"]]
            expect("sidecar" in names, "the other webhook's container is not there", names)
            again = self.api.apply(stateful_set(namespace=namespace))
            expect(again["metadata"]["generation"] == created["metadata"]["generation"], "they fight",
                   json.dumps(spec_of(again)), json.dumps(spec_of(created)))
        finally:
            self.api.delete("MutatingWebhookConfiguration", "zz-foreign")
            foreign.close()

    def try_foreign(self, namespace):
        dry = self.api.apply(stateful_set(namespace=namespace), dry_run=True)
        if len(spec_of(dry)["containers"]) == 1:
            return None
        return self.api.apply(stateful_set(namespace=namespace))

    def settles_under_helm(self):
        """Real Helm: install, upgrade without a change, upgrade with one; no generation more than that."""
        namespace = self.namespace()
        obj = stateful_set(namespace=namespace)
        spec_of(obj)["topologySpreadConstraints"] = [
            {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}]
        chart = chart_of(obj, WORK / "helm-chart")

        def helm(*args):
            run("helm", *args, chart, "-n", namespace)
            return self.api.get("StatefulSet", "kafka", namespace)
        first = helm("install", "kafka")
        expect_completed(first)
        for label in ("one", "two", "three"):
            again = helm("upgrade", "kafka", "--set", f"label={label}")
            expect(again["metadata"]["generation"] == 1, "helm upgrade without a change rolled the brokers",
                   json.dumps(spec_of(again)))
            expect(again["metadata"]["labels"]["ballast.dev/role"] == "broker", "the mark was lost")
        changed = helm("upgrade", "kafka", "--set", "image=docker.io/apache/kafka:4.0.0")
        expect(changed["metadata"]["generation"] == 2, "the upgrade did not happen")
        expect_completed(changed)


class Foreign(ForeignWebhook):
    """A webhook of somebody else's, which adds a container to every pod template, at the front."""

    def __init__(self, webhook):
        super().__init__(webhook, self.patch_of)

    @staticmethod
    def patch_of(request):
        containers = request["object"]["spec"]["template"]["spec"]["containers"]
        if any(c["name"] == "sidecar" for c in containers):
            return None
        return [{"op": "add", "path": "/spec/template/spec/containers/0",
                 "value": {"name": "sidecar", "image": "example.com/sidecar:1"}}]

    def configuration(self, namespace):
        return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                "metadata": {"name": "zz-foreign"}, "webhooks": [{
                    "name": "foreign.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                    "reinvocationPolicy": "IfNeeded", "failurePolicy": "Ignore",
                    "clientConfig": self.client_config,
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                    "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["statefulsets"],
                               "operations": ["CREATE", "UPDATE"]}]}]}


def main():
    api = Api()
    install_crd(api)
    webhook = Webhook(WORK / "admission", extra=["--admin=user:admin@example.com", "--drain=1s"]).start()
    install(api, webhook)
    suite, report = Suite(api, webhook), Report(os.environ.get("ONLY"))
    wait_until(lambda: suite.api.create(stateful_set(namespace="default"), dry_run=True), "the API server answers")
    for name in [n for n in Suite.__dict__ if not n.startswith("_") and n not in {
            "namespace", "wait_cached", "cached", "create_cached", "pod", "evict", "condition", "try_foreign"}]:
        report.run(f"admission: {name.replace('_', ' ')}", getattr(suite, name))

    def ended():
        uninstall(api)
        webhook.ends_without_errors()
    report.run("admission: the webhook ends well", ended)
    report.finish()


if __name__ == "__main__":
    main()
