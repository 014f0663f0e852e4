#!/usr/bin/env python3
"""Plans of KafkaClusters from two rendered charts, and no cluster: each refusal that comes from the charts alone, as a person
reads it.

All that is read is compared with plans.txt. `plans.py --print` prints it.
"""

import copy
import difflib
import json
import os
import pathlib
import subprocess
import sys

from harness import BUILD, ROOT, Report, expect, stateful_set
from releases import after, before, chart

WORK = pathlib.Path(os.environ["WORK"])
HELM = os.environ.get("HELM4", "helm4")
GOLDEN = pathlib.Path(__file__).with_suffix(".txt")
BUNDLED = ROOT / "manifests/charts"
TUTORIAL = ROOT / "tests/e2e/charts"


def kafka_cluster(values=None, **spec):
    return {"apiVersion": "ballast.dev/v1alpha1", "kind": "KafkaCluster", "metadata": {"name": "kafka", "namespace": "kafka"},
            "spec": {"chart": {"bundled": "kafka"}, "serviceAccountName": "installer", "values": values or {}, **spec}}


def changed(objects, name, change):
    """The objects, of which the StatefulSet of this name is another one."""
    objects = copy.deepcopy(objects)
    change(next(obj for obj in objects if obj["kind"] == "StatefulSet" and obj["metadata"]["name"] == name))
    return objects


def governed_by_another(obj):
    obj["spec"]["serviceName"] = "other"


def of_another_image(obj):
    obj["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example.com/my/thing:7"


def of_nobody(obj):
    pod = obj["spec"]["template"]["spec"]
    pod["containers"] = [{"name": "db", "image": "registry.example.com/my/thing:1"}]


def protocol(version):
    return {"mode": "zookeeper", "image": {"tag": "3.9.1"}, "config": {"inter.broker.protocol.version": version}}


def held(tag, interBrokerProtocolVersion=None, **versions):
    values = {"mode": "zookeeper", "image": {"tag": tag}}
    if interBrokerProtocolVersion:
        values["interBrokerProtocolVersion"] = interBrokerProtocolVersion
    return kafka_cluster(values, versions={"protocolValue": "interBrokerProtocolVersion", **versions})


# Charts of objects; each is a folder in which the chart is called kafka.
CHARTS = {
    "3.3.1": before("3.3.1"), "3.3.2": before("3.3.2"), "renamed": after(),
    "other service": changed(before("3.3.1"), "kafka", governed_by_another),
    "other image": changed(before("3.3.1"), "kafka", of_another_image),
    "nothing": [],
    "made up": [*before("3.3.1"), {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "made-up"},
                                   "stringData": {"password": "{{ randAlphaNum 10 }}"}}],
    "unknown": changed([stateful_set("db", None, 3)], "db", of_nobody),
    "nothing of it": [before("3.3.1")[0]],
}

