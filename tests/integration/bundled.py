#!/usr/bin/env python3
"""The charts that Ballast ships, and its plugin for Helm, by real Helm 3 and 4 on a real API server.

What the chart of Kafka promises: the same objects each time and by both Helms, accepted without a warning, and nothing that
`ballast lint` has to say, not even under the bundle strict.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

from harness import BUILD, ROOT, Api, Report, expect, json_of, kubectl, run

WORK = pathlib.Path(os.environ["WORK"])
CHART = str(ROOT / "manifests/charts/kafka")
HELMS = ("helm", "helm4")
NAMESPACE = "bundled"
BALLAST = str(BUILD / "ballast")

# Values of each way to have it; in these lint finds nothing, too.
WAYS = {
    "as it is": {},
    "combined": {"mode": "combined"},
    "six brokers, five controllers": {"brokers.replicas": 6, "controllers.replicas": 5},
    "everything": {
        "fullnameOverride": "orders", "clusterDomain": "k8s.example", "clusterId": "4L6g3nShT-eMCtK--X86sw",
        "image": {"repository": "registry.example.com/apache/kafka", "digest": "sha256:" + "0" * 64},
        "imagePullSecrets": [{"name": "registry"}], "brokers.config": {"num.io.threads": 16},
        "config": {"log.retention.ms": 604800000, "compression.type": "zstd"}, "brokers.storage.className": "fast",
        "placement.nodeSelector": {"pool": "kafka"}, "placement.tolerations": [{"operator": "Exists"}],
        "priorityClassName": "system-cluster-critical", "rack.enabled": False, "metrics.jmx.enabled": True,
        "networkPolicy.clients": [{"podSelector": {}}],
        "networkPolicy.peers": [{"namespaceSelector": {"matchLabels": {"kafka": "beside"}}}],
        "extraEnv": [{"name": "KAFKA_OPTS", "value": "-Da=b"}], "podLabels": {"team": "a"}, "podAnnotations": {"b": "c"}},
    "certificates as PEM": {"tls": {"enabled": True, "secret": "kafka-tls", "clientAuth": "required"}},
    "certificates as PKCS12": {"tls": {"enabled": True, "secret": "kafka-tls", "type": "PKCS12", "internal": False,
                                       "passwordSecret": {"name": "password"}}},
}
# Here it finds what was asked for.
ON_PURPOSE = {
    "wishes": {"placement": {"zones": "Preferred", "hosts": "Preferred"}},
    "no placement": {"placement": {"zones": "Off", "hosts": "Off"}},
    "bare": {"podDisruptionBudget.enabled": False, "networkPolicy.enabled": False, "brokers.replicas": 1,
             "controllers.replicas": 1},
}

# What the schema refuses, and what the message must name.
REFUSED = [
    ("mode=zookeeper", "mode"),
    ("brokers.replicas=0", "replicas"),
    ("controllers.replicas=2", "replicas"),
    ("mode=combined,brokers.replicas=4", "replicas"),
    ("brokers.heap=2GiB", "heap"),
    ("brokers.storage.size=big", "size"),
    ("broker.replicas=3", "broker"),
    ("config.A=b", "'A'"),
    ("image.digest=latest", "digest"),
    ("clusterId=short", "clusterId"),
    ("placement.zones=Sometimes", "zones"),
    ("startupSeconds=10", "startupSeconds"),
    ("tls.enabled=true", "secret"),
    ("tls.enabled=true,tls.secret=a,tls.type=JKS", "passwordSecret"),
    ("tls.type=DER", "type"),
]

# A release in which an object stands twice, once as a hook, beside brokers and a Job in their image.
RELEASE = {
    "hook.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice, annotations: {helm.sh/hook: pre-install}}\n'
                 'data: {a: hook}\n',
    "template.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice}\ndata: {a: template}\n",
    "job.yaml": """apiVersion: batch/v1
