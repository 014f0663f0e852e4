#!/usr/bin/env python3
"""Do packets go where docs/rules/network-policy.md says that they go, and nowhere else?

    network_policy.py zookeeper|kraft|protect-upgrade|kraft-upgrade

Ballast makes the policies, the testbed enforces them, and every pod tries every port of every member, in both modes, with
nobody named and with everybody named. What is promised is read from the tables of the document. A control takes a rule out
of a policy and must find just that. Kafka is then upgraded under the last policy, while a client keeps books and the tables
are tried all the while.
"""

import pathlib
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import packets  # noqa: E402
import upgrade  # noqa: E402
from harness import Api, ApiError, ROOT, Report, expect, kubectl, wait_until  # noqa: E402
from kafka_lab import CLIENTS, NAMESPACE, OURS, QUICK, Lab, is_ready, save_logs  # noqa: E402
from network_tables import (BROKERS, CLIENT, CONTROLLER, DNS, EGRESS_TO, ELSEWHERE, INTERNAL, JMX, METRICS, UNNAMED,  # noqa: E402
                            UNNAMED_PORT, ZOOKEEPER, ZOOKEEPER_CLIENT, ZOOKEEPER_PEER, Place, Prober, Promise, Watch, selects)

STRICT = ROOT / "policies" / "bundles" / "strict.yaml"
# Which column of the document a port of the chart is in, by its name.
COLUMNS = {"kafka-client": CLIENT, "kafka-internal": INTERNAL, "kafka-ctlr": INTERNAL, "client": ZOOKEEPER_CLIENT,
           "follower": ZOOKEEPER_PEER, "election": ZOOKEEPER_PEER, "metrics": METRICS}
# Of the ZooKeeper servers one listens for followers, and our Java does not for JMX.
MUTE = {ZOOKEEPER_PEER, JMX, UNNAMED, EGRESS_TO, ELSEWHERE}
MEMBERS = {"kafka": BROKERS, "controller-eligible": BROKERS, "zookeeper": ZOOKEEPER}
# Pods that only have a network: (namespace, name).
PROBES = ((NAMESPACE, "client"), (CLIENTS, "application"), ("connect", "connect"), ("monitoring", "prometheus"),
          ("elsewhere", "stranger"))


def by_namespace(name):
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


NAMED = {"peers": [by_namespace("connect")], "clients": [by_namespace(CLIENTS)], "monitoring": [by_namespace("monitoring")]}


def strict():
    """As the bundle has it, for clients elsewhere too."""
    rule = yaml.safe_load(STRICT.read_text(encoding="utf-8"))["spec"]["rules"]["networkPolicy"]
    return rule | {"clients": rule["clients"] + NAMED["clients"], "peers": NAMED["peers"], "egressTo": NAMED["peers"]}


AS_STRICT = "Isolate, as in strict"
VARIANTS = {
    "Protect": {"mode": "Protect"},
    "Protect, with all named": {"mode": "Protect", **NAMED},
    "Isolate": {"mode": "Isolate"},
    AS_STRICT: strict(),
}
# (version, what it is upgraded to, controllers beside the brokers, variants) of each group.
GROUPS = {
    "zookeeper": ("3.3.2", "3.4.0", 0, list(VARIANTS)),
    "kraft": ("3.9.1", None, 3, ["Protect", AS_STRICT]),
    "protect-upgrade": ("3.3.2", "3.4.0", 0, ["Protect"]),
    "kraft-upgrade": ("3.9.1", "4.1.1", 0, [AS_STRICT]),
}


def component(pod):
    return pod["metadata"].get("labels", {}).get("app.kubernetes.io/component")


def ports(pod):
    """(column, number) of all that a member may be asked for."""
    for container in pod["spec"]["containers"]:
        for port in container.get("ports", []):
            yield COLUMNS[port["name"]], port["containerPort"]
        for variable in container.get("env", []):
            if variable["name"] == "JMX_PORT":
                yield JMX, int(variable["value"])
    yield UNNAMED, UNNAMED_PORT


