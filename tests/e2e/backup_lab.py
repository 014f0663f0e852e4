"""What the tests of backups share: Ballast from its chart, beside a fake of Google's service that follows its recorded protocol.

Ballast speaks http to loopback addresses alone, and the fake has no certificate: so a second container in the controller's pod
passes on what is said to port 8099 of it, as on GKE the metadata server is met inside of the pod's own network. All else is as
the chart has it.
"""

import json
import os
import pathlib
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("integration", "google")]
import fake as google  # noqa: E402
from backup_agent import Agent  # noqa: E402
from harness import ADDRESS, Api, Report, kubectl, wait_until  # noqa: E402
from kafka_backups import PROTECTED_CRD, made  # noqa: E402
from kafka_lab import NAMESPACE, OURS, Lab, save_logs  # noqa: E402
from rights import now  # noqa: E402

VERSION = os.environ["VERSION"]
TESTBED, WORK = pathlib.Path(os.environ["TESTBED"]), pathlib.Path(os.environ["WORK"])
ORDERS = 120  # messages of a second topic
OUTSIDE = "kafka-external"  # a Service of type LoadBalancer
# What the service holds outlives the cluster.
HELD = WORK / "service.json"
# Where the controller meets the fake.
PORT = 8099
MET_AT = f"127.0.0.1:{PORT}"


class BackupLab:
    """A cluster with the agent, and `cluster`, what Google calls it."""

    def __init__(self, fake, cluster):
        self.begin = now()
        self.fake, self.service, self.cluster = fake, fake.service, cluster
        self.lab = Lab()
        self.api = self.lab.api
        self.agent = Agent(self.api, self.service, WORK / "backups", TESTBED)
        self.looks = 0

    def _install(self, **backup):
        kubectl("apply", "-f", "-", stdin=json.dumps(PROTECTED_CRD))
        self.lab.install_ballast({"backup": {"enabled": True, "cluster": self.cluster, "endpoint": f"http://{MET_AT}",
                                             "containerEndpoint": f"http://{MET_AT}", **backup}}, wait=False)
        kubectl("patch", "deployment", "ballast-controller", "-n", OURS, "-p", json.dumps({"spec": {"template": {"spec": {
            "containers": [
                {"name": "controller", "env": [{"name": "GCE_METADATA_HOST", "value": MET_AT}]},
                {"name": "google", "image": "local/standin:1", "imagePullPolicy": "IfNotPresent",
                 "command": ["/bin/nc", "-ll", "-p", str(PORT), "-e", "/bin/nc", *self.fake.address.split(":")]}]}}}}))
        for name in ("ballast-webhook", "ballast-controller"):
            kubectl("rollout", "status", f"deployment/{name}", "-n", OURS, "--timeout=120s")

    def _ready(self, kind, name):
        found = self.api.get(kind, name, NAMESPACE)
        ready = next((c for c in found.get("status", {}).get("conditions", []) if c["type"] == "Ready"), {})
        current = ready.get("observedGeneration") == found["metadata"]["generation"]
        return ready if current else {}

    def _wait(self, kind, name, reason, status, seconds=180):
        """Until Ready has this reason; its message, and the object's status."""
        def said():
            ready = self._ready(kind, name)
            return ready.get("reason") == reason and ready["status"] == status and ready
        # It looks now, and not when its ten or fifteen seconds are over.
        self.looks += 1
        kubectl("annotate", "--overwrite", kind.lower(), name, "-n", NAMESPACE, f"look=x{self.looks}")
        begin = time.monotonic()
        ready = wait_until(said, f"{kind} {name} says {reason}", seconds, 0.2, lambda: self._ready(kind, name))
        print(f"  {kind} {name}: {reason} after {time.monotonic() - begin:.0f} s: {ready['message']}", flush=True)
        return ready["message"], self.api.get(kind, name, NAMESPACE)["status"]

    def _make(self, kind, name, **spec):
        kubectl("apply", "-f", "-", stdin=json.dumps(made(kind, name, NAMESPACE, **spec)))

    def _asked(self, collection, known):
        """The name of one that the service was asked for, and had not before."""
        return wait_until(lambda: next((name for name in list(self.service.resources)
                                        if name.split("/")[-2] == collection and name not in known), None),
                          f"the service is asked for one of {collection}", 180, 0.02)

    def _have(self, collection):
        return {name for name in self.service.resources if name.split("/")[-2] == collection}

    def _posts(self, collection):
        return [line for line in self.fake.lines() if line.startswith("POST") and line.endswith(f"/{collection}")]

    @staticmethod
    def _kill_controller():
        kubectl("delete", "pods", "-n", OURS, "-l", "app.kubernetes.io/component=controller", "--force", "--grace-period=0")

    def _restore(self, name, backup, mode="DELETE_AND_RESTORE"):
        known = self._have("restores")
        self._make("KafkaRestore", name, backup=backup, restoreConfig={"namespacedResourceRestoreMode": mode})
        return self._asked("restores", known)

    def _nothing_is_left(self):
        return not any(self.api.request("GET", Api.path(kind, NAMESPACE))["items"]
                       for kind in ("Pod", "StatefulSet", "PersistentVolumeClaim"))


def run_all(suite_class, name):
    """Each test builds on those before."""
    with google.Fake(google.LiveService(), ADDRESS) as fake:
        suite, report = suite_class(fake), Report()
        fake.service.clusters = {suite.cluster: {"name": suite.cluster.rsplit("/", 1)[1], "status": "RUNNING",
                                                 "addonsConfig": {"gkeBackupAgentConfig": {"enabled": True}}}}
        for test in [n for n in suite_class.__dict__ if not n.startswith("_")]:
            report.run(f"{name}: {test.replace('_', ' ')}", getattr(suite, test))
            if report.failed:
                save_logs(suite.lab)
                print(kubectl("get", "kafkabackupplans,kafkabackups,kafkarestores", "-n", NAMESPACE, "-o", "wide", check=False).stdout)
                print(kubectl("get", "pods,pvc", "-n", NAMESPACE, "-o", "wide", check=False).stdout, *fake.violations, sep="\n")
                break
        report.finish()
