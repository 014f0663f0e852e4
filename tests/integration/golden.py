#!/usr/bin/env python3
"""Every golden case on a real API server: the live verdict is the offline one, and what is completed is accepted.

The objects of a case are created by a user whom the webhook is not asked about, so that each workload can be
judged among all others, as offline. Then each is created once more as a dry run: admission comes before the
registry finds that it is there already, so 409 means that it was allowed.
"""

import copy
import json
import os
import pathlib
import shutil
import subprocess
import time

from harness import (BUILD, PLURALS, ROOT, Api, ApiError, Failure, Report, Webhook, expect, install, install_crd,
                     uninstall, wait_enforced, wait_until)

WORK = pathlib.Path(os.environ["WORK"])
WORKLOADS = ("StatefulSet", "Deployment", "Pod")
# What the webhook sees beside a workload.
CACHED = {"PodDisruptionBudget": "poddisruptionbudgets", "NetworkPolicy": "networkpolicies",
          "StatefulSet": "statefulsets", "Deployment": "deployments"}


def read_cases():
    text = subprocess.run([str(BUILD / "ballast"), "test", "-o", "cases", "tests/golden"], cwd=ROOT, check=True,
                          capture_output=True, text=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def with_namespace(obj):
    obj = copy.deepcopy(obj)
    if isinstance(obj.get("metadata"), dict):
        obj["metadata"].setdefault("namespace", "default")
    return obj


def find(obj, pointer):
    for part in pointer.split("/")[1:]:
        step = part.replace("~1", "/").replace("~0", "~")
        try:
            obj = obj[int(step)] if isinstance(obj, list) else obj[step]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return obj


def includes(have, want):
    """Is `want` in `have`, but for what the API server fills in?"""
    if isinstance(want, dict):
        return isinstance(have, dict) and all(k in have and includes(have[k], v) for k, v in want.items())
    if isinstance(want, list):
        return isinstance(have, list) and len(have) == len(want) and all(map(includes, have, want))
    return have == want


class Live:
    def __init__(self, webhook):
        self.webhook = webhook
        self.user = Api()
        self.bypass = Api(user=("bypass", "system:masters"))
        self.namespaces = set()
        self.before = self.cached()  # what other suites left
        self.policies = None
        self.seen = {"workloads": 0, "denied": 0, "completed": 0, "other": 0, "unknown kinds": 0}
        self.left_out = {}
        self.served = {kind for kind in PLURALS if self.bypass.serves(kind)}

    def leave_out(self, why):
        self.left_out[why] = self.left_out.get(why, 0) + 1

    # --- policies ---

    def set_policies(self, policies):
        if policies == self.policies or (self.policies is None and policies == ["default"]):
            self.policies = policies
            return
        folder, texts = WORK / "policies", []
        for policy in policies:
            if isinstance(policy, dict):
                texts.append(json.dumps(policy))
            else:
                path = ROOT / "policies" / "bundles" / f"{policy}.yaml"
                texts.append((path if path.exists() else ROOT / policy).read_text())
        # Counted before, and swapped in one step: the webhook looks at any time.
        before = self.webhook.metric('ballast_reloads_total{source="files",result="ok"}')
        (folder / "new").write_text("\n---\n".join(texts))
        os.rename(folder / "new", folder / "policy.yaml")
        self.webhook.reload()
        wait_until(lambda: self.webhook.metric('ballast_reloads_total{source="files",result="ok"}') > before,
                   "the policies are taken over", 10)
        self.policies = policies

    # --- objects ---

    def make_namespace(self, name, labels=None):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {
            "name": name, "labels": {**(labels or {}), "ballast.dev/enforce": "true"}}}
        if name not in self.namespaces or labels:
            self.bypass.apply(body, manager="golden")
            self.namespaces.add(name)

    def create(self, obj):
        try:
            self.bypass.create(obj)
            return True
        except ApiError as error:
            # Some cases are about objects that no API server takes.
            if error.status in (400, 422) or (error.status == 409 and obj["kind"] == "PersistentVolumeClaim"):
                return False
            raise

    def remove(self, obj):
        meta = obj["metadata"]
        self.bypass.remove(obj["kind"], meta["name"], meta.get("namespace"), gracePeriodSeconds=0, propagationPolicy="Background")

    def cached(self):
        metrics = self.webhook.metrics()
        return {resource: metrics.get(f'ballast_cache_objects{{resource="{resource}"}}', 0)
                for resource in ("poddisruptionbudgets", "networkpolicies")}

    def wait_cached(self, created):
        counts = {resource: self.before.get(resource, 0) for resource in CACHED.values()}
        for obj in created:
            if obj["kind"] in ("PodDisruptionBudget", "NetworkPolicy"):
                counts[CACHED[obj["kind"]]] += 1
        versions = {}

        def settled():
            now = self.cached()
            versions.update(now)
            return all(now[r] == counts[r] for r in now)
        try:
            wait_until(settled, "the caches hold the case", 10)
        except Failure:
            raise Failure("the caches do not hold the case", versions, counts) from None
        time.sleep(0.05)

    # --- a case ---

    def claims_of(self, case, objects):
        """Of sets that the case does not make new, so that the webhook does not either."""
        policies = json.dumps(case["policies"])
        if case["newCluster"] or not ("managed" in case["policies"] or '"durability": {"action": "Mutate"' in policies):
            return []
        return [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {
            "name": f"{template['metadata']['name']}-{obj['metadata']['name']}-0", "namespace": obj["metadata"]["namespace"]},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
            for obj in objects if obj["kind"] == "StatefulSet"
            for template in obj["spec"].get("volumeClaimTemplates") or []]

    def make_claims(self, claims):
        for claim in claims:
            self.create(claim)  # or a set of another case has left it, as sets do
        if claims:
            wait_until(lambda: self.webhook.metric('ballast_cache_objects{resource="persistentvolumeclaims"}') ==
                       self.claims_in_scope(), "the webhook knows the claims", 60, 0.1, lambda: [
                           self.claims_in_scope(), {key: value for key, value in self.webhook.metrics().items() if "claims" in key}])

    def claims_in_scope(self):
        scope = {namespace["metadata"]["name"] for namespace in self.bypass.request(
            "GET", "/api/v1/namespaces?labelSelector=ballast.dev/enforce%3Dtrue")["items"]}
        claims = self.bypass.request("GET", "/api/v1/persistentvolumeclaims")["items"]
        return sum(claim["metadata"]["namespace"] in scope and not claim["metadata"]["namespace"].startswith("kube-")
                   for claim in claims)

    def run(self, case):
        if case["newCluster"]:
            # Where no set of another case has left its claims.
            for obj in case["objects"]:
                obj["metadata"]["namespace"] = f"golden-new-{case['line']}"
        objects = [with_namespace(o) for o in case["objects"] if o.get("kind") in self.served and o.get("metadata", {}).get("name")]
        self.seen["unknown kinds"] += len(case["objects"]) - len(objects)
        names = [o["metadata"]["name"] for o in objects if o["kind"] == "Namespace"]
        for obj in objects:
            if obj["kind"] == "Namespace":
                self.make_namespace(obj["metadata"]["name"], obj["metadata"].get("labels"))
        for obj in objects:
            if obj["kind"] != "Namespace" and obj["metadata"]["namespace"] not in names:
                self.make_namespace(obj["metadata"]["namespace"])
        self.set_policies(case["policies"])
        claims = self.claims_of(case, objects)
        self.make_claims(claims)
        completed, created = {}, []
        # Which sets of a new cluster come first is not said, and the first ones do not know of the others.
        alone = not case["newCluster"] or sum(obj["kind"] == "StatefulSet" for obj in objects) == 1
        try:
            for index, obj in enumerate(case["objects"]):
                if obj.get("kind") in WORKLOADS and obj.get("metadata", {}).get("name"):
                    completed[index] = self.complete(case, index) if alone else None
            # What the API server refuses cannot be found by anybody after.
            refused_objects = set()
            for index, obj in enumerate(map(with_namespace, case["objects"])):
                if obj not in objects or obj["kind"] == "Namespace":
                    continue
                if self.create(obj):
                    created.append(obj)
                else:
                    refused_objects.add(index)
            self.wait_cached(created)
            for index in completed:
                self.judge(case, index, refused_objects)
        finally:
            for obj in created + claims:
                self.remove(obj)

    def dry_run(self, obj):
        try:
            return self.user.create(obj, dry_run=True)
        except ApiError as error:
            return error

    def complete(self, case, index):
        """Edits see the object alone, so they must be in what the API server would store."""
        obj = with_namespace(case["objects"][index])
        answer = self.dry_run(obj)
        if isinstance(answer, ApiError):
            if answer.status in (400, 422):
                self.leave_out("the API server refuses the object itself")
            return
        for operation in case["patches"][index]:
            pointer = operation["path"]
            value = find(answer, pointer[:-2] if pointer.endswith("/-") else pointer)
            there = any(includes(item, operation["value"]) for item in value or []) if pointer.endswith("/-") \
                else includes(value, operation["value"])
            later = any(other["path"].startswith(pointer + "/") for other in case["patches"][index])
            expect(there or later, f"{obj['kind']} {obj['metadata']['name']} was not completed at {pointer}",
                   json.dumps(operation["value"]), json.dumps(value))
        self.seen["completed"] += bool(case["patches"][index])

    def judge(self, case, index, refused_objects):
        obj = with_namespace(case["objects"][index])
        errors = [f for f in case["findings"] if f["severity"] == "error" and f["subject"] == index and
                  f["object"] not in refused_objects]
        answer = self.dry_run(obj)
        status = answer.status if isinstance(answer, ApiError) else 200
        if status in (400, 422):
            return
        self.seen["workloads"] += 1
        denied = status == 403 and "ballast.dev" in answer.message
        expect(denied or status in (200, 409), f"the API server answers {status}", str(answer))
        offline = "\n".join(f"{f['rule']}: {f['message']}" for f in errors)
        expect(denied == bool(errors), f"{obj['kind']} {obj['metadata']['name']}: offline it is "
               f"{'denied' if errors else 'admitted'}, live {'denied' if denied else 'admitted'}", offline, str(answer))
        for finding in errors:
            expect(finding["message"] in answer.message, "the denial leaves something out", finding["message"],
                   answer.message)
        self.seen["denied"] += denied


