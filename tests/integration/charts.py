#!/usr/bin/env python3
"""Bitnami's charts by real Helm 3 and 4, from install to uninstall, in the likeness of the versions that people run.

Where releases.py has what Helm and Ballast do to each other, this has what is in the way of real charts: an application's
chart around Kafka's, the chart's version in every pod template, settings in files, exporters, hooks, passwords.
"""

import os
import pathlib

import bitnami
from harness import Api, Report, Webhook, expect, install, install_crd, kubectl, uninstall, wait_enforced, wait_until
from releases import HELMS, WORK, Suite

PASSWORDS = ("--set", "{0}sasl.interbroker.password=one", "--set", "{0}sasl.controller.password=two")


def passwords(below=""):
    return [word.format(below) for word in PASSWORDS]


class Charts(Suite):
    """`days` of one Helm, each in a namespace of its own."""

    def __init__(self, api, webhook, helm, day):
        super().__init__(api, webhook, helm, f"b-{pathlib.Path(helm).name}-{day.replace('_', '-')}")
        folder = WORK / "bitnami"
        self.app = {version: bitnami.wrap(folder / f"app-{version}", version) for version in ("20.0.6", "20.1.0", "26.11.4")}
        self.alone = {version: bitnami.write(folder / version, version) for version in ("26.11.4", "32.4.4")}

    def begin(self):
        self.api.namespace(self.namespace)
        wait_enforced(self.api, self.namespace)

    def set(self, name):
        return self.api.get("StatefulSet", name, self.namespace)

    def known(self, *sets):
        """Until the webhook would not let these go."""
        def known():
            return all(kubectl("delete", "statefulset", name, "-n", self.namespace, "--dry-run=server",
                               check=False).returncode != 0 for name in sets)
        wait_until(known, f"the webhook knows {', '.join(sets)}")

    def expect_completed(self, name, role):
        made = self.set(name)
        pod = made["spec"]["template"]["spec"]
        expect(made["metadata"]["labels"].get("ballast.dev/role") == role, f"{name} is no {role}", made["metadata"])
        expect(pod["terminationGracePeriodSeconds"] >= 30 and pod["topologySpreadConstraints"], f"{name} was not completed", pod)
        return made

    def expect_left_alone(self):
        exporter = self.api.find("Deployment", "kafka-exporter", self.namespace)
        if exporter:
            expect("ballast.dev/role" not in exporter["metadata"]["labels"], "the exporter is taken for Kafka")
        notes = [item["metadata"]["name"] for item in self.api.request("GET", Api.path("StatefulSet", self.namespace))["items"]
                 if "ballast.dev/completed-settings" in item["metadata"].get("annotations", {})]
        expect(not notes, "settings were completed that the chart has, in variables or a file", notes)

    def uninstalls(self, *sets):
        """Refused with what members need in its place, and then on purpose."""
        self.settled()
        known = self.objects()
        said = self.refused("uninstall", "kafka")
        expect("would be taken away" in said, "it does not say what goes", said)
        needed = {key for key in known if key[0] in ("StatefulSet", "Service") and "metrics" not in key[1]}
        expect(needed <= set(self.objects()), "what members need is gone", sorted(needed - set(self.objects())))
        kubectl("annotate", "statefulset", *sets, "-n", self.namespace, "ballast.dev/allow-deletion=true")
        wait_until(lambda: all(kubectl("delete", "statefulset", name, "-n", self.namespace, "--dry-run=server",
                                       check=False).returncode == 0 for name in sets), "the webhook knows that they may go")
        self.works("uninstall", "kafka")
        left = self.api.request("GET", Api.path("StatefulSet", self.namespace))["items"]
        expect(not left, "a set is left", [item["metadata"]["name"] for item in left])
        claims = self.api.request("GET", Api.path("PersistentVolumeClaim", self.namespace))["items"]
        expect(len(claims) == 3 * len(sets), "claims went with it", len(claims))

    # --- days ---

    def the_tutorials_release(self):
        """20.0.6 to 20.1.0 in a chart whose own version stays, and the 26.11.4 that must not be."""
        self.begin()
        self.works("install", "kafka", self.app["20.0.6"])
        self.expect_completed("kafka", "broker")
        self.expect_completed("kafka-zookeeper", "zookeeper")
        self.expect_left_alone()
        self.known("kafka", "kafka-zookeeper")
        self.works("upgrade", "kafka", self.app["20.0.6"])
        expect([self.set(name)["metadata"]["generation"] for name in ("kafka", "kafka-zookeeper")] == [1, 1],
               "an upgrade without a change rolled it")
        self.works("upgrade", "kafka", self.app["20.1.0"])
        for name, label in (("kafka", "kafka-20.1.0"), ("kafka-zookeeper", "zookeeper-11.1.2")):
            made = self.expect_completed(name, self.set(name)["metadata"]["labels"]["ballast.dev/role"])
            expect(made["metadata"]["generation"] == 2 and
                   made["spec"]["template"]["metadata"]["labels"]["helm.sh/chart"] == label, "it is not upgraded", made["metadata"])
        self.settled()
        known = self.objects()
        said = self.refused("upgrade", "kafka", self.app["26.11.4"])
        expect("PASSWORDS ERROR" in said, "the chart does not ask for passwords", said)
        self.expect_untouched(known)
        said = self.refused_untouched("upgrade", "kafka", self.app["26.11.4"], *passwords("kafka."))
        for text in ('StatefulSet "kafka", which runs 3 of role broker, would be taken away; StatefulSet "kafka-controller"',
                     'StatefulSet "kafka-zookeeper", which runs 3', 'Service "kafka" would select', "Nothing of it was written"):
            expect(text in said, f"it does not say: {text}", said)
        self.works("rollback", "kafka", "1")
        expect(self.set("kafka")["spec"]["template"]["metadata"]["labels"]["helm.sh/chart"] == "kafka-20.0.6", "not rolled back")
        self.uninstalls("kafka", "kafka-zookeeper")

    def without_zookeeper(self, version, rename):
        self.begin()
        self.works("install", "kafka", self.alone[version])
        self.expect_completed("kafka-controller", "combined")
        self.expect_left_alone()
        self.known("kafka-controller")
        self.works("upgrade", "kafka", self.alone[version])
        expect(self.set("kafka-controller")["metadata"]["generation"] == 1, "an upgrade without a change rolled it")
        self.works("upgrade", "kafka", self.alone[version], "--set", "heap=-Xmx2g")
        expect(self.set("kafka-controller")["metadata"]["generation"] == 2, "the upgrade did not happen")
        folder = WORK / "bitnami" / f"renamed-{version}"
        renamed = bitnami.kafka_with_kraft(version)
        for obj in renamed.objects:
            if obj["kind"] == "StatefulSet":
                obj["metadata"]["name"] = rename
        said = self.refused_untouched("upgrade", "kafka", renamed.write(folder))
        expect('StatefulSet "kafka-controller", which runs 3 of role combined, would be taken away' in said, "not refused for that",
               said)
        self.works("rollback", "kafka", "1")
        expect(self.set("kafka-controller")["metadata"]["generation"] == 3, "the rollback did not happen")
        self.uninstalls("kafka-controller")

    def kraft_with_an_exporter(self):
        self.without_zookeeper("26.11.4", "kafka-nodes")

    def kraft_with_budgets_and_policies_of_its_own(self):
        self.without_zookeeper("32.4.4", "kafka-nodes")
        expect(not self.api.find("PodDisruptionBudget", "kafka-controller", self.namespace), "its budget is left")

    def a_hook_is_no_broker(self):
        """A Job in the brokers' image, which no kubelet runs here."""
        self.begin()
        said = self.run("install", "kafka", self.alone["32.4.4"], "--set", "provisioning=true", "--timeout", "2s")
        expect("provisioning" in said.stderr or "timed out" in said.stderr, "the hook was not waited for", said.stderr)
        job = self.api.get("Job", "kafka-provisioning", self.namespace)
        expect("ballast.dev/role" not in job["metadata"].get("labels", {}) and
               "ballast.dev/role" not in job["spec"]["template"]["metadata"]["labels"], "the hook is taken for a broker", job)
        self.works("upgrade", "kafka", self.alone["32.4.4"], "--set", "provisioning=false", "--timeout", "30s")
        expect(self.status() == "deployed", "it does not go on")


DAYS = ("the_tutorials_release", "kraft_with_an_exporter", "kraft_with_budgets_and_policies_of_its_own", "a_hook_is_no_broker")


def main():
    api = Api()
    install_crd(api)
    webhook = Webhook(WORK / "charts-webhook", policies=("default", "managed"), extra=["--drain=1s"]).start()
    install(api, webhook)
    report = Report(os.environ.get("ONLY"))
    for helm in HELMS:
        for day in DAYS:
            report.run(f"charts, {pathlib.Path(helm).name}: {day.replace('_', ' ')}", getattr(Charts(api, webhook, helm, day), day))

    def ended():
        uninstall(api)
        webhook.ends_well()
    report.run("charts: the webhook ends well", ended)
    report.finish()


if __name__ == "__main__":
    main()
