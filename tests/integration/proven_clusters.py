#!/usr/bin/env python3
"""A KafkaCluster whose brokers answer: proven with messages before and after an upgrade, finalized once, stopped by a loss.

Helm, the control plane and the brokers are real. There are no nodes: the brokers are processes beside it, which know a newer
metadata.version than theirs, and that pods run is written by the test.
"""

import os
import pathlib
import shutil
import sys

from controllers import Controller
from harness import ADDRESS, ROOT, expect, expect_proven, run, wait_until
from kafka_clusters import CHARTS, HELM, Clusters, cluster, make_namespace, run_all

JARS = str(ROOT / "tests/kafka/jars.sh")
os.environ["BROKERS_HOST"] = ADDRESS
sys.path.insert(0, str(pathlib.Path(ROOT) / "tests/kafka"))
from cluster import Cluster  # noqa: E402

VERSION = "4.1.1"
NAMESPACE = "proven"


class Suite(Clusters):
    def __init__(self, api, kubeconfig):
        run(JARS, VERSION)
        os.environ["JARS"] = run(JARS).stdout.strip()
        self.api, self.brokers, self.charts = api, Cluster(VERSION), CHARTS
        self.controller = Controller("proven", kubeconfig, 9197, (
            f"--helm={shutil.which(HELM)}", f"--charts={CHARTS}", f"--bootstrap-to={ADDRESS}"))
        self.controller.start()
        wait_until(self.controller.leads, "it leads", 30)
        make_namespace(api, NAMESPACE)

    def _told(self, reason):
        return sum(each["reason"] == reason for each in
                   self.api.request("GET", f"/api/v1/namespaces/{NAMESPACE}/events")["items"])

    # --- the tests, in order ---

    def brokers_start(self):
        self.brokers.start(*self.brokers.ids)

    def it_is_proven_and_then_finalized(self):
        self.api.create(cluster(
            namespace=NAMESPACE, values={"mode": "kraft", "image": {"tag": VERSION}}, verification={"enabled": True},
            versions={"metadata": "Auto"}, connection={"bootstrap": self.brokers.bootstrap()}))
        status = self._comes_up(namespace=NAMESPACE)["status"]
        expect_proven(status["verification"], 1)
        expect(status["versions"]["finalized"] == 1 and "-IV" in status["versions"]["metadata"], "finalized", status["versions"])
        wait_until(lambda: self._told("MetadataVersionRaised") == 1, "an Event tells of it", 30)
        said = self._ballast(0, "status", "kafka", "-n", NAMESPACE).stdout
        expect(f"metadata.version {status['versions']['metadata']}" in said, "and the command", said)

    def an_upgrade_is_proven_on_both_sides(self):
        first = self._read(namespace=NAMESPACE)["status"]
        before = first["versions"]["metadata"]
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 77}}}, NAMESPACE)
        self._comes_up_to(lambda found: found["status"]["verification"]["revision"] == 2, NAMESPACE)
        status = self._read(namespace=NAMESPACE)["status"]
        expect_proven(status["verification"], 2, first["verification"]["read"])
        wait_until(lambda: self._read(namespace=NAMESPACE)["status"]["versions"]["finalized"] == 2, "it was looked at again", 60)
        expect(self._read(namespace=NAMESPACE)["status"]["versions"]["metadata"] == before and self._told("MetadataVersionRaised") == 1,
               "once is enough")
        expect(self._told("VerifyingBefore"), "it was looked at before")

    def a_loss_stops_the_next_one(self):
        self._comes_up(namespace=NAMESPACE)
        self.brokers.topics("--delete", "--topic", "ballast-verify")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"terminationGracePeriodSeconds": 78}}}, NAMESPACE)
        self._wait("it is told", "Stalled", "True", "MessagesLost", namespace=NAMESPACE)
        expect(max(self._revisions(namespace=NAMESPACE)) == 2, "nothing was released", self._revisions(namespace=NAMESPACE))

    def brokers_that_hold_replicas_stay(self):
        """By what the real ones say, whose addresses are no pods': ids from the first one that goes on count."""
        make_namespace(self.api, "scaled")
        values = {"mode": "kraft", "kraft": {"controllers": 3}, "image": {"tag": VERSION}}
        bootstrap = {"bootstrap": self.brokers.bootstrap()}
        self.api.create(cluster(namespace="scaled", values=values, connection=bootstrap))
        self._comes_up(namespace="scaled")
        self.brokers.topics("--create", "--topic", "orders", "--replica-assignment", "2,3,1")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {"replicas": 2}}}, "scaled")
        self._wait("it is refused", "PlanAccepted", "False", "RemovesBrokers", namespace="scaled")
        said = self._condition("Ready", namespace="scaled")["message"]
        expect("from 3 to 2 pods, and 2 partitions have a replica on brokers from 2 on: orders-0, orders-1" in said, "it says which", said)
        self.api.patch("KafkaCluster", "kafka", {"spec": {"connection": {"bootstrap": f"{ADDRESS}:1"}}}, "scaled")

        def unasked():
            return "brokers could not be asked what they hold" in self._condition("Ready", namespace="scaled")["message"]
        wait_until(unasked, "nobody answers", 60, 0.2, lambda: self._condition("Ready", namespace="scaled"))
        expect(self._revisions(namespace="scaled") == {1: "deployed"}, "something was released")
        said = self._plan(1, self._read(namespace="scaled")).stdout
        expect("brokers were not asked what they hold" in said, "the command asks nobody", said)

    def brokers_that_hold_nothing_go(self):
        self.brokers.topics("--delete", "--topic", "orders")
        self.brokers.topics("--create", "--topic", "payments", "--replica-assignment", "1,1")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"connection": {"bootstrap": self.brokers.bootstrap()}}}, "scaled")
        wait_until(lambda: 2 in self._revisions(namespace="scaled"), "it is released", 120, 0.5,
                   lambda: self._read(namespace="scaled").get("status"))
        self._wait("it is released", "Released", "True", namespace="scaled")
        expect(self.api.get("StatefulSet", "kafka", "scaled")["spec"]["replicas"] == 2, "it is not smaller")

    def it_ends_well(self):
        self.controller.ends_well()
        self.brokers.kill()


if __name__ == "__main__":
    run_all(Suite, "proven clusters", lambda suite: suite.brokers.kill())
