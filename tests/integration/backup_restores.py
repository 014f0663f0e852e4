"""Restores, and rehearsals in the cluster that stands by."""

import json
import signal
import time

from controllers import SYSTEM
from harness import expect, kubectl, stateful_set, wait_until
from kafka_backups import ELSEWHERE, HOME, LOCATION, REHEARSED, STANDBY, THEIRS, Backups, google, made, plan


class Restores(Backups):
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
        kubectl("delete", "kafkarestore", "beside", "-n", REHEARSED, "--timeout=300s")
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
