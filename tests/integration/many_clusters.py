#!/usr/bin/env python3
"""Many KafkaClusters at once: how long a real Helm 4 takes for all of them, and what the controller holds meanwhile and after.

Their chart is the bundled one. There are no nodes, and no pod runs: what is measured is planning and releasing. CLUSTERS is how many
(50); CLUSTERS_MIB is what the controller may take at most, Helm's children apart.
"""

import os
import pathlib
import shutil
import time

from controllers import Controller
from harness import ROOT, expect, wait_until
from kafka_clusters import ACCOUNT, HELM, make_namespace, run_all

COUNT = int(os.environ.get("CLUSTERS", "50"))
MIB = float(os.environ.get("CLUSTERS_MIB", "0"))
PER_NAMESPACE = 10


class Suite:
    def __init__(self, api, kubeconfig):
        self.api = api
        self.controller = Controller("many", kubeconfig, 9197, (f"--helm={shutil.which(HELM)}", f"--charts={ROOT / 'manifests/charts'}"))
        self.controller.start()
        wait_until(self.controller.leads, "it leads", 30)
        self.namespaces = [f"many-{at}" for at in range(0, COUNT, PER_NAMESPACE)]
        for namespace in self.namespaces:
            make_namespace(api, namespace)

    # --- looking ---

    def _items(self):
        return self.api.request("GET", "/apis/ballast.dev/v1alpha1/kafkaclusters")["items"]

    def _released(self):
        return sum(any(c["type"] == "Released" and c["status"] == "True" for c in each.get("status", {}).get("conditions", []))
                   for each in self._items())

    def _memory(self, line):
        """MiB, as the kernel has it: VmRSS is now, VmHWM the most."""
        text = pathlib.Path(f"/proc/{self.controller.process.pid}/status").read_text()
        return int(next(each.split()[1] for each in text.splitlines() if each.startswith(line))) / 1024

    # --- the tests, in order ---

    def all_are_released(self):
        before = self._memory("VmRSS")
        begin = time.monotonic()
        for number in range(COUNT):
            self.api.create({
                "apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaCluster",
                "metadata": {"name": f"kafka-{number}", "namespace": self.namespaces[number // PER_NAMESPACE]},
                "spec": {"chart": {"bundled": "kafka"}, "serviceAccountName": ACCOUNT, "images": {"check": False},
                         "verification": {"enabled": False}}})
        wait_until(lambda: self._released() == COUNT, "all are released", 1800, 1, self._released)
        print(f"     {COUNT} KafkaClusters are released after {time.monotonic() - begin:.0f} s, load {os.getloadavg()[0]:.0f}; the "
              f"controller had {before:.1f} MiB before, and {self._memory('VmHWM'):.1f} at most", flush=True)

    def it_stays_small(self):
        spent, begin = self.controller.metric("process_cpu_seconds_total"), time.monotonic()
        time.sleep(30)
        spent = (self.controller.metric("process_cpu_seconds_total") - spent) / (time.monotonic() - begin)
        print(f"     {self._memory('VmRSS'):.1f} MiB, {spent * 1000:.0f} ms CPU a second while their pods are waited for", flush=True)
        expect(not MIB or self._memory("VmHWM") <= MIB, f"it took {self._memory('VmHWM'):.1f} MiB")

    def one_more_does_not_wait(self):
        begin = time.monotonic()
        self.api.patch("KafkaCluster", "kafka-0", {"spec": {"values": {"brokers": {"heap": "1g"}}}}, self.namespaces[0])
        wait_until(lambda: self.api.get("KafkaCluster", "kafka-0", self.namespaces[0])["status"]["release"].get("revision") == 2,
                   "it is upgraded", 120, 0.2)
        print(f"     a change is released after {time.monotonic() - begin:.0f} s", flush=True)

    def it_ends_well(self):
        self.controller.ends_well()


if __name__ == "__main__":
    run_all(Suite, "many clusters")