class Places:
    """The pods of the lab that are ready. It has an API client of its own, as it may be asked beside others."""

    def __init__(self):
        self.api = Api()
        self.lab = Lab(self.api)

    def probes(self):
        found = (self.api.find("Pod", name, namespace) for namespace, name in PROBES)
        return [pod for pod in found if pod and is_ready(pod)]

    def way_out(self, probes, promise):
        """Beside what other members are asked for."""
        found = {("dns", DNS, packets.DNS[1]): packets.DNS, ("API server", ELSEWHERE, 6443): ("172.30.0.1", 6443)}
        for pod in probes:
            named = any(selects(peer, pod, NAMESPACE) for peer in promise.parameters.get("egressTo", []))
            found[pod["metadata"]["uid"], EGRESS_TO if named else ELSEWHERE, UNNAMED_PORT] = \
                (pod["status"]["podIP"], UNNAMED_PORT)
        return found

    def __call__(self, promise):
        probes = self.probes()
        out = self.way_out(probes, promise)
        found = [Place(pod, [MEMBERS[component(pod)], *promise.listed(pod, NAMESPACE)], tuple(ports(pod)), out=out)
                 for pod in self.lab.pods() if is_ready(pod)]
        found += [Place(pod, [CONTROLLER]) for pod in self.lab.ours("controller")]
        found += [Place(pod, promise.listed(pod, NAMESPACE)) for pod in probes]
        return {place.uid: place for place in found}