# Title, charts and KafkaCluster before (None: there is none), and after.
PLANS = [
    ("a new one", None, (BUNDLED, kafka_cluster())),
    ("nothing changes", (BUNDLED, kafka_cluster()), (BUNDLED, kafka_cluster())),
    ("a newer Kafka", (BUNDLED, kafka_cluster({"image": {"tag": "3.9.1"}})), (BUNDLED, kafka_cluster())),
    ("an older Kafka", (BUNDLED, kafka_cluster()), (BUNDLED, kafka_cluster({"image": {"tag": "3.9.1"}}))),
    ("fewer brokers", (BUNDLED, kafka_cluster()), (BUNDLED, kafka_cluster({"brokers": {"replicas": 2}}))),
    ("fewer controllers", (BUNDLED, kafka_cluster()), (BUNDLED, kafka_cluster({"controllers": {"replicas": 1}}))),
    ("no number of pods", (TUTORIAL, kafka_cluster({"mode": "zookeeper"})),
     (TUTORIAL, kafka_cluster({"mode": "zookeeper", "replicas": -1}))),
    ("an upgrade that waits for people", (BUNDLED, kafka_cluster({"image": {"tag": "3.9.1"}})),
     (BUNDLED, kafka_cluster(upgrade={"approval": "Manual"}))),
    ("smaller disks", (BUNDLED, kafka_cluster()), (BUNDLED, kafka_cluster({"brokers": {"storage": {"size": "1Gi"}}}))),
    ("more voters", (BUNDLED, kafka_cluster()), (BUNDLED, kafka_cluster({"controllers": {"replicas": 5}}))),
    ("brokers that are controllers", (BUNDLED, kafka_cluster()), (BUNDLED, kafka_cluster({"mode": "combined"}))),
    ("another cluster id", (BUNDLED, kafka_cluster()), (BUNDLED, kafka_cluster({"clusterId": "AAAAAAAAAAAAAAAAAAAAAA"}))),
    ("a value that the chart does not know", (BUNDLED, kafka_cluster()), (BUNDLED, kafka_cluster({"bogus": 1}))),
    ("with ZooKeeper, to KRaft", (TUTORIAL, kafka_cluster({"mode": "zookeeper", "image": {"tag": "3.3.2"}})),
     (TUTORIAL, kafka_cluster({"mode": "kraft", "image": {"tag": "3.3.2"}}))),
    ("with ZooKeeper, to Kafka 4", (TUTORIAL, kafka_cluster({"mode": "zookeeper", "image": {"tag": "3.9.1"}})),
     (TUTORIAL, kafka_cluster({"mode": "zookeeper", "image": {"tag": "4.1.1"}}))),
    ("a step too far", (TUTORIAL, kafka_cluster({"mode": "kraft", "image": {"tag": "3.2.0"}})),
     (TUTORIAL, kafka_cluster({"mode": "kraft", "image": {"tag": "4.1.1"}}))),
    ("no way back without a setting", (TUTORIAL, kafka_cluster({"mode": "zookeeper", "image": {"tag": "3.3.2"}})),
     (TUTORIAL, kafka_cluster({"mode": "zookeeper", "image": {"tag": "3.4.0"}}))),
    ("a protocol that Ballast holds", (TUTORIAL, held("3.3.2")), (TUTORIAL, held("3.4.0", metadata="Auto"))),
    ("a protocol that stays held", (TUTORIAL, held("3.3.2")), (TUTORIAL, held("3.4.0"))),
    ("a protocol that its author holds", (TUTORIAL, held("3.3.2")),
     (TUTORIAL, held("3.4.0", interBrokerProtocolVersion="3.3"))),
    ("a protocol by no value of the chart", (TUTORIAL, held("3.3.2")),
     (TUTORIAL, held("3.4.0", protocolValue="kafka.interBrokerProtocolVersion"))),
    ("a protocol by a value that is another's", (TUTORIAL, held("3.3.2")), (TUTORIAL, held("3.4.0", protocolValue="image.tag"))),
    ("a protocol that is no version", (TUTORIAL, held("3.3.2")), (TUTORIAL, held("3.4.0", interBrokerProtocolVersion="banana"))),
    ("a protocol below what is no map", (TUTORIAL, held("3.3.2")), (TUTORIAL, held("3.4.0", protocolValue="image.tag.protocol"))),
    ("a protocol below what is no map of the chart", (TUTORIAL, held("3.3.2")), (TUTORIAL, held("3.4.0", protocolValue="heap.size"))),
    ("the next major version of Bitnami's", ("3.3.1", kafka_cluster()), ("renamed", kafka_cluster())),
    ("an immutable field", ("3.3.1", kafka_cluster()), ("other service", kafka_cluster())),
    ("an image of which nobody knows what it is", ("3.3.1", kafka_cluster()), ("other image", kafka_cluster())),
    ("a chart that makes passwords up", ("3.3.1", kafka_cluster()), ("made up", kafka_cluster())),
    ("a chart of nothing", ("3.3.1", kafka_cluster()), ("nothing", kafka_cluster())),
    ("a chart without what it had", ("3.3.1", kafka_cluster()), ("nothing of it", kafka_cluster())),
    ("disks of something else that go", ("unknown", kafka_cluster()), ("nothing of it", kafka_cluster())),
    ("writes that stop with each restart", (BUNDLED, kafka_cluster()),
     (BUNDLED, kafka_cluster({"config": {"min.insync.replicas": "3"}}))),
    ("a release of another name", (BUNDLED, kafka_cluster()), (BUNDLED, kafka_cluster(releaseName="second"))),
    ("a protocol that goes back", (TUTORIAL, kafka_cluster(protocol("3.9"))), (TUTORIAL, kafka_cluster(protocol("3.3")))),
    ("a protocol that nobody knows", (TUTORIAL, kafka_cluster(protocol("3.9"))), (TUTORIAL, kafka_cluster(protocol("4.0")))),
    ("images without a digest", None, ("3.3.1", kafka_cluster(images={"requireDigest": True}))),
    ("another version than is asked for", None, ("3.3.1", kafka_cluster(versions={"kafka": "3.4.0"}))),
    ("a level that Kafka does not know", None, (BUNDLED, kafka_cluster({"image": {"tag": "3.9.1"}}, versions={"metadata": "4.1"}))),
    ("a level that Kafka does not know any more", None, (BUNDLED, kafka_cluster(versions={"metadata": "3.2"}))),
    ("images from elsewhere", ("3.3.1", kafka_cluster()),
     ("3.3.1", kafka_cluster(images={"map": [{"from": "bitnami", "to": "bitnamilegacy"}]}))),
    ("values of a ConfigMap", (BUNDLED, kafka_cluster()),
     (BUNDLED, kafka_cluster(valuesFrom=[{"kind": "ConfigMap", "name": "more"}]), {
         "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more", "namespace": "kafka"},
         "data": {"values.yaml": "terminationGracePeriodSeconds: 77"}})),
    ("values of a Secret that is nowhere", None, (BUNDLED, kafka_cluster(valuesFrom=[{"kind": "Secret", "name": "more"}]))),
    ("a spec that cannot be read", None, (BUNDLED, kafka_cluster(drift="Sometimes"))),
]


def folder_of(source):
    """Where the chart lies, as --charts wants it."""
    return source if isinstance(source, pathlib.Path) else WORK / "plans" / source.replace(" ", "-")


