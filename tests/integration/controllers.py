"""ballast-controller as a process, with the rights that the chart gives it, and what it wants to find in a cluster."""

import json
import os
import pathlib
import subprocess

from harness import ADDRESS, BUILD, ROOT, Webhook, json_of, run, wait_until

WORK = pathlib.Path(os.environ["WORK"])
SYSTEM = "ballast-system"


def reports_crd():
    """The part of the Policy Working Group's API that matters here: what it refuses, it refuses here too."""
    def enum(*values):
        return {"type": "string", "enum": list(values)}

    text = {"type": "string"}
    resource = {key: text for key in ("apiVersion", "kind", "name", "namespace", "uid")}
    result = {"source": text, "policy": text, "rule": text, "message": text, "scored": {"type": "boolean"},
              "result": enum("pass", "fail", "warn", "error", "skip"),
              "severity": enum("critical", "high", "medium", "low", "info"),
              "resources": {"type": "array", "items": {"type": "object", "properties": resource}}}
    schema = {"type": "object", "properties": {
        "results": {"type": "array", "items": {"type": "object", "required": ["policy"], "properties": result}},
        "summary": {"type": "object", "properties": {key: {"type": "integer"}
                                                     for key in ("pass", "fail", "warn", "error", "skip")}}}}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "policyreports.wgpolicyk8s.io", "annotations": {
                "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/wg-policy-prototypes"}},
            "spec": {"group": "wgpolicyk8s.io", "scope": "Namespaced",
                     "names": {"kind": "PolicyReport", "listKind": "PolicyReportList", "plural": "policyreports",
                               "singular": "policyreport"},
                     "versions": [{"name": "v1alpha2", "served": True, "storage": True,
                                   "schema": {"openAPIV3Schema": schema}}]}}


REPORTS_CRD = reports_crd()


class Controller(Webhook):
    """ballast-controller as a process, with the rights that the chart gives it."""

    def __init__(self, name, kubeconfig, metrics_port, extra=()):
        self.name, self.process = name, None
        self.metrics_port, self.health_port = metrics_port, metrics_port + 1
        self.log = WORK / f"controller-{name}.log"
        self.command = [str(BUILD / "ballast-controller"), f"--kubeconfig={kubeconfig}",
                        f"--metrics-listen={ADDRESS}:{metrics_port}",
                        f"--health-listen={ADDRESS}:{self.health_port}", f"--leader-elect={SYSTEM}/ballast-controller",
                        f"--exclude-namespace={SYSTEM}", "--log-level=debug", "--log-format=json", *extra]

    def start(self, ready=True):
        output = self.log.open("ab")
        # One that is killed leaves its scratch folder.
        self.process = subprocess.Popen(self.command, stdout=output, stderr=output, env={**os.environ, "TMPDIR": str(WORK)})
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        def check():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}: " + self.log.read_text()[-2000:])
            return self.status("/readyz") == 200
        wait_until(check, f"{self.name} is ready", 60)

    def leads(self):
        return self.metric("ballast_controller_leader") == 1

    def writes(self):
        return sum(value for key, value in self.metrics().items() if key.startswith("ballast_controller_writes_total"))

    def reconciles(self):
        return self.metric('ballast_controller_reconciles_total{controller="companions",result="ok"}')

    def failures(self):
        return self.metric('ballast_controller_reconciles_total{controller="companions",result="failed"}')


def service_account(api, *values):
    """The chart's account with its rights, and a kubeconfig with its token."""
    rendered = run("helm", "template", "ballast", str(ROOT / "manifests" / "chart"), "-n", SYSTEM,
                   "--set", ",".join(("controller.releasePods=true", *values)), "-s", "templates/controller.yaml").stdout
    for obj in json_of(rendered):
        if obj["kind"] in ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"):
            obj["metadata"].setdefault("namespace", SYSTEM)
            api.apply(obj)
    token = api.request("POST", f"/api/v1/namespaces/{SYSTEM}/serviceaccounts/ballast-controller/token", {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}})
    config = json.loads(run("kubectl", "config", "view", "--raw", "-o", "json").stdout)
    config["users"][0]["user"] = {"token": token["status"]["token"]}
    path = WORK / "controller-kubeconfig"
    path.write_text(json.dumps(config))
    return path
