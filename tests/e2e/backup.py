#!/usr/bin/env python3
"""Disaster recovery with real brokers and real volumes: a backup under load, a disaster, a restore that is proven, and one that
cannot be, as messages are gone. Their controller is killed in the middle of each.

Ballast comes from its chart and image, with Helm. Google's API is the fake of tests/google, which judges every request by Google's
description; what the service's agent does in a cluster is done for real, by backup_agent.py. What the service holds in the end is
left for standby.py, which restores it into another cluster.
"""

import json
import re
import shutil
import time

import backup_lab
from backup_lab import HELD, ORDERS, OUTSIDE, TESTBED, VERSION, google
from harness import Api, expect, kubectl, run, wait_until
from kafka_backups import HOME
from kafka_lab import NAMESPACE, OURS, QUICK, TOPIC1_MESSAGES
from rights import check_used


class Suite(backup_lab.BackupLab):
    def __init__(self, fake):
        super().__init__(fake, HOME)
        self.first = None  # what the first backup was asked as, at the service

    def _notes(self):
        return [each["metadata"]["name"] for each in self.api.request("GET", Api.path("ConfigMap", NAMESPACE))["items"]
                if each["metadata"]["name"].endswith("-note")]

    # --- the tests, in order ---

    def ballast_is_installed(self):
        self._install()

    def kafka_is_there(self):
        self.lab.up(VERSION, **QUICK)
        self.lab.make_topics()
        self.lab.tool("topic", "-t", "orders", "-p", 3)
        filled = self.lab.tool("fill", "-t", "orders", "-n", ORDERS)
        expect(filled["acked"] == ORDERS, "orders could not be filled", filled)
        # What production is met by from outside, and no rehearsal may be.
        self.api.create({
            "apiVersion": "v1", "kind": "Service", "metadata": {
                "name": OUTSIDE, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/instance": "kafka"},
                "annotations": {"external-dns.alpha.kubernetes.io/hostname": "kafka.example.com"}},
            "spec": {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": [{"name": "kafka", "port": 9094}],
                     "selector": {"app.kubernetes.io/name": "kafka", "app.kubernetes.io/instance": "kafka"}}})

    def a_plan_protects_it(self):
        self._make("KafkaBackupPlan", "nightly", location="us-central1", backupConfig={"includeSecrets": True},
                   retentionPolicy={"backupRetainDays": 7})
        self._wait("KafkaBackupPlan", "nightly", "Ready", "True")
        found = self.api.request("GET", Api.path("ProtectedApplication", NAMESPACE))["items"]
        expect([each["metadata"]["name"] for each in found] == ["kafka"], "others are protected", found)
        expect(found[0]["spec"]["resourceSelection"]["selector"] == {"matchLabels": {"app.kubernetes.io/instance": "kafka"}},
               "it takes other objects", found[0]["spec"])

    def a_backup_waits_for_all_brokers(self):
        node = self.api.get("Pod", "kafka-1", NAMESPACE)["spec"]["nodeName"]
        kubectl("cordon", node)
        try:
            kubectl("delete", "pod", "kafka-1", "-n", NAMESPACE, "--grace-period=1")
            self._make("KafkaBackup", "one", backupPlan="nightly")
            self._wait("KafkaBackup", "one", "ClusterNotFit", "Unknown")
            wait_until(lambda: re.search(f"{NAMESPACE}/kafka: 2 of 3 replicas of partition .* in sync",
                                         self._ready("KafkaBackup", "one")["message"]), "why is said", 90, 0.2,
                       lambda: self._ready("KafkaBackup", "one"))
            expect(not self._posts("backups"), "it was asked for")
        finally:
            kubectl("uncordon", node)
        self.lab.wait_rolled(120)

    def it_is_taken_under_load_while_its_controller_is_killed(self):
        """The one that waited. Volumes are copied one after the other, while messages are written."""
        writer, watcher = self.lab.start_books(100)
        self.first = self._asked("backups", set())
        self._kill_controller()
        begin = time.monotonic()
        objects, volumes = self.agent.back_up(self.first)
        print(f"  {len(objects)} objects, {len(volumes)} volumes copied in {time.monotonic() - begin:.0f} s", flush=True)
        _, status = self._wait("KafkaBackup", "one", "Proven", "True")
        written, _ = writer.stop(), watcher.stop()
        expect(written["failed"] == 0, "messages failed under the backup", written)
        kinds = {obj["kind"] for obj in objects}
        expect({"StatefulSet", "Service", "ConfigMap", "PersistentVolumeClaim"} <= kinds, "it is not whole", kinds)
        expect(any(obj["metadata"]["name"] == "one-note" for obj in objects), "its note is not in it", kinds)
        proof = status["proof"]
        expect(proof["topics"] == 3 and proof["messages"] >= TOPIC1_MESSAGES + ORDERS and proof["digested"] > 0, "noted", proof)
        expect(status["backup"]["volumeCount"] == len(volumes), "it tells of other volumes", status)
        expect(len(self._posts("backups")) == 1, "it was asked for more than once", self._posts("backups"))
        wait_until(lambda: not self._notes(), "the note goes from the cluster once it is in the backup", 60, 0.5, self._notes)

    def a_disaster_is_got_over_while_the_controller_is_killed(self):
        begin = time.monotonic()
        kubectl("annotate", "statefulsets", "-n", NAMESPACE, "--all", "ballast.dev/allow-deletion=true")
        kubectl("delete", "pods", "-n", NAMESPACE, "--all", "--force", "--grace-period=0")
        run("helm", "uninstall", "kafka", "-n", NAMESPACE)
        kubectl("delete", "pods", "-n", NAMESPACE, "--all", "--force", "--grace-period=0")
        kubectl("delete", "pvc", "-n", NAMESPACE, "--all", "--wait=false")
        kubectl("delete", "service", OUTSIDE, "-n", NAMESPACE)
        wait_until(self._nothing_is_left, "Kafka and its data are gone", 120, 0.2,
                   lambda: kubectl("get", "pods,pvc", "-n", NAMESPACE).stdout)
        print(f"  Kafka and its volumes are gone after {time.monotonic() - begin:.0f} s", flush=True)
        self._wait("KafkaBackupPlan", "nightly", "NothingToProtect", "Unknown")
        plan = self.first.rsplit("/", 2)[0]
        expect(self.service.view(plan)["backupConfig"]["selectedApplications"]["namespacedNames"], "the plan protects nothing now",
               self.service.view(plan))
        restore = self._restore("after-the-disaster", "one", "FAIL_ON_CONFLICT")
        self._kill_controller()
        begin = time.monotonic()
        expect(self.agent.restore(restore) is None, "it was denied", self.service.view(restore))
        print(f"  objects and volumes are back after {time.monotonic() - begin:.0f} s", flush=True)
        _, status = self._wait("KafkaRestore", "after-the-disaster", "Proven", "True")
        proof = status["proof"]
        print(f"  {json.dumps(proof)}", flush=True)
        expect(proof["lost"] == 0 and proof["noted"] >= TOPIC1_MESSAGES + ORDERS and proof["sameClusterId"], "proven", proof)
        expect(proof["changedPartitions"] == 0, "messages are others", proof)
        expect(proof["rtoSeconds"] > 0 and proof["rpoSeconds"] > 0, "times", proof)
        expect(len(self._posts("restores")) == 1 and len(self._posts("restorePlans")) == 1, "it was asked for more than once",
               self._posts("restores"), self._posts("restorePlans"))
        expect(self.lab.read_topic1()["distinct"] == TOPIC1_MESSAGES, "topic1 is not whole")
        expect(self.lab.tool("consume", "-t", "orders")["distinct"] == ORDERS, "orders is not whole")
        self.lab.wait_rolled(120)

    def what_lives_is_not_overwritten_unasked(self):
        """By a restore that somebody asked the service for, and no object did: Ballast's webhook keeps what runs."""
        plan = next(iter(self._have("restorePlans")))
        self.service.resources[plan]["body"]["restoreConfig"]["namespacedResourceRestoreMode"] = "DELETE_AND_RESTORE"
        self.service.create(plan, "restores", "by-hand", {"backup": self.first})
        expect(self.agent.restore(f"{plan}/restores/by-hand"), "it was not denied")
        expect(self.lab.read_topic1()["distinct"] == TOPIC1_MESSAGES, "something was deleted")

    def messages_that_are_gone_are_told(self):
        """
        The second topic's data is in none of the volumes that come back. What lives is deleted for it, since a KafkaRestore says
        so: the webhook tells, and denies nothing.
        """
        def without_orders(_, folder):
            for part in folder.glob("**/orders-*"):
                shutil.rmtree(part)
        self.agent.restore(self._restore("without-orders", "one"), without_orders)
        said, status = self._wait("KafkaRestore", "without-orders", "MessagesLost", "False")
        print(f"  {json.dumps(status['proof'])}", flush=True)
        expect(status["proof"]["lost"] == ORDERS and f"{ORDERS} messages" in said, "another number", status["proof"], said)
        expect("orders" in status["proof"]["differences"], "it does not say where", status["proof"])
        expect(self.lab.read_topic1()["distinct"] == TOPIC1_MESSAGES, "topic1 is not whole")

    def one_empty_volume_is_judged_by_what_is_there(self):
        """Replication may fill it, or its broker may lead with nothing: whichever it is, the proof has to say just that."""
        def empty(claim, folder):
            if claim == "data-kafka-1":
                shutil.rmtree(folder)
                folder.mkdir(mode=0o777)
        self.agent.restore(self._restore("one-empty", "one"), empty)

        def judged():
            ready = self._ready("KafkaRestore", "one-empty")
            return ready.get("reason") in ("Proven", "MessagesLost") and ready
        ready = wait_until(judged, "it is judged", 180, 0.2, lambda: self._ready("KafkaRestore", "one-empty"))
        proof = self.api.get("KafkaRestore", "one-empty", NAMESPACE)["status"]["proof"]
        there = self.lab.read_topic1()["distinct"] + self.lab.tool("consume", "-t", "orders")["distinct"]
        print(f"  {ready['reason']}: {json.dumps(proof)}; {there} of {TOPIC1_MESSAGES + ORDERS} messages are there", flush=True)
        expect((ready["reason"] == "Proven") == (proof["lost"] == 0), "reason and proof differ", ready, proof)
        expect(proof["lost"] >= TOPIC1_MESSAGES + ORDERS - there, "fewer are lost than are missing", proof, there)

    def people_can_read_it(self):
        said = kubectl("get", "kafkabackupplans,kafkabackups,kafkarestores", "-n", NAMESPACE, "-o", "wide").stdout
        print(said, flush=True)
        expect(re.search(r"one +True +SUCCEEDED", said), "it does not read like a sentence")

    def all_was_by_the_protocol_and_by_rights(self):
        expect(not self.fake.violations, "Google's description has it otherwise", *self.fake.violations[:5])
        made_here = {collection: len(self._posts(collection)) for collection in google.KINDS}
        expect(made_here == {"backupPlans": 1, "backups": 1, "restorePlans": 3, "restores": 3}, "asked for twice", made_here)
        check_used(TESTBED / "logs" / "audit.log", self.begin, "ballast-controller", [
            ("gkebackup.gke.io", "protectedapplications", "patch"), ("", "configmaps", "create"), ("", "configmaps", "list"),
            ("", "configmaps", "delete"), ("ballast.dev", "kafkarestores/status", "patch")])
        log = kubectl("logs", "-n", OURS, "-l", "app.kubernetes.io/component=controller", "-c", "controller",
                      "--tail=-1").stdout
        expect("ya29." not in log, "a token is in the log")

    def what_the_service_holds_is_kept(self):
        """For the cluster that stands by."""
        plan = self.first.rsplit("/", 2)[0]
        kept = {name: self.service.resources[name] for name in (plan, self.first)}
        HELD.write_text(json.dumps({"backup": self.first, "resources": kept}))


if __name__ == "__main__":
    backup_lab.run_all(Suite, "backup")
