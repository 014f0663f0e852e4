#!/usr/bin/env python3
"""Clusters that are made new get the factors that their authors left to Kafka; and no tool that applies again rolls them."""

import json
import os
import pathlib

from harness import (Api, ApiError, Report, Webhook, chart_of, expect, install, install_crd, kubectl, run, stateful_set, uninstall,
                     wait_enforced, wait_until)

WORK = pathlib.Path(os.environ["WORK"])
NOTE = "ballast.dev/completed-settings"
GIVEN = {"KAFKA_DEFAULT_REPLICATION_FACTOR": "3", "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "3",
         "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "3", "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "2"}


def broker(namespace, **more):
    """One that its image's entry point tells by variables."""
    made = stateful_set(namespace=namespace)
    container = made["spec"]["template"]["spec"]["containers"][0]
    del container["command"]
    container["env"] = [{"name": "KAFKA_ZOOKEEPER_CONNECT", "value": "zoo:2181"},
                        {"name": "KAFKA_LISTENERS", "value": "CLIENT://:9092"},
                        *({"name": name, "value": value} for name, value in more.items())]
    return made


def env_of(obj):
    return {entry["name"]: entry.get("value") for entry in obj["spec"]["template"]["spec"]["containers"][0]["env"]}


def given(obj):
    """What stands in it of what Ballast gives."""
    return {name: value for name, value in env_of(obj).items() if name in GIVEN}


def note_of(obj):
    return obj["metadata"].get("annotations", {}).get(NOTE)


