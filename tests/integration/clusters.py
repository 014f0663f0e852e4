#!/usr/bin/env python3
"""KafkaClusters on a real control plane, by a real Helm 4: brought up, changed, refused, approved, taken over, handed back.

There are no nodes: that pods run is written by the test, and no message is sent. The controller has the rights that the chart
gives it, and each cluster an account of its own.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from companions import REPORTS_CRD, SYSTEM, Controller, service_account
from harness import BUILD, ROOT, TESTBED_DIR, Api, ApiError, Report, expect, install_crd, kubectl, run, wait_until
from registries import Registry
from scale import running

WORK = pathlib.Path(os.environ["WORK"])
CHARTS = ROOT / "tests/e2e/charts"
HELM = os.environ.get("HELM4", "helm4")
TESTBED = [str(ROOT / "tests/testbed/testbed.sh")]
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


class Suite:
    def __init__(self, api, kubeconfig):
        self.api = api
        self.charts = WORK / "charts"
        shutil.copytree(CHARTS, self.charts)
        self.open = Registry(WORK / "registry", 5055)
        self.closed = Registry(WORK / "registry-closed", 5056, 5057)
        for registry in (self.open, self.closed):
            registry.push("bitnami/kafka", "3.3.2")
            registry.push("bitnami/zookeeper", "3.8.0")
        self.controller = Controller("clusters", kubeconfig, 9197, (
            f"--helm={shutil.which(HELM)}", f"--charts={self.charts}", f"--charts-from=http://{self.open.host}/charts/*",
            f"--insecure-registry={self.open.host}", f"--insecure-registry={self.closed.host}"))
        self.controller.start()
        wait_until(self.controller.leads, "it leads", 30)
        make_namespace(api, NAMESPACE)

    # --- looking ---

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

    # --- the tests, in order ---

    def a_cluster_is_planned_before_it_is_there(self):
        wanted = cluster(values={"terminationGracePeriodSeconds": 60})
        said = self._plan(0, wanted).stdout
        expect(said.startswith('clusters/kafka: release "kafka" would be installed, Kafka 3.3.2, ZooKeeper 3.8.0\n'), said)
        expect("+ StatefulSet/kafka" in said and "Digest: " in said, "what is made", said)
        found, = json.loads(self._plan(0, wanted, "-o", "json").stdout)["clusters"]
        expect(found["accepted"] and found["action"] == "install" and len(found["digest"]) == 64, found)
        expect(found["digest"] in said, "the same digest each time", found, said)
        manual = self._plan(0, wanted | {"spec": wanted["spec"] | {"upgrade": {"approval": "Manual"}}}).stdout
        expect(f"ballast.dev/approve={found['digest']}" in manual, "how it is approved", manual)
        expect(not self._revisions() and not self.api.find("StatefulSet", "kafka", NAMESPACE), "something was made")
        self._ballast(2, "plan", "-f", "-", given={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
        wrong = self._plan(2, wanted | {"spec": wanted["spec"] | {"chart": {"bundle": "kafka"}}}).stderr
        expect('Did you mean "bundled"' in wrong, "a mistake", wrong)
        gone = self._plan(2, wanted | {"spec": wanted["spec"] | {"chart": {"bundled": "none"}}}).stderr
        expect('KafkaCluster "kafka": Helm: ' in gone, "a chart that is not there", gone)
        expect("There is no KafkaCluster" in self._ballast(0, "status", "-n", NAMESPACE).stdout, "none yet")
        self._ballast(2, "status", "kafka", "-n", NAMESPACE)

    def a_cluster_comes_up(self):
        self.api.create(cluster(values={"terminationGracePeriodSeconds": 60}))
        self._wait("it rolls", "Released", "True")
        found = self._comes_up()
        status = found["status"]
        expect(status["release"]["revision"] == 1 and status["release"]["status"] == "deployed", "a release", status)
        expect(status["versions"] == {"kafka": "3.3.2", "zookeeper": "3.8.0"}, "versions", status)
        expect(status["progress"]["pods"] == 6 and status["progress"]["ready"] == 6, "six pods", status)
        members = {each["name"]: each for each in status["members"]}
        expect(set(members) == {f"{name}-{n}" for name in ("kafka", "kafka-zookeeper") for n in range(3)}, "each of them", members)
        expect(all(each["ready"] and each["updated"] for each in members.values()) and members["kafka-0"]["image"] == "3.3.2",
               "what each is like", members)
        listed = json.loads(run(HELM, "list", "-n", NAMESPACE, "-o", "json").stdout)
        expect([each["name"] for each in listed] == ["kafka"], "helm lists it", listed)
        shown = kubectl("get", "kafkaclusters", "-n", NAMESPACE, "-o", "wide").stdout
        expect("Kafka 3.3.2, revision 1, 6 pods ready" in shown, "it reads like a sentence", shown)

    def its_status_is_told(self):
        said = self._ballast(0, "status", "kafka", "-n", NAMESPACE).stdout
        for part in ("clusters/kafka: ready: Kafka 3.3.2, revision 1, 6 pods ready\n", "  The chart was rendered",
                     "  The plan is accepted", "  All pods are new and ready", 'Release "kafka", revision 1, deployed, of chart kafka-',
                     'StatefulSet "kafka" (broker): 3 of 3 pods ready, 3 of the newest template.',
                     'StatefulSet "kafka-zookeeper" (zookeeper): 3 of 3 pods ready'):
            expect(part in said, f"it says {part}", said)
        seen, = json.loads(self._ballast(0, "status", "-n", NAMESPACE, "-o", "json").stdout)["clusters"]
        expect(seen["state"] == "ready" and seen["status"]["release"]["revision"] == 1, "as JSON", seen)
        waited = self._ballast(0, "status", "-n", NAMESPACE, "-w").stdout
        expect(waited == "clusters/kafka: ready: Kafka 3.3.2, revision 1, 6 pods ready\n", "it waits for nothing", waited)
        plan = self._plan(0, cluster(values={"terminationGracePeriodSeconds": 60})).stdout
        expect('release "kafka" stays at revision 1' in plan and "What changes" not in plan, "nothing to do", plan)

    def a_change_is_planned_before_it_is_applied(self):
        before = self._objects()
        said = self._plan(0, cluster(values={"terminationGracePeriodSeconds": 90})).stdout
        expect("would go from revision 1 to 2" in said and "60 → 90" in said, "what changes", said)
        said = self._plan(0, cluster(values={"terminationGracePeriodSeconds": 60, "image": {"tag": "3.4.0"}})).stdout
        expect("\nBeside that:\n" in said and "set inter.broker.protocol.version to 3.3 in the values" in said, "no way back", said)
        said = self._plan(1, cluster(values={"mode": "kraft"})).stdout
        expect("It is refused, and nothing would be touched:\n  LosesMembers: " in said and "kafka-zookeeper" in said, "refused", said)
        expect("    hint: " in said, "and what to do", said)
        found, = json.loads(self._plan(1, cluster(values={"replicas": 2}), "-o", "json").stdout)["clusters"]
        expect(not found["accepted"] and found["refusals"][0]["reason"] == "RemovesBrokers", "as JSON", found)
        expect(self._objects() == before, "a plan has changed something")

    def nothing_changes_by_itself(self):
        before = self._revisions()
        self.api.annotate("KafkaCluster", "kafka", NAMESPACE, touched="now")
        self.controller.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self._condition("Ready")["status"] == "True", "it stays ready", 60)
        expect(self._revisions() == before == {1: "deployed"}, "a revision for nothing", self._revisions())

    def a_change_is_an_upgrade(self):
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 90}}}, NAMESPACE)
        self._wait("it is released", "Released", "True")
        wait_until(lambda: self._revisions() == {1: "superseded", 2: "deployed"}, "a second revision", 60, 0.2,
                   self._revisions)
        found = self.api.get("StatefulSet", "kafka", NAMESPACE)
        expect(found["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 90, "the change is there", found["spec"])

    def what_loses_members_is_refused(self):
        before = self._objects()
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"mode": "kraft"}}}, NAMESPACE)
        self._wait("it is refused", "PlanAccepted", "False", "LosesMembers")
        condition = self._condition("Stalled")
        expect(condition["status"] == "True" and "metadata in ZooKeeper" in condition["message"], "it says why", condition)
        refusals = self._read()["status"]["plan"]["refusals"]
        expect(all(each["message"] for each in refusals), "each has a reason", refusals)
        expect(any("kafka-zookeeper" in each["message"] for each in refusals), "they name what goes", refusals)
        said = self._ballast(1, "status", "kafka", "-n", NAMESPACE, "-w").stdout
        expect("clusters/kafka: stalled: " in said and "metadata in ZooKeeper" in said, "who waits is told", said)
        said = self._ballast(1, "status", "kafka", "-n", NAMESPACE).stdout
        expect("  The plan is not accepted: " in said and "  LosesMembers: " in said and "    hint: " in said, "and why", said)
        expect(self._objects() == before, "nothing was touched")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"mode": "zookeeper"}}}, NAMESPACE)
        self._wait("it goes on", "PlanAccepted", "True")
        expect(self._objects() == before, "nothing was touched")

    def _objects(self):
        """Generations of all that the chart made, and its revisions."""
        found = {f"{kind}/{each['metadata']['name']}": each["metadata"].get("generation", each["metadata"]["uid"])
                 for kind in ("StatefulSet", "Service", "ConfigMap")
                 for each in self.api.request("GET", self.api.path(kind, NAMESPACE))["items"]}
        return found, self._revisions()

    def an_older_kafka_is_refused(self):
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"image": {"tag": "3.2.0"}}}}, NAMESPACE)
        self._wait("it is refused", "PlanAccepted", "False", "LowerVersion")
        expect("3.2.0" in self._condition("Ready")["message"], "it says which", self._condition("Ready"))
        expect(self._read()["status"]["versions"]["kafka"] == "3.3.2", "what runs is told, and not what was refused",
               self._read()["status"])
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"image": None}}}, NAMESPACE)
        self._wait("it goes on", "PlanAccepted", "True")

    def fewer_brokers_are_refused(self):
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"replicas": 2}}}, NAMESPACE)
        self._wait("it is refused", "PlanAccepted", "False", "RemovesBrokers")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"replicas": None}}}, NAMESPACE)
        self._wait("it goes on", "PlanAccepted", "True")

    def no_strangers_host_is_asked(self):
        for host in ("10.0.0.1:9092", "kafka.elsewhere.svc:9092"):
            self.api.patch("KafkaCluster", "kafka", {"spec": {"connection": {"bootstrap": host}}}, NAMESPACE)
            self._wait("it is refused", "Stalled", "True", "InvalidSpec")
            expect(host.rpartition(":")[0] in self._condition("Ready")["message"], "it names the host", self._condition("Ready"))
        own = f"kafka.{NAMESPACE}.svc:9092"
        for given in (own, None):
            self.api.patch("KafkaCluster", "kafka", {"spec": {"connection": {"bootstrap": given}}}, NAMESPACE)
            self._wait("it goes on", "PlanAccepted", "True")

    def a_plan_waits_for_its_approval(self):
        before = self._revisions()
        self.api.patch("KafkaCluster", "kafka", {"spec": {
            "upgrade": {"approval": "Manual"}, "values": {"terminationGracePeriodSeconds": 100}}}, NAMESPACE)
        found = self._wait("it waits", "PlanAccepted", "False", "ApprovalPending")
        digest = found["status"]["plan"]["digest"]
        expect(any("90 → 100" in change for change in found["status"]["plan"]["changes"]), "changes", found["status"]["plan"])
        self.api.annotate("KafkaCluster", "kafka", NAMESPACE, **{"ballast.dev/approve": "0" * 64})
        expect(self._revisions() == before, "another digest is no approval")
        self.api.annotate("KafkaCluster", "kafka", NAMESPACE, **{"ballast.dev/approve": digest})
        wait_until(lambda: max(self._revisions()) > max(before), "it is released", 60, 0.2, self._read)
        self.api.patch("KafkaCluster", "kafka", {"spec": {"upgrade": None}}, NAMESPACE)

    def an_upgrade_waits_for_its_window(self):
        self._wait("the one before is released", "Released", "True")
        before = self._revisions()
        opens = time.gmtime(time.time() + 6 * 3600)
        window = {"start": time.strftime("%H:%M", opens), "durationMinutes": 60}
        self.api.patch("KafkaCluster", "kafka", {"spec": {
            "upgrade": {"window": window}, "values": {"terminationGracePeriodSeconds": 105}}}, NAMESPACE)
        try:
            self._wait("it waits", "Reconciling", "True", "WaitingForWindow")
            expect(time.strftime("opens %Y-%m-%dT%H:%M:00Z", opens) in self._condition("Ready")["message"], "it says until when",
                   self._condition("Ready"))
            expect(self._condition("PlanAccepted")["status"] == "True" and self._revisions() == before, "nothing else is missing",
                   before, self._revisions())
            said = self._plan(0, self._read()).stdout
            expect(time.strftime("waits for its window, which opens %Y-%m-%dT%H:%M:00Z", opens) in said, "so says the command", said)
            window["start"] = time.strftime("%H:%M", time.gmtime(time.time() - 60))
            self.api.patch("KafkaCluster", "kafka", {"spec": {"upgrade": {"window": window}}}, NAMESPACE)
            wait_until(lambda: max(self._revisions()) > max(before), "it is released within it", 60, 0.2, self._read)
        finally:
            self.api.patch("KafkaCluster", "kafka", {"spec": {"upgrade": None}}, NAMESPACE)
        self._wait("it is released", "Released", "True")

    def an_upgrade_is_backed_up_first(self):
        """By an object of its own. Backups are not switched on here, and that one is there in the end is said by the test."""
        before = self._revisions()
        self.api.patch("KafkaCluster", "kafka", {"spec": {
            "backup": {"backupPlan": "nightly"}, "values": {"terminationGracePeriodSeconds": 107}}}, NAMESPACE)
        path = f"/apis/ballast.dev/v1alpha1/namespaces/{NAMESPACE}/kafkabackups"
        try:
            made = wait_until(lambda: self.api.request("GET", path)["items"], "one is made", 60, 0.2, self._read)[0]
            self._wait("it stops", "Stalled", "True", "BackupFailed")
            said = self._condition("Ready")["message"]
            expect("not switched on" in said and "spec.backup.beforeUpgrade" in said, "the reason is not told", said)
            expect(self._revisions() == before, "it was upgraded all the same")
            name = made["metadata"]["name"]
            expect(made["spec"]["backupPlan"] == "nightly", "it is another one", made)
            expect(re.fullmatch(r"kafka-\d+-before-[0-9a-f]{12}", name), "its name is another one", made)

            def tell(**values):
                at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                self.api.request("PATCH", f"{path}/{name}/status", {"status": {"conditions": [
                    {"type": kind, "status": status, "reason": "Test", "message": "as the test wants it", "lastTransitionTime": at,
                     "observedGeneration": 1} for kind, status in values.items()]}}, "application/merge-patch+json")

            def released():
                tell(Ready="True", Stalled="False")
                return max(self._revisions()) > max(before)
            wait_until(released, "it is released then", 90, 1, self._read)
            expect(len(self.api.request("GET", path)["items"]) == 1, "another one was made")
        finally:
            self.api.patch("KafkaCluster", "kafka", {"spec": {"backup": None}}, NAMESPACE)
        self._wait("it is released", "Released", "True")

    def values_may_lie_in_a_secret(self):
        kubectl("create", "secret", "generic", "more", "-n", NAMESPACE,
                "--from-literal=values.yaml=terminationGracePeriodSeconds: 110\nheap: secret-hunter2\n")
        self.api.patch("KafkaCluster", "kafka", {"spec": {
            "values": {"terminationGracePeriodSeconds": None}, "valuesFrom": [{"kind": "Secret", "name": "more"}]}}, NAMESPACE)
        self._wait("it is released", "Released", "True")

        def there():
            found = self.api.get("StatefulSet", "kafka", NAMESPACE)
            return found["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 110
        wait_until(there, "the value of the Secret holds", 60)
        # Nothing else changes: the Secret alone is what is seen.
        self._comes_up()
        self.api.patch("Secret", "more", {"stringData": {
            "values.yaml": "terminationGracePeriodSeconds: 112\nheap: secret-hunter2\n"}}, NAMESPACE)
        begin = time.monotonic()

        def changed():
            found = self.api.get("StatefulSet", "kafka", NAMESPACE)
            return found["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 112
        wait_until(changed, "a change of the Secret holds", 45)
        print(f"     a change of a Secret holds after {time.monotonic() - begin:.0f} s", flush=True)
        log = self.controller.log.read_text()
        told = log + json.dumps(self._events()) + json.dumps(self._read()["status"])
        expect("hunter2" not in told, "a value is told")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"valuesFrom": [{"kind": "Secret", "name": "none"}]}}, NAMESPACE)
        self._wait("it says what is missing", "Stalled", "True", "ValuesNotFound")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"valuesFrom": None,
                                                          "values": {"terminationGracePeriodSeconds": 110}}}, NAMESPACE)
        self._wait("it goes on", "PlanAccepted", "True")

    def _events(self):
        return self.api.request("GET", f"/api/v1/namespaces/{NAMESPACE}/events")["items"]

    def a_killed_helm_is_continued(self):
        """The last record is as a Helm leaves it that was killed in the middle: pending, and nobody is at work."""
        self._comes_up()
        self.controller.process.send_signal(signal.SIGKILL)
        self.controller.process.wait()
        newest = max(self._revisions())
        name = f"sh.helm.release.v1.kafka.v{newest}"
        pending = self.api.get("Secret", name, NAMESPACE)
        pending["metadata"]["labels"]["status"] = "pending-upgrade"
        pending["data"]["release"] = repack(pending["data"]["release"], "pending-upgrade")
        self.api.update(pending)
        refused = subprocess.run([HELM, "upgrade", "kafka", str(self.charts / "kafka"), "-n", NAMESPACE],
                                 capture_output=True, text=True, check=False)
        expect(refused.returncode and "another operation" in refused.stderr, "Helm is locked", refused.stderr)
        self.controller.start()
        wait_until(lambda: max(self._revisions()) > newest and self._revisions()[max(self._revisions())] == "deployed",
                   "it is unlocked and released again", 120, 0.2, self._revisions)
        self._comes_up()

    def what_others_change_is_told(self):
        self._comes_up()
        was = self.api.get("ConfigMap", "kafka-scripts", NAMESPACE)["data"]
        self.api.patch("ConfigMap", "kafka-scripts", {"data": {"setup.sh": "exit 1"}}, NAMESPACE)
        # It is looked for every ten minutes, and by a new leader at once.
        self.controller.ends_well()
        self.controller.start()
        self._wait("it is told", "Drifted", "True")
        drifted = self._condition("Drifted")
        expect(drifted["message"] == "ConfigMap/kafka-scripts /data/setup.sh", "it says what", drifted)
        expect(self._condition("Ready")["status"] == "True", "it is ready all the same", self._condition("Ready"))
        self.api.patch("KafkaCluster", "kafka", {"spec": {"drift": "Correct"}}, NAMESPACE)
        wait_until(lambda: self.api.get("ConfigMap", "kafka-scripts", NAMESPACE)["data"] == was, "it is put back", 60, 0.2)
        self._wait("nothing differs any more", "Drifted", "False")

    def brokers_that_somebody_added_stay(self):
        """To put their number back would take away what may hold replicas."""
        self._comes_up()
        made = self._revisions()
        kubectl("scale", "statefulset", "kafka", "-n", NAMESPACE, "--replicas=5")
        self.controller.ends_well()
        self.controller.start()
        self._wait("it is told", "Drifted", "True")
        found = self._comes_up()
        expect(any("5 pods, and the release 3" in note for note in found["status"]["plan"]["notes"]), "it says so", found["status"])
        expect(self._condition("Stalled")["status"] == "False" and self._revisions() == made, "it was put back", found["status"])
        expect(self.api.get("StatefulSet", "kafka", NAMESPACE)["spec"]["replicas"] == 5, "two brokers are gone")
        kubectl("scale", "statefulset", "kafka", "-n", NAMESPACE, "--replicas=3")
        self.controller.ends_well()
        self.controller.start()
        self._wait("nothing differs any more", "Drifted", "False")

    def a_chart_that_makes_passwords_up_is_refused(self):
        template = self.charts / "kafka/templates/random.yaml"
        template.write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: random}\n"
                            "stringData: {password: '{{ randAlphaNum 12 }}'}\n")
        try:
            self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 120}}}, NAMESPACE)
            self._wait("it is refused", "PlanAccepted", "False", "NonDeterministicChart")
            expect("random" in self._condition("Ready")["message"], "it names the Secret", self._condition("Ready"))
        finally:
            template.unlink()
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 110}}}, NAMESPACE)
        self._wait("it goes on", "PlanAccepted", "True")

    def a_chart_that_does_not_render_is_told(self):
        self.api.patch("KafkaCluster", "kafka", {"spec": {"chart": {"bundled": "none"}}}, NAMESPACE)
        self._wait("it is told", "ChartRendered", "False")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"chart": {"bundled": None, "oci": {
            "url": "oci://169.254.169.254/charts/kafka", "version": "1.0.0"}}}}, NAMESPACE)
        self._wait("it is not asked for", "Stalled", "True", "ChartNotRendered")
        expect("may not come from" in self._condition("Ready")["message"], "it says why", self._condition("Ready"))
        self.api.patch("KafkaCluster", "kafka", {"spec": {"chart": {"bundled": "kafka", "oci": None}}}, NAMESPACE)
        self._wait("it goes on", "PlanAccepted", "True")

    def images_are_asked_for(self):
        """In a registry of its own, in one that wants a login, and where nobody may be asked."""
        make_namespace(self.api, "images")
        def values(registry, tag="3.3.2"):
            return {"image": {"registry": registry.host, "tag": tag}, "zookeeper": {"image": {"registry": registry.host}}}
        wanted = cluster(namespace="images", values=values(self.open, "3.9.9"), images={"check": True})
        self.api.create(wanted)
        self._wait("it is missing", "ImagesAvailable", "False", "ImageMissing", namespace="images")
        expect("3.9.9" in self._condition("Ready", namespace="images")["message"], "it is named")
        expect(not self._revisions(namespace="images"), "nothing was released")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": values(self.closed)}}, "images")
        self._wait("it is not for everybody", "ImagesAvailable", "False", "ImageMissing", namespace="images")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {
            "image": {"registry": "169.254.169.254"}, "zookeeper": {"image": {"registry": "localhost:5055"}}}}}, "images")
        self._wait("nobody is asked there", "ImagesAvailable", "False", "RegistryNotAsked", namespace="images")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": values(self.open)}}, "images")
        self._wait("it is there", "ImagesAvailable", "True", namespace="images")
        self._wait("it is released", "Released", "True", namespace="images")
        kubectl("delete", "kafkacluster", "kafka", "-n", "images")

    def images_come_from_elsewhere(self):
        """By what is rendered: Helm's record and the pods have it, whatever the chart's values can say."""
        make_namespace(self.api, "elsewhere")
        wanted = cluster(namespace="elsewhere", images={
            "check": True, "registry": self.open.host, "map": [{"from": "bitnami", "to": "nowhere"}]})
        self.api.create(wanted)
        self._wait("it is missing", "ImagesAvailable", "False", "ImageMissing", namespace="elsewhere")
        expect(f"{self.open.host}/nowhere/kafka:3.3.2" in self._condition("Ready", namespace="elsewhere")["message"],
               "it is named", self._condition("Ready", namespace="elsewhere"))
        line = f"docker.io/bitnami/kafka:3.3.2 → {self.open.host}/nowhere/kafka:3.3.2"
        expect(line in self._read(namespace="elsewhere")["status"]["plan"]["rewritten"], "the plan names it",
               self._read(namespace="elsewhere")["status"])
        wanted["spec"]["images"]["check"] = False
        said = self._plan(0, wanted).stdout
        expect(f"\nImages by other names:\n  {line}\n" in said, "so does the command", said)
        self.api.patch("KafkaCluster", "kafka", {"spec": {"images": {"map": None, "pullSecrets": ["pull"]}}}, "elsewhere")
        self._wait("it is released", "Released", "True", namespace="elsewhere")
        image = f"{self.open.host}/bitnami/kafka:3.3.2"
        found = self.api.get("StatefulSet", "kafka", "elsewhere")
        spec = found["spec"]["template"]["spec"]
        expect(spec["containers"][0]["image"] == image and {"name": "pull"} in spec["imagePullSecrets"], "the pods have it", spec)
        expect(image in run(HELM, "get", "manifest", "kafka", "-n", "elsewhere").stdout, "so has Helm's record")
        expect(not list(WORK.glob("**/ballast-plugins-*")), "a plugin is left behind")
        kubectl("delete", "kafkacluster", "kafka", "-n", "elsewhere")

    def a_pull_secret_opens_a_registry(self):
        make_namespace(self.api, "secrets")
        secret = self.closed.pull_secret("pull")
        secret["metadata"]["namespace"] = "secrets"
        self.api.create(secret)
        chart = self.charts / "pulled"
        shutil.copytree(self.charts / "kafka", chart)
        for name in ("_helpers.tpl", "zookeeper.yaml"):
            each = chart / "templates" / name
            each.write_text(each.read_text().replace("      containers:\n", "      imagePullSecrets: [{name: pull}]\n      containers:\n"))
        self.api.create(cluster(namespace="secrets", chart={"bundled": "pulled"}, images={"check": True}, values={
            "image": {"registry": self.closed.host}, "zookeeper": {"image": {"registry": self.closed.host}}}))
        self._wait("it is there", "ImagesAvailable", "True", namespace="secrets")
        log = self.controller.log.read_text()
        expect("letmein" not in log and "Bearer" not in log, "a login is told")
        kubectl("delete", "kafkacluster", "kafka", "-n", "secrets")

    def those_that_are_proven_keep_nobody(self):
        """No broker answers, so that each proof takes two minutes: others are rendered and released meanwhile."""
        names = ("proven-a", "proven-b", "proven-c")
        for name in names:
            make_namespace(self.api, name)
            self.api.create(cluster(namespace=name, verification={"enabled": True}))

        def proving():
            for name in names:
                self._pods_run(name)
            return [name for name in names if self._condition("Ready", namespace=name)["reason"] == "Verifying"]
        wait_until(lambda: len(proving()) == len(names), "all are to be proven", 120, 0.5,
                   lambda: [self._condition("Ready", namespace=name) for name in names])
        make_namespace(self.api, "beside")
        self.api.create(cluster(namespace="beside"))
        self._comes_up(namespace="beside")
        expect(len(proving()) == len(names), "their proofs have ended before", [self._read(namespace=n)["status"] for n in names])
        for name in (*names, "beside"):
            kubectl("delete", "kafkacluster", "kafka", "-n", name)

    def a_chart_lies_in_a_registry(self):
        make_namespace(self.api, "oci")
        run(HELM, "package", str(CHARTS / "kafka"), "-d", str(WORK))
        package, = WORK.glob("kafka-*.tgz")
        pushed = run(HELM, "push", str(package), f"oci://{self.open.host}/charts", "--plain-http")
        digest = next(line.split()[1] for line in (pushed.stdout + pushed.stderr).splitlines() if line.startswith("Digest:"))
        version = package.stem.removeprefix("kafka-")
        oci = {"url": f"oci://{self.open.host}/charts/kafka", "version": version, "digest": "sha256:" + "0" * 64}
        self.api.create(cluster(namespace="oci", chart={"oci": oci}))
        self._wait("it has another digest", "ChartRendered", "False", namespace="oci")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"chart": {"oci": {"digest": digest}}}}, "oci")
        self._wait("it is released", "Released", "True", namespace="oci")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"chart": {"oci": {"url": f"oci://{self.open.host}/other/kafka"}}}}, "oci")
        self._wait("it may not come from there", "Stalled", "True", "ChartNotRendered", namespace="oci")
        kubectl("delete", "kafkacluster", "kafka", "-n", "oci")

    def no_rights_but_those_of_the_account(self):
        make_namespace(self.api, "poor")
        self.api.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                        "metadata": {"name": ACCOUNT, "namespace": "poor"},
                        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "create", "patch"]}]},
                       manager="poor")
        kubectl("delete", "rolebinding", ACCOUNT, "-n", "poor")
        self.api.create(cluster(namespace="poor"))
        self._wait("it is refused", "Stalled", "True", name="kafka", namespace="poor")
        expect("installer" in self._condition("Ready", namespace="poor")["message"], "it names the account",
               self._condition("Ready", namespace="poor"))
        # Nor may the controller act for an account that nobody gave to it.
        self.api.patch("KafkaCluster", "kafka", {"spec": {"serviceAccountName": "default"}}, "poor")
        self._wait("it may not", "Stalled", "True", name="kafka", namespace="poor")
        expect("impersonate" in self._condition("Ready", namespace="poor")["message"], "it says what is missing",
               self._condition("Ready", namespace="poor"))
        kubectl("delete", "kafkacluster", "kafka", "-n", "poor")

    def a_release_of_somebody_is_taken_over(self):
        make_namespace(self.api, "before")
        run("helm", "install", "kafka", str(self.charts / "kafka"), "-n", "before")
        generation = self.api.get("StatefulSet", "kafka", "before")["metadata"]["generation"]
        self.api.create(cluster(namespace="before"))
        self._comes_up(namespace="before")
        found = self.api.get("StatefulSet", "kafka", "before")["metadata"]["generation"]
        expect(found == generation, "no template has changed", generation, found)
        kubectl("delete", "kafkacluster", "kafka", "-n", "before")
        expect(self.api.find("StatefulSet", "kafka", "before"), "Retain leaves it")
        run("helm", "upgrade", "kafka", str(self.charts / "kafka"), "-n", "before")

    def strangers_objects_are_left_alone(self):
        make_namespace(self.api, "strange")
        self.api.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kafka", "namespace": "strange"},
                         "spec": {"ports": [{"port": 1}], "selector": {"app": "other"}}})
        self.api.create(cluster(namespace="strange"))
        self._wait("it is refused", "Stalled", "True", "NotOwned", namespace="strange")
        expect(not self._revisions(namespace="strange"), "nothing was released")
        kubectl("delete", "kafkacluster", "kafka", "-n", "strange")

    def what_it_has_made_is_its_own(self):
        """Never takes over a release of somebody, and stays with that of its own."""
        make_namespace(self.api, "never")
        self.api.create(cluster(namespace="never", adopt="Never"))
        self._comes_up(namespace="never")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 77}}}, "never")
        wait_until(lambda: self._revisions(namespace="never").get(2) == "deployed", "it is upgraded", 60, 0.2,
                   lambda: self._read(namespace="never")["status"])
        self._plan(0, cluster(namespace="never", adopt="Never", values={"terminationGracePeriodSeconds": 88}))
        kubectl("delete", "kafkacluster", "kafka", "-n", "never")
        self.api.create(cluster(namespace="never", adopt="Never"))
        self._wait("another one has not made it", "Stalled", "True", "NotOwned", namespace="never")
        kubectl("delete", "kafkacluster", "kafka", "-n", "never")

    def another_name_makes_no_second_cluster(self):
        make_namespace(self.api, "renamed")
        self.api.create(cluster(namespace="renamed"))
        self._comes_up(namespace="renamed")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"releaseName": "second"}}, "renamed")
        self._wait("it is refused", "Stalled", "True", "ReleaseRenamed", namespace="renamed")
        expect(self._read(namespace="renamed")["status"]["release"]["name"] == "kafka", "the first one is told",
               self._read(namespace="renamed")["status"])
        said = self._plan(1, cluster(namespace="renamed", releaseName="second")).stdout
        expect("ReleaseRenamed: " in said, "so says the command", said)
        former = WORK / "former.json"
        former.write_text(json.dumps(cluster(namespace="renamed", adopt="Never")))
        said = self._plan(1, cluster(namespace="renamed", releaseName="second"), "--against", str(former)).stdout
        expect("ReleaseRenamed: " in said, "without a cluster, too", said)
        self._plan(0, cluster(namespace="renamed", adopt="Never", values={"terminationGracePeriodSeconds": 88}), "--against", str(former))
        expect(not self._revisions("second", "renamed"), "a second one was made")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"releaseName": None}}, "renamed")
        self._wait("it goes on", "PlanAccepted", "True", namespace="renamed")
        # One that was uninstalled is no release, whatever is kept of it.
        self.api.patch("KafkaCluster", "kafka", {"spec": {"suspend": True}}, "renamed")
        self._wait("it waits", "Reconciling", "True", "Suspended", namespace="renamed")
        run(HELM, "uninstall", "kafka", "-n", "renamed", "--keep-history")
        said = self._plan(0, cluster(namespace="renamed")).stdout
        expect("would be installed" in said and said.count("+ StatefulSet/kafka\n") == 1, "all of it is new", said)
        self.api.patch("KafkaCluster", "kafka", {"spec": {"suspend": None}}, "renamed")
        self._comes_up(namespace="renamed")
        expect(self._revisions(namespace="renamed")[2] == "deployed", "it is made anew", self._revisions(namespace="renamed"))
        kubectl("delete", "kafkacluster", "kafka", "-n", "renamed")

    def _protocol(self):
        """What brokers are given, by their set."""
        variables = self.api.get("StatefulSet", "kafka", "protocol")["spec"]["template"]["spec"]["containers"][0]["env"]
        return next((each["value"] for each in variables if each["name"] == "KAFKA_CFG_INTER_BROKER_PROTOCOL_VERSION"), None)

    def a_protocol_is_held_and_raised_by_a_second_release(self):
        """By the value that the chart has for it; the controller is another one in the middle."""
        make_namespace(self.api, "protocol")
        versions = {"protocolValue": "interBrokerProtocolVersion", "metadata": "Auto"}
        self.api.create(cluster(namespace="protocol", versions=versions))
        self._comes_up(namespace="protocol")
        expect(self._protocol() is None and self._revisions(namespace="protocol") == {1: "deployed"}, "nothing is held at first")
        wanted = cluster(namespace="protocol", values={"image": {"tag": "3.4.0"}}, versions=versions, upgrade={"approval": "Manual"})
        held = "inter.broker.protocol.version is held at 3.3 until Kafka 3.4.0 is rolled out and proven"
        expect(held in self._plan(0, wanted).stdout, "so says the command")
        self.api.patch("KafkaCluster", "kafka", {"spec": wanted["spec"]}, "protocol")
        first = self._approves(held)
        self._wait("it is released", "Released", "True", namespace="protocol")
        expect(self._protocol() == "3.3" and max(self._revisions(namespace="protocol")) == 2, "it is not held", self._protocol())
        self.controller.process.send_signal(signal.SIGKILL)
        self.controller.process.wait()
        self.controller.start()

        def planned():
            self._pods_run("protocol")
            return self._condition("PlanAccepted", namespace="protocol")["reason"] == "ApprovalPending"
        wait_until(planned, "the second one is planned", 180, 0.5, lambda: self._read(namespace="protocol"))
        status = self._read(namespace="protocol")["status"]
        expect(status["progress"]["updated"] == 6 and status["versions"] == {"kafka": "3.4.0", "zookeeper": "3.8.0", "protocol": "3.3"},
               "all run the new one", status)
        said = self._plan(0, self._read(namespace="protocol")).stdout
        raised = "inter.broker.protocol.version is raised from 3.3 to 3.4: there is no way back from there"
        expect(raised in said and status["plan"]["digest"] in said and status["plan"]["digest"] != first, "so says the command", said)
        said = self._ballast(0, "status", "kafka", "-n", "protocol").stdout
        expect("inter.broker.protocol.version 3.3" in said and raised in said, "and the status", said)
        expect(self._revisions(namespace="protocol").keys() == {1, 2} and self._protocol() == "3.3", "it waits for its approval")
        self._approves(raised)
        wait_until(lambda: self._protocol() == "3.4", "it is raised", 60, 0.2, lambda: self._read(namespace="protocol"))
        self._comes_up_to(lambda found: found["status"]["release"]["revision"] == 3 and "plan" not in found["status"], "protocol")
        expect(self._revisions(namespace="protocol") == {1: "superseded", 2: "superseded", 3: "deployed"}, "three releases")
        expect(self._read(namespace="protocol")["status"]["versions"]["protocol"] == "3.4", "what is spoken")
        told = [each for each in self.api.request("GET", "/api/v1/namespaces/protocol/events")["items"]
                if each["reason"] == "RaisingProtocol"]
        expect(any(raised in each["message"] for each in told), "an Event tells of it", told)

    def _approves(self, note):
        """A plan that says this; its digest."""
        found = self._wait("it waits", "PlanAccepted", "False", "ApprovalPending", namespace="protocol")
        plan = found["status"]["plan"]
        expect(any(note in each for each in plan["notes"]), "the plan says it", plan)
        self.api.annotate("KafkaCluster", "kafka", "protocol", **{"ballast.dev/approve": plan["digest"]})
        return plan["digest"]

    def a_protocol_stays_where_it_is_held(self):
        """Hold, as where nothing is said; and a value of one's own wins."""
        self.api.patch("KafkaCluster", "kafka", {"spec": {
            "upgrade": None, "values": {"image": {"tag": "3.5.0"}}, "versions": {"metadata": "Hold"}}}, "protocol")
        self._comes_up_to(lambda found: found["status"].get("versions", {}).get("kafka") == "3.5.0", "protocol")
        expect(self._protocol() == "3.4" and max(self._revisions(namespace="protocol")) == 4, "it stays", self._protocol())
        notes = self._read(namespace="protocol")["status"]["plan"]["notes"]
        expect("Auto raises it to 3.5" in notes[0], "it is told", notes)
        self.api.patch("KafkaCluster", "kafka", {"spec": {
            "values": {"interBrokerProtocolVersion": "3.5"}, "versions": {"metadata": "Auto"}}}, "protocol")
        wait_until(lambda: self._protocol() == "3.5", "it is the author's", 60, 0.2, lambda: self._read(namespace="protocol"))
        self.api.patch("KafkaCluster", "kafka", {"spec": {"versions": {"protocolValue": "image.tag.protocol"}}}, "protocol")
        self._wait("it is no map", "Stalled", "True", "ChartNotRendered", namespace="protocol")
        expect('"image.tag" of the values is no map' in self._condition("Ready", namespace="protocol")["message"], "it says why",
               self._condition("Ready", namespace="protocol"))
        kubectl("delete", "kafkacluster", "kafka", "-n", "protocol")

    def a_release_that_fails_is_not_made_for_ever(self):
        """By a hook that no API server takes: the reason is in the status, and the third failure the last one."""
        make_namespace(self.api, "failing")
        chart = self.charts / "failing"
        shutil.copytree(self.charts / "kafka", chart)
        (chart / "templates/hook.yaml").write_text(
            '{{- if .Values.bad }}\napiVersion: v1\nkind: ConfigMap\n'
            'metadata: {name: X_Y, annotations: {helm.sh/hook: post-upgrade}}\n{{- end }}\n')
        self.api.create(cluster(namespace="failing", chart={"bundled": "failing"}))
        self._comes_up(namespace="failing")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"bad": True}}}, "failing")
        self._wait("it is given up", "Stalled", "True", "ReleaseFailed", namespace="failing")
        found = self._read(namespace="failing")["status"]
        said = self._condition("Ready", namespace="failing")["message"]
        expect("X_Y" in said and "failed 3 times" in said, "it says why", found)
        expect(found["failure"]["count"] == 3 and found["failure"]["step"] == "Release", "and how often", found)
        made = self._revisions(namespace="failing")
        expect(max(made) == 4 and made[4] == "failed", "three revisions", made)
        self.api.annotate("KafkaCluster", "kafka", "failing", touched="now")
        time.sleep(5)
        expect(self._revisions(namespace="failing") == made, "another one for nothing", self._revisions(namespace="failing"))
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"bad": None}}}, "failing")
        wait_until(lambda: self._revisions(namespace="failing").get(5) == "deployed", "it goes on", 60, 0.2,
                   lambda: self._read(namespace="failing")["status"])
        self._comes_up(namespace="failing")
        history = self._read(namespace="failing")["status"]["history"]
        expect([(each["revision"], each["kafka"]) for each in history] == [(5, "3.3.2"), (1, "3.3.2")], "what held", history)
        expect("failure" not in self._read(namespace="failing")["status"], "nothing fails", self._read(namespace="failing")["status"])
        kubectl("delete", "kafkacluster", "kafka", "-n", "failing")

    def a_proof_that_fails_is_told(self):
        """Nobody can log in, so that nothing is proven before an upgrade that would repair it."""
        make_namespace(self.api, "unproven")
        self.api.create(cluster(namespace="unproven"))
        self._comes_up(namespace="unproven")
        self.api.request("PATCH", self.api.path("KafkaCluster", "unproven", "kafka") + "/status", {
            "status": {"verification": {"revision": 1, "noted": "1:a", "topic": "ballast-verify"}}}, "application/merge-patch+json")
        self.api.patch("KafkaCluster", "kafka", {"spec": {
            "verification": {"enabled": True}, "connection": {"clientConfig": "gone"},
            "values": {"terminationGracePeriodSeconds": 77}}}, "unproven")
        wait_until(lambda: "that failed 1 time: " in self._condition("Ready", namespace="unproven")["message"], "it is told at once",
                   60, 0.1, lambda: self._read(namespace="unproven")["status"])
        expect(self._condition("Verified", namespace="unproven")["status"] == "Unknown", "nothing is known",
               self._read(namespace="unproven")["status"])
        self._wait("it is given up", "Stalled", "True", "ProofFailed", namespace="unproven")
        said = self._condition("Ready", namespace="unproven")["message"]
        expect('"gone"' in said and "spec.verification.enabled" in said, "it says why, and how it goes on", said)
        expect(self._revisions(namespace="unproven") == {1: "deployed"}, "nothing was changed", self._revisions(namespace="unproven"))
        self.api.patch("KafkaCluster", "kafka", {"spec": {"verification": {"enabled": False}}}, "unproven")
        wait_until(lambda: self._revisions(namespace="unproven").get(2) == "deployed", "it is released", 60, 0.2,
                   lambda: self._read(namespace="unproven")["status"])
        kubectl("delete", "kafkacluster", "kafka", "-n", "unproven")

    def a_webhook_that_is_away_delays(self):
        """Nothing stalls, and nothing is tried again by hand."""
        make_namespace(self.api, "delayed")
        self.api.create(cluster(namespace="delayed"))
        self._comes_up(namespace="delayed")
        self.api.create({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "away"},
            "webhooks": [{"name": "away.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
                          "clientConfig": {"url": "https://127.0.0.1:1/"}, "timeoutSeconds": 2,
                          "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "delayed"}},
                          "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["statefulsets"],
                                     "operations": ["CREATE", "UPDATE"]}]}]})
        try:
            wait_until(lambda: self._is_refused("delayed"), "the webhook is asked", 60)
            self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 77}}}, "delayed")
            wait_until(lambda: "failed calling webhook" in self._condition("Ready", namespace="delayed")["message"], "it is told", 60, 0.2,
                       lambda: self._read(namespace="delayed")["status"])
            expect(self._condition("Stalled", namespace="delayed")["status"] != "True", "it waits for nobody's hand",
                   self._condition("Stalled", namespace="delayed"))
            expect(self._revisions(namespace="delayed") == {1: "deployed"}, "nothing was released", self._revisions(namespace="delayed"))
        finally:
            kubectl("delete", "validatingwebhookconfiguration", "away")
        wait_until(lambda: self._revisions(namespace="delayed").get(2) == "deployed", "it goes on by itself", 90, 0.2,
                   lambda: self._read(namespace="delayed")["status"])
        kubectl("delete", "kafkacluster", "kafka", "-n", "delayed")

    def _is_refused(self, namespace):
        try:
            self.api.patch("StatefulSet", "kafka", {"metadata": {"labels": {"asked": "now"}}}, namespace)
        except ApiError:
            return True
        return False

    def an_api_server_that_restarts_delays(self):
        make_namespace(self.api, "restarted")
        self.api.create(cluster(namespace="restarted"))
        self._comes_up(namespace="restarted")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 77}}}, "restarted")
        run(*TESTBED, "restart-apiserver", str(TESTBED_DIR))
        self._comes_up_to(lambda found: found["metadata"]["generation"] == found["status"]["observedGeneration"], "restarted")
        found = self.api.get("StatefulSet", "kafka", "restarted")
        expect(found["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 77, "the change is there", found["spec"])
        expect(list(self._revisions(namespace="restarted").values()).count("deployed") == 1, "one holds",
               self._revisions(namespace="restarted"))
        expect(self.controller.process.poll() is None, "the controller has ended")
        kubectl("delete", "kafkacluster", "kafka", "-n", "restarted")

    def a_namespace_goes_in_the_middle_of_an_upgrade(self):
        """Its account and its rights go first, so that no Helm can uninstall anything; that keeps nothing."""
        for policy in ("Retain", "Uninstall"):
            name = f"going-{policy.lower()}"
            make_namespace(self.api, name)
            self.api.create(cluster(namespace=name, deletionPolicy=policy))
            self._comes_up(namespace=name)
            self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 77}}}, name)
            wait_until(lambda name=name: max(self._revisions(namespace=name)) > 1, "it is upgraded", 60, 0.2)
            kubectl("delete", "namespace", name, "--wait=false")
            wait_until(lambda name=name: not self.api.find("Namespace", name), f"{policy}: it is gone", 120, 0.5,
                       lambda name=name: (self.api.find("Namespace", name), self.api.find("KafkaCluster", "kafka", name)))
        expect(self.controller.process.poll() is None, "the controller has ended")

    def it_uninstalls_where_that_was_asked_for(self):
        self.api.patch("KafkaCluster", "kafka", {"spec": {"deletionPolicy": "Uninstall"}}, NAMESPACE)
        wait_until(lambda: "ballast.dev/uninstall" in self._read()["metadata"].get("finalizers", []), "it is held", 60, 0.2)
        claims = {each["metadata"]["name"] for each in
                  self.api.request("GET", self.api.path("PersistentVolumeClaim", NAMESPACE))["items"]}
        kubectl("delete", "kafkacluster", "kafka", "-n", NAMESPACE, "--timeout=60s")
        expect(not self._revisions(), "the release is gone", self._revisions())
        expect(not self.api.find("StatefulSet", "kafka", NAMESPACE), "so is the set")
        left = {each["metadata"]["name"] for each in
                self.api.request("GET", self.api.path("PersistentVolumeClaim", NAMESPACE))["items"]}
        expect(claims and left == claims, "every claim stays", claims, left)

    def it_ends_well(self):
        self.controller.ends_well()
        self.open.stop()
        self.closed.stop()


def repack(data, status):
    """Helm's record with another status."""
    import base64
    import gzip
    record = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(data))))
    record["info"]["status"] = status
    return base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode()))).decode()


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
        for name in [n for n in suite_class.__dict__ if not n.startswith("_")]:
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


if __name__ == "__main__":
    run_all(Suite, "clusters")
