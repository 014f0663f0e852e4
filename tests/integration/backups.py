#!/usr/bin/env python3
"""Backup for GKE from objects, on a real control plane, beside a fake of the service that follows its recorded protocol.

There are no nodes, and so no brokers: notes of what a cluster holds are tried where brokers are. The service's clock moves by
twenty-five seconds with each look at it. Every request and answer is judged by Google's own description of the API.
"""

import json
import os
import pathlib
import signal
import sys
import time

from companions import REPORTS_CRD, SYSTEM, Controller, service_account
from harness import ROOT, Api, ApiError, Report, expect, install_crd, kubectl, stateful_set, wait_until

sys.path.insert(0, str(ROOT / "tests/google"))
import fake as google  # noqa: E402  pylint: disable=wrong-import-position

WORK = pathlib.Path(os.environ["WORK"])
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


class Suite:
    def __init__(self, api, kubeconfig, fake):
        self.api, self.fake, self.count, self.kubeconfig = api, fake, 0, kubeconfig
        fake.service.clusters = {HOME: {"name": "gke-kafka-us-central1", "status": "RUNNING",
                                        "addonsConfig": {"gkeBackupAgentConfig": {"enabled": True}}}}
        fake.service.per_read = 25
        os.environ["GCE_METADATA_HOST"] = fake.address
        self.controller = Controller("backups", kubeconfig, 9199, (
            "--backup", f"--gkebackup-url={fake.url}", f"--container-url={fake.url}",
            f"--backup-allow=dr={LOCATION}/backupPlans/", f"--backup-allow=dr={STANDBY}", "--backup-allow=dr=transformationRules",
            f"--backup-allow={REHEARSED}={ELSEWHERE}/backupPlans/", f"--rehearsal-namespace={REHEARSED}"))
        self.controller.start()
        wait_until(self.controller.leads, "it leads", 30)

    # --- looking ---

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

    # --- plans ---

    def a_plan_is_made(self):
        namespace = self._namespace()
        name = self._planned(namespace)
        kept = self.fake.service.view(name)
        expect(name.startswith(f"{LOCATION}/backupPlans/nightly-"), "it lies elsewhere", name)
        expect(kept["cluster"] == HOME and kept["labels"] == {"ballast-namespace": namespace} and
               kept["retentionPolicy"] == {"backupRetainDays": 7} and "backupSchedule" not in kept, "it is another one", kept)
        names = kept["backupConfig"]["selectedApplications"]["namespacedNames"]
        expect(names == [{"namespace": namespace, "name": "app"}], "it reaches further", names)
        said = kubectl("get", "kafkabackupplans", "-n", namespace, "-o", "wide").stdout
        expect("True" in said and "made by KafkaBackups" in said, "it does not read like a sentence", said)

    def what_somebody_changed_is_put_back(self):
        namespace = self._namespace()
        name = self._planned(namespace)
        self.fake.service.resources[name]["body"].update(deactivated=True, labels={"team": "a"})
        kubectl("annotate", "kafkabackupplan", "nightly", "-n", namespace, "look=again")
        wait_until(lambda: not self.fake.service.view(name).get("deactivated"), "it is put back", 60, 0.2)
        expect(self.fake.service.view(name)["labels"] == {"team": "a", "ballast-namespace": namespace}, "labels of others are gone",
               self.fake.service.view(name))

    def a_plan_of_others_is_left_alone(self):
        one, two = self._namespace(), self._namespace()
        name = self._planned(one, backupPlanId="shared")
        before = self.fake.service.view(name)
        self._make(plan(two, backupPlanId="shared"))
        self._wait("KafkaBackupPlan", "nightly", two, "NotOurs", "False")
        expect("set another spec.backupplanid" in self._message("KafkaBackupPlan", "nightly", two).lower(), "what to do is not said",
               self._message("KafkaBackupPlan", "nightly", two))
        self._make(made("KafkaBackup", "one", two, backupPlan="nightly"))
        self._wait("KafkaBackup", "one", two, "PlanNotReady")
        expect(self.fake.service.view(name) == before and not self.fake.service.below(name), "it was touched",
               self.fake.service.view(name))

    def one_that_people_made_is_taken_over(self):
        namespace = self._namespace()
        name = f"{LOCATION}/backupPlans/by-hand"
        self.fake.service.create(LOCATION, "backupPlans", "by-hand", {
            "cluster": HOME, "backupConfig": {"includeVolumeData": True, "selectedNamespaces": {"namespaces": [namespace]}},
            "backupSchedule": {"cronSchedule": "0 3 * * *"}, "retentionPolicy": {"backupRetainDays": 30}})
        expect(self._planned(namespace, backupPlanId="by-hand") == name, "it is another one")
        kept = self.fake.service.view(name)
        expect("selectedNamespaces" not in kept["backupConfig"] and not kept.get("backupSchedule", {}).get("cronSchedule") and
               kept["retentionPolicy"]["backupRetainDays"] == 7, "it is as it was", kept)

    def a_cluster_without_the_agent_is_told(self):
        namespace = self._namespace()
        cluster = self.fake.service.clusters[HOME]
        self._planned(namespace)
        try:
            cluster["addonsConfig"] = {}
            kubectl("annotate", "kafkabackupplan", "nightly", "-n", namespace, "look=again")
            self._wait("KafkaBackupPlan", "nightly", namespace, "ClusterNotReady", "False")
            said = self._message("KafkaBackupPlan", "nightly", namespace)
            expect("gcloud container clusters update gke-kafka-us-central1" in said, "what to do is not said", said)
        finally:
            cluster["addonsConfig"] = {"gkeBackupAgentConfig": {"enabled": True}}

    def applications_are_protected(self):
        """Those of a Kafka cluster, by the version that the cluster serves; its backup waits for its pods."""
        namespace = self._namespace()
        bare = self.api.create(stateful_set(namespace=namespace, labels={"app": "kafka"}))
        self._make(plan(namespace, backupConfig={}))
        self._wait("KafkaBackupPlan", "nightly", namespace, "NothingToProtect", "Unknown")
        said = self._message("KafkaBackupPlan", "nightly", namespace)
        expect("spec.selector.matchLabels to metadata.labels" in said, "what is missing is not said", said)
        self.api.patch("StatefulSet", bare["metadata"]["name"], {"metadata": {"labels": {"app": "kafka"}}}, namespace)
        self._nudge("KafkaBackupPlan", "nightly", namespace)
        self._wait("KafkaBackupPlan", "nightly", namespace, "Ready", "True")
        found = self.api.request("GET", f"/apis/gkebackup.gke.io/v1/namespaces/{namespace}/protectedapplications")["items"]
        expect([each["metadata"]["name"] for each in found] == ["kafka"], "they are others", found)
        component = found[0]["spec"]["components"][0]
        expect(component["strategy"]["type"] == "BackupAllRestoreAll" and
               component["strategy"]["backupAllRestoreAll"]["backupPreHooks"][0]["command"][-1] == "sync", "it is copied otherwise",
               component)
        self._make(made("KafkaBackup", "one", namespace, backupPlan="nightly"))
        self._wait("KafkaBackup", "one", namespace, "ClusterNotFit", "Unknown")
        said = self._message("KafkaBackup", "one", namespace)
        expect(f"{namespace}/kafka: " in said, "it does not say which cluster", said)

        # One that somebody wrote, by which all brokers would become the first one.
        kubectl("apply", "-f", "-", stdin=json.dumps({
            "apiVersion": "gkebackup.gke.io/v1", "kind": "ProtectedApplication", "metadata": {"name": "app", "namespace": namespace},
            "spec": {"resourceSelection": {"type": "Selector", "selector": {"matchLabels": {"app": "kafka"}}}, "components": [
                {"name": "kafka", "resourceKind": "StatefulSet", "resourceNames": ["kafka"],
                 "strategy": {"type": "BackupOneRestoreAll"}}]}}))
        self._make(plan(namespace, "theirs"))
        self._make(made("KafkaBackup", "two", namespace, backupPlan="theirs"))
        self._wait("KafkaBackup", "two", namespace, "ClusterNotFit", "Unknown")
        said = self._message("KafkaBackup", "two", namespace)
        expect("the identity of one pod to all" in said, "it is not judged", said)

    # --- backups ---

    def an_application_is_waited_for(self):
        """Until it is there, and its agent says that it is ready."""
        namespace = self._namespace()
        self._make(plan(namespace))
        self._wait("KafkaBackupPlan", "nightly", namespace, "Ready", "True")
        self._make(made("KafkaBackup", "one", namespace, backupPlan="nightly"))
        self._wait("KafkaBackup", "one", namespace, "ClusterNotFit", "Unknown")
        expect('no ProtectedApplication "app"' in self._message("KafkaBackup", "one", namespace), "it is not told")
        self._application(namespace, readyToBackup=False)
        self._nudge("KafkaBackup", "one", namespace)
        wait_until(lambda: "as the agent says" in self._message("KafkaBackup", "one", namespace), "it is told", 40)
        self._application(namespace, readyToBackup=True)
        self._nudge("KafkaBackup", "one", namespace)
        self._wait("KafkaBackup", "one", namespace, "Unproven", "True")

    def a_backup_is_taken_once(self):
        namespace = self._namespace()
        self._planned(namespace)
        name = self._taken(namespace)
        status = self._read("KafkaBackup", "one", namespace)["status"]
        expect(status["backup"]["state"] == "SUCCEEDED" and status["backup"]["sizeBytes"] == "1048576", "it tells less", status)
        expect(len(self._posts(name.rsplit("/", 1)[0])) == 1, "it was asked for more than once", self._posts("/backups"))
        self.fake.service.delete(name, None, True)
        self.fake.service.now += 60
        self._nudge("KafkaBackup", "one", namespace)
        self._wait("KafkaBackup", "one", namespace, "Gone", "False")
        expect(not self.fake.service.exists(name), "it was taken again")

    def _nudge(self, kind, name, namespace):
        """Has the controller look, and so the service's clock move."""
        self.count += 1
        kubectl("annotate", "--overwrite", kind.lower(), name, "-n", namespace, f"look=x{self.count}")

    def a_schedule_makes_one(self):
        namespace = self._namespace()
        self._planned(namespace, backupSchedule={"rpoConfig": {"targetRpoMinutes": 60}})

        def backups():
            return self.api.request("GET", f"/apis/ballast.dev/v1alpha1/namespaces/{namespace}/kafkabackups")["items"]
        wait_until(backups, "one is made", 60, 0.2)
        name = backups()[0]["metadata"]["name"]
        self._wait("KafkaBackup", name, namespace, "Unproven", "True")
        last = wait_until(lambda: self._read("KafkaBackupPlan", "nightly", namespace)["status"].get("lastBackup"), "it is told", 30)
        expect(last["name"] == name and last["proven"] is False, "it is another one", last)
        for _ in range(3):
            self._nudge("KafkaBackupPlan", "nightly", namespace)
        self.controller.stop(signal.SIGKILL)
        self.controller.start()
        wait_until(self.controller.leads, "it leads again", 40)
        self._nudge("KafkaBackupPlan", "nightly", namespace)
        self._wait("KafkaBackupPlan", "nightly", namespace, "Ready", "True")
        expect(len(backups()) == 1, "another one was made", [each["metadata"]["name"] for each in backups()])

    def what_the_service_makes_is_observed(self):
        """Each once, and gone with the service's."""
        namespace = self._namespace()
        name = self._planned(namespace, backupSchedule={"cronSchedule": "0 3 * * *", "by": "Service"})
        expect(self.fake.service.view(name)["backupSchedule"]["cronSchedule"] == "0 3 * * *", "the service has no schedule")
        for identity in ("cron-1", "cron-2"):
            self.fake.service.make_scheduled(name, identity)
        for identity in ("cron-1", "cron-2"):
            self._nudge("KafkaBackupPlan", "nightly", namespace)
            wait_until(lambda identity=identity: self._is_there("KafkaBackup", f"nightly-{identity}", namespace), "it is observed", 60, 0.2)
            self._wait("KafkaBackup", f"nightly-{identity}", namespace, "Unproven", "True")
        self._nudge("KafkaBackupPlan", "nightly", namespace)
        last = wait_until(lambda: self._read("KafkaBackupPlan", "nightly", namespace)["status"].get("lastBackup"), "it is told", 60)
        expect(last["proven"] is False, "it counts as proven", last)
        expect(len(self.fake.service.below(name)) == 2, "others were made", self.fake.service.below(name))
        self.fake.service.delete(f"{name}/backups/cron-1", None, True)
        self.fake.service.now += 60
        self._nudge("KafkaBackup", "nightly-cron-1", namespace)
        wait_until(lambda: not self._is_there("KafkaBackup", "nightly-cron-1", namespace), "it goes", 60, 0.2)

    def _is_there(self, kind, name, namespace):
        try:
            return self._read(kind, name, namespace)
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def faults_are_got_over(self):
        """Refused, unavailable, over quota, and answers that are lost once the work was done: nothing is done twice."""
        for number, fault in enumerate((
                google.Fault(r"POST .*backups", status="UNAVAILABLE", times=2),
                google.Fault(r"POST .*backups", status="RESOURCE_EXHAUSTED", headers={"Retry-After": "1"}),
                google.Fault(r"POST .*backups", how="lost"),
                google.Fault(r"POST .*backups", how="gone", times=2),
                google.Fault(r"GET .*backups/", status="PERMISSION_DENIED", times=2),
                google.Fault(r"GET .*backups/", status="UNAUTHENTICATED"))):
            namespace = self._namespace()
            self._planned(namespace)
            self.fake.faults.append(fault)
            self.fake.service.per_read, slowly = 100, self.fake.service.per_read
            name = self._taken(namespace)
            self.fake.faults.clear()
            self.fake.service.per_read = slowly
            expect(len(self.fake.service.below(name.rsplit("/", 2)[0])) == 1, f"fault {number} made another one",
                   self.fake.service.below(name.rsplit("/", 2)[0]))

    def what_fails_is_told(self):
        namespace = self._namespace()
        self._planned(namespace)
        self.fake.service.backup_error = {"state": "FAILED", "stateReason": "a disk is gone"}
        self._make(made("KafkaBackup", "bad", namespace, backupPlan="nightly"))
        self._wait("KafkaBackup", "bad", namespace, "BackupFailed", "False")
        expect("a disk is gone" in self._message("KafkaBackup", "bad", namespace), "the reason is not told")
        self.fake.service.backup_error = None
        self._make(made("KafkaBackup", "lost", namespace, backupPlan="nowhere"))
        self._wait("KafkaBackup", "lost", namespace, "PlanNotReady", "Unknown")
        kubectl("apply", "-f", "-", stdin=json.dumps(made("KafkaBackupPlan", "typo", namespace, backupSchedule={
            "cronSchedule": "daily"})))
        self._wait("KafkaBackupPlan", "typo", namespace, "InvalidSpec", "False")
        expect("five fields" in self._message("KafkaBackupPlan", "typo", namespace), "it does not say what is expected")

    # --- restores ---

    def a_restore_goes_on_when_its_controller_is_killed(self):
        namespace = self._namespace()
        self._planned(namespace, location="us-central1")
        self._taken(namespace)
        self._make(made("KafkaRestore", "back", namespace, backup="one", verify=False,
                        restoreConfig={"namespacedResourceRestoreMode": "DELETE_AND_RESTORE"}))
        for _ in range(4):
            time.sleep(0.4)
            self.controller.stop(signal.SIGKILL)
            self.controller.start()
        wait_until(self.controller.leads, "it leads again", 40)
        # There are no pods here that could come up.
        found = self._wait("KafkaRestore", "back", namespace, "ComingUp", "Unknown")["status"]
        expect(found["restore"]["state"] == "SUCCEEDED" and found["restore"]["volumesRestoredCount"] == 3, "it tells less", found)
        kept = self.fake.service.view(found["resource"].rsplit("/", 2)[0])
        expect(kept["restoreConfig"]["selectedNamespaces"] == {"namespaces": [namespace]} and kept["cluster"] == HOME,
               "it restores something else", kept)
        expect(len(self.fake.service.below(found["resource"].rsplit("/", 2)[0])) == 1, "it was asked for twice")

    def _killed_at(self, orders, act):
        """The controller dies when the service has just done each of these, and nothing of it is noted; its token dies with it."""
        def kill_at(order):
            self.fake.faults.append(google.Fault(order, how="lost", then=lambda: self.controller.process.kill()))
        kill_at(orders[0])
        act()
        for order in [*orders[1:], None]:
            wait_until(lambda: self.controller.process.poll() is not None, f"it is killed at {orders}", 60, 0.1)
            self.fake.tokens.revoke()
            if order:
                kill_at(order)
            # Nobody has to wait until its lease runs out.
            kubectl("delete", "lease", "ballast-controller", "-n", SYSTEM, "--ignore-not-found")
            self.controller.start()
        wait_until(self.controller.leads, "it leads again", 40)

    def nothing_is_done_twice_wherever_it_is_killed(self):
        namespace, service = self._namespace(), self.fake.service
        self._application(namespace)
        begun = set(service.operations)
        self._killed_at([r"POST .*/backupPlans$"], lambda: self._make(plan(namespace, location="us-central1", deletionPolicy="Delete")))
        self._wait("KafkaBackupPlan", "nightly", namespace, "Ready", "True")
        self._killed_at([r"PATCH .*/backupPlans/"], lambda: kubectl(
            "patch", "kafkabackupplan", "nightly", "-n", namespace, "--type=merge",
            "-p", json.dumps({"spec": {"retentionPolicy": {"backupRetainDays": 9}}})))
        self._wait("KafkaBackupPlan", "nightly", namespace, "Ready", "True")
        self._killed_at([r"POST .*/backups$"], lambda: self._make(
            made("KafkaBackup", "one", namespace, backupPlan="nightly", deletionPolicy="Delete")))
        self._wait("KafkaBackup", "one", namespace, "Unproven", "True")
        self._killed_at([r"POST .*/restorePlans$", r"POST .*/restores$"], lambda: self._make(
            made("KafkaRestore", "back", namespace, backup="one", verify=False, deletionPolicy="Delete")))
        self._wait("KafkaRestore", "back", namespace, "ComingUp", "Unknown")
        self._killed_at([r"DELETE .*/restores/", r"DELETE .*/restorePlans/"], lambda: kubectl(
            "delete", "kafkarestore", "back", "-n", namespace, "--wait=false"))
        self._goes("KafkaRestore", "back", namespace)
        self._killed_at([r"DELETE .*/backups/"], lambda: kubectl("delete", "kafkabackup", "one", "-n", namespace, "--wait=false"))
        self._goes("KafkaBackup", "one", namespace)
        self._killed_at([r"DELETE .*/backupPlans/"], lambda: kubectl(
            "delete", "kafkabackupplan", "nightly", "-n", namespace, "--wait=false"))
        self._goes("KafkaBackupPlan", "nightly", namespace)
        done = [(kept["verb"], kept["target"]) for name, kept in service.operations.items() if name not in begun]
        expect(len(done) == 9 and len(set(done)) == 9, "something was done twice, or not at all", done)

    def a_refusing_webhook_is_told(self):
        namespace = self._namespace()
        self._planned(namespace, location="us-central1")
        self._taken(namespace)
        self.fake.service.restore_error = {"state": "FAILED", "stateReason": "denied", "troubleshootingInfo": {
            "stateReasonCode": "200010302"}}
        self._make(made("KafkaRestore", "back", namespace, backup="one"))
        try:
            self._wait("KafkaRestore", "back", namespace, "RestoreFailed", "False")
        finally:
            self.fake.service.restore_error = None
        said = self._message("KafkaRestore", "back", namespace)
        expect("200010302" in said and "webhook" in said, "what to do is not said", said)

    def what_cannot_be_is_told(self):
        namespace = self._namespace()
        self._planned(namespace)
        self._taken(namespace)
        self._make(made("KafkaRestore", "elsewhere", namespace, backup="one"))
        self._wait("KafkaRestore", "elsewhere", namespace, "InvalidSpec", "False")
        expect("clusters of us-west1 alone" in self._message("KafkaRestore", "elsewhere", namespace), "the rule is not told")
        self.fake.faults.append(google.Fault(r"POST .*backups", status="PERMISSION_DENIED", times=2))
        self._make(made("KafkaBackup", "refused", namespace, backupPlan="nightly"))
        self._wait("KafkaBackup", "refused", namespace, "Refused", "False")
        expect("PERMISSION_DENIED" in self._message("KafkaBackup", "refused", namespace), "it is not told")
        self._wait("KafkaBackup", "refused", namespace, "Unproven", "True")

    def nobody_reaches_beyond_its_namespace(self):
        one, two = self._namespace(), self._namespace()
        self._planned(one)
        foreign = self._taken(one)
        before = len(self._posts("restorePlans"))
        for number, spec in enumerate((
                {"backup": foreign}, {"backup": f"{LOCATION}/backupPlans/none/backups/x"},
                {"backup": foreign, "cluster": STANDBY},
                {"backup": foreign, "restoreConfig": {"transformationRules": [{"fieldActions": [
                    {"op": "REPLACE", "path": "/metadata/namespace", "value": "kube-system"}]}]}},
                {"backup": foreign, "restoreConfig": {"clusterResourceRestoreScope": {"allGroupKinds": True}}})):
            self._make(made("KafkaRestore", f"r{number}", two, **spec))
            self._wait("KafkaRestore", f"r{number}", two, "NotAllowed", "False")
        self._make(plan(two, project="somebody-elses"))
        self._wait("KafkaBackupPlan", "nightly", two, "NotAllowed", "False")
        expect(len(self._posts("restorePlans")) == before, "something was asked for", self._posts("restorePlans"))
        expect(not any("somebody-elses" in line for line in self.fake.lines()), "somebody else's project was asked")

        # What the administrator's list has.
        dr = self._namespace("dr")
        self._make(made("KafkaRestore", "drill", dr, backup=foreign, cluster=STANDBY, verify=False))
        self._wait("KafkaRestore", "drill", dr, "Restored", "True")

    # --- rehearsals: of brokers there are none here, so that each of them fails; tests/e2e/standby.py has one that is proven ---

    def _restores(self):
        return self.api.request("GET", f"/apis/ballast.dev/v1alpha1/namespaces/{REHEARSED}/kafkarestores")["items"]

    def _backed_up_elsewhere(self):
        """Two backups: the newer one carries no note."""
        self.fake.service.create(ELSEWHERE, "backupPlans", "theirs", {
            "cluster": STANDBY, "backupConfig": {"selectedNamespaces": {"namespaces": [REHEARSED]}}})
        self.fake.service.now += 60
        for name, labels in (("noted", {"ballast-note": "a" * 63}), ("bare", {})):
            self.fake.service.create(THEIRS, "backups", name, {"labels": labels})
            self.fake.service.now += 120

    def _restored(self, label):
        """As the service would: by its rules, and by nobody's."""
        made_here = [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "nobody-made-it"}, "spec": {"containers": [
                {"name": "c", "image": "example.com/c"}]}},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kafka"}, "spec": {"ports": [{"port": 9092}]}},
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data-kafka-0"}, "spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
            stateful_set(namespace=REHEARSED)]
        for obj in made_here:
            obj["metadata"].setdefault("labels", {})["ballast.dev/rehearsal"] = label
            obj["metadata"]["namespace"] = REHEARSED
            self.api.create(obj)
        self.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "somebody-elses", "namespace": REHEARSED}})

    def _left(self, label):
        return [name for kind in ("configmaps", "pods", "services", "persistentvolumeclaims", "statefulsets.apps") for name in kubectl(
            "get", kind, "-n", REHEARSED, "-l", f"ballast.dev/rehearsal={label}", "-o", "name").stdout.split()] + kubectl(
            "get", "networkpolicies,resourcequotas", "-n", REHEARSED, "-o", "name").stdout.split()

    def a_rehearsal_that_fails_is_taken_away(self):
        """Its controller is killed in the middle."""
        self._backed_up_elsewhere()
        self.fake.service.restore_error = {"state": "FAILED", "stateReason": "no room", "troubleshootingInfo": {
            "stateReasonCode": "200060202"}}
        try:
            self._make(made("KafkaBackupPlan", "standby", REHEARSED, rehearsal={
                "backupPlan": THEIRS, "cronSchedule": "* * * * *", "maxAgeDays": 1}))
            name = wait_until(lambda: next((name for name, kept in list(self.fake.service.resources.items()) if "/restores/" in name
                                            and kept["body"].get("backup", "").startswith(THEIRS)), None),
                              "a restore is asked for", 150, 0.02, lambda: [each.get("status") for each in self._restores()])
            self.controller.stop(signal.SIGKILL)
        finally:
            self.fake.service.restore_error = None
        kubectl("patch", "kafkabackupplan", "standby", "-n", REHEARSED, "--type=merge", "-p", '{"spec": {"suspend": true}}')
        restore = self._restores()[0]
        expect(restore["spec"]["backup"] == f"{THEIRS}/backups/noted", "it is not the newest that is proven", restore["spec"])
        expect(len(self._left("none")) == 2, "it was asked for before the namespace was cut off", self._left("none"))
        label = name.rsplit("/", 1)[1]
        rules = self.fake.service.view(name)["restoreConfig"]["transformationRules"]
        expect(rules[0]["fieldActions"][0]["value"] == label, "the label is another one", rules[0])
        self._restored(label)
        self.fake.service.per_read, slowly = 100, self.fake.service.per_read
        self.controller.start()
        wait_until(self.controller.leads, "it leads again", 40)
        said = self._wait("KafkaRestore", restore["metadata"]["name"], REHEARSED, "NotProven", "False")["status"]
        expect("no room" in self._message("KafkaRestore", restore["metadata"]["name"], REHEARSED), "why is not told", said)
        self.fake.service.per_read = slowly
        expect(not self._left(label), "something is left", self._left(label))
        expect(self.api.find("ConfigMap", "somebody-elses", REHEARSED), "somebody else's was taken away")
        expect(len(self._restores()) == 1, "another one was made", self._restores())

    def one_that_is_deleted_takes_all_with_it(self):
        before = {name for name in self.fake.service.resources if "/restores/" in name}
        # The service is not through, however often it is asked.
        usual, google.RESTORED = google.RESTORED, 10**9
        self._make(made("KafkaRestore", "by-hand", REHEARSED, backup=f"{THEIRS}/backups/noted", rehearsal=True, deletionPolicy="Delete"))
        name = wait_until(lambda: next(iter({n for n in self.fake.service.resources if "/restores/" in n} - before), None),
                          "a restore is asked for", 90, 0.05)
        try:
            self._while_it_is_restored(name)
        finally:
            google.RESTORED = usual
        wait_until(lambda: not self._is_there("KafkaRestore", "by-hand", REHEARSED), "it is through", 120, 0.5)
        expect(not self._left(name.rsplit("/", 1)[1]), "something is left", self._left(name.rsplit("/", 1)[1]))
        expect(not self.fake.service.exists(name), "the service still has it")

    def _while_it_is_restored(self, name):
        label = name.rsplit("/", 1)[1]
        kubectl("delete", "configmap", "somebody-elses", "-n", REHEARSED)
        self._restored(label)
        wait_until(lambda: self._ready("KafkaRestore", "by-hand", REHEARSED)["reason"] == "Restoring", "it goes on", 60)
        self._make(made("KafkaRestore", "beside", REHEARSED, backup=f"{THEIRS}/backups/noted", rehearsal=True))
        self._wait("KafkaRestore", "beside", REHEARSED, "NamespaceInUse", "False")
        kubectl("delete", "kafkarestore", "beside", "-n", REHEARSED, "--timeout=90s")
        expect(len(self._left("none")) == 2, "the namespace was opened", self._left("none"))
        self._make(made("KafkaRestore", "meant", REHEARSED, backup=f"{THEIRS}/backups/noted"))
        self._wait("KafkaRestore", "meant", REHEARSED, "RehearsalUnderWay", "Unknown")
        kubectl("delete", "kafkarestore", "meant", "-n", REHEARSED, "--timeout=60s")
        changed = kubectl("patch", "kafkarestore", "by-hand", "-n", REHEARSED, "--type=merge", "-p", '{"spec": {"rehearsal": false}}',
                          check=False)
        expect("stays a rehearsal or none" in changed.stderr, "it became none in the middle", changed)
        # In the foreground what an object owns goes first.
        kubectl("delete", "kafkarestore", "by-hand", "-n", REHEARSED, "--cascade=foreground", "--wait=false")
        wait_until(lambda: len(self._left(label)) == 2, "what was restored goes", 60, 0.2, lambda: self._left(label))
        time.sleep(5)
        expect(len(self._left(label)) == 2 and self._is_there("KafkaRestore", "by-hand", REHEARSED), "it was opened under the restore",
               self._left(label))

    def what_cannot_be_rehearsed_is_told(self):
        namespace = self._namespace()
        self._planned(namespace, location="us-central1")
        self._taken(namespace)
        self._make(made("KafkaRestore", "here", namespace, backup="one", rehearsal=True))
        self._wait("KafkaRestore", "here", namespace, "NothingNoted", "False")
        self._make(made("KafkaBackupPlan", "standby", namespace, rehearsal={"backupPlan": THEIRS, "cronSchedule": "0 5 * * 6"}))
        self._wait("KafkaBackupPlan", "standby", namespace, "NotAllowed", "False")
        self.api.create({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {
            "name": "way-out", "namespace": REHEARSED}, "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}})
        self._make(made("KafkaRestore", "opened", REHEARSED, backup=f"{THEIRS}/backups/noted", rehearsal=True))
        self._wait("KafkaRestore", "opened", REHEARSED, "NamespaceInUse", "False")
        expect('NetworkPolicy "way-out"' in self._message("KafkaRestore", "opened", REHEARSED), "which it is is not told")
        kubectl("delete", "kafkarestore", "opened", "-n", REHEARSED, "--timeout=60s")
        self._make(made("KafkaRestore", "bare", REHEARSED, backup=f"{THEIRS}/backups/bare", rehearsal=True))
        self._wait("KafkaRestore", "bare", REHEARSED, "NothingNoted", "False")
        self.fake.service.resources[self._read("KafkaBackup", "one", namespace)["status"]["resource"]]["body"]["labels"] = {
            "ballast-namespace": namespace, "ballast-note": "b" * 63}
        self._make(made("KafkaRestore", "now", namespace, backup="one", rehearsal=True))
        self._wait("KafkaRestore", "now", namespace, "NamespaceInUse", "False")
        expect("backup.rehearsalNamespaces" in self._message("KafkaRestore", "now", namespace), "what to do is not said")

    # --- leaving ---

    def what_the_service_holds_stays(self):
        namespace = self._namespace()
        name = self._planned(namespace)
        backup = self._taken(namespace)
        kubectl("delete", "kafkabackup", "one", "-n", namespace, "--timeout=30s")
        kubectl("delete", "kafkabackupplan", "nightly", "-n", namespace, "--timeout=30s")
        expect(self.fake.service.exists(name) and self.fake.service.exists(backup), "something was deleted")

    def what_is_to_be_deleted_waits_for_its_lock(self):
        """And is not asked for before."""
        namespace = self._namespace()
        plan_name = self._planned(namespace, deletionPolicy="Delete")
        backup = self._taken(namespace, deleteLockDays=2, retainDays=7, deletionPolicy="Delete")
        for kind in ("kafkabackupplan/nightly", "kafkabackup/one"):
            kubectl("delete", kind, "-n", namespace, "--wait=false")
        self._wait("KafkaBackup", "one", namespace, "Locked", "Unknown")
        self._wait("KafkaBackupPlan", "nightly", namespace, "NotEmpty", "Unknown")
        wait_until(lambda: len(self._events(namespace, "NotDeleted")) == 2, "it is told of both", 40, 0.5)
        expect("nobody can delete it" in self._message("KafkaBackup", "one", namespace), "it is not said until when")
        expect(self._read("KafkaBackup", "one", namespace)["status"]["resource"] == backup, "what it stands for is not known any more")
        for kind, name in (("KafkaBackupPlan", "nightly"), ("KafkaBackup", "one")):
            self._nudge(kind, name, namespace)
        expect(self._deletions(plan_name) == [], "the service was asked in vain", self._deletions(plan_name))
        self.fake.service.resources[backup]["made"] -= 3 * 86400
        for kind, name in (("KafkaBackup", "one"), ("KafkaBackupPlan", "nightly")):
            self._goes(kind, name, namespace)
        expect(not self.fake.service.exists(plan_name), "it is still there")
        expect(len(self._deletions(plan_name)) == 2, "it was asked for twice", self._deletions(plan_name))

    def _deletions(self, name):
        return [line for line in self.fake.lines() if line.startswith("DELETE") and name in line]

    def _goes(self, kind, name, namespace):
        """Looked at again whenever the test asks."""
        def gone():
            if self._is_there(kind, name, namespace):
                kubectl("annotate", KINDS[kind], name, "-n", namespace, f"look={time.time()}", "--overwrite", check=False)
                return False
            return True
        wait_until(gone, f"{kind} {name} is gone", 60, 1, lambda: self._read(kind, name, namespace).get("status"))

    def a_plan_has_one_object(self):
        """Two that name the same plan would write over each other, and the second could delete it."""
        namespace = self._namespace()
        name = self._planned(namespace, backupPlanId="shared-by-two")
        time.sleep(1)  # so that it is known which is older
        self._make(plan(namespace, "second", backupPlanId="shared-by-two", deletionPolicy="Delete",
                        retentionPolicy={"backupRetainDays": 30}))
        self._wait("KafkaBackupPlan", "second", namespace, "NotOurs", "False")
        expect('"nightly" has it' in self._message("KafkaBackupPlan", "second", namespace), "whose it is is not told")
        expect(self.fake.service.view(name)["retentionPolicy"] == {"backupRetainDays": 7}, "it was written over")
        kubectl("delete", "kafkabackupplan", "second", "-n", namespace, "--timeout=30s")
        expect(self.fake.service.exists(name) and not self._deletions(name), "it was deleted with the second")

    def keys_of_others_are_not_used(self):
        namespace = self._namespace()
        self._application(namespace)
        key = "projects/elsewhere/locations/us-west1/keyRings/r/cryptoKeys/k"
        self._make(plan(namespace, backupConfig={"selectedApplications": ["app"], "encryptionKey": {"gcpKmsEncryptionKey": key}}))
        self._wait("KafkaBackupPlan", "nightly", namespace, "NotAllowed", "False")
        expect(key in self._message("KafkaBackupPlan", "nightly", namespace), "which one is not told")

    def orders_are_followed(self):
        """To write, and to delete: while one goes on none is given again, and one that came to nothing is told."""
        namespace, service = self._namespace(), self.fake.service
        name = self._planned(namespace, deletionPolicy="Delete")

        def written():
            return len([line for line in self.fake.lines() if line.startswith("PATCH") and name in line])
        before = written()
        service.slow = 10**8
        kubectl("patch", "kafkabackupplan", "nightly", "-n", namespace, "--type=merge",
                "-p", json.dumps({"spec": {"retentionPolicy": {"backupRetainDays": 8}}}))
        self._wait("KafkaBackupPlan", "nightly", namespace, "BeingWritten", "Unknown")
        for _ in range(2):
            self._nudge("KafkaBackupPlan", "nightly", namespace)
        expect(written() == before + 1, "it was written again")
        service.slow = 0
        service.now += 10**8
        self._wait("KafkaBackupPlan", "nightly", namespace, "Ready", "True")
        service.operation_error = {"code": 8, "message": "too many plans are written"}
        kubectl("patch", "kafkabackupplan", "nightly", "-n", namespace, "--type=merge",
                "-p", json.dumps({"spec": {"retentionPolicy": {"backupRetainDays": 9}}}))
        self._wait("KafkaBackupPlan", "nightly", namespace, "NotWritten", "False")
        expect("too many plans" in self._message("KafkaBackupPlan", "nightly", namespace), "why is not told")
        self._nudge("KafkaBackupPlan", "nightly", namespace)
        expect(written() == before + 2, "it was written again, and nothing had changed")
        service.operation_error = {"code": 13, "message": "it would not go"}
        kubectl("delete", "kafkabackupplan", "nightly", "-n", namespace, "--wait=false")
        self._wait("KafkaBackupPlan", "nightly", namespace, "NotDeleted", "Unknown")
        expect("it would not go" in self._message("KafkaBackupPlan", "nightly", namespace), "why is not told")
        self._goes("KafkaBackupPlan", "nightly", namespace)
        expect(len(self._deletions(name)) == 2, "it was asked for again while one went on", self._deletions(name))

    def what_cannot_be_read_keeps_its_status(self):
        """What a rehearsal has proven, for one: by it the next one is due, and people are told that one is late."""
        namespace = self._namespace()
        self._make(made("KafkaBackupPlan", "drill", namespace, rehearsal={"backupPlan": THEIRS, "cronSchedule": "0 3 * * 0"}))
        wait_until(lambda: self._ready("KafkaBackupPlan", "drill", namespace)["reason"], "it was looked at", 40, 0.2)
        path = self._path("KafkaBackupPlan", namespace, "drill")
        last = {"name": "drill-1", "time": "2026-11-30T03:00:00Z", "backup": f"{THEIRS}/backups/one"}
        self.api.request("PATCH", f"{path}/status", {"status": {"lastRehearsal": last}}, "application/merge-patch+json")
        kubectl("patch", "kafkabackupplan", "drill", "-n", namespace, "--type=merge",
                "-p", json.dumps({"spec": {"rehearsal": {"cronSchedule": "at night"}}}))
        found = self._wait("KafkaBackupPlan", "drill", namespace, "InvalidSpec", "False")
        expect(found["status"].get("lastRehearsal") == last, "what it had proven is gone", found["status"])
        expect(any(c["type"] == "Rehearsed" for c in found["status"]["conditions"]), "so is its condition", found["status"])

    def what_production_made_is_left(self):
        """In the cluster that stands by, whose namespaces have the names of production's: by an ID, and by a status of old."""
        namespace = self._namespace()
        theirs = f"{LOCATION}/backupPlans/production"
        self.fake.service.create(LOCATION, "backupPlans", "production", {
            "cluster": STANDBY, "labels": {"ballast-namespace": namespace},
            "backupConfig": {"selectedNamespaces": {"namespaces": [namespace]}}})
        self.fake.service.now += 60
        self.fake.service.create(theirs, "backups", "last", {"labels": {"ballast-namespace": namespace}})
        self.fake.service.now += 120
        self._make(plan(namespace, backupPlanId="production", deletionPolicy="Delete"))
        self._wait("KafkaBackupPlan", "nightly", namespace, "NotOurs", "False")
        self._make(made("KafkaBackup", "one", namespace, backupPlan="nightly", backupId="last", deletionPolicy="Delete"))
        found = self._wait("KafkaBackup", "one", namespace, "NotOurs", "False")
        expect("resource" not in found["status"] and "backup" not in found["status"], "it was adopted", found["status"])
        kubectl("delete", "kafkabackup", "one", "-n", namespace, "--timeout=30s")
        self._make(made("KafkaBackup", "two", namespace, backupPlan="nightly", backupId="last", deletionPolicy="Delete"))
        self._wait("KafkaBackup", "two", namespace, "NotOurs", "False")
        # Gone before the controller looks again, as far as it can be had.
        kubectl("patch", "kafkabackup", "two", "-n", namespace, "--subresource=status", "--type=merge", "-p",
                json.dumps({"status": {"resource": f"{theirs}/backups/last"}}))
        kubectl("delete", "kafkabackup", "two", "-n", namespace, "--timeout=30s")
        kubectl("delete", "kafkabackupplan", "nightly", "-n", namespace, "--timeout=30s")
        wait_until(lambda: self._events(namespace, "NotDeleted"), "it is told", 40, 0.5)
        expect(self.fake.service.exists(theirs) and self.fake.service.exists(f"{theirs}/backups/last"), "production lost its backups")
        expect(not [line for line in self.fake.lines() if line.startswith("DELETE") and theirs in line], "it was asked for")

    def a_backup_outlives_the_object_of_its_plan(self):
        namespace = self._namespace()
        self._planned(namespace)
        name = self._taken(namespace, deletionPolicy="Delete")
        kubectl("delete", "kafkabackupplan", "nightly", "-n", namespace, "--timeout=30s")
        for _ in range(2):
            self._nudge("KafkaBackup", "one", namespace)
        found = self._wait("KafkaBackup", "one", namespace, "Unproven", "True")
        expect(found["status"]["resource"] == name, "it is not known any more", found["status"])
        kubectl("delete", "kafkabackup", "one", "-n", namespace, "--timeout=60s")
        expect(not self.fake.service.exists(name), "it is still there")

    def names_stay(self):
        namespace = self._namespace()
        self._planned(namespace, location="us-central1")
        for name in ("one", "two"):
            self._taken(namespace, name)
        self._make(made("KafkaRestore", "back", namespace, backup="one", restorePlanId="drill", restoreId="drill"))
        self._wait("KafkaRestore", "back", namespace, "ComingUp", "Unknown")
        for kind, name, change in (("kafkarestore", "back", {"backup": "two"}), ("kafkarestore", "back", {"restoreId": None}),
                                   ("kafkabackup", "one", {"backupPlan": "other"}),
                                   ("kafkabackupplan", "nightly", {"location": "us-west1"})):
            said = kubectl("patch", kind, name, "-n", namespace, "--type=merge", "-p", json.dumps({"spec": change}), check=False).stderr
            expect("stays as it is: make another object" in said, f"{kind} {change} was taken", said)
        # A restore of the name is there, of another backup.
        self._make(made("KafkaRestore", "again", namespace, backup="two", restorePlanId="drill", restoreId="drill"))
        self._wait("KafkaRestore", "again", namespace, "RestoreDiffers", "False")

    def what_people_wrote_is_no_note(self):
        namespace = self._namespace()
        self._planned(namespace, proof={"enabled": True})
        kubectl("create", "configmap", "one-note", "-n", namespace, "--from-literal=mine=yes")
        self._make(made("KafkaBackup", "one", namespace, backupPlan="nightly"))
        self._wait("KafkaBackup", "one", namespace, "NoteNotOurs", "False")
        expect('"one-note"' in self._message("KafkaBackup", "one", namespace), "which it is is not told")
        expect(self.api.find("ConfigMap", "one-note", namespace)["data"] == {"mine": "yes"}, "it was written to")

    def a_restore_is_spared_while_nobody_answers(self):
        """The webhook goes by what stands in the status."""
        namespace = self._namespace()
        self._planned(namespace, location="us-central1")
        self._taken(namespace)
        usual, google.RESTORED = google.RESTORED, 10**9

        def restored():
            status = self._read("KafkaRestore", "back", namespace).get("status", {})
            return next((c["reason"] for c in status.get("conditions", []) if c["type"] == "Restored"), ""), status.get("resource")
        try:
            self._make(made("KafkaRestore", "back", namespace, backup="one"))
            self._wait("KafkaRestore", "back", namespace, "Restoring", "Unknown")
            before = restored()
            self.fake.faults.append(google.Fault(r"GET .*backups/", status="PERMISSION_DENIED", times=1000))
            self._nudge("KafkaRestore", "back", namespace)
            self._wait("KafkaRestore", "back", namespace, "NotRead", "False")
            expect(before[0] == "Restoring" and restored() == before, "it is not spared any more", before, restored())
        finally:
            self.fake.faults.clear()
            google.RESTORED = usual
        self._nudge("KafkaRestore", "back", namespace)
        self._wait("KafkaRestore", "back", namespace, "ComingUp", "Unknown")

    def what_cannot_be_deleted_is_told(self):
        """It is waited for while nobody knows where the controller runs, and left where backups are switched off."""
        namespace = self._namespace()
        self._planned(namespace)
        name = self._taken(namespace, deletionPolicy="Delete")
        self.controller.stop()
        metadata, os.environ["GCE_METADATA_HOST"] = os.environ["GCE_METADATA_HOST"], "no host"
        away = Controller("backups-away", self.kubeconfig, 9199, (
            "--backup", f"--gkebackup-url={self.fake.url}", f"--container-url={self.fake.url}"))
        off = Controller("backups-off", self.kubeconfig, 9199, ())
        try:
            away.start()
            wait_until(away.leads, "it leads", 60)
            kubectl("delete", "kafkabackup", "one", "-n", namespace, "--wait=false")
            wait_until(lambda: self._events(namespace, "NotDeleted"), "it is told", 60, 0.5)
            expect(self._is_there("KafkaBackup", "one", namespace), "it did not wait")
            away.stop()
            off.start()
            wait_until(off.leads, "it leads", 60)
            wait_until(lambda: not self._is_there("KafkaBackup", "one", namespace), "the object is gone", 90, 0.5)
            wait_until(lambda: any(name in event["message"] for event in self._events(namespace, "NotDeleted")), "what is left is told", 30)
            expect(self.fake.service.exists(name), "it was deleted")
        finally:
            away.stop()
            off.stop()
            os.environ["GCE_METADATA_HOST"] = metadata
            self.controller.start()
            wait_until(self.controller.leads, "it leads again", 60)

    def a_restore_goes_with_its_plan(self):
        namespace = self._namespace()
        self._planned(namespace, location="us-central1")
        self._taken(namespace)
        self._make(made("KafkaRestore", "back", namespace, backup="one", verify=False, deletionPolicy="Delete"))
        name = self._wait("KafkaRestore", "back", namespace, "ComingUp", "Unknown")["status"]["resource"]
        kubectl("delete", "kafkarestore", "back", "-n", namespace, "--timeout=60s")
        expect(not self.fake.service.exists(name) and not self.fake.service.exists(name.rsplit("/", 2)[0]), "one is still there")

    def nothing_was_against_the_protocol(self):
        expect(not self.fake.violations, "Google's description has it otherwise", *self.fake.violations[:5])
        log = self.controller.log.read_text()
        expect("ya29." not in log, "a token is in the log")


def main():
    api = Api()
    install_crd(api)
    api.apply(REPORTS_CRD)
    kubectl("apply", "-f", "-", stdin=json.dumps(PROTECTED_CRD))
    if not api.find("Namespace", SYSTEM):
        api.namespace(SYSTEM, enforce=False)
    for plural in ("kafkaclusters", *KINDS.values()):
        kubectl("apply", "--server-side", "-f", str(ROOT / f"manifests/crd/{plural}.yaml"))
    for plural in KINDS.values():
        wait_until(lambda plural=plural: served(api, plural), f"{plural} are served", 30)
    google.EPOCH = int(time.time())
    with google.Fake() as fake:
        api.namespace(REHEARSED)
        account = service_account(api, "backup.enabled=true", f"backup.rehearsalNamespaces={{{REHEARSED}}}")
        suite, report = Suite(api, account, fake), Report(os.environ.get("ONLY"))
        for name in [n for n in Suite.__dict__ if not n.startswith("_")]:
            report.run(f"backups: {name.replace('_', ' ')}", getattr(suite, name))
        report.run("backups: the controller ends well", suite.controller.ends_well)
        report.finish()


def served(api, plural):
    try:
        api.request("GET", f"/apis/ballast.dev/v1alpha1/{plural}")
        return True
    except ApiError:
        return False


if __name__ == "__main__":
    main()
