#!/usr/bin/env python3
"""Is there a policy for the manifests that people have, and does it keep strangers out?

    network_samples.py [FILE...]    manifests in the likeness of charts (tests/golden/fixtures), if none is named

`ballast harden` makes the policies, and pods with the labels and ports of the manifests get them: nothing runs in them, as
an answer that nobody listens shows too that a packet came through. All connections are held against the tables of
docs/rules/network-policy.md, under the bundles default and strict.
"""

import json
import pathlib
import re
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import Api, BUILD, ROOT, Report, expect, kubectl, run, wait_until  # noqa: E402
from kafka_lab import OURS, is_ready  # noqa: E402
from network_tables import (BROKERS, CLIENT, CONTROLLER, INTERNAL, JMX, METRICS, UNNAMED, UNNAMED_PORT, ZOOKEEPER,  # noqa: E402
                            ZOOKEEPER_CLIENT, ZOOKEEPER_PEER, Place, Prober, Promise)

FIXTURES = ROOT / "tests" / "golden" / "fixtures"
# How many policies there are to be, by bundle: where a port cannot be read, an allow-list cannot be made.
POLICIES = {"apache.yaml": (1, 1), "bitnami-kraft.yaml": (1, 1), "bitnami-zookeeper-mode.yaml": (2, 2),
            "confluent.yaml": (2, 1), "other-zookeepers.yaml": (2, 2), "two-zookeeper-sets.yaml": (1, 2)}
BUNDLES = ("default", "strict")
ROWS = {"broker": BROKERS, "controller": BROKERS, "combined": BROKERS, "zookeeper": ZOOKEEPER}
COLUMNS = {"client": CLIENT, "inter-broker": INTERNAL, "controller": INTERNAL, "zookeeper-client": ZOOKEEPER_CLIENT,
           "zookeeper-peer": ZOOKEEPER_PEER, "zookeeper-election": ZOOKEEPER_PEER, "metrics": METRICS, "jmx": JMX}
HOME = "sample"  # of objects that name no namespace
# (namespace, name, labels) of those who are no members. Ballast itself is not needed here.
OTHERS = (("elsewhere", "stranger", {}), ("monitoring", "prometheus", {}),
          (OURS, "ballast", {"app.kubernetes.io/name": "ballast"}))


def ballast(verb, bundle, path, *options):
    """What it prints, whether it denies something or not: a broker without requests is none of our business."""
    done = run(str(BUILD / "ballast"), verb, "-p", bundle, *options, str(path), check=False)
    expect(done.returncode in (0, 1), f"ballast {verb} failed", done.stderr)
    return done.stdout


class Member:
    """A workload that has a policy of ours."""

    def __init__(self, known, template, left_open):
        self.known, self.template, self.left_open = known, template, left_open
        self.namespace, self.name = known["object"]["namespace"] or HOME, known["object"]["name"]
        self.cluster = known["cluster"] or f"{self.namespace}/{self.name}"

    def pod(self, number):
        """Ports are those of the template, as a policy may name them."""
        containers = [{"name": container["name"], "image": "docker.io/local/pause:1", "imagePullPolicy": "IfNotPresent",
                       "ports": container.get("ports", [])} for container in self.template["spec"]["containers"]]
        return make_pod(self.namespace, f"{self.name}-{number}", self.template["metadata"]["labels"], containers)

    def ports(self):
        named = [(COLUMNS[port["purpose"]], port["port"]) for port in self.known["ports"] if port["purpose"] in COLUMNS]
        return *named, (UNNAMED, UNNAMED_PORT)


def make_pod(namespace, name, labels, containers=None):
    pause = [{"name": "pause", "image": "docker.io/local/pause:1", "imagePullPolicy": "IfNotPresent"}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False,
                     "containers": containers or pause}}


