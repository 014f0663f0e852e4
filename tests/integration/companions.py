#!/usr/bin/env python3
"""What the controller keeps beside workloads: made, repaired, withdrawn, by one of two, whatever happens."""

import os
import pathlib
import signal
import time

from controllers import REPORTS_CRD, SYSTEM, service_account
from harness import (ROOT, TESTBED_DIR, Api, ApiError, Report, Webhook, budget, expect, expect_denied, install, install_crd, run,
                     stateful_set, tests_of, uninstall, wait_until)
from kept_companions import Kept, with_private_port

WORK = pathlib.Path(os.environ["WORK"])
TESTBED = [str(ROOT / "tests/testbed/testbed.sh")]
BURST = int(os.environ.get("COMPANIONS_BURST", "80"))
# Budgets of time are for benchmarks; here they only catch what is far off, also under a sanitizer.
EDITS = int(os.environ.get("COMPANIONS_EDITS", "100"))
ACCOUNT = f"system:serviceaccount:{SYSTEM}:ballast-controller"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{SYSTEM}/leases/ballast-controller"


def plugin_crd(group, version, plural, kind, scope):
    """The kind of a network plugin, as far as the API server cares."""
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "scope": scope,
                     "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
                     "versions": [{"name": version, "served": True, "storage": True,
                                   "schema": {"openAPIV3Schema": free}}]}}


CILIUM_CRD = plugin_crd("cilium.io", "v2", "ciliumnetworkpolicies", "CiliumNetworkPolicy", "Namespaced")
CALICO_CRD = plugin_crd("crd.projectcalico.org", "v1", "globalnetworkpolicies", "GlobalNetworkPolicy", "Cluster")