kind: Job
metadata: {name: topics, annotations: {helm.sh/hook: post-install}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: topics, image: "apache/kafka:4.1.1", command: [/opt/kafka/bin/kafka-topics.sh]}]
""",
    "kafka.yaml": (ROOT / "manifests/samples/kafka.yaml").read_text(encoding="utf-8"),
}


def options(values):
    return [word for key, value in values.items() for word in ("--set-json", f"{key}={json.dumps(value)}")]


def template(helm, values, name="kafka"):
    return run(helm, "template", name, CHART, "-n", NAMESPACE, *options(values)).stdout


def objects(text):
    """By kind and name; Helm 4 ends each document with an empty line."""
    documents = [d for d in re.split(r"^---$", text, flags=re.MULTILINE) if re.search(r"^kind:", d, re.MULTILINE)]
    return {(o["kind"], o["metadata"]["name"]): o for o in json_of("\n---\n".join(documents))}


def lint(policy, text):
    return subprocess.run([BALLAST, "lint", "-v", "-n", NAMESPACE, "-p", policy], input=text, text=True, capture_output=True,
                          check=False)


class Suite:
    def __init__(self, api):
        self.api = api
        api.namespace(NAMESPACE, enforce=False)
        kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted",
                "pod-security.kubernetes.io/warn=restricted")

    # --- the chart ---

    def both_helms_make_the_same_each_time(self):
        for way, values in {**WAYS, **ON_PURPOSE}.items():
            first = objects(template("helm", values))
            expect(first == objects(template("helm", values)) == objects(template("helm4", values)), f"another render: {way}")

    def helm_lint_passes(self):
        for helm in HELMS:
            for way, values in WAYS.items():
                done = run(helm, "lint", CHART, "--strict", *options(values), check=False)
                expect(done.returncode == 0, f"{helm} lint: {way}", done.stdout, done.stderr)

    def lint_has_nothing_to_say(self):
        for way, values in WAYS.items():
            for policy in ("strict", "default"):
                done = lint(policy, template("helm4", values))
                expect(done.returncode == 0 and not done.stdout, f"{policy}: {way}", done.stdout, done.stderr)
                expect("are Kafka" in done.stderr or "is Kafka" in done.stderr, "it is not seen", done.stderr)
        for way, values in ON_PURPOSE.items():
            expect(lint("strict", template("helm4", values)).returncode == 1, f"nothing is found: {way}")

    def roles_and_versions_are_told(self):
        for values, wanted in (({}, ['"kafka-broker" is a broker (apache 4.1.1, high', "9092 client, 9091 inter-broker",
                                     '"kafka-controller" is a controller (apache 4.1.1, high', "9093 controller"]),
                               ({"mode": "combined"}, ['"kafka-node" is a broker and controller in one (apache 4.1.1, high'])):
            said = run(BALLAST, "explain", "-n", NAMESPACE, "-", input=template("helm4", values)).stdout
            for words in wanted:
                expect(words in said, f"no «{words}»", said)

    def the_api_server_takes_it(self):
        for way, values in {**WAYS, **ON_PURPOSE}.items():
            done = kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=template("helm4", values),
                           check=False)
            expect(done.returncode == 0 and "Warning" not in done.stderr, f"not taken: {way}", done.stdout, done.stderr)

    def values_are_checked(self):
        for helm in HELMS:
            for given, names in REFUSED:
                done = run(helm, "template", "kafka", CHART, "--set", given, check=False)
                expect(done.returncode != 0 and names in done.stderr, f"{helm}: {given}", done.stdout[:300], done.stderr)

    def factors_follow_the_brokers(self):
        for brokers, factor, in_sync in ((1, "1", "1"), (2, "2", "1"), (3, "3", "2"), (6, "3", "2")):
            pod = objects(template("helm4", {"brokers.replicas": brokers}))["StatefulSet", "kafka-broker"]["spec"]["template"]
            env = {each["name"]: each.get("value") for each in pod["spec"]["containers"][0]["env"]}
            for name in ("DEFAULT", "OFFSETS_TOPIC", "TRANSACTION_STATE_LOG", "SHARE_COORDINATOR_STATE_TOPIC"):
                expect(env[f"KAFKA_{name}_REPLICATION_FACTOR"] == factor, f"{name} of {brokers}", env)
            for name in ("MIN_INSYNC_REPLICAS", "TRANSACTION_STATE_LOG_MIN_ISR", "SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR"):
                expect(env[f"KAFKA_{name}"] == in_sync, f"{name} of {brokers}", env)

    def another_version_of_the_chart_restarts_nothing(self):
        copy = WORK / "bundled-next"
        shutil.copytree(CHART, copy)
        text = (copy / "Chart.yaml").read_text()
        (copy / "Chart.yaml").write_text(re.sub(r"^version: .*", "version: 99.0.0", text, flags=re.MULTILINE))
        before = objects(template("helm4", {}))
        after = objects(run("helm4", "template", "kafka", str(copy), "-n", NAMESPACE).stdout)
        for key, each in before.items():
            if key[0] == "StatefulSet":
                expect(each["spec"] == after[key]["spec"] and each != after[key], f"{key[1]} changes", after[key])

    def it_installs_upgrades_and_goes(self):
        for helm in HELMS:
            run(helm, "install", "kafka", CHART, "-n", NAMESPACE)
            run(helm, "upgrade", "kafka", CHART, "-n", NAMESPACE, "--set", "brokers.replicas=4", "--set", "brokers.heap=1g")
            found = self.api.get("StatefulSet", "kafka-broker", NAMESPACE)
            expect(found["spec"]["replicas"] == 4 and found["metadata"]["generation"] == 2, "not upgraded", found["metadata"])
            run(helm, "uninstall", "kafka", "-n", NAMESPACE)
            claims = self.api.request("GET", self.api.path("PersistentVolumeClaim", NAMESPACE))["items"]
            expect(len(claims) >= 6, "claims went with it", [c["metadata"]["name"] for c in claims])

    # --- the plugin ---

    def _release(self):
        folder = WORK / "release"
        (folder / "templates").mkdir(parents=True, exist_ok=True)
        (folder / "Chart.yaml").write_text("apiVersion: v2\nname: release\nversion: 1.0.0\n")
        for name, text in RELEASE.items():
            (folder / "templates" / name).write_text(text)
        return str(folder)

    def _render(self, helm, *arguments):
        env = {**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"}
        if helm == "helm4":
            env["HELM_PLUGINS"] = str(ROOT / "manifests/helm-plugin")
        else:
            arguments = ("harden", "-n", NAMESPACE, *arguments)
        # The plugin writes to where Helm's standard error leads, so that is a pipe, as in a pipeline.
        return subprocess.run([helm, "template", "kafka", self._release(), "-n", NAMESPACE, "--post-renderer", "ballast",
                               *(f"--post-renderer-args={word}" for word in arguments)], env=env, text=True, capture_output=True,
                              check=False)

    def a_release_goes_through_both_helms(self):
        for helm in HELMS:
            done = self._render(helm)
            expect(done.returncode == 0, f"{helm}: it fails", done.stderr)
            expect(len(re.findall(r"name: twice", done.stdout)) == 2, f"{helm}: what stands twice", done.stdout)
            expect("name: topics" in done.stdout, f"{helm}: the hook is lost", done.stdout)
            kinds = re.findall(r"^kind: (\w+)$", done.stdout, re.MULTILINE)
            expect(sorted(kinds) == sorted(["ConfigMap"] * 2 + ["Job", "StatefulSet", "Service", "PodDisruptionBudget",
                                                                "NetworkPolicy"]), f"{helm}: other objects", kinds)
            expect("startupProbe" in done.stdout, f"{helm}: it is not completed", done.stdout)

    def a_denial_fails_the_release_and_says_why(self):
        for helm in HELMS:
            done = self._render(helm, "-pstrict")
            expect(done.returncode != 0, f"{helm}: it goes through", done.stdout)
            expect("error: durability" in done.stderr, f"{helm}: nobody learns why", done.stderr)

    def warnings_are_seen(self):
        done = self._render("helm4")
        expect("warning: " in done.stderr and "denials" in done.stderr, "Helm keeps it to itself", done.stderr)

    def it_is_a_plugin_that_helm_installs(self):
        home = WORK / "helm-home"
        env = {**os.environ, "HELM_DATA_HOME": str(home)}
        run("helm4", "plugin", "install", str(ROOT / "manifests/helm-plugin/ballast"), env=env)
        said = run("helm4", "plugin", "list", env=env).stdout
        expect("ballast" in said and "postrenderer/v1" in said, "it is not listed", said)


def main():
    api = Api()
    suite, report = Suite(api), Report(os.environ.get("ONLY"))
    for name in [n for n in Suite.__dict__ if not n.startswith("_")]:
        report.run(f"bundled: {name.replace('_', ' ')}", getattr(suite, name))
    report.finish()


if __name__ == "__main__":
    main()
