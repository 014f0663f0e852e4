"""Plans at the service, and backups by them."""

import json
import signal

from harness import expect, kubectl, stateful_set, wait_until
from kafka_backups import HOME, LOCATION, Backups, google, made, plan


class Plans(Backups):
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
