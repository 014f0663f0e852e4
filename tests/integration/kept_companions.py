"""What the controller keeps beside workloads, and what it does where somebody changed it."""

import json
import time

from controllers import Controller
from harness import BUILD, ApiError, budget, expect, json_of, kubectl, run, stateful_set, wait_until


def with_private_port(obj):
    """The same with a listener that only brokers use, which a NetworkPolicy can close."""
    container = obj["spec"]["template"]["spec"]["containers"][0]
    container["ports"].append({"containerPort": 9091, "name": "internal"})
    container["env"] = [{"name": name, "value": value} for name, value in (
        ("KAFKA_LISTENERS", "CLIENT://:9092,INTERNAL://:9091"), ("KAFKA_INTER_BROKER_LISTENER_NAME", "INTERNAL"),
        ("KAFKA_ZOOKEEPER_CONNECT", "zk:2181"))]
    return obj


class Kept:
    def __init__(self, api, kubeconfig):
        self.api = api
        self.one = Controller("one", kubeconfig, 9191).start()
        wait_until(self.one.leads, "the first one leads", 30)
        self.two = Controller("two", kubeconfig, 9195).start()
        self.count = 0

    def _leader(self):
        return self.one if self.one.process and self.one.leads() else self.two

    def _namespace(self, **options):
        self.count += 1
        self.api.namespace(f"c{self.count}", **options)
        return f"c{self.count}"

    def _find(self, namespace, name="kafka", kind="PodDisruptionBudget"):
        return self.api.find(kind, name, namespace)

    def _appears(self, namespace, name="kafka", kind="PodDisruptionBudget", seconds=20):
        return wait_until(lambda: self._find(namespace, name, kind), f"{kind} {name} is there", seconds)

    def _goes(self, namespace, name="kafka", kind="PodDisruptionBudget"):
        wait_until(lambda: not self._find(namespace, name, kind), f"{kind} {name} is gone")

    def _quiet(self, namespace, name="kafka", kind="PodDisruptionBudget", seconds=1.0):
        """It is not there, and does not come."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            expect(not self._find(namespace, name, kind), f"{kind} {name} was made")
            time.sleep(0.1)

    def _settled_writes(self):
        """How many writes there were, once no more come of what was done before."""
        seen = [self._leader().writes()]

        def still():
            time.sleep(1)
            seen.append(self._leader().writes())
            return seen[-1] == seen[-2]

        wait_until(still, "the controller has written all that it wants to", 60)
        return seen[-1]

    def _workload(self, **options):
        """A namespace with a workload that has its budget."""
        namespace = self._namespace()
        created = self.api.create(with_private_port(stateful_set(namespace=namespace, **options)))
        return namespace, created, self._appears(namespace)

    def _events(self, namespace, reason):
        events = self.api.request("GET", f"/api/v1/namespaces/{namespace}/events")["items"]
        return [event for event in events if event["reason"] == reason]

    # --- making ---

    def makes_a_budget(self):
        namespace = self._namespace()
        self._quiet(namespace, seconds=0.3)
        created = self.api.create(stateful_set(namespace=namespace))
        begin = time.monotonic()
        made = self._appears(namespace)
        took = time.monotonic() - begin
        print(f"     a budget {took * 1000:.0f} ms after its StatefulSet", flush=True)
        expect(made["spec"] == {"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "IfHealthyBudget",
                                "selector": {"matchLabels": {"app": "kafka"}}}, "another budget", made["spec"])
        owner = made["metadata"]["ownerReferences"]
        expect([(o["kind"], o["name"], o["uid"]) for o in owner] == [("StatefulSet", "kafka", created["metadata"]["uid"])],
               "another owner", owner)
        expect(made["metadata"]["labels"]["ballast.dev/companion"] == "disruption-budget", "not marked", made["metadata"])
        fields = made["metadata"]["managedFields"]
        expect(any(f["manager"] == "ballast-controller" and f["operation"] == "Apply" for f in fields), "not applied", fields)
        event = wait_until(lambda: self._events(namespace, "CompanionCreated"), "an Event tells of it")[0]
        expect(event["involvedObject"]["name"] == "kafka" and "disruption budget" in event["message"], "another Event", event)

    def goes_on_beside_heavy_neighbours(self):
        """Workloads of as many containers as etcd takes, and some that the caches keep: others wait for none of them."""
        heavy = {}
        for count in (5000, 5000, 300, 300):
            namespace = self._namespace()
            obj = stateful_set(namespace=namespace, replicas=0)
            pod = obj["spec"]["template"]["spec"]
            pod["containers"] += [{"name": f"c{i}", "image": "x"} for i in range(count)]
            self.api.create(obj)
            heavy[namespace] = count
        begin = time.monotonic()
        self._workload()
        took = time.monotonic() - begin
        print(f"     a budget after {took:.1f} s beside {len(heavy)} heavy namespaces", flush=True)
        told = [namespace for namespace, count in heavy.items() if count == 300]
        for namespace in told:
            event = wait_until(lambda n=namespace: self._events(n, "TooLargeToJudge"), "an Event tells why")[0]
            expect("containers where no Kafka has more than 64" in event["message"], "another Event", event["message"])
        leader = self._leader()
        expect(leader.metric("ballast_controller_namespaces_skipped") >= len(told), "the metric does not tell")
        expect(leader.metric('ballast_cache_left_out{resource="statefulsets"}') >= 2, "what is too large is kept")
        for namespace in heavy:
            self.api.delete("Namespace", namespace)

    def agrees_with_harden(self):
        namespace, created, made = self._workload()
        created["apiVersion"], created["kind"] = "apps/v1", "StatefulSet"
        hardened = run(str(BUILD / "ballast"), "harden", "-p", "default", "-", input=json.dumps(created)).stdout
        theirs = [obj for obj in json_of(hardened) if obj["kind"] == "PodDisruptionBudget"]
        expect(len(theirs) == 1 and theirs[0]["spec"] == made["spec"], "harden makes another", theirs, made)
        expect(theirs[0]["metadata"]["name"] == made["metadata"]["name"], "harden names it otherwise")
        # Who applies it from Git shares the object, and nobody fights.
        writes = self._settled_writes()
        for _ in range(2):
            kubectl("apply", "-n", namespace, "-f", "-", stdin=json.dumps(theirs[0]))
        kubectl("apply", "-n", namespace, "--server-side", "-f", "-", stdin=json.dumps(theirs[0]))
        time.sleep(0.5)
        found = self._find(namespace)
        expect(found["metadata"]["uid"] == made["metadata"]["uid"] and found["spec"] == made["spec"], "it was changed", found)
        expect("ballast.dev/companion" in found["metadata"]["labels"], "the label is lost", found["metadata"])
        expect(self._leader().writes() == writes, "the controller wrote")

    def leaves_other_namespaces_alone(self):
        namespace = self._namespace(enforce=False)
        self.api.create(stateful_set(namespace=namespace))
        self._quiet(namespace)
        self.api.patch("Namespace", namespace, {"metadata": {"labels": {"ballast.dev/enforce": "true"}}})
        self._appears(namespace)
        self.api.patch("Namespace", namespace, {"metadata": {"labels": {"ballast.dev/enforce": None}}})
        self._goes(namespace)

    def waits_with_a_network_policy_for_adoption(self):
        namespace, _, _ = self._workload()
        self._quiet(namespace, kind="NetworkPolicy")
        waiting = 'ballast_controller_companions{kind="networkpolicy",state="waiting"}'
        expect(self._leader().metric(waiting) >= 1, "nobody tells that it waits")
        self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/adopt": "now"})
        made = self._appears(namespace, kind="NetworkPolicy")
        expect(made["metadata"]["labels"]["ballast.dev/companion"] == "network-policy", "not marked", made["metadata"])
        self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/adopt": None})
        time.sleep(0.5)
        expect(self._find(namespace, kind="NetworkPolicy"), "what was made is taken away again")

    def closes_no_port_to_who_names_it(self):
        """Whoever stands in the namespace and is no Kafka is seen too, as far as it names somebody."""
        namespace, _, _ = self._workload()
        self.api.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "mirror", "namespace": namespace},
                         "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "mirror"}}, "template": {
                             "metadata": {"labels": {"app": "mirror"}}, "spec": {"containers": [
                                 {"name": "mirror", "image": "example.com/mirror:1",
                                  "env": [{"name": "SOURCE", "value": "kafka-0.kafka:9091"}]}]}}}})
        self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/adopt": "now"})
        self._settled_writes()
        self._quiet(namespace, kind="NetworkPolicy")
        self.api.delete("Deployment", "mirror", namespace)
        self._appears(namespace, kind="NetworkPolicy")

    def spans_an_ensemble(self):
        namespace = self._namespace()
        labels = {"app": "zookeeper"}
        for name in ("zk-a", "zk-b"):
            obj = stateful_set(name, namespace, 2, "zookeeper", labels={**labels, "set": name})
            obj["spec"]["serviceName"] = "zk"
            self.api.create(obj)
        budgets = wait_until(lambda: self._budgets_over(namespace, 2), "budgets are there")
        expect(all(len(b["metadata"]["ownerReferences"]) >= 1 for b in budgets), "no owner", budgets)

    def _budgets_over(self, namespace, least):
        items = self.api.request("GET", self.api.path("PodDisruptionBudget", namespace))["items"]
        owners = {o["name"] for b in items for o in b["metadata"].get("ownerReferences", [])}
        return items if len(owners) >= least else None

    # --- drift ---

    def makes_again_what_was_deleted(self):
        namespace, _, made = self._workload()
        self.api.delete("PodDisruptionBudget", "kafka", namespace)
        begin = time.monotonic()
        again = wait_until(lambda: self._other(namespace, made), "it is made again")
        print(f"     made again after {(time.monotonic() - begin) * 1000:.0f} ms", flush=True)
        expect(again["spec"] == made["spec"], "made otherwise", again["spec"])

    def _other(self, namespace, made):
        found = self._find(namespace)
        return found if found and found["metadata"]["uid"] != made["metadata"]["uid"] else None

    def _repaired(self, namespace, made, kind="PodDisruptionBudget"):
        def same():
            found = self._find(namespace, kind=kind)
            return found and found["spec"] == made["spec"] and found
        return wait_until(same, "it is repaired")

    def repairs_what_was_changed(self):
        namespace, _, made = self._workload()
        for change in ({"maxUnavailable": 2}, {"maxUnavailable": None, "minAvailable": 1},
                       {"unhealthyPodEvictionPolicy": "AlwaysAllow"}, {"unhealthyPodEvictionPolicy": None},
                       {"selector": {"matchLabels": {"more": "x"}}},
                       {"selector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}):
            self.api.patch("PodDisruptionBudget", "kafka", {"spec": change}, namespace)
            found = self._repaired(namespace, made)
            expect(found["metadata"]["uid"] == made["metadata"]["uid"], "it was made anew, not repaired")
        wait_until(lambda: self._events(namespace, "CompanionRepaired"), "an Event tells of it")

    def repairs_what_another_tool_applies(self):
        namespace, _, made = self._workload()
        other = budget(namespace=namespace, minAvailable=2)
        self.api.patch("PodDisruptionBudget", "kafka", {"spec": {"maxUnavailable": None}}, namespace)
        try:
            self.api.apply(other, manager="argocd")
        except ApiError as error:
            expect("minAvailable" in error.message, "refused for another reason", error.message)
        self._repaired(namespace, made)

    def repairs_labels_and_owners(self):
        namespace, _, made = self._workload()
        for head in ({"labels": {"ballast.dev/role": "zookeeper"}}, {"labels": {"ballast.dev/role": None}},
                     {"ownerReferences": None}):
            self.api.patch("PodDisruptionBudget", "kafka", {"metadata": head}, namespace)

            def whole():
                found = self._find(namespace)["metadata"]
                return found["labels"] == made["metadata"]["labels"] and \
                    found.get("ownerReferences") == made["metadata"]["ownerReferences"]
            wait_until(whole, f"repaired after {head}")

    def leaves_what_others_add(self):
        namespace, _, _ = self._workload()
        self.api.patch("PodDisruptionBudget", "kafka", {"metadata": {"labels": {"team": "x"}, "annotations": {"a": "b"}}},
                       namespace)
        time.sleep(0.5)
        found = self._find(namespace)["metadata"]
        expect(found["labels"].get("team") == "x" and found["annotations"]["a"] == "b", "taken away", found)

    def repairs_a_network_policy(self):
        namespace, _, _ = self._workload()
        self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/adopt": "now"})
        made = self._appears(namespace, kind="NetworkPolicy")
        opened = json.loads(json.dumps(made["spec"]["ingress"])) + [{}]
        for change in ({"ingress": opened}, {"ingress": None}, {"policyTypes": ["Ingress"]}, {"egress": [{}]}):
            self.api.patch("NetworkPolicy", "kafka", {"spec": change}, namespace)
            self._repaired(namespace, made, "NetworkPolicy")
        self.api.delete("NetworkPolicy", "kafka", namespace)
        self._appears(namespace, kind="NetworkPolicy")

    def goes_with_its_workload(self):
        namespace, _, _ = self._workload()
        self.api.delete("StatefulSet", "kafka", namespace)
        self._goes(namespace)
        self.api.create(stateful_set(namespace=namespace))
        self._appears(namespace)
        self.api.delete("StatefulSet", "kafka", namespace, propagationPolicy="Foreground")
        self._goes(namespace)
        self._quiet(namespace)

    def lets_a_namespace_go(self):
        namespace, _, _ = self._workload()
        self.api.delete("Namespace", namespace)
        wait_until(lambda: not self.api.find("Namespace", namespace), "the namespace is gone", 60)

    def follows_a_new_name(self):
        namespace, _, _ = self._workload()
        self.api.delete("StatefulSet", "kafka", namespace)
        self.api.create(stateful_set("broker", namespace))
        self._appears(namespace, "broker")
        self._goes(namespace)

    def outlives_a_workload_that_is_made_anew(self):
        """kubectl delete --cascade=orphan, and make it again: its pods are never without their budget."""
        namespace, _, made = self._workload()
        wait_until(lambda: len(self._pods(namespace)) == 3, "its pods are made")
        self.api.delete("StatefulSet", "kafka", namespace, propagationPolicy="Orphan")
        end = time.monotonic() + 2
        while time.monotonic() < end or self._find(namespace, kind="StatefulSet"):
            found = self._find(namespace)
            expect(found and found["metadata"]["uid"] == made["metadata"]["uid"], "the budget went")
        again = self.api.create(stateful_set(namespace=namespace))

        def owned():
            found = self._find(namespace)["metadata"]
            return found["uid"] == made["metadata"]["uid"] and \
                [o["uid"] for o in found.get("ownerReferences", [])] == [again["metadata"]["uid"]]
        wait_until(owned, "the budget belongs to the new StatefulSet")

    def goes_with_the_pods_that_were_left(self):
        namespace, _, _ = self._workload()
        wait_until(lambda: len(self._pods(namespace)) == 3, "its pods are made")
        self.api.delete("StatefulSet", "kafka", namespace, propagationPolicy="Orphan")
        wait_until(lambda: not self._find(namespace, kind="StatefulSet"), "the StatefulSet is gone")
        for pod in self._pods(namespace):
            self.api.remove("Pod", pod["metadata"]["name"], namespace, gracePeriodSeconds=0)
        self._goes(namespace)

    def _pods(self, namespace):
        return self.api.request("GET", self.api.path("Pod", namespace))["items"]

    def follows_its_scale(self):
        namespace, _, _ = self._workload()
        self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": 1}}, namespace, "scale")
        self._goes(namespace)
        self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": 5}}, namespace, "scale")
        self._appears(namespace)
