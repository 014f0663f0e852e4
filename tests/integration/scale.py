#!/usr/bin/env python3
"""Many Kafka clusters at once: how long the controller takes to look after all of them, and what it costs.

Their StatefulSets and pods are real objects of a real control plane; that the pods run is written by the test, as
there are no nodes, so that no broker answers. SCALE is how many (60).
"""

import concurrent.futures
import os
import time

from controllers import REPORTS_CRD, SYSTEM, Controller, service_account
from harness import Api, Report, expect, install_crd, stateful_set, wait_until

SCALE = int(os.environ.get("SCALE", "60"))
PER_NAMESPACE = 10
REPLICAS = 3
# What a sanitizer keeps for itself is not ours.
MIB = float(os.environ.get("SCALE_MIB", "0"))


def running(ip):
    """The status that a kubelet would write."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    types = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    return {"status": {
        "phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
        "conditions": [{"type": each, "status": "True", "lastTransitionTime": now} for each in types],
        "containerStatuses": [{"name": "kafka", "ready": True, "started": True, "restartCount": 0, "image": "kafka",
                               "imageID": "", "state": {"running": {"startedAt": now}}}]}}


class Suite:
    def __init__(self, api, kubeconfig):
        self.api = api
        self.controller = Controller("scale", kubeconfig, 9193)
        self.namespaces = []

    def clusters_are_made(self):
        begin = time.monotonic()
        for at in range(0, SCALE, PER_NAMESPACE):
            self.namespaces.append(f"scale-{at}")
            self.api.namespace(f"scale-{at}")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self._make, range(SCALE)))
        wait_until(lambda: len(self._pods()) == SCALE * REPLICAS, "all pods are there", 300, 0.5)
        print(f"     {SCALE} StatefulSets and {SCALE * REPLICAS} pods in {time.monotonic() - begin:.0f} s", flush=True)

    def _make(self, i):
        made = stateful_set(f"kafka-{i}", self.namespaces[i // PER_NAMESPACE], labels={"app": f"kafka-{i}"})
        made["spec"]["template"]["metadata"]["labels"]["ballast.dev/role"] = "broker"
        Api().create(made)

    def _pods(self):
        pods = Api().request("GET", "/api/v1/pods?labelSelector=ballast.dev/role&resourceVersion=0")["items"]
        return [pod for pod in pods if pod["metadata"]["namespace"].startswith("scale-")]

    def _run_pod(self, numbered):
        number, pod = numbered
        Api().patch("Pod", pod["metadata"]["name"], running(f"192.0.2.{number % 250 + 1}"), pod["metadata"]["namespace"],
                    "status", "strategic-merge-patch")

    def companions_converge(self):
        begin = time.monotonic()
        self.controller.start()
        wait_until(self.controller.leads, "it leads", 30)
        led = time.monotonic()
        wait_until(lambda: self._budgets() == SCALE, "every budget is there", 300, 0.1)
        print(f"     leading after {led - begin:.1f} s; {SCALE} budgets {time.monotonic() - led:.1f} s after that", flush=True)

    def _budgets(self):
        items = self.api.request("GET", "/apis/policy/v1/poddisruptionbudgets?labelSelector=ballast.dev/companion")["items"]
        return sum(each["metadata"]["namespace"].startswith("scale-") for each in items)

    def pods_are_judged(self):
        """Of clusters that do not answer it is said that nobody knows, and that costs no more than that."""
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self._run_pod, enumerate(self._pods())))
        written = time.monotonic()

        def judged():
            conditions = [{c["type"]: c["status"] for c in pod["status"]["conditions"]} for pod in self._pods()]
            return all(each.get("ballast.dev/safe-to-disrupt") == "Unknown" for each in conditions)
        wait_until(judged, "every pod has its condition", 600, 0.5)
        print(f"     {SCALE * REPLICAS} pods run after {written - begin:.0f} s, and are judged "
              f"{time.monotonic() - written:.1f} s after that", flush=True)
        expect(self.controller.metric('ballast_controller_clusters{state="unknown"}') >= SCALE, "not all are counted")

    def it_stays_small(self):
        before, begin = self.controller.metric("process_cpu_seconds_total"), time.monotonic()
        time.sleep(10)
        spent = (self.controller.metric("process_cpu_seconds_total") - before) / (time.monotonic() - begin)
        mib = self.controller.metric("process_resident_memory_bytes") / 2**20
        print(f"     {mib:.1f} MiB, {spent * 1000:.0f} ms CPU a second while {SCALE} clusters do not answer", flush=True)
        sizes = {key.split('"')[1]: size for key, size in self.controller.metrics().items() if "cache_bytes" in key}
        print("     objects of the cluster: " + ", ".join(f"{kind} {size / 2**20:.2f}" for kind, size in sizes.items()
                                                       if size) + " MiB", flush=True)
        expect(not MIB or mib <= MIB, f"it takes {mib:.1f} MiB")

    def it_ends_well(self):
        self.controller.ends_well()


def main():
    api = Api()
    install_crd(api)
    api.apply(REPORTS_CRD)
    if not api.find("Namespace", SYSTEM):
        api.namespace(SYSTEM, enforce=False)
    suite, report = Suite(api, service_account(api)), Report(os.environ.get("ONLY"))
    for name in [n for n in Suite.__dict__ if not n.startswith("_")]:
        report.run(f"scale: {name.replace('_', ' ')}", getattr(suite, name))
    report.finish()


if __name__ == "__main__":
    main()