def refused(live, case):
    """A policy that the decoder refuses is refused at admission, with its words."""
    for given in case["policies"]:
        if isinstance(given, dict):
            policy = copy.deepcopy(given)
            try:
                live.user.create(policy, dry_run=True)
            except ApiError as error:
                expect(error.status in (400, 422), f"refused with {error.status}", str(error))
                return
    live.leave_out("the refusal is of a file, not of a policy object")


def main():
    api = Api()
    (WORK / "policies").mkdir(exist_ok=True)
    shutil.copy(ROOT / "policies/bundles/default.yaml", WORK / "policies/policy.yaml")
    install_crd(api)
    webhook = Webhook(WORK / "golden", policies=[WORK / "policies"], extra=["--drain=0s", "--overlap=0s", "--config-maps"]).start()
    install(api, webhook, **{"webhook.matchConditions": [
        {"name": "not-the-bypass", "expression": "request.userInfo.username != 'bypass'"}]})
    live, report = Live(webhook), Report(os.environ.get("ONLY"))
    live.make_namespace("default")
    wait_enforced(api, "default")
    today = int(time.time() // 86400)
    for case in sorted(read_cases(), key=lambda c: json.dumps(c["policies"])):
        name = f"golden: {case['file'].rsplit('/', 1)[-1]}: {case['name']}"
        if case["refused"]:
            report.run(name, refused, live, case)
        elif case["against"]:
            live.leave_out("the case compares with what a file says was there; releases.py compares with what is")
        elif case["day"] != today:
            live.leave_out("the case has a day of its own")
        else:
            report.run(name, live.run, case)

    def saw_enough():
        print("  seen:", live.seen)
        print("  left out:", live.left_out)
        expect(live.seen["workloads"] > 200 and live.seen["denied"] > 30 and live.seen["completed"] > 60,
               "too little was tried to mean anything", live.seen)
        uninstall(api)
        expect(webhook.stop() == 0, "the webhook did not end well")
        api.remove_namespaces(live.namespaces)
    report.run("golden: enough was seen", saw_enough)
    report.finish()


if __name__ == "__main__":
    main()
