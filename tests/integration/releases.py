#!/usr/bin/env python3
"""Releases of Kafka by real Helm: the dangerous upgrade and the uninstall are refused before anything is written.

The chart is in the likeness of Bitnami's, before and after the major version that drops ZooKeeper, renames the brokers' set
and gives the Service another selector. HELM are the programs to try, else both that the testbed has: Helm 3 and Helm 4, each as it
applies by default, which is with server-side apply for what Helm 4 installs.
"""

import json
import os
import pathlib
import subprocess

from harness import (TESTBED_DIR, Api, Report, Webhook, budget, expect, install, install_crd, kubectl, stateful_set,
                     uninstall, wait_enforced, wait_until)

WORK = pathlib.Path(os.environ["WORK"])
HELMS = os.environ.get("HELM", "helm helm4").split()
PASSWORD = "hunter2-is-nobodys-business"
# What a release is made of, and what somebody would miss.
KINDS = ["StatefulSet", "Deployment", "Service", "ConfigMap", "Secret", "ServiceAccount", "RoleBinding", "PodDisruptionBudget",
         "NetworkPolicy", "PersistentVolumeClaim"]


def labels(component):
    return {"app.kubernetes.io/name": component, "app.kubernetes.io/instance": "kafka"}


def service(name, component, ports, headless=False, **more):
    spec = {"selector": {**labels(component), **more}, "ports": [{"name": f"p{port}", "port": port} for port in ports]}
    if headless:
        spec |= {"clusterIP": "None", "publishNotReadyAddresses": True}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def simple(kind, name, version="v1", **fields):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}


def workload(name, governing, component, role, env):
    made = stateful_set(name, None, 3, role, labels(component))
    del made["metadata"]["namespace"]
    made["spec"]["serviceName"] = governing
    pod = made["spec"]["template"]["spec"]
    pod["serviceAccountName"] = "kafka"
    pod["volumes"] = [{"name": "scripts", "configMap": {"name": f"{name}-scripts"}}]
    container = pod["containers"][0]
    container["env"] = [{"name": key, "value": value} for key, value in env.items()] + [
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "kafka-passwords", "key": "p"}}}]
    return made


def common():
    return [simple("ServiceAccount", "kafka"), simple("Secret", "kafka-passwords", stringData={"p": PASSWORD}),
            simple("RoleBinding", "kafka", "rbac.authorization.k8s.io/v1",
                   roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "kafka"},
                   subjects=[{"kind": "ServiceAccount", "name": "kafka"}]),
            simple("Role", "kafka", "rbac.authorization.k8s.io/v1", rules=[])]


def before(tag):
    """ZooKeeper and brokers, each with what belongs to it."""
    zookeeper = workload("kafka-zookeeper", "kafka-zookeeper-headless", "zookeeper", "zookeeper", {"ZOO_SERVER_ID": "1"})
    kafka = workload("kafka", "kafka-headless", "kafka", "broker", {
        "KAFKA_CFG_ZOOKEEPER_CONNECT": "kafka-zookeeper:2181", "KAFKA_CFG_LISTENERS": "CLIENT://:9092",
        "KAFKA_CFG_ADVERTISED_LISTENERS": "CLIENT://$(MY_POD_NAME).kafka-headless:9092"})
    kafka["spec"]["template"]["spec"]["containers"][0]["image"] = f"docker.io/bitnami/kafka:{tag}"
    plain = budget("kafka", None, labels("kafka"))
    del plain["metadata"]["namespace"]
    settings = {"setup.sh": "true", "server.properties": "listeners=CLIENT://:9092"}
    return [*common(), simple("ConfigMap", "kafka-scripts", data=settings),
            simple("ConfigMap", "kafka-zookeeper-scripts", data={"setup.sh": "true"}), plain, zookeeper, kafka,
            service("kafka", "kafka", [9092]), service("kafka-headless", "kafka", [9092, 9093], headless=True),
            service("kafka-zookeeper", "zookeeper", [2181]),
            service("kafka-zookeeper-headless", "zookeeper", [2181, 2888, 3888], headless=True),
            simple("Deployment", "kafka-exporter", "apps/v1", spec={
                "selector": {"matchLabels": labels("exporter")}, "template": {
                    "metadata": {"labels": labels("exporter")},
                    "spec": {"containers": [{"name": "e", "image": "docker.io/bitnami/kafka-exporter:1"}]}}})]


