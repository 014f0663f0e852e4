#!/usr/bin/env python3
"""A new version of Ballast where an older one has been: nothing restarts, and what was written for it still loads.

older/ has what commit bc85474 left behind: objects as their authors apply them, with the answers that its mutating webhook
gave under the bundle `default`; its CRD; and its bundles `strict` and `managed`, of which the first has `egress`. The answers
are given once more by a webhook that knows nothing else, so that the API server stores what it stored then, and notes whose
field each is. Then the webhook under test takes its place.
"""

import copy
import json
import os
import pathlib

from harness import (ROOT, Api, ForeignWebhook, Report, Webhook, expect, install, install_crd, json_of, kubectl, run,
                     stateful_set, uninstall, wait_enforced, wait_until)

WORK = pathlib.Path(os.environ["WORK"])
OLDER = ROOT / "tests" / "integration" / "older"
RECORDED = [json.loads(line.rstrip(",")) for line in (OLDER / "completed.json").read_text().splitlines() if len(line) > 1]
RELEASES = sorted({each["release"] for each in RECORDED})


def value_at(obj, pointer):
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        obj = (obj[int(key)] if key.isdigit() and int(key) < len(obj) else None) if isinstance(obj, list) else (obj or {}).get(key)
    return obj


def fitting(patch, obj):
    """The patch for an object that a tool has given labels of its own: they stay."""
    for op in patch:
        there = value_at(obj, op["path"])
        if op["op"] == "add" and isinstance(there, dict) and isinstance(op["value"], dict):
            for key, value in op["value"].items():
                yield {"op": "add", "path": f"{op['path']}/{key.replace('~', '~0').replace('/', '~1')}", "value": value}
        else:
            yield op


class Recorded(ForeignWebhook):
    """Answers as the older version did, whenever an object is made."""

    def __init__(self, webhook):
        super().__init__(webhook, self.patch_of)

    @staticmethod
    def patch_of(request):
        obj = request["object"]
        for each in RECORDED:
            known = each["object"]
            if (request["namespace"].endswith(each["release"]) and known["kind"] == obj["kind"] and
                    known["metadata"]["name"] == obj["metadata"]["name"]):
                return list(fitting(each["patch"], obj))
        return None

    def configuration(self):
        return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                "metadata": {"name": "older"}, "webhooks": [{
                    "name": "older.ballast.dev", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                    "failurePolicy": "Fail",
                    "clientConfig": self.client_config,
                    "namespaceSelector": {"matchLabels": {"ballast.dev/enforce": "true"}},
                    "rules": [{"apiGroups": ["apps", ""], "apiVersions": ["v1"],
                               "resources": ["statefulsets", "services"], "operations": ["CREATE"]}]}]}


class Way:
    """How people apply a release, and apply it again."""

    def __init__(self, release):
        self.release = release
        self.namespace = f"{self.name}-{release}"
        self.objects = [each["object"] for each in RECORDED if each["release"] == release]

    def stream(self, note):
        objects = copy.deepcopy(self.objects)
        for obj in objects:
            obj["metadata"].setdefault("annotations", {})["note"] = note
        return "\n---\n".join(json.dumps(obj) for obj in objects)


class Kubectl(Way):
    name = "kubectl"

    def apply(self, note):
        kubectl("apply", "-n", self.namespace, "-f", "-", stdin=self.stream(note))


class ServerSide(Way):
    name = "server-side"

    def apply(self, note):
        kubectl("apply", "--server-side", "-n", self.namespace, "-f", "-", stdin=self.stream(note))


