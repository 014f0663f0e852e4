"""A KafkaCluster is brought up and changed: what is planned, refused, approved and told, and what holds an upgrade up."""

import json
import re
import signal
import subprocess
import time

from harness import expect, kubectl, run, wait_until
from kafka_clusters import HELM, NAMESPACE, Clusters, cluster


class Changes(Clusters):
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
        before = self._read()["status"]["release"]
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 90}}}, NAMESPACE)
        self._wait("it is released", "Released", "True")
        wait_until(lambda: self._revisions() == {1: "superseded", 2: "deployed"}, "a second revision", 60, 0.2,
                   self._revisions)
        found = self.api.get("StatefulSet", "kafka", NAMESPACE)
        expect(found["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 90, "the change is there", found["spec"])
        wait_until(lambda: self._read()["status"]["release"].get("revision") == 2, "it says so", 60)
        after = self._read()["status"]["release"]
        expect(after["digest"] == before["digest"] and after["valuesDigest"] != before["valuesDigest"], "what is new of it", before, after)

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


def repack(data, status):
    """Helm's record with another status."""
    import base64
    import gzip
    record = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(data))))
    record["info"]["status"] = status
    return base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode()))).decode()
