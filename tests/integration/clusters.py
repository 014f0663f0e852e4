#!/usr/bin/env python3
"""KafkaClusters on a real control plane, by a real Helm 4: brought up, changed, refused, approved, taken over, handed back.

There are no nodes: that pods run is written by the test, and no message is sent. The controller has the rights that the chart
gives it, and each cluster an account of its own.
"""

import json
import shutil
import signal
import time

from cluster_changes import Changes
from cluster_images import Images
from controllers import Controller
from harness import ROOT, TESTBED_DIR, ApiError, expect, kubectl, run, wait_until
from kafka_clusters import ACCOUNT, CHARTS, HELM, NAMESPACE, WORK, cluster, make_namespace, run_all
from registries import Registry

TESTBED = [str(ROOT / "tests/testbed/testbed.sh")]


class Suite(Changes, Images):
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

    # --- the tests, behind those of its parts ---

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


if __name__ == "__main__":
    run_all(Suite, "clusters")
