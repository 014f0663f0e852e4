#!/usr/bin/env python3
"""The cluster that stands by: what backup.py left at the service is rehearsed here, and restored when it is meant.

While a rehearsal goes on, packets are sent from the restored brokers to a pod that stands for production, and back; before and
after it the same connections succeed. Nothing of it is left, and what was there before is untouched.
"""

import json
import time

import backup_lab
import packets
from backup_lab import HELD, ORDERS, OUTSIDE, TESTBED, google
from harness import Api, expect, kubectl, wait_until
from kafka_lab import CLIENTS, NAMESPACE, TOPIC1_MESSAGES, is_ready
from rights import check_used

STANDBY = "projects/kafka-proj/locations/us-central1/clusters/gke-kafka-standby"
# A pod of somebody else's in the namespace, and one that stands for production.
BYSTANDER, PRODUCTION = ("bystander", NAMESPACE), ("production", CLIENTS)
LISTENS = 9092  # the image does
ISOLATION = "ballast-rehearsal"
BROKER = 9092
EACH_MINUTE, ONCE_A_YEAR = "* * * * *", "0 0 1 1 *"


class Suite(backup_lab.BackupLab):
    def __init__(self, fake):
        super().__init__(fake, STANDBY)
        held = json.loads(HELD.read_text())
        self.backup, self.plan = held["backup"], held["backup"].rsplit("/", 2)[0]
        self.service.resources.update(held["resources"])
        self.rehearsal = None  # the restore at the service

    # --- looking and doing ---

    def _pod(self, name, namespace):
        return self.api.get("Pod", name, namespace)

    def _reaches(self, source, target, port, wanted):
        """Can a connection be made? Waited for with patience if it is wanted."""
        uid = source["metadata"]["uid"]
        network = packets.networks({uid})[uid]
        targets = {"it": (target["status"]["podIP"], port)}
        said = packets.from_all({"it": (network, packets.connect, targets, {"it"} if wanted else set())})["it"]["it"]
        return said == packets.OPEN

    def _expect_reach(self, source, target, port, wanted, what):
        expect(self._reaches(source, target, port, wanted) == wanted, f"{what}: {'not ' if wanted else ''}let through")

    def _plan(self, cron):
        self._make("KafkaBackupPlan", "standby", rehearsal={"backupPlan": self.plan, "cronSchedule": cron, "maxAgeDays": 7})

    def _restores(self):
        return self.api.request("GET", Api.path("KafkaRestore", NAMESPACE))["items"]

    def _left(self):
        """What of the rehearsal is there, by its label, and what cut the namespace off."""
        found = kubectl("get", "statefulsets,services,configmaps,secrets,serviceaccounts,pvc,pdb,networkpolicies", "-n", NAMESPACE,
                        "-l", f"ballast.dev/rehearsal={self.rehearsal.rsplit('/', 1)[1]}", "-o", "name").stdout.split()
        return found + [kind for kind in ("NetworkPolicy", "ResourceQuota") if self._isolation(kind)]

    def _isolation(self, kind):
        if kind == "NetworkPolicy":
            return self.api.find(kind, ISOLATION, NAMESPACE)
        return kubectl("get", "resourcequota", ISOLATION, "-n", NAMESPACE, "-o", "name", "--ignore-not-found").stdout

    # --- the tests, in order ---

    def ballast_is_installed(self):
        self._install(allow=[f"{NAMESPACE}={self.plan}", f"{NAMESPACE}={self.backup}"], rehearsalNamespaces=[NAMESPACE])
        self.lab.namespace(CLIENTS)
        for name, namespace in (BYSTANDER, PRODUCTION):
            self.api.create({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
                "spec": {"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False,
                         "securityContext": {"runAsNonRoot": True, "runAsUser": 1001, "seccompProfile": {"type": "RuntimeDefault"}},
                         "containers": [{"name": "standin", "image": "local/standin:1", "imagePullPolicy": "IfNotPresent",
                                         "securityContext": {"allowPrivilegeEscalation": False,
                                                             "capabilities": {"drop": ["ALL"]}}}]}})
        for each in (BYSTANDER, PRODUCTION):
            wait_until(lambda each=each: is_ready(self._pod(*each)), f"{each[0]} runs", 60, 0.2)
        self._expect_reach(self._pod(*BYSTANDER), self._pod(*PRODUCTION), LISTENS, True, "before it")

    def a_rehearsal_begins_in_a_namespace_that_is_cut_off(self):
        self._plan(EACH_MINUTE)
        self.rehearsal = self._asked("restores", set())
        expect(self._isolation("NetworkPolicy") and self._isolation("ResourceQuota"), "it was asked for before it was cut off")
        self._expect_reach(self._pod(*BYSTANDER), self._pod(*PRODUCTION), LISTENS, False, "while it goes on")
        self._plan(ONCE_A_YEAR)
        restores = self._restores()
        expect(len(restores) == 1 and restores[0]["spec"]["backup"] == self.backup, "another one", restores)
        self._kill_controller()

    def no_packet_reaches_production(self):
        """Of the brokers, which are restored as they were, and of what was there."""
        expect(self.agent.restore(self.rehearsal) is None, "it was denied", self.service.view(self.rehearsal))
        outside = self.api.get("Service", OUTSIDE, NAMESPACE)
        expect(outside["spec"]["type"] == "ClusterIP" and not any(
            "external-dns" in key for key in outside["metadata"].get("annotations", {})), "it is met from outside", outside)
        self.lab.wait_rolled(240)
        broker, production = self._pod("kafka-0", NAMESPACE), self._pod(*PRODUCTION)
        self._expect_reach(broker, production, LISTENS, False, "from a broker to production")
        self._expect_reach(production, broker, BROKER, False, "from production to a broker")
        self._expect_reach(broker, self._pod("kafka-1", NAMESPACE), BROKER, True, "from a broker to the next one")

    def it_is_proven_and_taken_away(self):
        name = self._restores()[0]["metadata"]["name"]
        _, status = self._wait("KafkaRestore", name, "Proven", "True", 300)
        proof = status["proof"]
        print(f"  {json.dumps(proof)}", flush=True)
        expect(proof["lost"] == 0 and proof["noted"] >= TOPIC1_MESSAGES + ORDERS, "proven", proof)
        wait_until(lambda: not self._left(), "all of it is taken away", 240, 0.5, self._left)
        wait_until(lambda: not self.lab.pods(), "its pods are gone", 240, 0.5)
        expect(is_ready(self._pod(*BYSTANDER)), "somebody else's pod is gone")
        self._expect_reach(self._pod(*BYSTANDER), self._pod(*PRODUCTION), LISTENS, True, "after it")
        _, status = self._wait("KafkaBackupPlan", "standby", "Ready", "True")
        last = status["lastRehearsal"]
        expect(last["name"] == name and last["backup"] == self.backup and last["rtoSeconds"] > 0, "the plan tells of another", last)
        said = kubectl("get", "kafkabackupplans,kafkarestores", "-n", NAMESPACE, "-o", "wide").stdout
        print(said, flush=True)

    def the_cluster_takes_over_when_it_is_meant(self):
        known = self._have("restores")
        self._make("KafkaRestore", "failover", backup=self.backup)
        restore = self._asked("restores", known)
        expect(self.agent.restore(restore) is None, "it was denied", self.service.view(restore))
        _, status = self._wait("KafkaRestore", "failover", "Proven", "True", 300)
        print(f"  {json.dumps(status['proof'])}", flush=True)
        expect(status["proof"]["lost"] == 0 and status["proof"]["sameClusterId"], "proven", status["proof"])
        expect(self.lab.read_topic1()["distinct"] == TOPIC1_MESSAGES, "topic1 is not whole")
        expect(self.lab.tool("consume", "-t", "orders")["distinct"] == ORDERS, "orders is not whole")
        expect(self.api.get("Service", OUTSIDE, NAMESPACE)["spec"]["type"] == "LoadBalancer", "it is not as it was backed up")

    def no_rehearsal_begins_over_what_lives(self):
        known = self._have("restores")
        self._plan(EACH_MINUTE)
        self._wait("KafkaBackupPlan", "standby", "NamespaceInUse", "False")
        time.sleep(1)
        expect(self._have("restores") == known and self.lab.read_topic1()["distinct"] == TOPIC1_MESSAGES, "one began",
               self._have("restores") - known)

    def all_was_by_the_protocol_and_by_rights(self):
        expect(not self.fake.violations, "Google's description has it otherwise", *self.fake.violations[:5])
        made_here = {collection: len(self._posts(collection)) for collection in google.KINDS}
        expect(made_here == {"backupPlans": 0, "backups": 0, "restorePlans": 2, "restores": 2}, "asked for twice", made_here)
        check_used(TESTBED / "logs" / "audit.log", self.begin, "ballast-controller", [
            ("", "resourcequotas", "create"), ("", "resourcequotas", "delete"), ("", "persistentvolumeclaims", "delete"),
            ("apps", "statefulsets", "delete"), ("ballast.dev", "kafkarestores", "create")])


if __name__ == "__main__":
    backup_lab.run_all(Suite, "standby")