class Sample:
    """What Ballast makes of one manifest."""

    def __init__(self, path, bundle):
        objects = [one for one in yaml.safe_load_all(ballast("harden", bundle, path)) if one]
        self.policies = [one for one in objects if one["kind"] == "NetworkPolicy" and
                         one["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") == "ballast"]
        left_open = self.read_doubts(json.loads(ballast("lint", bundle, path, "-o", "json")))
        self.members = []
        for known in json.loads(ballast("explain", bundle, path, "-o", "json")):
            template = next((one["spec"]["template"] for one in objects if one["kind"] == known["object"]["kind"] and
                             one["metadata"]["name"] == known["object"]["name"] and "template" in one.get("spec", {})), None)
            if known["role"] in ROWS and template and any(self.governs(policy, known, template) for policy in self.policies):
                self.members.append(Member(known, template, left_open.get(known["object"]["name"], set())))

    @staticmethod
    def governs(policy, known, template):
        return policy["metadata"].get("namespace", "") == known["object"]["namespace"] and \
            policy["spec"]["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()

    @staticmethod
    def read_doubts(findings):
        """{workload: ports that stay open} as it is told."""
        found = {}
        for finding in findings:
            match = re.search(r' of \w+ "([^"]+)" stays? open: (.*)', finding["message"])
            if finding["rule"] == "networkPolicy" and match:
                found.setdefault(match[1], set()).update(map(int, re.findall(r"port (\d+):", match[2])))
        return found


class Suite:
    def __init__(self):
        self.api, self.sample = Api(), None
        self.others = [make_pod(namespace, name, labels) for namespace, name, labels in OTHERS]

    def places(self, promise):
        found = []
        for member in self.sample.members:
            for number in (0, 1):
                pod = self.api.find("Pod", f"{member.name}-{number}", member.namespace)
                if pod and is_ready(pod):
                    rows = [ROWS[member.known["role"]], *promise.listed(pod, member.namespace)]
                    found.append(Place(pod, rows, member.ports(), member.cluster, left_open=member.left_open))
        for other in self.others:
            pod = self.api.find("Pod", other["metadata"]["name"], other["metadata"]["namespace"])
            if pod and is_ready(pod):
                found.append(Place(pod, [CONTROLLER] if other["metadata"]["namespace"] == OURS else
                                   promise.listed(pod, self.sample.members[0].namespace)))
        return {place.uid: place for place in found}

    def create(self, pod):
        if not self.api.find("Namespace", pod["metadata"]["namespace"]):
            self.api.namespace(pod["metadata"]["namespace"], enforce=False)
        self.api.create(pod)

    def clear(self, *kinds):
        for namespace in {member.namespace for member in self.sample.members}:
            kubectl("delete", ",".join(kinds), "--all", "-n", namespace, "--force", "--grace-period=0")

    def enforce(self, bundle):
        """Only what this bundle makes."""
        self.clear("networkpolicies")
        for policy in self.sample.policies:
            policy["metadata"].setdefault("namespace", HOME)
            self.api.create(policy)
        rule = yaml.safe_load((ROOT / "policies" / "bundles" / f"{bundle}.yaml").read_text())["spec"]["rules"]["networkPolicy"]
        # The columns on which nobody listens are all of them.
        return Prober(self.places, Promise(rule), {*COLUMNS.values(), UNNAMED})

    def strangers_stay_out(self, path, bundle, expected):
        self.sample = Sample(path, bundle)
        expect(expected is None or len(self.sample.policies) == expected,
               f"it has {len(self.sample.policies)} policies, and should have {expected}")
        if not self.sample.members:
            print("  no policy of ours, so there is nothing to try", flush=True)
            return
        try:
            pods = [member.pod(number) for member in self.sample.members for number in (0, 1)]
            for pod in pods:
                self.create(pod)
            prober = self.enforce(bundle)
            wait_until(lambda: len(self.places(prober.promise)) == len(pods) + len(self.others), "all pods are ready", 60, 0.2)
            count = prober.holds()
            print(f"  {count} connections are as the document says; a stranger reaches none of "
                  f"{prober.strangers_are_refused('stranger')} ports", flush=True)
        finally:
            self.clear("networkpolicies", "pods")

    def others_are_there(self):
        for pod in self.others:
            self.create(pod)


def main():
    suite, report = Suite(), Report()
    files = [(pathlib.Path(path), (None, None)) for path in sys.argv[1:]] or \
        [(FIXTURES / name, expected) for name, expected in POLICIES.items()]
    report.run("network policy, samples: others are there", suite.others_are_there)
    for path, expected in files:
        for bundle, count in zip(BUNDLES, expected, strict=False):
            report.run(f"network policy, samples: {path.name}, {bundle}", suite.strangers_stay_out, path, bundle, count)
    report.finish()


if __name__ == "__main__":
    main()
