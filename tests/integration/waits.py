#!/usr/bin/env python3
"""Who waits for a roll is told the truth: a real Helm 4 with --wait, beside the real StatefulSet controller, which makes each status
anew; and Argo CD, by the health check of docs/rules/rollout.md in the language that it is written in. There are no nodes: that pods
run is written by the test, and it is the test that replaces them, one at a time.
"""

import os
import pathlib
import re
import subprocess

from harness import (ROOT, Api, Report, Webhook, expect, install, install_crd, kubectl, stateful_set, uninstall,
                     wait_enforced, wait_until)
from releases import chart, simple
from scale import running

WORK = pathlib.Path(os.environ["WORK"])
HELM = os.environ.get("HELM4", "helm4")
NAMESPACE = "waits"


def objects(color, note="one"):
    made = stateful_set("kafka", None, 3)
    del made["metadata"]["namespace"]
    made["spec"]["serviceName"] = "kafka"
    made["spec"]["template"]["spec"]["containers"][0].setdefault("env", []).append({"name": "COLOR", "value": color})
    return [made, simple("ConfigMap", "note", data={"note": note})]


def in_lua(value):
    """A constant of Lua, with nil for null."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{in_lua(key)}] = {in_lua(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(in_lua, value)) + "}"
    if isinstance(value, str):
        return '"' + "".join(f"\\{byte:03d}" for byte in value.encode()) + '"'
    return "nil" if value is None else str(value).lower()


class Suite:
    def __init__(self, api, webhook):
        self.api, self.webhook = api, webhook
        api.namespace(NAMESPACE)
        wait_enforced(api, NAMESPACE)
        folder = WORK / "waits"
        self.charts = {name: chart(folder / name, "1.0.0", objects(*made)) for name, made in {
            "blue": ("blue",), "green": ("green",), "noted": ("green", "two"), "red": ("red",)}.items()}

    # --- acting and looking ---

    def _helm(self, color, *words):
        return subprocess.Popen(
            [HELM, "upgrade", "--install", "kafka", self.charts[color], "-n", NAMESPACE, "--wait", "--timeout=300s", *words],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def _set(self):
        return self.api.get("StatefulSet", "kafka", NAMESPACE)

    def _conditions(self):
        return {each["type"]: each for each in self._set()["status"].get("conditions", []) if each["status"] == "True"}

    def _argo(self):
        """What Argo CD would show of the set: a status, and a message."""
        page = (ROOT / "docs" / "rules" / "rollout.md").read_text(encoding="utf-8")
        check = re.search(r"health\.apps_StatefulSet: \|\n((?:  .*\n)+)", page)[1]
        said = subprocess.run(["lua5.1", "-"], text=True, check=True, capture_output=True, input=(
            f"obj = {in_lua(self._set())}\nlocal function look()\n{check}end\nlocal hs = look()\nprint(hs.status)\nprint(hs.message)"))
        return tuple(said.stdout.splitlines())

    def _pods(self):
        return {pod["metadata"]["name"]: pod for pod in self.api.request("GET", self.api.path("Pod", NAMESPACE))["items"]}

    def _run(self, name):
        wait_until(lambda: name in self._pods(), f"{name} is there", 60, 0.1)
        self.api.patch("Pod", name, running(f"192.0.2.{1 + int(name[-1])}"), NAMESPACE, "status", "strategic-merge-patch")

    def _replace(self, name):
        uid = self._pods()[name]["metadata"]["uid"]
        self.api.remove("Pod", name, NAMESPACE)
        wait_until(lambda: self._pods().get(name, {"metadata": {"uid": uid}})["metadata"]["uid"] != uid, f"{name} is another one", 60, 0.1)
        self._run(name)

    def _counts(self, updated, ready):
        def seen():
            status = self._set()["status"]
            return (status.get("updatedReplicas", 0), status.get("readyReplicas", 0)) == (updated, ready)
        wait_until(seen, f"{updated} pods are new and {ready} ready", 60, 0.1, lambda: self._set()["status"])

    def _waits(self, helm):
        expect(helm.poll() is None, "Helm does not wait", helm.returncode, helm.poll() is None or helm.communicate())

    @staticmethod
    def _ends(helm, rc):
        out, err = helm.communicate(timeout=120)
        expect(helm.returncode == rc, f"Helm ends with {helm.returncode}", out, err)
        return out + err

    # --- the tests, in order ---

    def an_installation_says_how_far_it_is(self):
        """Whether Helm waits depends on who is faster: a new object has an empty status, by which it is done."""
        helm = self._helm("blue")
        for count, name in enumerate(("kafka-0", "kafka-1", "kafka-2"), 1):
            self._run(name)
            wait_until(lambda ready=count: self._set()["status"].get("readyReplicas") == ready, f"{name} is ready", 60, 0.1)
            expect(("Reconciling" in self._conditions()) == (count < 3), "it says whether all are ready", self._set()["status"])
            wanted = "Progressing" if count < 3 else "Healthy"
            wait_until(lambda wanted=wanted: self._argo()[0] == wanted, f"Argo CD shows {wanted}", 60, 0.1, self._argo)
        self._ends(helm, 0)

    def a_roll_is_waited_for(self):
        helm = self._helm("green")
        wait_until(lambda: "Reconciling" in self._conditions(), "it says so", 60, 0.1)
        for count, name in enumerate(("kafka-2", "kafka-1", "kafka-0")):
            self._counts(count, 3)
            found = self._conditions()
            expect(f"{count} of 3 pods are new" in found["Reconciling"]["message"], "it says how far it is", found)
            argo = self._argo()
            expect(argo[0] == "Progressing" and f"{count} of 3 pods are new" in argo[1], "Argo CD shows something else", argo)
            self._waits(helm)
            self._replace(name)
        self._ends(helm, 0)
        wait_until(lambda: self._argo()[0] == "Healthy", "Argo CD sees the end", 60, 0.1, self._argo)
        expect(not self._conditions(), "nothing is left in the status", self._set()["status"])

    def a_template_that_was_taken_back_is_told(self):
        """And who rolls back by itself then rolls nothing."""
        revision = self._set()["status"]["updateRevision"]
        self.api.annotate("StatefulSet", "kafka", NAMESPACE, **{"ballast.dev/rollout-restored-revision": revision})
        self._replace("kafka-2")
        wait_until(lambda: "Stalled" in self._conditions(), "it says so", 60, 0.1, lambda: self._set()["status"])
        argo = self._argo()
        expect(argo[0] == "Degraded" and "the template of before was restored" in argo[1], "Argo CD shows something else", argo)
        pods = {name: pod["metadata"]["uid"] for name, pod in self._pods().items()}
        said = self._ends(self._helm("noted", "--rollback-on-failure"), 1)
        expect("the template of before was restored" in said, "Helm has our words", said)
        expect({name: pod["metadata"]["uid"] for name, pod in self._pods().items()} == pods, "a pod was replaced")
        expect(self._set()["status"]["updateRevision"] == revision, "another template is there", self._set())
        self.api.annotate("StatefulSet", "kafka", NAMESPACE, **{"ballast.dev/rollout-restored-revision": None})
        self._replace("kafka-2")
        wait_until(lambda: not self._conditions(), "it is said no more", 60, 0.1)

    def it_goes_with_ballast(self):
        helm = self._helm("red")
        wait_until(lambda: "Reconciling" in self._conditions(), "it says so", 60, 0.1)
        self._waits(helm)
        uninstall(self.api)
        self._replace("kafka-2")
        wait_until(lambda: not self._conditions(), "the next status has it no more", 60, 0.1)
        wait_until(lambda: self._argo()[0] == "Healthy", "Argo CD is told", 60, 0.1, self._argo)
        self._ends(helm, 0)
        kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def main():
    api = Api()
    install_crd(api)
    webhook = Webhook(WORK / "webhook", policies=("default", "managed"), extra=["--drain=1s"]).start()
    install(api, webhook, **{"webhook.rolloutStatus": True})
    suite, report = Suite(api, webhook), Report(os.environ.get("ONLY"))
    for name in [n for n in Suite.__dict__ if not n.startswith("_")]:
        report.run(f"waits: {name.replace('_', ' ')}", getattr(suite, name))
    report.run("waits: the webhook ends well", webhook.ends_well)
    report.finish()


if __name__ == "__main__":
    main()