class Suite:
    def __init__(self, group):
        self.group = group
        self.old, self.new, self.controllers, self.variants = GROUPS[group]
        self.lab = Lab()
        self.api = self.lab.api
        self.prober = Prober(Places(), None, MUTE)

    def make_probe(self, namespace, name):
        """Of Kafka's image, so that its tools can be used there."""
        self.lab.namespace(namespace)
        self.api.create({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
            "spec": {"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False,
                     "securityContext": {"runAsNonRoot": True, "runAsUser": 1001, "seccompProfile": {"type": "RuntimeDefault"}},
                     "containers": [{"name": "probe", "image": f"docker.io/bitnami/kafka:{self.old}",
                                     "imagePullPolicy": "IfNotPresent", "command": ["/bin/sleep", "2147483647"],
                                     "securityContext": {"allowPrivilegeEscalation": False,
                                                         "capabilities": {"drop": ["ALL"]}}}]}})

    def kafka_comes_up(self):
        """Under policies from the first moment on."""
        self.lab.install_ballast(rollout={"action": "Mutate", "settleSeconds": 3, "soakSeconds": 2})
        self.follow("Protect")
        self.lab.up(self.old, kraft={"controllers": self.controllers}, metrics=True, **QUICK)
        for probe in PROBES:
            self.make_probe(*probe)
        wait_until(lambda: len(self.prober.places(self.prober.promise)) == len(self.lab.pods()) + len(PROBES) + 2,
                   "all pods are ready", 120, 0.3)
        self.lab.make_topics()

    def follow(self, variant):
        """From now on."""
        self.prober.promise = Promise(VARIANTS[variant])
        self.api.apply({"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": "network"},
                        "spec": {"priority": 20, "match": {"namespaces": [NAMESPACE]},
                                 "rules": {"networkPolicy": {"action": "Mutate", **VARIANTS[variant]}}}})

    def holds(self):
        print(f"  {self.prober.holds()} connections are as the document says", flush=True)

    def tables_hold(self, variant):
        self.follow(variant)
        self.holds()

    def strangers_are_refused(self):
        print(f"  {self.prober.strangers_are_refused('stranger')} ports", flush=True)

    def benchmark(self):
        """Kafka's own, from a pod of the namespace."""
        said = kubectl("exec", "-n", NAMESPACE, "client", "--", "bash", "-c",
                       "java $(cat /opt/app/options) org.apache.kafka.tools.ProducerPerformance --topic topic1 --num-records "
                       "50000 --record-size 100 --throughput -1 --producer-props acks=all bootstrap.servers=kafka:9092").stdout
        line = said.strip().splitlines()[-1]
        expect(line.startswith("50000 records sent"), "the benchmark is not through", said)
        print(f"  {line}", flush=True)

    # --- the control ---

    def guards(self):
        """As they can be made again."""
        kind = "ValidatingWebhookConfiguration"
        names = [one["metadata"]["name"] for one in self.api.request("GET", Api.path(kind))["items"]]
        found = [self.api.get(kind, name) for name in names if "ballast" in name]
        expect(found, "there are no guards", *names)
        for guard in found:
            for key in ("resourceVersion", "uid", "creationTimestamp", "generation"):
                guard["metadata"].pop(key)
        return found

    def replace(self, policy):
        """An API server that was not told yet still asks the webhook, which says no."""
        try:
            return self.api.update(policy)
        except ApiError:
            return None

    def cut_brokers_off(self):
        policy = self.api.get("NetworkPolicy", "kafka", NAMESPACE)
        rules = policy["spec"]["ingress"]
        policy["spec"]["ingress"] = [rule for rule in rules if not ("from" in rule and 9093 in
                                                                    [port.get("port") for port in rule["ports"]])]
        expect(len(policy["spec"]["ingress"]) == len(rules) - 1, "there is no such rule", rules)
        wait_until(lambda: self.replace(policy), "the policy is changed", 30, 0.3)

    def just_that_is_seen(self):
        brokers = [pod["metadata"]["name"] for pod in self.lab.pods() if component(pod) == "kafka"]
        wanted = {(one, other, 9093, packets.SILENT) for one in brokers for other in brokers if one != other}
        different = wait_until(lambda: self.prober.differing()[0], "it is seen", 60, 0.3)
        expect({(cell.source, cell.target, cell.port, cell.outcome) for cell in different} == wanted, "something else is seen",
               *different)
        print(f"  {different[0]}; and {len(different) - 1} more", flush=True)

    def a_rule_less_is_seen(self):
        """Nobody mends it and nobody forbids it: the controller is away, and so are the guards. Then it is mended."""
        guards = self.guards()
        kubectl("scale", "-n", OURS, "deployment/ballast-controller", "--replicas=0")
        try:
            wait_until(lambda: not self.lab.ours("controller"), "the controller is away", 60, 0.3)
            for guard in guards:
                self.api.delete("ValidatingWebhookConfiguration", guard["metadata"]["name"])
            self.cut_brokers_off()
            self.just_that_is_seen()
        finally:
            for guard in guards:
                if not self.api.find("ValidatingWebhookConfiguration", guard["metadata"]["name"]):
                    self.api.create(guard)
            kubectl("scale", "-n", OURS, "deployment/ballast-controller", "--replicas=2")
        wait_until(lambda: len(self.lab.ours("controller")) == 2, "the controller is back", 60, 0.3)
        self.holds()

    # --- while it is upgraded ---

    def it_is_upgraded(self):
        """A client writes, every message is acknowledged and there, and at no moment is a packet let through that should
        not be, or kept."""
        upgrade.BEFORE_S, upgrade.AFTER_S = 5, 5  # nobody compares its figures
        rolled = upgrade.Suite("ballast", self.old, self.new, 0)
        rolled.lab = self.lab
        watch = Watch(Prober(Places(), self.prober.promise, MUTE))
        try:
            rolled.it_is_upgraded()
        finally:
            watch.stop()
        print(f"  {watch.samples} times, {watch.cells} connections; all pods new after {rolled.results['rolled_s']} s, "
              f"{rolled.results['producer']['sent']} messages", flush=True)
        rolled.nothing_acknowledged_is_lost()
        rolled.no_message_fails()
        rolled.isrs_stay_large_enough()
        expect(watch.samples >= 5, "the tables were hardly tried", watch.samples)
        expect(not watch.different, f"{len(watch.different)} times it was otherwise", *watch.different[:30])

    def tests(self):
        yield "kafka comes up", self.kafka_comes_up
        for variant in self.variants:
            yield f"the tables hold: {variant}", lambda variant=variant: self.tables_hold(variant)
            if variant in ("Protect", AS_STRICT):
                yield f"strangers are refused: {variant}", self.strangers_are_refused
                yield f"benchmark: {variant}", self.benchmark
            if variant == "Protect" and self.group == "zookeeper":
                yield "a rule less is seen", self.a_rule_less_is_seen
        if self.new:
            yield f"{self.old} becomes {self.new}", self.it_is_upgraded
            yield "the tables hold after it", self.holds


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in GROUPS:
        sys.exit(f"usage: network_policy.py {'|'.join(GROUPS)}")
    suite, report = Suite(sys.argv[1]), Report()
    for name, test in suite.tests():
        report.run(f"network policy, {sys.argv[1]}: {name}", test)
        if report.failed and name == "kafka comes up":
            break  # the others build on it
    if report.failed:
        save_logs(suite.lab)
    report.finish()


if __name__ == "__main__":
    main()
