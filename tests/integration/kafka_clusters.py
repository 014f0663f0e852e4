"""What suites of KafkaClusters share: a namespace with an account to install by, an object, and looking at what becomes of it."""

import json
import os
import pathlib
import shutil
import subprocess

from controllers import REPORTS_CRD, SYSTEM, service_account
from harness import BUILD, ROOT, Api, ApiError, Report, expect, install_crd, kubectl, tests_of, wait_until
from scale import running

WORK = pathlib.Path(os.environ["WORK"])
CHARTS = ROOT / "tests/e2e/charts"
HELM = os.environ.get("HELM4", "helm4")
NAMESPACE = "clusters"
ACCOUNT = "installer"
# What an installer needs in its namespace: the kinds of a chart, and Helm's records.
RULES = [
    {"apiGroups": ["", "apps", "policy", "networking.k8s.io", "rbac.authorization.k8s.io", "batch"],
     "resources": ["*"], "verbs": ["*"]},
    {"apiGroups": ["ballast.dev"], "resources": ["kafkabackups"], "verbs": ["get", "create"]},
]


def make_namespace(api, name):
    """With the account by whose rights Helm works, and the right to act as it, for the controller."""
    api.namespace(name)
    kubectl("create", "serviceaccount", ACCOUNT, "-n", name)
    for role, rules, subject in (
            (ACCOUNT, RULES, {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": name}),
            ("ballast-acts-as", [{"apiGroups": [""], "resources": ["serviceaccounts"], "resourceNames": [ACCOUNT],
                                  "verbs": ["impersonate"]}],
             {"kind": "ServiceAccount", "name": "ballast-controller", "namespace": SYSTEM})):
        api.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                   "metadata": {"name": role, "namespace": name}, "rules": rules})
        api.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                   "metadata": {"name": role, "namespace": name},
                   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role},
                   "subjects": [subject]})


def cluster(name="kafka", namespace=NAMESPACE, values=None, **spec):
    return {"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaCluster",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"chart": {"bundled": "kafka"}, "serviceAccountName": ACCOUNT, "images": {"check": False},
                     "verification": {"enabled": False}, "values": values or {}, **spec}}


class Clusters:
    """A suite of them has `api` and `controller`, and `charts` where it plans by the command."""

    def _read(self, name="kafka", namespace=NAMESPACE):
        return self.api.get("KafkaCluster", name, namespace)

    def _condition(self, kind, name="kafka", namespace=NAMESPACE):
        found = self._read(name, namespace).get("status", {}).get("conditions", [])
        return next((c for c in found if c["type"] == kind), {"status": "", "reason": "", "message": ""})

    def _wait(self, what, kind, status, reason=None, name="kafka", namespace=NAMESPACE):
        """Until a condition about the newest spec says so."""
        def said():
            condition = self._condition(kind, name, namespace)
            found = self._read(name, namespace)
            return (condition["status"] == status and reason in (None, condition["reason"])
                    and condition["observedGeneration"] == found["metadata"]["generation"] and found)
        return wait_until(said, what, 120, 0.2, lambda: self._read(name, namespace).get("status"))

    def _pods_run(self, namespace=NAMESPACE):
        """What kubelets would say of all pods that there are."""
        for number, pod in enumerate(self.api.request("GET", f"/api/v1/namespaces/{namespace}/pods")["items"]):
            if pod["status"].get("podIP"):
                continue
            try:
                self.api.patch("Pod", pod["metadata"]["name"], running(f"192.0.2.{number + 1}"), namespace, "status",
                               "strategic-merge-patch")
            except ApiError as error:
                expect(error.status == 404, "what is gone meanwhile has another one soon", error)

    def _comes_up(self, name="kafka", namespace=NAMESPACE):
        def ready():
            self._pods_run(namespace)
            return self._condition("Ready", name, namespace)["status"] == "True"
        wait_until(ready, "it is ready", 120, 0.5, lambda: self._read(name, namespace).get("status"))
        return self._read(name, namespace)

    def _comes_up_to(self, holds, namespace):
        wait_until(lambda: holds(self._comes_up(namespace=namespace)), "of the newest spec", 120, 0.5,
                   lambda: self._read(namespace=namespace))

    def _revisions(self, name="kafka", namespace=NAMESPACE):
        secrets = self.api.request("GET", f"/api/v1/namespaces/{namespace}/secrets?labelSelector=owner%3Dhelm,name%3D{name}")
        return {int(each["metadata"]["labels"]["version"]): each["metadata"]["labels"]["status"]
                for each in secrets["items"]}

    def _ballast(self, rc, *words, given=None):
        """`ballast cluster`, by a person's own rights."""
        found = subprocess.run([str(BUILD / "ballast"), "cluster", *words], check=False, text=True, capture_output=True,
                               input=json.dumps(given) if given else None)
        expect(found.returncode == rc, f"ballast cluster {' '.join(words)}", found.returncode, found.stdout, found.stderr)
        return found

    def _plan(self, rc, given, *words):
        return self._ballast(rc, "plan", "-f", "-", f"--helm={shutil.which(HELM)}", f"--charts={self.charts}", *words, given=given)


def run_all(suite_class, title, ends=lambda suite: None):
    """All tests of a suite of KafkaClusters, in order. `ends` takes away what must not outlive them, however they end."""
    api = Api()
    install_crd(api)
    api.apply(REPORTS_CRD)
    if not api.find("Namespace", SYSTEM):
        api.namespace(SYSTEM, enforce=False)
    for plural in ("kafkaclusters", "kafkabackups"):
        kubectl("apply", "--server-side", "-f", str(ROOT / f"manifests/crd/{plural}.yaml"))
    wait_until(lambda: served(api), "KafkaClusters are served", 30)
    suite, report = suite_class(api, service_account(api)), Report(os.environ.get("ONLY"))
    try:
        for name in tests_of(suite_class):
            report.run(f"{title}: {name.replace('_', ' ')}", getattr(suite, name))
    finally:
        ends(suite)
    report.finish()


def served(api):
    try:
        api.request("GET", "/apis/ballast.dev/v1alpha1/kafkaclusters")
        return True
    except ApiError:
        return False
