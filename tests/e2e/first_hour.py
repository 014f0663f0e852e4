#!/usr/bin/env python3
"""A person's first hour: install Ballast, install Kafka as the tutorial has it, use it, upgrade it, drain, break it, try the
upgrade that must not be, uninstall. Nobody helps by hand, no message fails or is lost, and what is read at each step is
what docs/operations.md says.

The factors of Kafka's own topics are 1, as the tutorial's chart has them, and a consumer comes before the upgrade.

    first_hour.py [short]

HELM is the Helm of all of it, which is Helm 3 unless it says helm4. `short` has those steps whose answers come by Helm. All that is
read is compared with first_hour.txt in the end, and by Helm 4 with first_hour.helm4.txt.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from disruptions import Drain, Watched, condition  # noqa: E402
from golden_text import expect_golden, normal  # noqa: E402
from harness import BUILD, Api, Report, expect, kubectl, run, wait_enforced, wait_until  # noqa: E402
from kafka_lab import BALLAST_CHART, CHART, HELM, NAMESPACE, OURS, QUICK, TOPIC1_MESSAGES, Lab, save_logs  # noqa: E402
from releases import after, chart  # noqa: E402
from rights import check_rights, now  # noqa: E402

OLD, NEW, NEW_ZOOKEEPER = "3.3.2", "3.4.0", "3.8.1"
# As the tutorial's chart renders them.
THIN = {"offsets.topic.replication.factor": "1", "default.replication.factor": "1",
        "transaction.state.log.replication.factor": "1", "transaction.state.log.min.isr": "1"}
COMPANION = "ballast.dev/companion"
# What is another one each time: where pods are; and how Helm 3 and Helm 4 print warnings.
VARIES = [(r'^  I\d{4} .*warnings\.go:\d+\] "(.*)"$', r"  \1"), (r'^  level=WARN msg="(.*)"$', r"  Warning: \1"), (r'\\"', '"'),
          (r"(?<=node-)[abc]\b|(?<=us-central1-)[abc]\b|(?<=kafka-)\d\b|(?<=zookeeper-)\d\b", "N")]
MEMBERS = ["StatefulSet", "Service", "ConfigMap", "PodDisruptionBudget", "NetworkPolicy", "ServiceAccount"]

def ballast(*words):
    return subprocess.Popen([str(BUILD / "ballast"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def by_words(said):
    """Lines of which nobody promises the order."""
    return sorted(said.splitlines(), key=lambda line: normal(f"  {line}", VARIES))


def phases(said):
    """Which phases there were, of each set: who looks once a second sees some messages, and others not."""
    return sorted({re.match(r"[^:]+: \w+", line)[0] for line in said.splitlines()})


def read(what, said, *patterns):
    """What a person reads, in this order."""
    at = 0
    for pattern in patterns:
        found = re.search(pattern, said[at:], re.DOTALL)
        expect(found, f"{what}: a person does not read /{pattern}/", said)
        at += found.end()


class Suite:
    def __init__(self):
        self.lab = Lab()
        self.api = self.lab.api
        self.begin = now()
        self.lines = []

    def reads(self, command, *texts):
        """What a person typed, and read then."""
        self.lines += ["", f"$ {command}"]
        self.lines += [f"  {line}" for text in texts for line in (text.splitlines() if isinstance(text, str) else text) if line.strip()]

    def helm(self, *words, values=None, check=True):
        command = [HELM, *words] + (["-f", "-"] if values is not None else [])
        done = subprocess.run(command, text=True, check=False,
                              input=json.dumps(values) if values is not None else None, capture_output=True)
        expect(not check or done.returncode == 0, f"helm {' '.join(words)} failed", done.stdout, done.stderr)
        return done

    def kafka(self, verb, *words, check=True):
        return self.helm(verb, "kafka", str(CHART), "-n", NAMESPACE, *words, values=self.lab.values, check=check)

    def events(self, reason):
        events = self.api.request("GET", f"/api/v1/namespaces/{NAMESPACE}/events")["items"]
        return [event["message"] for event in events if event["reason"] == reason]

    def in_broker(self, tool, *words):
        return kubectl("exec", "-n", NAMESPACE, "kafka-0", "-c", "kafka", "--", "bash", "-c",
                       f"java $(cat /opt/app/options) {tool} --bootstrap-server kafka:9092 {' '.join(words)} 2>&1", check=False).stdout

    def replicas_of_offsets(self):
        said = self.in_broker("kafka.admin.TopicCommand", "--describe --topic __consumer_offsets")
        return [len(found.split(",")) for found in re.findall(r"Replicas: ([\d,]+)", said)]

    def members(self):
        """All that belongs to the release, by kind and name, as it was written."""
        found = {}
        for kind in MEMBERS:
            for item in self.api.request("GET", Api.path(kind, NAMESPACE))["items"]:
                found[kind, item["metadata"]["name"]] = json.dumps(
                    {key: item.get(key) for key in ("spec", "data")}, sort_keys=True)
        return found

    def well(self, seconds=180):
        self.lab.wait_rolled(seconds)
        wait_until(lambda: all(condition(pod, "ballast.dev/safe-to-disrupt").get("status") == "True"
                               for pod in self.lab.pods()), "all pods are safe to disrupt", 120, 0.3)

    # --- the hour ---

    def ballast_is_installed(self):
        for name in (OURS, NAMESPACE, "clients"):
            self.lab.namespace(name)
        done = self.helm("install", "ballast", str(BALLAST_CHART), "-n", OURS, "--wait", "--timeout=120s", values={
            "image": {"repository": "local/ballast", "tag": "dev"}, "policies": {"bundles": ["default", "managed"]}})
        self.reads("helm install ballast manifests/chart -n ballast-system -f values.yaml", done.stdout.partition("NOTES:\n")[2])
        read("the notes", done.stdout, r"kubectl rollout status deployment/ballast-webhook deployment/ballast-controller",
             r"kubectl label namespace NAME ballast.dev/enforce=true", r"ballast rollout status -n NAME --until-complete")
        kubectl("label", "namespace", NAMESPACE, "ballast.dev/enforce=true")
        self.api.create({"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaPolicy", "metadata": {"name": "ours"}, "spec": {
            "match": {"namespaces": ["elsewhere"]}, "rules": {"durability": {"action": "Warn"}}}})
        # A pod may be ready before the API server reaches it by its Service.
        wait_enforced(self.api, NAMESPACE)

    def kafka_is_installed(self):
        self.lab.values = {"image": {"tag": OLD}, "mode": "zookeeper", "config": THIN, **QUICK}
        done = self.kafka("install")
        self.reads("helm install kafka bitnami/kafka -n kafka -f kafka.yaml", done.stderr)
        read("the warnings", done.stderr.replace('\\"', '"'), r'durability: StatefulSet "kafka": default.replication.factor is 1',
             r"Set defaultReplicationFactor=3 in the values of Bitnami's chart")
        expect("disruption-budget" not in done.stderr, "of what comes a moment later is warned", done.stderr)
        self.well()
        restarts = [status["restartCount"] for pod in self.lab.pods() for status in pod["status"]["containerStatuses"]]
        expect(not any(restarts), "pods were restarted while they came up", restarts)

    def consumers_make_kafkas_own_topics(self):
        """With one replica, as the chart's default is, which gets two more by itself."""
        self.lab.make_topics()
        said = self.in_broker("kafka.tools.ConsoleConsumer", "--topic topic1 --from-beginning --timeout-ms 8000")
        expect("Processed a total of" in said, "the console consumer has read nothing", said[-1500:])
        wait_until(lambda: (replicas := self.replicas_of_offsets()) and set(replicas) == {3},
                   "the offsets have three replicas", 120, 2, self.replicas_of_offsets)
        wait_until(lambda: self.events("ReplicasRaised"), "an Event tells of it", 30, 0.5)
        self.reads("kubectl get events -n kafka --field-selector reason=ReplicasRaised", sorted(set(self.events("ReplicasRaised"))))
        self.well()

    def an_upgrade_goes_by_itself(self):
        """Under load; whoever waits for it began before helm did."""
        with Watched(self):
            waits = ballast("rollout", "status", "-n", NAMESPACE, "--until-complete", "--next", "--timeout", "20m")
            begin = time.monotonic()
            self.lab.values |= {"image": {"tag": NEW}, "zookeeper": QUICK["zookeeper"] | {"image": {"tag": NEW_ZOOKEEPER}}}
            done = self.kafka("upgrade")
            expect("Warning" not in done.stderr, "what was known before is told again", done.stderr)
            out, err = waits.communicate(timeout=400)
            print(f"  {time.monotonic() - begin:.0f} s from helm upgrade to complete", flush=True)
            expect(waits.returncode == 0, "who waits is not told that it went well", out[-2000:], err)
        self.reads("ballast rollout status -n kafka --until-complete --next", phases(out), out.splitlines()[-2:])
        read("the line of who waits", out, r"kafka/kafka: Waiting, .*its turn comes after kafka-zookeeper",
             r"kafka/kafka: Rolling", r"kafka/kafka: Complete, 3 of 3")
        images = self.lab.images()
        expect(any(image.endswith(f":{NEW}") for image in images) and not any(image.endswith(f":{OLD}") for image in images),
               "not all run the new version", images)
        expect(not self.events("RolloutBlocked"), "it was blocked", self.events("RolloutBlocked"))

    def a_node_is_drained(self):
        with Watched(self):
            node = self.api.get("Pod", "kafka-1", NAMESPACE)["spec"]["nodeName"]
            self.reads(f"ballast drain-check {node}", run(BUILD / "ballast", "drain-check", node).stdout)
            drain = Drain(node).wait()
            self.reads(f"kubectl drain {node}", sorted(
                line for line in drain.said.splitlines() if line.endswith(("evicted", "drained"))))
            self.well()
            self.reads("ballast rollout status -n kafka", run(BUILD / "ballast", "rollout", "status", "-n", NAMESPACE).stdout)

    def a_pod_is_deleted_by_force(self):
        with Watched(self):
            uid = self.api.get("Pod", "kafka-0", NAMESPACE)["metadata"]["uid"]
            kubectl("delete", "pod", "kafka-0", "-n", NAMESPACE, "--force", "--grace-period=0")
            wait_until(lambda: (pod := self.api.find("Pod", "kafka-0", NAMESPACE)) and pod["metadata"]["uid"] != uid,
                       "there is another kafka-0", 60, 0.2)
            self.well()

    def the_dangerous_upgrade_is_refused(self):
        with Watched(self):
            known = self.members()
            wrong = chart(pathlib.Path(os.environ["WORK"]) / "wrong", "26.11.4", after())
            done = self.helm("upgrade", "kafka", wrong, "-n", NAMESPACE, check=False)
            expect(done.returncode != 0, "it was not refused", done.stdout)
            self.reads("helm upgrade kafka bitnami/kafka --version 26.11.4 -n kafka", done.stderr)
            read("the refusal", done.stderr, r'release "kafka": StatefulSet "kafka", which runs 3 of role broker, would be taken '
                 r'away; StatefulSet "kafka-controller" would begin beside it, with no data',
                 r'StatefulSet "kafka-zookeeper", which runs 3 of role zookeeper', r"Nothing of it was written")
            now = self.members()
            expect(now == known, "something was touched", sorted(key for key in known.keys() | now.keys()
                                                                 if known.get(key) != now.get(key)))
            status = json.loads(self.helm("status", "kafka", "-n", NAMESPACE, "-o", "json").stdout)["info"]["status"]
            expect(status == "deployed", "the release is not deployed any more", status)

    def the_right_upgrade_goes_on(self):
        with Watched(self):
            waits = ballast("rollout", "status", "-n", NAMESPACE, "--until-complete", "--next", "--timeout", "20m")
            self.lab.values["extraConfig"] = {"message.max.bytes": "1048600"}
            self.kafka("upgrade")
            out, err = waits.communicate(timeout=400)
            expect(waits.returncode == 0, "it does not go on", out[-2000:], err)
            self.reads("ballast rollout status -n kafka --until-complete --next", phases(out), out.splitlines()[-1:])
            self.well()

    def an_uninstall_is_refused(self):
        with Watched(self):
            known = self.members()
            done = self.helm("uninstall", "kafka", "-n", NAMESPACE, check=False)
            expect(done.returncode != 0, "it was not refused", done.stdout)
            self.reads("helm uninstall kafka -n kafka", by_words(done.stdout + done.stderr))
            read("the refusal", done.stderr.replace('\\"', '"'), r'StatefulSet "kafka", which runs 3 of role broker, would be taken away',
                 r"ballast.dev/allow-deletion=true", r"failed to delete release")
            now = self.members()
            expect(now == known, "something is gone", sorted(known.keys() - now.keys()), done.stderr)
            self.kafka("upgrade")
            self.well()
        expect(self.lab.read_topic1()["distinct"] == TOPIC1_MESSAGES, "topic1 is not whole")

    def a_budget_is_left_to_ballast(self):
        """The chart's own goes on purpose; Ballast has one in its place, until somebody brings another."""
        budgets = "poddisruptionbudgets", "-n", NAMESPACE
        mine = [item["metadata"]["name"] for item in self.api.request("GET", Api.path("PodDisruptionBudget", NAMESPACE))["items"]]
        kubectl("annotate", *budgets, *mine, "ballast.dev/allow-deletion=true")
        kubectl("delete", *budgets, *mine)

        def made():
            return kubectl("get", *budgets, "-l", COMPANION, "-o", "name").stdout.split()
        wait_until(lambda: len(made()) == 2, "there are budgets of Ballast", 60, 0.3, made)
        selector = self.api.get("StatefulSet", "kafka", NAMESPACE)["spec"]["selector"]
        self.api.create({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {
            "maxUnavailable": 1, "selector": selector}, "metadata": {"name": "by-hand", "namespace": NAMESPACE}})
        wait_until(lambda: len(made()) == 1, "Ballast's makes way", 60, 0.3, made)
        self.well()

    def it_is_uninstalled_on_purpose(self):
        self.lab.down()
        left = self.members()
        left = [key for key in left if key[0] not in ("PodDisruptionBudget", "NetworkPolicy") and key[1] not in (
            "kube-root-ca.crt", "default")]
        expect(not left, "some of it is left", left)

    def the_rights_are_those_that_were_used(self):
        """Of the whole hour, by the audit log."""
        check_rights(pathlib.Path(os.environ["TESTBED"]) / "logs" / "audit.log", self.begin, OURS)

    def ballast_is_uninstalled(self):
        done = run(HELM, "uninstall", "ballast", "-n", OURS, "--wait", "--timeout=120s")
        self.reads("helm uninstall ballast -n ballast-system", done.stdout, done.stderr)
        read("what the hook did", done.stdout + done.stderr, r"deployment ballast-system/ballast-controller: stopped")


    def what_was_read_is_as_it_should_be(self):
        print("\n".join(self.lines), flush=True)
        expect_golden(pathlib.Path(__file__).with_suffix(".helm4.txt" if "helm4" in HELM else ".txt"), self.lines, VARIES)


SHORT = ("ballast_is_installed", "kafka_is_installed", "consumers_make_kafkas_own_topics", "the_dangerous_upgrade_is_refused",
         "the_right_upgrade_goes_on", "an_uninstall_is_refused", "it_is_uninstalled_on_purpose", "ballast_is_uninstalled",
         "what_was_read_is_as_it_should_be")


def main():
    suite, report = Suite(), Report()
    whole = [n for n in Suite.__dict__ if re.match(r"(ballast|kafka|consumers|an|a|the|it|what)_", n)]
    for name in SHORT if sys.argv[1:] == ["short"] else whole:
        report.run(f"first hour, {pathlib.Path(HELM).name}: {name.replace('_', ' ')}", getattr(suite, name))
        if report.failed:
            save_logs(suite.lab)
            break  # each step builds on those before
    report.finish()


if __name__ == "__main__":
    main()