class Helm(Way):
    name = "helm"

    def apply(self, note):
        chart = WORK / f"upgrade-{self.release}"
        (chart / "templates").mkdir(parents=True, exist_ok=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: kafka\nversion: 1.0.0\n")
        (chart / "templates" / "all.yaml").write_text(self.stream("{{ .Values.note }}"))
        run("helm", "upgrade", "--install", "kafka", str(chart), "-n", self.namespace, "--set", f"note={note}")


class Suite:
    def __init__(self, api):
        self.api = api
        self.ways = [way(release) for way in (Kubectl, ServerSide, Helm) for release in RELEASES]
        self.stored = {}
        self.webhook = Webhook(WORK / "ballast_upgrade", extra=["--drain=1s"])
        self.webhook.make_certs()

    def look(self):
        return {(way.namespace, obj["kind"], obj["metadata"]["name"]):
                self.api.get(obj["kind"], obj["metadata"]["name"], way.namespace)
                for way in self.ways for obj in way.objects}

    def the_older_version_was_here(self):
        self.api.apply(json_of((OLDER / "crd.yaml").read_text())[0])
        strict = json_of((OLDER / "strict.yaml").read_text())[0]
        strict["spec"]["match"] = {"namespaces": ["strict"]}
        wait_until(lambda: self.creates(strict), "the API server takes KafkaPolicies")
        expect("egress" in self.api.get("KafkaPolicy", "strict")["spec"]["rules"]["networkPolicy"], "no egress is kept")
        recorded = Recorded(self.webhook)
        try:
            self.api.apply(recorded.configuration())
            for way in self.ways:
                self.api.namespace(way.namespace)
            wait_until(self.is_answered, "the API server asks the older webhook", 60)
            for way in self.ways:
                way.apply("one")
        finally:
            self.api.delete("MutatingWebhookConfiguration", "older")
            recorded.close()
        self.stored = self.look()
        for (namespace, kind, name), obj in self.stored.items():
            expect(kind != "StatefulSet" or "topologySpreadConstraints" in obj["spec"]["template"]["spec"],
                   f"{name} in {namespace} was not completed", obj)
            expect(kind != "StatefulSet" or obj["metadata"]["generation"] == 1, f"{name} in {namespace} was changed")

    def creates(self, policy):
        """The kind may be there before its resource is served."""
        try:
            return self.api.create(policy)
        except Exception:
            return None

    def is_answered(self):
        """In the namespace that was made last."""
        way = self.ways[-1]
        obj = copy.deepcopy([each for each in way.objects if each["kind"] == "StatefulSet"][0])
        obj["metadata"]["namespace"] = way.namespace
        return "topologySpreadConstraints" in self.api.create(obj, dry_run=True)["spec"]["template"]["spec"]

    def the_crd_is_upgraded(self):
        install_crd(self.api)
        policy = self.api.get("KafkaPolicy", "strict")
        self.api.update(policy)
        touched = self.api.patch("KafkaPolicy", "strict", {"spec": {"priority": 7}})
        expect(touched["spec"]["rules"]["networkPolicy"]["egress"] == "Restricted", "a field was pruned", touched)

    def the_webhook_is_upgraded(self):
        self.webhook.start()
        install(self.api, self.webhook)
        wait_enforced(self.api, self.ways[0].namespace)

    def applying_again_restarts_nothing(self):
        for way in self.ways:
            for note in ("one", "two"):
                way.apply(note)
        for key, obj in self.look().items():
            namespace, kind, name = key
            before = self.stored[key]
            expect(obj["metadata"]["annotations"]["note"] == "two", f"{name} in {namespace} was not applied", obj)
            if kind == "StatefulSet":
                expect(obj["metadata"]["generation"] == 1, f"{name} in {namespace} is of another generation",
                       json.dumps(before["spec"]), json.dumps(obj["spec"]))
            expect(obj["spec"] == before["spec"], f"{kind} {name} in {namespace} was changed", json.dumps(before["spec"]),
                   json.dumps(obj["spec"]))

    def a_change_is_completed_by_the_new_version(self):
        """Nothing of the older one's is in the way."""
        way = self.ways[0]
        obj = [each for each in way.objects if each["kind"] == "StatefulSet"][0]
        changed = self.api.patch("StatefulSet", obj["metadata"]["name"], {"spec": {"template": {"metadata": {
            "annotations": {"changed": "yes"}}}}}, way.namespace)
        expect(changed["metadata"]["generation"] == 2, "it was not changed")
        expect(changed["spec"]["template"]["spec"].get("topologySpreadConstraints"), "it is not completed", changed)

    def policies_of_before_hold(self):
        self.api.namespace("strict")
        wait_enforced(self.api, "strict")

        def is_strict():
            made = self.api.create(stateful_set("probe", "strict"), dry_run=True)
            return made["spec"]["template"]["spec"]["topologySpreadConstraints"][0]["whenUnsatisfiable"] == "DoNotSchedule"
        self.api.patch("KafkaPolicy", "strict", {"spec": {"rules": {
            name: {"action": "Off"} for name in ("durability", "resources", "images")}}})
        wait_until(is_strict, "the KafkaPolicy of the older version decides", 30)

    def files_of_before_load(self):
        for name in ("strict", "managed"):
            webhook = Webhook(WORK / f"files-{name}", port=9544, metrics_port=9191, policies=(str(OLDER / f"{name}.yaml"),),
                              cluster=False, extra=["--drain=1s"])
            try:
                webhook.start()
            finally:
                expect(webhook.stop() == 0, f"with {name}.yaml it did not end well", webhook.log.read_text()[-2000:])

    def the_webhook_ends_well(self):
        uninstall(self.api)
        # Another suite may bring a policy of this name from a file.
        self.api.delete("KafkaPolicy", "strict")
        for namespace in ["strict"] + [way.namespace for way in self.ways]:
            self.api.delete("Namespace", namespace)
        self.webhook.ends_well()


def main():
    report = Report(os.environ.get("ONLY"))
    suite = Suite(Api())
    for name in ("the_older_version_was_here", "the_crd_is_upgraded", "the_webhook_is_upgraded",
                 "applying_again_restarts_nothing", "a_change_is_completed_by_the_new_version", "policies_of_before_hold",
                 "files_of_before_load", "the_webhook_ends_well"):
        report.run(f"upgrade: {name.replace('_', ' ')}", getattr(suite, name))
    report.finish()


if __name__ == "__main__":
    main()
