#!/usr/bin/env python3
"""The verbs that act on a cluster: rollout, drain-check and leave, on StatefulSets that the real controllers keep.

There are no kubelets: the tests bind the pods to a node and write their status, as a kubelet and Ballast's
controller would.
"""

import json
import os
import pathlib
import subprocess
import threading
import time

from harness import (BUILD, ROOT, Api, Report, Webhook, budget, expect, install, install_crd, json_of,
                     run, stateful_set, uninstall, wait_until)

WORK = pathlib.Path(os.environ["WORK"])
SYSTEM = "ballast-system"
GATE = "ballast.dev/in-sync"
SAFE = "ballast.dev/safe-to-disrupt"
STATUS = "ballast.dev/rollout-status"
NODE = "node-a"


def ballast(*args, rc=0, env=None):
    done = subprocess.run([BUILD / "ballast", *args], capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, **(env or {})})
    expect(done.returncode == rc, f"ballast {' '.join(args)} ended with {done.returncode}, not {rc}", done.stdout,
           done.stderr)
    return done.stdout + done.stderr


def condition(kind, status="True", message=""):
    return {"type": kind, "status": status, "message": message, "lastTransitionTime": "2026-01-01T00:00:00Z"}


class Suite:
    def __init__(self, api):
        self.api, self.count = api, 0
        # A controller of another suite's would count as one that is away.
        api.request("DELETE", f"/apis/coordination.k8s.io/v1/namespaces/{SYSTEM}/leases")
        self.webhook = Webhook(WORK / "leave", policies=("default", "managed")).start()
        install(api, self.webhook)
        api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": {
            "topology.kubernetes.io/zone": "zone-a"}}})
        wait_until(self._hooked, "the API server asks the webhook")

    def _hooked(self):
        """The configuration has reached the API server."""
        name = f"hooked-{time.monotonic_ns()}"
        self.api.namespace(name)
        made = self.api.create(stateful_set(namespace=name), dry_run=True)
        self.api.delete("Namespace", name)
        return made["spec"]["updateStrategy"]["type"] == "OnDelete"

    def _namespace(self):
        self.count += 1
        self.api.namespace(f"l{self.count}")
        return f"l{self.count}"

    def _set(self, namespace, name="kafka"):
        return self.api.get("StatefulSet", name, namespace)

    def _pods(self, namespace):
        items = self.api.request("GET", self.api.path("Pod", namespace))["items"]
        return {pod["metadata"]["name"]: pod for pod in items if "deletionTimestamp" not in pod["metadata"]}

    def _uids(self, namespace):
        return {name: pod["metadata"]["uid"] for name, pod in self._pods(namespace).items()}

    def _report(self, namespace, name, *conditions, ready=True):
        """What a kubelet and the controller would write."""
        pod = self.api.get("Pod", name, namespace)
        if "nodeName" not in pod["spec"]:
            self.api.request("POST", self.api.path("Pod", namespace, name, "binding"), {
                "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": {"kind": "Node", "name": NODE}})
        said = [condition("Ready", "True" if ready else "False"), *conditions]
        self.api.patch("Pod", name, {"status": {"phase": "Running", "conditions": said}}, namespace, "status",
                       kind_of="strategic-merge-patch")

    def _all_well(self, namespace, replicas=3):
        pods = wait_until(lambda: len(self._pods(namespace)) >= replicas and self._pods(namespace), "the pods are there")
        for name in pods:
            self._report(namespace, name, condition(GATE), condition(SAFE, message="all that it holds is in sync elsewhere"))
        return pods

    def _workload(self, **options):
        namespace = self._namespace()
        made = self.api.create(stateful_set(namespace=namespace, **options))
        expect(made["spec"]["updateStrategy"] == {"type": "OnDelete"}, "it is not managed", made["spec"])
        self._all_well(namespace)
        self._settled(namespace)
        return namespace

    def _settled(self, namespace):
        def check():
            it = self._set(namespace)
            return it["status"].get("observedGeneration") == it["metadata"]["generation"] and it["status"].get(
                "updateRevision") and it
        return wait_until(check, "the StatefulSet controller has seen it")

    def _change(self, namespace):
        """A new template, which nobody rolls."""
        before = self._settled(namespace)["status"]["updateRevision"]
        self.api.patch("StatefulSet", "kafka", {"spec": {"template": {"metadata": {"annotations": {
            "changed": str(time.monotonic_ns())}}}}}, namespace)
        wait_until(lambda: self._settled(namespace)["status"]["updateRevision"] != before, "there is a new revision")
        return self._settled(namespace)["status"]["updateRevision"]

    def _note(self, namespace, phase, message, revision=None):
        revision = revision or self._settled(namespace)["status"]["updateRevision"]
        self.api.annotate("StatefulSet", "kafka", namespace, **{STATUS: json.dumps({
            "phase": phase, "message": message, "act": "wait", "pod": "kafka-1", "done": 1, "total": 3,
            "revision": revision, "startedAt": "2026-01-01T00:00:00Z", "changedAt": "2026-01-01T00:00:00Z"})})

    def _annotation(self, namespace, name):
        return self._set(namespace)["metadata"].get("annotations", {}).get(f"ballast.dev/{name}")

    # --- rollout ---

    def shows_what_is_waited_for(self):
        namespace = self._workload()
        expect("Idle  3 of 3" in ballast("rollout", "status", "-n", namespace), "nothing is under way")
        self._change(namespace)
        said = ballast("rollout", "status", "-n", namespace)
        expect("Pending  0 of 3" in said and "3 pods are of an older template" in said, "it is pending", said)
        self._note(namespace, "Rolling", "waiting until kafka-1 is in sync: 12 of 40 replicas are not")
        self._report(namespace, "kafka-1", condition(GATE, "False", "behind"), condition(SAFE, "False", "kafka-0 is away"),
                     ready=False)
        said = ballast("rollout", "status", "sts/kafka", "-n", namespace)
        expect("waiting until kafka-1 is in sync: 12 of 40 replicas are not, for" in said, "what for", said)
        row = [line.split(maxsplit=6) for line in said.splitlines() if "kafka-1 " in line][-1]
        expect(row == ["kafka-1", "old", "no", "no", NODE, "zone-a", "no: kafka-0 is away"], "of each pod", said)
        seen = json.loads(ballast("rollout", "status", "-n", namespace, "-o", "json"))
        one = seen["rollouts"][0]
        expect(one["phase"] == "Rolling" and one["role"] == "broker" and one["pod"] == "kafka-1" and
               [p["newest"] for p in one["pods"]] == [False] * 3, "JSON", seen)
        expect("no StatefulSet \"other\"" in ballast("rollout", "status", "other", "-n", namespace, rc=2), "a wrong name")

    def shows_what_is_not_ours(self):
        namespace = f"plain{time.monotonic_ns()}"
        self.api.namespace(namespace, enforce=False)
        self.api.create(stateful_set(namespace=namespace))
        said = ballast("rollout", "status", "-n", namespace)
        expect("Unmanaged" in said and "the rule rollout" in said, "it says so", said)
        said = ballast("rollout", "pause", "sts/kafka", "-n", namespace, rc=1)
        expect("is not rolled by Ballast" in said, "nor is it paused", said)
        expect("nothing to pause" in ballast("rollout", "pause", "-n", namespace, rc=1), "nor without a name")

    def _watch(self, namespace, end, rc):
        watch = subprocess.Popen([BUILD / "ballast", "rollout", "status", "-n", namespace, "-w"], text=True,
                                 stdout=subprocess.PIPE)
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(iter(watch.stdout.readline, "")))
        reader.start()
        wait_until(lambda: len(lines) == 1, "a first line")
        self._note(namespace, "Rolling", "restarting kafka-2")
        wait_until(lambda: len(lines) == 2, "a line for the change")
        time.sleep(2)
        expect(len(lines) == 2 and watch.poll() is None, "nothing while nothing changes", lines)
        end()
        try:
            expect(watch.wait(30) == rc, f"it ended with {watch.returncode}", lines)
        finally:
            watch.kill()
            reader.join()
        expect(len(lines) == 3, "and a last one", lines)
        return lines

    def watches_to_the_end(self):
        namespace = self._workload()
        self._note(namespace, "Rolling", "waiting until kafka-1 is ready")
        lines = self._watch(namespace, lambda: self._note(namespace, "Complete", "all 3 pods are new"), 0)
        expect(lines[0] == f"{namespace}/kafka: Rolling, 3 of 3: waiting until kafka-1 is ready\n", "a line", lines)
        self._note(namespace, "Rolling", "waiting until kafka-1 is ready")
        self._watch(namespace, lambda: self._note(namespace, "RolledBack", "kafka-0 did not come up"), 1)

    def _until_complete(self, namespace, *options, rc=0):
        return ballast("rollout", "status", "-n", namespace, "--until-complete", *options, rc=rc)

    def waits_until_complete(self):
        """What is over ends it at once, in whichever way it is over; what goes on is waited for."""
        namespace = self._workload()
        wait_until(lambda: self._set(namespace)["status"].get("readyReplicas") == 3, "all are counted")
        self._until_complete(namespace, "--timeout=120s")
        said = self._until_complete(namespace, "--next", "--timeout=2s", rc=1)
        expect("given up after 2 s of waiting for\nan upgrade to begin" in said, "nothing has begun", said)
        for phase in "Blocked", "Failed", "RolledBack":
            self._note(namespace, phase, "it says why")
            said = self._until_complete(namespace, "--timeout=120s", rc=1)
            expect("it says why" in said and "given up" not in said, f"{phase} ends it", said)
            ballast("rollout", "status", "-n", namespace, rc=1)
            ballast("rollout", "status", "-n", namespace, "-w", rc=1)
        for phase, plain in ("Stuck", 1), ("Paused", 0), ("Rolling", 0):
            self._note(namespace, phase, "it says why")
            said = self._until_complete(namespace, "--timeout=2s", rc=1)
            expect(f"of waiting for\n{namespace}/kafka: {phase}, 3 of 3: it says why" in said, f"{phase} goes on", said)
            ballast("rollout", "status", "-n", namespace, rc=plain)
        self._note(namespace, "Complete", "all 3 pods are new")
        self._until_complete(namespace, "--timeout=120s")
        self.api.namespace(f"{namespace}-empty")
        said = self._until_complete(f"{namespace}-empty", rc=2)
        expect("there is no StatefulSet of Kafka or ZooKeeper in namespace" in said, "there is nothing to wait for", said)

    def waits_for_one_that_has_yet_to_begin(self):
        namespace = self._workload()
        self._note(namespace, "RolledBack", "the one before")
        waits = subprocess.Popen([BUILD / "ballast", "rollout", "status", "-n", namespace, "--until-complete", "--next"],
                                 text=True, stdout=subprocess.PIPE)
        try:
            time.sleep(2)
            expect(waits.poll() is None, "it waits, whatever came of the one before")
            self._change(namespace)
            self._note(namespace, "Rolling", "restarting kafka-2")
            before = self._uids(namespace)
            for name in before:
                self.api.remove("Pod", name, namespace, gracePeriodSeconds=0)
            wait_until(lambda: len(now := self._uids(namespace)) == 3 and not set(now.values()) & set(before.values()),
                       "pods of the new template")
            time.sleep(2)
            expect(waits.poll() is None, "it waits for the new one")
            self._all_well(namespace)
            self._note(namespace, "Complete", "all 3 pods are new")
            expect(waits.wait(30) == 0, "it tells that this one went well")
        finally:
            waits.kill()

    def waits_for_what_kubernetes_rolls(self):
        """Its status is the word of Kubernetes, and no revision that has changed."""
        namespace = f"plain{time.monotonic_ns()}"
        self.api.namespace(namespace, enforce=False)
        self.api.create(stateful_set(namespace=namespace))
        self._all_well(namespace)
        wait_until(lambda: self._set(namespace)["status"].get("readyReplicas") == 3, "all are counted")
        self._until_complete(namespace, "--timeout=120s")
        self._change(namespace)
        said = self._until_complete(namespace, "--timeout=3s", rc=1)
        expect("given up after 3 s" in said and "Unmanaged" in said, "it is under way", said)

    def pauses_and_resumes(self):
        namespace = self._workload()
        said = ballast("rollout", "pause", "-n", namespace, "-m", "weekend", "--dry-run")
        expect("(dry run)" in said and self._annotation(namespace, "rollout-paused") is None, "a dry run", said)
        ballast("rollout", "pause", "-n", namespace, "-m", "weekend")
        expect(self._annotation(namespace, "rollout-paused") == "weekend", "it is paused")
        expect("already" in ballast("rollout", "pause", "kafka", "-n", namespace), "again")
        expect("paused: weekend" in ballast("rollout", "status", "-n", namespace), "status shows it")
        self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/rollout-failed-revision": "x"})
        ballast("rollout", "resume", "-n", namespace)
        expect(self._annotation(namespace, "rollout-paused") is None and
               self._annotation(namespace, "rollout-failed-revision") is None, "it is resumed")
        expect("nothing to resume" in ballast("rollout", "resume", "-n", namespace), "again")

    def aborts(self):
        namespace = self._workload()
        expect("no upgrade under way" in ballast("rollout", "abort", "sts/kafka", "-n", namespace, rc=1), "not now")
        revision = self._change(namespace)
        ballast("rollout", "abort", "sts/kafka", "-n", namespace)
        expect(self._annotation(namespace, "rollout-abort-revision") == revision, "the newest revision")
        expect("already" in ballast("rollout", "abort", "sts/kafka", "-n", namespace), "again")

    # --- drain-check ---

    def checks_a_drain(self):
        namespace = self._workload()
        self.api.create(budget(namespace=namespace))
        def counted(n):
            def allows():
                return self.api.get("PodDisruptionBudget", "kafka", namespace)["status"].get("disruptionsAllowed") == n
            return wait_until(allows, f"the budget allows {n}")
        counted(1)
        def mine(out):
            return [pod for node in json.loads(out) for pod in node["pods"] if pod["namespace"] == namespace]
        def check():
            out = subprocess.run([BUILD / "ballast", "drain-check", NODE, "-o", "json"], capture_output=True, text=True, check=False)
            return {p["name"]: p for p in mine(out.stdout)}
        seen = check()
        expect({p["answer"] for p in seen.values()} == {"now"} and len(seen) == 3, "all may go, one by one", seen)
        expect(seen["kafka-0"]["budget"] == {"name": "kafka", "disruptionsAllowed": 1}, "the budget", seen)
        self._report(namespace, "kafka-1", condition(SAFE, "False", "orders-0 has 2 of 3 replicas in sync and needs 2"))
        seen = check()["kafka-1"]
        expect(seen["answer"] == "wait" and "orders-0" in seen["reason"], "not safe", seen)
        self._report(namespace, "kafka-1", condition(SAFE, "True", "safe"))
        self._report(namespace, "kafka-2", condition(SAFE, "True", "safe"), ready=False)
        counted(0)
        expect(check()["kafka-1"]["answer"] == "wait", "the budget is used up", check())
        self._report(namespace, "kafka-2", condition(SAFE, "True", "safe"))
        counted(1)
        self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/hold": "copying"})
        expect({p["answer"] for p in check().values()} == {"never"}, "held", check())
        self.api.annotate("StatefulSet", "kafka", namespace, **{"ballast.dev/hold": None})
        expect("not found" in ballast("drain-check", "node-z", rc=2), "a node that is not there")

    def waits_for_a_drain(self):
        node = "node-b"
        self.api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}})
        namespace = self._namespace()
        self.api.create(stateful_set(namespace=namespace))
        wait_until(lambda: len(self._pods(namespace)) == 3, "the pods are there")
        self.api.request("POST", self.api.path("Pod", namespace, "kafka-0", "binding"), {
            "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "kafka-0"}, "target": {"kind": "Node", "name": node}})
        self._report(namespace, "kafka-0", condition(SAFE, "False", "kafka-1 is not ready"))
        expect("has to wait" in ballast("drain-check", node, rc=1), "it has to wait")
        watch = subprocess.Popen([BUILD / "ballast", "drain-check", node, "-w"], text=True, stdout=subprocess.PIPE)
        time.sleep(1.5)
        expect(watch.poll() is None, "it waits")
        self._report(namespace, "kafka-0", condition(SAFE, "True", "safe"))
        expect(watch.wait(20) == 0, "until it may")
        expect("may go through now" in watch.stdout.read(), "and says so")
        self.api.annotate("Pod", "kafka-0", namespace, **{"ballast.dev/hold": ""})
        ballast("drain-check", node, "-w", rc=1)

    # --- leave ---

    def _gated(self, namespace, name="kafka"):
        return "readinessGates" in self._set(namespace, name)["spec"]["template"]["spec"]

    def _without_status(self, namespace):
        """Kubernetes may write the status at any time."""
        made = self._set(namespace)
        return made["spec"], {key: made["metadata"].get(key) for key in ("generation", "labels", "annotations", "finalizers")}

    def _strategy(self, namespace, name="kafka"):
        return self._set(namespace, name)["spec"]["updateStrategy"]["type"]

    def leaves_a_namespace(self):
        namespace = self._workload()
        self._note(namespace, "Rolling", "x")
        expect(self._gated(namespace), "it has the gate")
        before, uids = self._without_status(namespace), self._uids(namespace)
        said = ballast("leave", "-n", namespace, "--dry-run")
        expect("would be taken off" in said and "(dry run)" in said and "kubectl patch statefulset kafka" in said, "a dry run tells", said)
        expect(self._without_status(namespace) == before, "and does nothing")
        said = ballast("leave", "-n", namespace)
        expect("stays OnDelete: 3 of 3 pods are of an older template" in said, "it says what stays", said)
        expect(not self._gated(namespace) and self._strategy(namespace) == "OnDelete", "the gate is out")
        expect(self._annotation(namespace, "rollout-status") is None, "and the annotations")
        labels = self.api.get("Namespace", namespace)["metadata"]["labels"]
        expect("ballast.dev/enforce" not in labels, "and the label", labels)
        expect("stays OnDelete" in ballast("leave", "-n", namespace), "again")
        time.sleep(2)
        expect(self._uids(namespace) == uids, "a pod was restarted")
        # Who restarts the pods in their own time gets them without the gate, and upgrades back.
        for name in uids:
            self.api.remove("Pod", name, namespace, gracePeriodSeconds=0)
        wait_until(lambda: len(self._pods(namespace)) == 3 and not set(self._uids(namespace).values()) & set(uids.values()),
                   "the pods are new")
        expect(all("readinessGates" not in pod["spec"] for pod in self._pods(namespace).values()), "they have a gate")
        self._all_well(namespace)
        uids = self._uids(namespace)
        expect("no pod restarts" in ballast("leave", "-n", namespace), "it is handed back")
        expect(self._strategy(namespace) == "RollingUpdate", "to Kubernetes")
        time.sleep(2)
        expect(self._uids(namespace) == uids, "a pod was restarted")
        expect("nothing of Ballast's" in ballast("leave", "-n", namespace), "and again")

    def leaves_zookeeper_at_once(self):
        namespace = self._workload(role="zookeeper")
        uids = self._uids(namespace)
        expect("no pod restarts" in ballast("leave", "-n", namespace), "it is handed back")
        expect(self._strategy(namespace) == "RollingUpdate", "to Kubernetes")
        time.sleep(2)
        expect(self._uids(namespace) == uids, "a pod was restarted")

    def says_which_gate_is_closed(self):
        namespace = self._workload()
        self._report(namespace, "kafka-2", condition(GATE, "False", "behind"), ready=False)
        said = ballast("leave", "-n", namespace)
        line = [line.strip() for line in said.splitlines() if line.strip().startswith("kubectl patch pod kafka-2")]
        expect(line, "the command that opens it", said)
        run("bash", "-c", line[0])
        found = {c["type"]: c["status"] for c in self.api.get("Pod", "kafka-2", namespace)["status"]["conditions"]}
        expect(found[GATE] == "True" and found[SAFE] == "True", "it opens it", found)

    def restarts_where_asked(self):
        namespace = self._workload()
        uids = self._uids(namespace)
        expect("restarts 3 pods now" in ballast("leave", "-n", namespace, "--restart"), "it says so")
        wait_until(lambda: set(uids.values()) - set(self._uids(namespace).values()), "Kubernetes restarts one")

    def stays_off_what_was_gated_under_rolling_update(self):
        namespace = f"plain{time.monotonic_ns()}"
        self.api.namespace(namespace, enforce=False)
        made = stateful_set(namespace=namespace)
        made["spec"]["template"]["spec"]["readinessGates"] = [{"conditionType": "theirs"}, {"conditionType": GATE}]
        self.api.create(made)
        self._all_well(namespace)
        self._settled(namespace)
        uids = self._uids(namespace)
        ballast("leave", "-n", namespace)
        gates = self._set(namespace)["spec"]["template"]["spec"]["readinessGates"]
        expect(gates == [{"conditionType": "theirs"}] and self._strategy(namespace) == "OnDelete", "nothing restarts", gates)
        time.sleep(2)
        expect(self._uids(namespace) == uids, "a pod was restarted")

    def gives_up_against_a_webhook(self):
        """Where it is still asked, all comes back each time."""
        namespace = self._workload()
        self._note(namespace, "Rolling", "x")
        said = ballast("leave", "-n", namespace, "--label", "another", rc=2)
        expect("readiness gate is put back each time" in said and "--label" in said, "it says so", said)
        namespace = self._workload(role="zookeeper")
        said = ballast("leave", "-n", namespace, "--label", "another", rc=2)
        expect("updateStrategy is put back each time" in said, "it says so", said)

    def leaves_by_kubectl_alone(self):
        """As docs/operations.md says it, for who has no Ballast any more."""
        text = (ROOT / "docs/operations.md").read_text().split("### Taken out by hand")[-1].split("## Who may pass")[0]
        gate, pod, back = [line.strip() for line in text.splitlines() if line.startswith("    kubectl patch")]
        namespace = self._workload()
        self.api.patch("Namespace", namespace, {"metadata": {"labels": {"ballast.dev/enforce": None}}})
        self._report(namespace, "kafka-0", condition(GATE, "False", "behind"), ready=False)
        uids = self._uids(namespace)
        def here(command):
            return run("bash", "-c", command.replace("-n kafka", f"-n {namespace}"))
        wait_until(lambda: here(gate) and not self._gated(namespace), "the gate is out")
        here(pod)
        found = {c["type"]: c["status"] for c in self.api.get("Pod", "kafka-0", namespace)["status"]["conditions"]}
        expect(found[GATE] == found[SAFE] == "True", "the condition", found)
        self._settled(namespace)
        time.sleep(2)
        expect(self._uids(namespace) == uids, "a pod was restarted")
        here(back)
        wait_until(lambda: set(uids.values()) - set(self._uids(namespace).values()), "Kubernetes restarts one")

    def _hook(self):
        """The rights of the chart's hook, and its command."""
        text = run("helm", "template", "ballast", str(ROOT / "manifests/chart"), "-n", SYSTEM, "-s",
                   "templates/leave.yaml").stdout
        args = None
        for obj in json_of(text):
            if obj["kind"] == "Job":
                args = obj["spec"]["template"]["spec"]["containers"][0]["args"]
                self.api.create(obj, dry_run=True)
                continue
            obj["metadata"].setdefault("namespace", SYSTEM)
            self.api.apply(obj)
        token = self.api.request("POST", f"/api/v1/namespaces/{SYSTEM}/serviceaccounts/ballast-leave/token", {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}})
        config = json.loads(run("kubectl", "config", "view", "--raw", "-o", "json").stdout)
        config["users"][0]["user"] = {"token": token["status"]["token"]}
        path = WORK / "leave-kubeconfig"
        path.write_text(json.dumps(config))
        return [arg for arg in args if arg != "--in-cluster"], {"KUBECONFIG": str(path)}

    def leaves_the_cluster_with_the_rights_of_the_hook(self):
        """The last test: the webhook is away after it."""
        namespace = self._workload()
        uids = self._uids(namespace)
        # Another suite may have left its own.
        self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM, "labels": {
            "pod-security.kubernetes.io/enforce": "restricted"}}})
        self.api.request("POST", f"/apis/apps/v1/namespaces/{SYSTEM}/deployments", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ballast-controller"}, "spec": {
                "replicas": 2, "selector": {"matchLabels": {"a": "b"}}, "template": {
                    "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "c"}]}}}})
        lease = f"/apis/coordination.k8s.io/v1/namespaces/{SYSTEM}/leases"
        self.api.request("PATCH", f"{lease}/ballast-controller?fieldManager=test&force=true", {
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "ballast-controller"},
            "spec": {"holderIdentity": "one", "renewTime": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())},
        }, "application/apply-patch+yaml")
        args, env = self._hook()
        released = threading.Timer(3, lambda: Api().request(
            "PATCH", f"{lease}/ballast-controller", {"spec": {"holderIdentity": ""}}, "application/merge-patch+json"))
        released.start()
        begin = time.monotonic()
        said = ballast(*args, env=env)
        released.join()
        expect(time.monotonic() - begin > 2, "it did not wait until the controller had ended")
        deployment = self.api.request("GET", f"/apis/apps/v1/namespaces/{SYSTEM}/deployments/ballast-controller")
        expect(deployment["spec"]["replicas"] == 0, "the controller runs", deployment["spec"])
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
            expect(not self.api.find(kind, "ballast-webhook"), f"there still is a {kind}", said)
        expect(f"statefulset {namespace}/kafka: updateStrategy stays OnDelete" in said, "it says what it did", said)
        expect(not self._gated(namespace), "the gate is out")
        time.sleep(2)
        expect(self._uids(namespace) == uids, "a pod was restarted")
        ballast(*args, env=env)


def main():
    api = Api()
    install_crd(api)
    suite = Suite(api)
    report = Report(os.environ.get("ONLY"))
    try:
        for name, test in [(n, getattr(suite, n)) for n in vars(Suite) if not n.startswith("_")]:
            report.run(name, test)
    finally:
        suite.webhook.stop()
        uninstall(api)
    report.finish()


if __name__ == "__main__":
    main()
