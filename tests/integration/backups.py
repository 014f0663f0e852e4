#!/usr/bin/env python3
"""Backup for GKE from objects, on a real control plane, beside a fake of the service that follows its recorded protocol.

There are no nodes, and so no brokers: notes of what a cluster holds are tried where brokers are. The service's clock moves by
twenty-five seconds with each look at it. Every request and answer is judged by Google's own description of the API.
"""

import json
import os
import time

from backup_plans import Plans
from backup_restores import Restores
from controllers import REPORTS_CRD, SYSTEM, Controller, service_account
from harness import ROOT, Api, ApiError, Report, expect, install_crd, kubectl, tests_of, wait_until
from kafka_backups import ELSEWHERE, HOME, KINDS, LOCATION, PROTECTED_CRD, REHEARSED, STANDBY, THEIRS, google, made, plan


class Suite(Plans, Restores):
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

    # --- leaving ---

    def what_the_service_holds_stays(self):
        namespace = self._namespace()
        name = self._planned(namespace)
        backup = self._taken(namespace)
        kubectl("delete", "kafkabackup", "one", "-n", namespace, "--timeout=300s")
        kubectl("delete", "kafkabackupplan", "nightly", "-n", namespace, "--timeout=300s")
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
        kubectl("delete", "kafkabackupplan", "second", "-n", namespace, "--timeout=300s")
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
        kubectl("delete", "kafkabackup", "one", "-n", namespace, "--timeout=300s")
        self._make(made("KafkaBackup", "two", namespace, backupPlan="nightly", backupId="last", deletionPolicy="Delete"))
        self._wait("KafkaBackup", "two", namespace, "NotOurs", "False")
        # Gone before the controller looks again, as far as it can be had.
        kubectl("patch", "kafkabackup", "two", "-n", namespace, "--subresource=status", "--type=merge", "-p",
                json.dumps({"status": {"resource": f"{theirs}/backups/last"}}))
        kubectl("delete", "kafkabackup", "two", "-n", namespace, "--timeout=300s")
        kubectl("delete", "kafkabackupplan", "nightly", "-n", namespace, "--timeout=300s")
        wait_until(lambda: self._events(namespace, "NotDeleted"), "it is told", 40, 0.5)
        expect(self.fake.service.exists(theirs) and self.fake.service.exists(f"{theirs}/backups/last"), "production lost its backups")
        expect(not [line for line in self.fake.lines() if line.startswith("DELETE") and theirs in line], "it was asked for")

    def a_backup_outlives_the_object_of_its_plan(self):
        namespace = self._namespace()
        self._planned(namespace)
        name = self._taken(namespace, deletionPolicy="Delete")
        kubectl("delete", "kafkabackupplan", "nightly", "-n", namespace, "--timeout=300s")
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
        for name in tests_of(Suite):
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