class Suite:
    def __init__(self, api, webhook):
        self.api, self.webhook, self.count = api, webhook, 0

    def namespace(self):
        self.count += 1
        name = f"new-{self.count}"
        self.api.namespace(name)
        wait_enforced(self.api, name)
        return name

    def live(self, namespace):
        return self.api.get("StatefulSet", "kafka", namespace)

    def expect_whole(self, obj, generation=1, why="it was made anew"):
        expect(given(obj) == GIVEN, "the factors are not what they should be", env_of(obj))
        expect(note_of(obj) == ",".join(GIVEN), "what is ours is not noted", obj["metadata"])
        expect(obj["metadata"]["generation"] == generation, why, json.dumps(obj["spec"]["template"]["spec"]))

    def claim(self, namespace, name):
        self.api.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                         "metadata": {"name": name, "namespace": namespace}, "spec": {
                             "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}})

    def completes_what_is_made(self):
        namespace = self.namespace()
        dry = self.api.create(broker(namespace), dry_run=True)
        made = self.api.create(broker(namespace))
        expect(dry["spec"] == made["spec"], "a dry run gives another object", dry["spec"], made["spec"])
        self.expect_whole(made)
        expect(not any("factor" in warning for warning in self.api.warnings), "it is warned of as well", self.api.warnings)

    def stays_under_every_tool(self):
        """Also those that take out what they did not write."""
        tools = (("apply", "-f", "-"), ("apply", "--server-side", "--force-conflicts", "-f", "-"), ("replace", "-f", "-"),
                 ("apply", "-f", "-"))
        for first in tools[:2]:
            namespace = self.namespace()
            text = json.dumps(broker(namespace))
            kubectl(*first, stdin=text)
            self.expect_whole(self.live(namespace))
            for tool in tools:
                kubectl(*tool, stdin=text)
                self.expect_whole(self.live(namespace), why=f"kubectl {' '.join(tool)} rolled the brokers")

    def stays_under_helm(self):
        for helm in ("helm", "helm4"):
            namespace = self.namespace()
            chart = chart_of(broker(namespace), WORK / f"new-{helm}")
            run(helm, "install", "kafka", chart, "-n", namespace)
            self.expect_whole(self.live(namespace))
            run(helm, "upgrade", "kafka", chart, "-n", namespace, "--set", "label=two")
            self.expect_whole(self.live(namespace), why=f"{helm} upgrade without a change rolled the brokers")
            run(helm, "upgrade", "kafka", chart, "-n", namespace, "--set", "image=docker.io/apache/kafka:4.0.0")
            self.expect_whole(self.live(namespace), 2, "the upgrade did not happen")
            run(helm, "rollback", "kafka", "1", "-n", namespace)
            self.expect_whole(self.live(namespace), 3, "the rollback did not happen")

    def leaves_one_that_was_there(self):
        """Its claims are there: its disks may hold topics that keep what they have."""
        namespace = self.namespace()
        self.claim(namespace, "data-kafka-2")
        wait_until(lambda: not given(self.api.create(broker(namespace), dry_run=True)), "the claim is known")
        made = self.api.create(broker(namespace))
        expect(not given(made) and not note_of(made), "it was completed all the same", env_of(made))
        expect(any("default.replication.factor is not set" in warning for warning in self.api.warnings), "nobody says so",
               self.api.warnings)

    def leaves_one_that_is_made_again(self):
        namespace = self.namespace()
        made = self.api.create(broker(namespace))
        self.expect_whole(made)
        wait_until(lambda: self.api.find("PersistentVolumeClaim", "data-kafka-0", namespace), "its claims are made")
        self.api.delete("StatefulSet", "kafka", namespace, propagationPolicy="Orphan")
        wait_until(lambda: not self.api.find("StatefulSet", "kafka", namespace), "it is gone")
        again = self.api.create(broker(namespace))
        expect(not given(again), "one that was there is taken for a new one", env_of(again))

    def counts_sets_of_one_cluster(self):
        """The second pool is made a moment after the first, whose claims are there by then."""
        namespace = self.namespace()
        for name, replicas, factor in (("kafka-a", 1, None), ("kafka-b", 2, "3")):
            obj = broker(namespace)
            obj["metadata"]["name"] = name
            obj["spec"].update(replicas=replicas, serviceName="kafka")
            for labels in (obj["spec"]["selector"]["matchLabels"], obj["spec"]["template"]["metadata"]["labels"]):
                labels["pool"] = name
            # One broker alone is denied; that the other is coming nobody knows.
            if replicas == 1:
                self.api.patch("Namespace", namespace, {"metadata": {"labels": {"ballast.dev/enforce": "false"}}})
                wait_until(lambda made=obj: "ballast.dev/role" not in self.api.create(made, dry_run=True)["metadata"].get(
                    "labels", {}), "it is not enforced")
                self.api.create(obj)
                self.api.patch("Namespace", namespace, {"metadata": {"labels": {"ballast.dev/enforce": "true"}}})
                wait_enforced(self.api, namespace)
                continue
            made = wait_until(lambda made=obj, want=factor: self.counted(made, want), "both are counted")
            expect(given(made) == GIVEN, "they are not counted together", env_of(made))

    def counted(self, obj, factor):
        """Denied, too, while the webhook does not know the other one: two brokers alone are too few."""
        try:
            dry = self.api.create(obj, dry_run=True)
        except ApiError as error:
            if "too few" not in error.message:
                raise
            return None
        return dry if given(dry).get("KAFKA_DEFAULT_REPLICATION_FACTOR") == factor else None

    def lets_the_author_win(self):
        namespace = self.namespace()
        self.api.apply(broker(namespace))
        own = self.api.apply(broker(namespace, KAFKA_DEFAULT_REPLICATION_FACTOR="2"))
        expect(env_of(own)["KAFKA_DEFAULT_REPLICATION_FACTOR"] == "2", "the author's value was changed", env_of(own))
        expect("DEFAULT" not in note_of(own) and "OFFSETS" in note_of(own), "the note is wrong", note_of(own))
        expect({**given(own), "KAFKA_DEFAULT_REPLICATION_FACTOR": "3"} == GIVEN, "the others were lost", env_of(own))
        again = self.api.apply(broker(namespace, KAFKA_DEFAULT_REPLICATION_FACTOR="2"))
        expect(again["metadata"]["generation"] == own["metadata"]["generation"], "applying again rolled the brokers")
        without = self.api.apply(broker(namespace))
        expect("KAFKA_DEFAULT_REPLICATION_FACTOR" not in env_of(without), "what the author took out came back",
               env_of(without))

    def leaves_an_update_of_an_older_one(self):
        """A cluster that was made before Ballast does not become new by its next change."""
        namespace = self.namespace()
        self.claim(namespace, "data-kafka-0")
        wait_until(lambda: not given(self.api.create(broker(namespace), dry_run=True)), "the claim is known")
        self.api.apply(broker(namespace))
        changed = broker(namespace)
        changed["spec"]["template"]["spec"]["containers"][0]["image"] = "docker.io/apache/kafka:4.0.0"
        expect(not given(self.api.apply(changed)), "an update completed it")


def main():
    api = Api()
    install_crd(api)
    webhook = Webhook(WORK / "new-clusters", policies=("default", "managed"), extra=["--drain=1s"]).start()
    install(api, webhook)
    suite, report = Suite(api, webhook), Report(os.environ.get("ONLY"))
    for name in [n for n in Suite.__dict__ if not n.startswith("_") and n not in {
            "namespace", "live", "expect_whole", "claim", "counted"}]:
        report.run(f"new clusters: {name.replace('_', ' ')}", getattr(suite, name))

    def ended():
        uninstall(api)
        webhook.ends_without_errors()
    report.run("new clusters: the webhook ends well", ended)
    report.finish()


if __name__ == "__main__":
    main()