def after():
    """KRaft alone, under other names, and a Service that selects what nobody has yet."""
    controller = workload("kafka-controller", "kafka-controller-headless", "kafka", "broker", {
        "KAFKA_CFG_PROCESS_ROLES": "controller,broker", "KAFKA_CFG_LISTENERS": "CLIENT://:9092,CONTROLLER://:9093",
        "KAFKA_CFG_CONTROLLER_LISTENER_NAMES": "CONTROLLER"})
    controller["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/part-of"] = "kafka"
    return [*common(), simple("ConfigMap", "kafka-controller-scripts", data={"setup.sh": "true"}), controller,
            service("kafka", "kafka", [9092], **{"app.kubernetes.io/part-of": "kafka"}),
            service("kafka-controller-headless", "kafka", [9092, 9093], headless=True)]


def chart(folder, version, objects):
    templates = folder / "templates"
    templates.mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: kafka\nversion: {version}\n")
    for obj in objects:
        (templates / f"{obj['kind'].lower()}-{obj['metadata']['name']}.yaml").write_text(json.dumps(obj, indent=1))
    return str(folder)


class Suite:
    """One Helm, and one namespace, in the order of a person's day."""

    def __init__(self, api, webhook, helm, namespace=None, **env):
        self.api, self.webhook, self.helm = api, webhook, helm
        self.namespace = namespace or f"r-{pathlib.Path(helm).name.replace('.', '-')}"
        self.release_namespace = self.namespace
        self.env = {**os.environ, **env}
        self.applies = "Apply" if self.major() == 4 else "Update"
        folder = WORK / "charts"
        self.charts = {"20.0.6": chart(folder / "a", "20.0.6", before("3.3.1")),
                       "20.1.0": chart(folder / "b", "20.1.0", before("3.3.2")),
                       "26.11.4": chart(folder / "c", "26.11.4", after())}

    def run(self, *words):
        command = [self.helm, *words, "-n", self.release_namespace]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=self.env)

    def major(self):
        said = subprocess.run([self.helm, "version", "--short"], capture_output=True, text=True, check=True).stdout
        return int(said.lstrip("v").split(".")[0])

    def works(self, *words):
        done = self.run(*words)
        expect(done.returncode == 0, f"{' '.join(words)} failed", done.stdout, done.stderr)
        return done

    def refused(self, *words):
        done = self.run(*words)
        expect(done.returncode != 0, f"{' '.join(words)} was not refused", done.stdout)
        return done.stdout + done.stderr

    def objects(self):
        """All that somebody would miss, byte for byte, without what controllers note and Helm's own records."""
        found = {}
        for kind in KINDS:
            for item in self.api.request("GET", Api.path(kind, self.namespace))["items"]:
                item.pop("status", None)
                if item["metadata"].get("labels", {}).get("owner") == "helm" or item["metadata"]["name"] == "kube-root-ca.crt":
                    continue
                for key in ("resourceVersion", "managedFields"):
                    if kind in ("StatefulSet", "Deployment", "PodDisruptionBudget", "PersistentVolumeClaim"):
                        item["metadata"].pop(key, None)
                item["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
                found[kind, item["metadata"]["name"]] = json.dumps(item, sort_keys=True)
        return found

    def expect_untouched(self, known):
        now = self.objects()
        for key in sorted(known.keys() | now.keys()):
            expect(known.get(key) == now.get(key), f"{key[0]} {key[1]} was touched", known.get(key, "was not there"),
                   now.get(key, "is gone"))

    def status(self):
        return json.loads(self.works("status", "kafka", "-o", "json").stdout)["info"]["status"]

    def history(self):
        """Helm's ledger: each revision with its status."""
        return [(entry["revision"], entry["status"], entry["chart"])
                for entry in json.loads(self.works("history", "kafka", "-o", "json").stdout)]

    def refused_untouched(self, *words):
        """Refused with every object as it was, and the ledger too."""
        self.settled()
        known, ledger = self.objects(), self.history()
        said = self.refused(*words)
        self.expect_untouched(known)
        expect(self.history() == ledger, "the ledger was touched", ledger, self.history())
        return said

    def apply_methods(self):
        """How the set's fields were written by Helm: Apply, Update."""
        entries = self.api.get("StatefulSet", "kafka", self.namespace)["metadata"]["managedFields"]
        return {entry["operation"] for entry in entries if entry["manager"].startswith("helm")}

    def cached(self):
        """Until the webhook knows both sets and the Services before them."""
        def known():
            return "upgrade-path" in kubectl("delete", "service", "kafka", "-n", self.namespace, "--dry-run=server",
                                             check=False).stderr
        wait_until(known, "the webhook knows the release")

    def settled(self):
        """Until the StatefulSet controller has made the claims of each set: nothing is made by itself any more."""
        def lacking():
            sets = self.api.request("GET", Api.path("StatefulSet", self.namespace))["items"]
            claims = {item["metadata"]["name"] for item in
                      self.api.request("GET", Api.path("PersistentVolumeClaim", self.namespace))["items"]}
            wanted = {f"data-{item['metadata']['name']}-{i}" for item in sets for i in range(item["spec"]["replicas"])}
            return wanted - claims
        wait_until(lambda: not lacking(), "all claims are there", 30, 0.05, lacking)

    # --- a person's day ---

    def installs(self):
        self.api.namespace(self.namespace)
        wait_enforced(self.api, self.namespace)
        said = self.works("install", "kafka", self.charts["20.0.6"]).stderr
        expect("durability: StatefulSet" in said and "Set default.replication.factor to 3" in said,
               "a warning does not say of what, or what to set", said)
        self.cached()

    def upgrades(self):
        done = self.works("upgrade", "kafka", self.charts["20.1.0"])
        expect("Warning" not in done.stderr, "what was there before is told again", done.stderr)
        expect(self.status() == "deployed", "it is not deployed")

    def refuses_the_dangerous_upgrade(self):
        said = self.refused_untouched("upgrade", "kafka", self.charts["26.11.4"])
        for text in ('StatefulSet "kafka", which runs 3 of role broker, would be taken away; StatefulSet "kafka-controller" '
                     'would begin beside it, with no data', 'StatefulSet "kafka-zookeeper", which runs 3 of role zookeeper',
                     'Service "kafka" would select', "Nothing of it was written",
                     "ballast.dev/allow-deletion=true"):
            expect(text in said, f"it does not say: {text}", said)
        expect(self.status() == "deployed", "the last revision is not deployed any more")

    def goes_on_afterwards(self):
        self.works("upgrade", "kafka", self.charts["20.0.6"])
        self.works("rollback", "kafka")
        self.works("upgrade", "--install", "kafka", self.charts["20.1.0"])
        expect(self.status() == "deployed", "it is not deployed")
        revisions = [revision for revision, *_ in self.history()]
        expect(revisions == list(range(1, 6)), "the ledger has a gap", self.history())
        expect(self.apply_methods() == {self.applies}, "it is not applied as this Helm does by default", self.apply_methods())

    def refuses_to_uninstall(self):
        self.settled()
        known = self.objects()
        said = self.refused("uninstall", "kafka")
        for text in ('release "kafka": StatefulSet "kafka", which runs 3 of role broker, would be taken away', "allow-deletion=true",
                     "Helm goes on: what members need stays"):
            expect(text in said.replace('\\"', '"'), f"it does not say: {text}", said)
        expect("Nothing of it was written" not in said, "it says that nothing was done", said)
        now = self.objects()
        gone = {key for key in known if key not in now}
        expect(gone <= {("Deployment", "kafka-exporter"), ("Role", "kafka")}, "what members need is gone", sorted(gone), said)
        self.works("upgrade", "kafka", self.charts["20.1.0"])
        expect(self.status() == "deployed", "helm upgrade does not go on")
        expect(self.api.find("Deployment", "kafka-exporter", self.namespace), "the exporter was not made again")

    def guards_what_members_need(self):
        for kind, name, why in (("service", "kafka-headless", "gives its pods their names"),
                                ("service", "kafka", "the only way for clients"),
                                ("configmap", "kafka-scripts", 'is used by StatefulSet "kafka"'),
                                ("secret", "kafka-passwords", "is used by"), ("serviceaccount", "kafka", "is the account of"),
                                ("rolebinding", "kafka", "gives its rights to")):
            done = kubectl("delete", kind, name, "-n", self.namespace, check=False)
            expect(done.returncode != 0 and why in done.stderr, f"{kind} {name} can be deleted", done.stdout, done.stderr)
            warnings = [line for line in done.stderr.splitlines() if line.startswith("Warning: ")]
            expect(any("ballast.dev/allow-deletion=true" in line for line in warnings), "a warning is cut", warnings)
        done = kubectl("patch", "service", "kafka", "-n", self.namespace, "-p", '{"spec":{"selector":{"a":"b"}}}', check=False)
        expect(done.returncode != 0 and "would select" in done.stderr, "the Service can lose all endpoints", done.stderr)
        self.api.create(simple("ConfigMap", "somebody-elses") | {"metadata": {"name": "x", "namespace": self.namespace}})
        kubectl("delete", "configmap", "x", "-n", self.namespace)

    def uninstalls_on_purpose(self):
        kubectl("annotate", "statefulset", "kafka", "kafka-zookeeper", "-n", self.namespace, "ballast.dev/allow-deletion=true")

        def may():
            return kubectl("delete", "service", "kafka", "-n", self.namespace, "--dry-run=server", check=False).returncode == 0
        wait_until(may, "the webhook knows that they may go")
        self.works("uninstall", "kafka")
        left = {key for key in self.objects() if key[0] not in ("PersistentVolumeClaim", "NetworkPolicy")
                and key != ("ServiceAccount", "default")}
        expect(not left, "some of it is left", sorted(left))

    def says_nothing_of_what_it_read(self):
        text = self.webhook.log.read_text()
        expect(PASSWORD not in text, "a password is in the log")
        audit = (TESTBED_DIR / "logs" / "audit.log").read_text()
        expect(not [line for line in audit.splitlines() if PASSWORD in line and '"annotations"' in line and "ballast.dev" in
                    json.dumps(json.loads(line).get("annotations", {})) and
                    PASSWORD in json.dumps(json.loads(line)["annotations"])], "a password is in an audit annotation")


class HandedOver(Suite):
    """A release that Helm 3 has made, and that Helm 4 takes on: without server-side apply, and then with it."""

    def __init__(self, api, webhook, first, second):
        super().__init__(api, webhook, first, "r-handed-over")
        self.second = second

    def is_handed_over(self):
        self.installs()
        self.helm = self.second
        self.upgrades()
        expect(self.apply_methods() == {"Update"}, "Helm 4 does not stay at what the release was made with", self.apply_methods())
        self.refuses_the_dangerous_upgrade()
        self.works("upgrade", "kafka", self.charts["20.0.6"], "--server-side=true")
        expect("Apply" in self.apply_methods(), "server-side apply was not taken", self.apply_methods())
        self.refuses_the_dangerous_upgrade()
        self.works("rollback", "kafka", "2")
        expect([revision for revision, *_ in self.history()] == [1, 2, 3, 4], "the ledger has a gap", self.history())


class Elsewhere(Suite):
    """`namespaceOverride`: the release lies in one namespace, and its objects in another one."""

    def __init__(self, api, webhook, helm):
        super().__init__(api, webhook, helm, f"r-objects-{pathlib.Path(helm).name.replace('.', '-')}")
        self.release_namespace = self.namespace.replace("objects", "release")
        folder = WORK / "charts" / self.namespace

        def moved(objects):
            return [{**obj, "metadata": {**obj["metadata"], "namespace": self.namespace}} for obj in objects]
        self.charts = {"20.0.6": chart(folder / "a", "20.0.6", moved(before("3.3.1"))),
                       "20.1.0": chart(folder / "b", "20.1.0", moved(before("3.3.2"))),
                       "26.11.4": chart(folder / "c", "26.11.4", moved(after()))}

    def is_judged_elsewhere(self):
        self.api.namespace(self.release_namespace)
        wait_enforced(self.api, self.release_namespace)
        self.installs()
        self.upgrades()
        said = self.refused_untouched("upgrade", "kafka", self.charts["26.11.4"])
        for text in ('StatefulSet "kafka", which runs 3 of role broker, would be taken away', 'Service "kafka" would select',
                     "Nothing of it was written", f"-n {self.namespace} ballast.dev/allow-deletion=true"):
            expect(text in said, f"it does not say: {text}", said)
        self.works("rollback", "kafka", "1")
        self.refuses_to_uninstall()


DAY = ("installs", "upgrades", "refuses_the_dangerous_upgrade", "goes_on_afterwards", "refuses_to_uninstall",
       "guards_what_members_need", "uninstalls_on_purpose", "says_nothing_of_what_it_read")
SHORT = ("installs", "upgrades", "refuses_the_dangerous_upgrade", "refuses_to_uninstall", "uninstalls_on_purpose")


def main():
    api = Api()
    install_crd(api)
    webhook = Webhook(WORK / "releases", extra=["--drain=1s", "--config-maps"]).start()
    install(api, webhook)
    report = Report(os.environ.get("ONLY"))
    suites = [(Suite(api, webhook, helm), DAY, pathlib.Path(helm).name) for helm in HELMS]
    suites.append((Suite(api, webhook, HELMS[-1], "r-configmap", HELM_DRIVER="configmap"), SHORT, "records in ConfigMaps"))
    if len(HELMS) > 1:
        suites.append((HandedOver(api, webhook, *HELMS[:2]), ("is_handed_over", "uninstalls_on_purpose"), "3 to 4"))
    suites += [(Elsewhere(api, webhook, helm), ("is_judged_elsewhere", "uninstalls_on_purpose"),
                f"{pathlib.Path(helm).name}, objects elsewhere") for helm in HELMS]
    for suite, steps, title in suites:
        for name in steps:
            report.run(f"releases, {title}: {name.replace('_', ' ')}", getattr(suite, name))

    def ended():
        uninstall(api)
        webhook.ends_well()
    report.run("releases: the webhook ends well", ended)
    report.finish()


if __name__ == "__main__":
    main()