class Suite(Kept):
    # --- other people's objects ---

    def makes_way_for_a_budget_of_ones_own(self):
        namespace, _, _ = self._workload()
        self.api.create(budget("mine", namespace, {"app": "kafka"}))
        self._goes(namespace)
        wait_until(lambda: self._events(namespace, "CompanionWithdrawn"), "an Event tells of it")
        self._quiet(namespace)
        self.api.delete("PodDisruptionBudget", "mine", namespace)
        self._appears(namespace)

    def _makes_way_for(self, path, theirs):
        """Ours goes while theirs is there: policies add up, and ours would open what theirs leaves closed."""
        namespace, _, _ = self._workload()
        self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/adopt": "now"})
        self._appears(namespace, kind="NetworkPolicy")
        path = path.format(namespace=namespace)
        made = wait_until(lambda: self._create_once_served(path, theirs), f"{path} is served", 30)
        # A kind that comes later is looked for every half minute.
        wait_until(lambda: not self._find(namespace, kind="NetworkPolicy"), "ours makes way", 90)
        self._settled_writes()
        self._quiet(namespace, kind="NetworkPolicy")
        self.api.request("DELETE", f"{path}/{made['metadata']['name']}")
        self._appears(namespace, kind="NetworkPolicy")

    def _create_once_served(self, path, obj):
        try:
            return self.api.request("POST", path, obj)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def makes_way_for_a_policy_of_calico(self):
        self._makes_way_for("/apis/crd.projectcalico.org/v1/globalnetworkpolicies", {
            "apiVersion": "crd.projectcalico.org/v1", "kind": "GlobalNetworkPolicy", "metadata": {"name": "default.closed"},
            "spec": {"namespaceSelector": "has(ballast.dev/enforce)", "selector": "app == 'kafka'", "types": ["Ingress"]}})

    def makes_way_for_a_policy_of_cilium_whose_kind_comes_later(self):
        self.api.apply(CILIUM_CRD)
        self._makes_way_for("/apis/cilium.io/v2/namespaces/{namespace}/ciliumnetworkpolicies", {
            "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "closed"},
            "spec": {"endpointSelector": {"matchLabels": {"k8s:app": "kafka"}}, "ingress": [{"fromEndpoints": [{}]}]}})

    def never_makes_a_second_budget(self):
        for spec in ({"maxUnavailable": 1}, {"minAvailable": 3}, {"maxUnavailable": "50%"}):
            namespace = self._namespace()
            self.api.create(budget("mine", namespace, {"app": "kafka"}, **spec))
            self._knows_budgets()
            self.api.create(stateful_set(namespace=namespace))
            self._quiet(namespace)

    def _knows_budgets(self):
        """Budgets and workloads come by watches of their own, of which either may be ahead."""
        def known():
            there = len(self.api.request("GET", "/apis/policy/v1/poddisruptionbudgets")["items"])
            return self._leader().metric('ballast_cache_objects{resource="poddisruptionbudgets"}') == there
        wait_until(known, "the controller knows all budgets", 30)

    def leaves_an_object_that_has_the_name(self):
        namespace = self._namespace()
        theirs = self.api.create(budget(namespace=namespace, labels={"app": "other"}))
        self.api.create(stateful_set(namespace=namespace))
        wait_until(lambda: self._events(namespace, "CompanionBlocked"), "an Event tells of it")
        expect(self._find(namespace)["metadata"]["resourceVersion"] == theirs["metadata"]["resourceVersion"] or
               self._find(namespace)["spec"] == theirs["spec"], "it was changed")
        self.api.delete("PodDisruptionBudget", "kafka", namespace)
        wait_until(lambda: self._find(namespace) and self._find(namespace)["spec"]["selector"]["matchLabels"]
                   == {"app": "kafka"}, "ours is made once the name is free")

    def lets_go_of_what_is_taken_over(self):
        namespace, _, made = self._workload()
        self.api.patch("PodDisruptionBudget", "kafka", {"metadata": {"labels": {"ballast.dev/companion": None}},
                                                        "spec": {"maxUnavailable": 2}}, namespace)
        time.sleep(0.5)
        found = self._find(namespace)
        expect(found["metadata"]["uid"] == made["metadata"]["uid"] and found["spec"]["maxUnavailable"] == 2,
               "it was taken back", found)

    # --- policies ---

    def _policy(self, name, action="Mutate", priority=10, namespaces=("none",), **parameters):
        return {"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": name}, "spec": {
            "priority": priority, "match": {"namespaces": list(namespaces)},
            "rules": {"disruptionBudget": {"action": action, **parameters}}}}

    def follows_policies(self):
        namespace, _, _ = self._workload(replicas=5)
        self.api.apply(self._policy("wide", maxUnavailable=2, namespaces=[namespace]))
        wait_until(lambda: self._find(namespace)["spec"]["maxUnavailable"] == 2, "the first policy holds")
        self.api.apply(self._policy("wider", maxUnavailable=3, priority=20, namespaces=[namespace]))
        wait_until(lambda: self._find(namespace)["spec"]["maxUnavailable"] == 3, "the second one outranks it")
        self.api.apply(self._policy("wider", action="Off", priority=20, namespaces=[namespace]))
        self._goes(namespace)
        self.api.delete("KafkaPolicy", "wider")
        expect(self._appears(namespace)["spec"]["maxUnavailable"] == 2, "not the first policy's")
        self.api.delete("KafkaPolicy", "wide")
        wait_until(lambda: self._find(namespace)["spec"]["maxUnavailable"] == 1, "the file's policy holds")

    def withdraws_nothing_by_half_a_policy(self):
        namespace, _, _ = self._workload()
        refused = 'ballast_last_reload_failed{source="cluster"}'
        self.api.apply(self._policy("default"))  # the file's policy has that name
        wait_until(lambda: self._leader().metric(refused) == 1, "it is refused")
        self.api.apply(self._policy("off", action="Off", namespaces=[namespace]))
        time.sleep(0.5)
        expect(self._find(namespace), "the budget was withdrawn while a policy was refused")
        self.api.delete("KafkaPolicy", "default")
        self._goes(namespace)
        expect(self._leader().metric(refused) == 0, "it is still said to be refused")
        self.api.delete("KafkaPolicy", "off")
        self._appears(namespace)

    # --- quiet ---

    def writes_nothing_when_nothing_changes(self):
        leader = self._leader()
        namespace, _, made = self._workload()
        writes, reconciles = self._settled_writes(), leader.reconciles()
        for i in range(20):
            self.api.annotate("StatefulSet", "kafka", namespace, turn=str(i))
        wait_until(lambda: leader.reconciles() > reconciles, "it was looked at")
        self.api.patch("StatefulSet", "kafka", {"status": {"replicas": 3, "readyReplicas": 1}}, namespace, "status")
        time.sleep(0.5)
        expect(leader.writes() == writes, f"{leader.writes() - writes} writes for nothing")
        expect(self._find(namespace)["metadata"]["generation"] == made["metadata"]["generation"], "a new generation")

    def repairs_every_edit(self):
        namespace, _, made = self._workload()
        slowest = 0.0
        for i in range(EDITS):
            self.api.patch("PodDisruptionBudget", "kafka", {"spec": {"maxUnavailable": 2 + i % 2}}, namespace)
            begin = time.monotonic()
            wait_until(lambda: self._find(namespace)["spec"] == made["spec"], f"edit {i} is repaired", 10, 0.005)
            slowest = max(slowest, time.monotonic() - begin)
        print(f"     {EDITS} of {EDITS} edits repaired, the slowest after {slowest * 1000:.0f} ms", flush=True)

    def keeps_up_with_a_burst(self):
        namespace = self._namespace()
        begin = time.monotonic()
        for i in range(BURST):
            self.api.create(stateful_set(f"kafka-{i}", namespace))
        created = time.monotonic()

        def all_there():
            items = self.api.request("GET", self.api.path("PodDisruptionBudget", namespace))["items"]
            return len(items) == BURST
        wait_until(all_there, "every budget is there", 60, 0.01)
        end = time.monotonic()
        print(f"     {BURST} StatefulSets in {created - begin:.1f} s; the last budget {(end - created) * 1000:.0f} ms "
              f"after the last of them", flush=True)
        for i in range(BURST):
            self.api.delete("StatefulSet", f"kafka-{i}", namespace)
        wait_until(lambda: not self.api.request("GET", self.api.path("PodDisruptionBudget", namespace))["items"],
                   "all are gone", 60)

    # --- with the webhook ---

    def lives_with_the_webhook(self):
        webhook = Webhook(WORK / "companions-webhook", extra=[f"--admin=user:{ACCOUNT}", "--drain=1s"]).start()
        install(self.api, webhook)
        try:
            self._with_webhook()
        finally:
            uninstall(self.api)
            expect(webhook.stop() == 0, "the webhook did not end well")

    def _with_webhook(self):
        namespace = self._namespace()
        wait_until(lambda: self._marked(namespace), "the webhook looks at it", 20, 0.2)
        made = self._appears(namespace)
        self._appears(namespace, kind="NetworkPolicy")  # it was made under the webhook's eyes
        expect_denied(lambda: self.api.delete("PodDisruptionBudget", "kafka", namespace), "protects")
        expect_denied(lambda: self.api.patch("PodDisruptionBudget", "kafka", {"spec": {"maxUnavailable": 3}}, namespace),
                      "pods go at once")
        self.api.create(budget("mine", namespace, {"app": "kafka"}))
        self._goes(namespace)
        expect_denied(lambda: self.api.delete("PodDisruptionBudget", "mine", namespace), "protects")
        self.api.annotate("PodDisruptionBudget", "mine", namespace, **{"ballast.dev/allow-deletion": "true"})
        self.api.delete("PodDisruptionBudget", "mine", namespace)
        expect(self._appears(namespace)["spec"] == made["spec"], "another one")
        self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": 5}}, namespace)
        self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/allow-deletion": "true"})
        self.api.delete("StatefulSet", "kafka", namespace)
        self._goes(namespace)
        self._goes(namespace, kind="NetworkPolicy")

    def _marked(self, namespace):
        created = self.api.create(with_private_port(stateful_set(namespace=namespace)))
        if "ballast.dev/recognised-role" in created["metadata"].get("annotations", {}):
            return True
        self.api.delete("StatefulSet", "kafka", namespace)
        return False

    # --- replicas and restarts ---

    def has_one_leader(self):
        expect(self.one.leads() != self.two.leads(), "two lead, or none")
        expect(self.one.status("/readyz") == 200 and self.two.status("/readyz") == 200, "not both are ready")
        lease = self.api.request("GET", LEASE)["spec"]
        expect(lease["leaseDurationSeconds"] == 15, "another duration", lease)

    def hands_over_when_it_ends(self):
        leader = self._leader()
        other = self.two if leader is self.one else self.one
        begin = time.monotonic()
        holder = self.api.request("GET", LEASE)["spec"]["holderIdentity"]
        expect(leader.stop() == 0, "it did not end with status 0")
        expect(self.api.request("GET", LEASE)["spec"].get("holderIdentity") != holder, "the Lease was not given back", holder)
        wait_until(other.leads, "the other one leads", 30)
        print(f"     the other one leads {time.monotonic() - begin:.1f} s after SIGTERM", flush=True)
        self._workload()
        leader.start()

    def takes_over_from_one_that_was_killed(self):
        leader = self._leader()
        other = self.two if leader is self.one else self.one
        namespace, _, _ = self._workload()
        begin = time.monotonic()
        leader.stop(signal.SIGKILL)
        self.api.delete("PodDisruptionBudget", "kafka", namespace)
        self._appears(namespace, seconds=40)
        print(f"     the other one works {time.monotonic() - begin:.1f} s after kill -9", flush=True)
        expect(other.leads(), "it does not lead")
        leader.start()

    def ends_when_it_leads_no_more(self):
        leader = self._leader()
        lease = self.api.request("GET", LEASE)
        lease["spec"]["holderIdentity"] = "somebody"
        lease["spec"]["leaseDurationSeconds"] = 1
        self.api.request("PUT", LEASE, lease)
        wait_until(lambda: leader.process.poll() is not None, "it ended", 20)
        expect(leader.process.returncode == 1, f"it ended with {leader.process.returncode}")
        leader.start()
        wait_until(lambda: self.one.leads() or self.two.leads(), "somebody leads", 40)

    def needs_no_more_rights_than_it_has(self):
        """Asked before the API server restarts: until it has read all roles, it forbids everything."""
        for controller in (self.one, self.two):
            text = controller.log.read_text()
            expect("forbidden" not in text, f"{controller.name} lacks a right",
                   *[line for line in text.splitlines() if "forbidden" in line][:3])

    # --- pods that wait ---

    def lets_pods_go_once_they_are_protected(self):
        namespace = self._namespace()
        held = stateful_set(namespace=namespace)
        pods = held["spec"]["template"]
        pods["metadata"]["labels"]["ballast.dev/role"] = "broker"
        pods["spec"]["schedulingGates"] = [{"name": "example.com/quota"}, {"name": "ballast.dev/companions"}]
        self.api.create(held)

        def gates():
            return [gate["name"] for gate in self.api.get("Pod", "kafka-0", namespace)["spec"].get("schedulingGates", [])]
        wait_until(lambda: self.api.find("Pod", "kafka-0", namespace), "the pod is there", 20)
        wait_until(lambda: gates() == ["example.com/quota"], "the gate is gone, and the other one is not", 20)
        expect(self._find(namespace), "it was let go before its budget was there")

    # --- what it tells ---

    def _report(self, namespace, name="ballast-kafka"):
        return self.api.find("PolicyReport", name, namespace)

    def reports_what_the_rules_say(self):
        namespace, _, _ = self._workload()
        report = wait_until(lambda: self._report(namespace), "the report is there", 20)
        results = {each["rule"]: each for each in report["results"]}
        expect(results["disruption-budget"]["result"] == "pass", "the budget is kept", results["disruption-budget"])
        expect(results["disruption-budget"]["resources"][0]["name"] == "kafka", "it is about nothing", results)
        counted = {key: sum(each["result"] == key for each in report["results"]) for key in report["summary"]}
        expect(counted == report["summary"] and counted["pass"] > 3, "the summary does not add up", report["summary"])
        expect(report["metadata"]["ownerReferences"][0]["name"] == "kafka", "nobody owns it", report["metadata"])

        self.api.patch("PolicyReport", "ballast-kafka", {"results": []}, namespace)
        wait_until(lambda: self._report(namespace).get("results"), "the report is mended")
        self.api.patch("StatefulSet", "kafka", {"spec": {"replicas": 1}}, namespace)
        wait_until(lambda: any(each["rule"] == "replicas" and each["result"] == "fail"
                               for each in self._report(namespace)["results"]), "the report says what is wrong")

    def reports_go_with_their_namespace_out_of_sight(self):
        namespace, _, _ = self._workload()
        wait_until(lambda: self._report(namespace), "the report is there", 20)
        self.api.patch("Namespace", namespace, {"metadata": {"labels": {"ballast.dev/enforce": None}}})
        wait_until(lambda: not self._report(namespace), "the report is gone")

    def tells_whether_a_policy_holds(self):
        def condition(name):
            policy = self.api.find("KafkaPolicy", name)
            return next(iter(policy.get("status", {}).get("conditions", [])), None)

        self.api.create({"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": "told"},
                         "spec": {"priority": 1, "match": {"namespaces": ["nowhere"]}, "rules": {}}})
        said = wait_until(lambda: condition("told"), "the policy has a status", 20)
        expect(said["type"] == "Accepted" and said["status"] == "True", "it is not accepted", said)
        # The name of a policy from a file: no webhook is there to refuse it.
        self.api.create({"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": "default"},
                         "spec": {"rules": {}}})
        said = wait_until(lambda: condition("default"), "the other one has a status", 20)
        expect(said["status"] == "False" and "already" in said["message"], "it does not say why", said)
        generation = self.api.find("KafkaPolicy", "told")["metadata"]["resourceVersion"]
        time.sleep(1)
        expect(self.api.find("KafkaPolicy", "told")["metadata"]["resourceVersion"] == generation,
               "the status is written again and again")
        for name in ("told", "default"):
            self.api.delete("KafkaPolicy", name)

    def follows_a_restarted_api_server(self):
        namespace, _, _ = self._workload()
        run(*TESTBED, "restart-apiserver", str(TESTBED_DIR))
        wait_until(self._healthy, "the API server is back", 60)
        wait_until(lambda: self._alive() and (self.one.leads() or self.two.leads()), "somebody leads", 60)
        self.api.delete("PodDisruptionBudget", "kafka", namespace)
        self._appears(namespace, seconds=60)
        self._workload()

    def _alive(self):
        """A supervisor would start again what ended because it could not renew the Lease."""
        for controller in (self.one, self.two):
            if controller.process.poll() is not None:
                controller.start()
        return True

    def _healthy(self):
        try:
            return Api().request("GET", "/readyz") == "ok"
        except Exception:
            return False


def main():
    api = Api()
    install_crd(api)
    api.apply(REPORTS_CRD)
    api.apply(CALICO_CRD)
    wait_until(lambda: api.find("PolicyReport", "none") is None, "PolicyReports are served", 30)
    if not api.find("Namespace", SYSTEM):
        api.namespace(SYSTEM, enforce=False)
    suite, report = Suite(api, service_account(api)), Report(os.environ.get("ONLY"))
    for name in tests_of(Suite):
        report.run(f"companions: {name.replace('_', ' ')}", getattr(suite, name))

    def ended():
        for controller in (suite.one, suite.two):
            rss = controller.metric("process_resident_memory_bytes") / 2**20
            print(f"     {controller.name}: {rss:.1f} MiB, {controller.metric('process_cpu_seconds_total'):.1f} s CPU, "
                  f"{controller.failures():.0f} failed reconciles", flush=True)
            controller.ends_well()
    report.run("companions: both end well", ended)
    report.finish()


if __name__ == "__main__":
    main()
