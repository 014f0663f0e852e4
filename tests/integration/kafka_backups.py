"""What suites of backups share: objects, names at the service, and looking at what becomes of both."""

import json
import sys
import time

from harness import ROOT, ApiError, kubectl, wait_until

sys.path.insert(0, str(ROOT / "tests/google"))
import fake as google  # noqa: E402, F401  pylint: disable=wrong-import-position

HOME = "projects/kafka-proj/locations/us-central1/clusters/gke-kafka-us-central1"
STANDBY = "projects/kafka-proj/locations/us-west1/clusters/gke-kafka-us-west1"
LOCATION = "projects/kafka-proj/locations/us-west1"
# A plan of another cluster of this region, and the namespace that may rehearse it.
ELSEWHERE, THEIRS = "projects/kafka-proj/locations/us-central1", "projects/kafka-proj/locations/us-central1/backupPlans/theirs"
REHEARSED = "rehearsed"
KINDS = {"KafkaBackupPlan": "kafkabackupplans", "KafkaBackup": "kafkabackups", "KafkaRestore": "kafkarestores"}
PROTECTED_CRD = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "protectedapplications.gkebackup.gke.io",
                 "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"}},
    "spec": {"group": "gkebackup.gke.io", "scope": "Namespaced",
             "names": {"kind": "ProtectedApplication", "plural": "protectedapplications", "singular": "protectedapplication",
                       "listKind": "ProtectedApplicationList"},
             "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                 "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}


def made(kind, name, namespace, **spec):
    return {"apiVersion": "ballast.dev/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def plan(namespace, name="nightly", **spec):
    """Of an application that is not Kafka: one whose brokers would have to be asked cannot be backed up here."""
    return made("KafkaBackupPlan", name, namespace, **{
        "location": "us-west1", "backupConfig": {"selectedApplications": ["app"]}, "proof": {"enabled": False},
        "retentionPolicy": {"backupRetainDays": 7}, **spec})


class Backups:
    """A suite of them has `api`, `controller`, the `fake` of the service, and a `count` of names that were given."""

    def _namespace(self, name=None):
        self.count += 1
        name = name or f"b{self.count}"
        self.api.namespace(name)
        return name

    @staticmethod
    def _path(kind, namespace, name):
        return f"/apis/ballast.dev/v1alpha1/namespaces/{namespace}/{KINDS[kind]}/{name}"

    def _read(self, kind, name, namespace):
        return self.api.request("GET", self._path(kind, namespace, name))

    def _make(self, obj):
        kubectl("apply", "-f", "-", stdin=json.dumps(obj))

    def _ready(self, kind, name, namespace):
        found = self._read(kind, name, namespace)
        ready = next((c for c in found.get("status", {}).get("conditions", []) if c["type"] == "Ready"), None)
        current = ready and ready["observedGeneration"] == found["metadata"]["generation"]
        return ready if current else {"status": "", "reason": "", "message": ""}

    def _wait(self, kind, name, namespace, reason, status=None):
        """Until Ready has this reason, about the newest spec."""
        def said():
            ready = self._ready(kind, name, namespace)
            return ready["reason"] == reason and status in (None, ready["status"]) and self._read(kind, name, namespace)
        return wait_until(said, f"{kind} {name} says {reason}", 90, 0.2,
                          lambda: self._read(kind, name, namespace).get("status"))

    def _message(self, kind, name, namespace):
        return self._ready(kind, name, namespace)["message"]

    def _planned(self, namespace, **spec):
        self._application(namespace)
        self._make(plan(namespace, **spec))
        return self._wait("KafkaBackupPlan", "nightly", namespace, "Ready", "True")["status"]["resource"]

    def _application(self, namespace, **status):
        kubectl("apply", "-f", "-", stdin=json.dumps({
            "apiVersion": "gkebackup.gke.io/v1", "kind": "ProtectedApplication", "metadata": {"name": "app", "namespace": namespace},
            "status": status}))

    def _taken(self, namespace, name="one", **spec):
        self._make(made("KafkaBackup", name, namespace, backupPlan="nightly", **spec))
        return self._wait("KafkaBackup", name, namespace, "Unproven", "True")["status"]["resource"]

    def _posts(self, path):
        return [line for line in self.fake.lines() if line.startswith("POST") and path in line]

    def _events(self, namespace, reason):
        events = self.api.request("GET", f"/api/v1/namespaces/{namespace}/events")["items"]
        return [event for event in events if event["reason"] == reason]

    def _nudge(self, kind, name, namespace):
        """Has the controller look, and so the service's clock move."""
        self.count += 1
        kubectl("annotate", "--overwrite", kind.lower(), name, "-n", namespace, f"look=x{self.count}")

    def _is_there(self, kind, name, namespace):
        try:
            return self._read(kind, name, namespace)
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def _goes(self, kind, name, namespace):
        """Looked at again whenever the test asks."""
        def gone():
            if self._is_there(kind, name, namespace):
                kubectl("annotate", KINDS[kind], name, "-n", namespace, f"look={time.time()}", "--overwrite", check=False)
                return False
            return True
        wait_until(gone, f"{kind} {name} is gone", 60, 1, lambda: self._read(kind, name, namespace).get("status"))