def write(name, objects):
    (WORK / name).write_text("\n---\n".join(json.dumps(obj) for obj in objects))
    return name


def plan(was, shall_be):
    """What is said. The charts lie side by side, as --charts wants them: `was` and `is`."""
    source, obj, *others = shall_be
    words = [str(BUILD / "ballast"), "cluster", "plan", "--helm", HELM, "--charts", str(both(was and was[0], source)),
             "-f", write("after.yaml", [of_chart(obj, "is"), *others]),
             "--against", write("before.yaml", [of_chart(was[1], "was")]) if was else "none"]
    env = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"} | {"HOME": str(WORK)}
    done = subprocess.run(words, cwd=WORK, capture_output=True, text=True, check=False, env=env)
    return f"{done.stdout}{done.stderr}exit status {done.returncode}\n"


def both(was, source):
    folder = WORK / "plans/side-by-side"
    folder.mkdir(parents=True, exist_ok=True)
    for name, each in (("was", was), ("is", source)):
        (folder / name).unlink(missing_ok=True)
        if each is not None:
            (folder / name).symlink_to(folder_of(each) / "kafka")
    return folder


def of_chart(obj, name):
    return {**obj, "spec": {**obj["spec"], "chart": {"bundled": name}}}


def all_of_it():
    for name, objects in CHARTS.items():
        chart(folder_of(name) / "kafka", "1.0.0", objects)
    return {title: plan(was, shall_be) for title, was, shall_be in PLANS}


def what_cannot_be_compared_is_told():
    """What is not there must not count as nothing, by which every plan passes."""
    both(BUNDLED, BUNDLED)
    write("after.yaml", [of_chart(kafka_cluster(), "is")])

    def said(rc, text, *words, helm=HELM, given=""):
        done = subprocess.run([str(BUILD / "ballast"), "cluster", "plan", "--helm", helm, "--charts", str(WORK / "plans/side-by-side"),
                               *words], cwd=WORK, capture_output=True, text=True, check=False, input=given)
        expect(done.returncode == rc and text in done.stdout + done.stderr, text, done.returncode, done.stdout, done.stderr)
    said(2, "there is no object in what it is compared with", "-f", "after.yaml", "--against", "-")
    said(2, "standard input is read once", "-f", "-", "--against", "-", given=(WORK / "after.yaml").read_text())
    said(0, "which has no KafkaCluster of this name", "-f", "after.yaml", "--against", "-",
         given=json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "kafka"}}))
    said(2, "is Helm 3.", "-f", "after.yaml", "--against", "none", helm="helm")
    said(2, "Name a Helm 4: --helm PROGRAM", "-f", "after.yaml", "--against", "none", helm="/nonexistent/helm")
    again = f"{json.dumps(of_chart(kafka_cluster(), 'is'))}\n---\n{json.dumps(of_chart(kafka_cluster(), 'is'))}"
    said(2, '<stdin>:3: error: KafkaCluster "kafka" of namespace kafka is at <stdin>:1 already', "-f", "-",
         "--against", "none", given=again)
    said(2, 'after.yaml:1: error: KafkaCluster "kafka": values of Secret "more"', "-f",
         write("after.yaml", [{"apiVersion": "v1", "kind": "List", "items": [
             of_chart(kafka_cluster(valuesFrom=[{"kind": "Secret", "name": "more"}]), "is")]}]), "--against", "none")
    said(2, "after.yaml:1: error: spec.drift", "-f",
         write("after.yaml", [{"apiVersion": "v1", "kind": "List", "items": [of_chart(kafka_cluster(drift="Never"), "is")]}]),
         "--against", "none")
    said(2, 'duplicate key "spec"', "-f", "-", "--against", "none", given="""apiVersion: ballast.dev/v1alpha1
kind: KafkaCluster
metadata: {name: kafka, namespace: kafka}
spec: {chart: {bundled: is}, serviceAccountName: a}
spec: {chart: {bundled: is}, serviceAccountName: b}
""")


def main():
    said = all_of_it()
    text = "\n".join(f"== {title}\n{words}" for title, words in said.items())
    if "--print" in sys.argv:
        print(text, end="")
        return
    golden = dict(part.split("\n", 1) for part in GOLDEN.read_text(encoding="utf-8").removeprefix("== ").split("\n== "))
    report = Report(os.environ.get("ONLY"))

    def compared(title):
        wanted = golden.get(title, "").rstrip("\n")
        expect(said[title].rstrip("\n") == wanted, "it is not what plans.txt has",
               *difflib.unified_diff(wanted.splitlines(), said[title].rstrip("\n").splitlines(), "plans.txt", "shown", lineterm=""))

    def nothing_else():
        expect(list(golden) == list(said), "plans.txt has other titles", *(golden.keys() ^ said.keys()))
    for title in said:
        report.run(f"plans: {title}", compared, title)
    report.run("plans: nothing else", nothing_else)
    report.run("plans: what cannot be compared is told", what_cannot_be_compared_is_told)
    report.finish()


if __name__ == "__main__":
    main()
