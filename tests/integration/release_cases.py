#!/usr/bin/env python3
"""What else comes with real Helm: its other verbs and flags, subcharts, hooks, a cluster in two releases, what is kept, and a
record as large as there can be. HELM are the programs to try, as in releases.py.
"""

import base64
import gzip
import json
import os
import pathlib
import random
import re
import subprocess
import threading

from harness import BUILD, Api, Report, Webhook, expect, install, install_crd, kubectl, stateful_set, uninstall, wait_until
from releases import HELMS, WORK, Suite, after, before, chart, labels, simple, wait_enforced

# What a Secret can hold.
SECRET_MAX = 1 << 20


def named(objects, *names):
    return [obj for obj in objects if obj["metadata"]["name"] in names]


def argo(application, **more):
    return {"annotations": {"argocd.argoproj.io/tracking-id": f"{application}:apps/StatefulSet:NAMESPACE/kafka", **more}}


def instance(name, **annotations):
    return {"labels": {"app.kubernetes.io/instance": name}, "annotations": annotations}


def kustomization(name, namespace="flux-system", **more):
    return {"labels": {"kustomize.toolkit.fluxcd.io/name": name, "kustomize.toolkit.fluxcd.io/namespace": namespace, **more}}


def helm_release(name, **more):
    return {"labels": {"helm.toolkit.fluxcd.io/name": name, "helm.toolkit.fluxcd.io/namespace": "flux-system",
                       "app.kubernetes.io/managed-by": "Helm"},
            "annotations": {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": "NAMESPACE", **more}}


# Of each tool: the manager of its fields, the marks of what is still read, and of what is not: does it go?
NO_PRUNE = {"argocd.argoproj.io/sync-options": "ServerSideApply=true, Prune=false"}
TOOLS = {
    "argo": ("argocd-controller", argo("kafka"), [
        ("its own", argo("kafka"), True), ("another's", argo("kafka-2"), False), ("kept", argo("kafka", **NO_PRUNE), False)]),
    "argo-label": ("argocd-controller", instance("kafka"), [
        ("its own", instance("kafka"), True), ("another's", instance("other"), False), ("kept", instance("kafka", **NO_PRUNE), False)]),
    "argo-old": ("argocd-application-controller", instance("kafka"), [("its own", instance("kafka"), True)]),
    # The same label, which any chart writes, by who takes nothing away.
    "kubectl": ("kubectl", instance("kafka"), [("nobody's", instance("kafka"), False)]),
    "flux": ("kustomize-controller", kustomization("kafka"), [
        ("its own", kustomization("kafka"), True), ("another's", kustomization("other"), False),
        ("another's of one name", kustomization("kafka", "team-b"), False),
        ("kept", kustomization("kafka", **{"kustomize.toolkit.fluxcd.io/prune": "disabled"}), False)]),
    "flux-helm": ("helm-controller", helm_release("kafka"), [
        ("its own", helm_release("kafka"), True), ("another's", helm_release("other"), False),
        ("kept", helm_release("kafka", **{"helm.sh/resource-policy": "keep"}), False)]),
}


class Cases(Suite):
    """Each case has a namespace of its own, with a release in it."""

    def __init__(self, api, webhook, helm, name):
        title = pathlib.Path(helm).name.replace(".", "-")
        super().__init__(api, webhook, helm, f"c-{title}-{CASES.index(name)}")
        self.folder = WORK / "charts" / self.namespace
        # As people have it in their pipelines.
        self.atomic = "--rollback-on-failure" if self.major() == 4 else "--atomic"

    def begin(self):
        self.api.namespace(self.namespace)
        wait_enforced(self.api, self.namespace)

    def deployed(self):
        self.begin()
        self.works("upgrade", "--install", "kafka", self.charts["20.0.6"])
        self.cached()

    def knows(self, name, namespace=None):
        """Until the webhook would not let this set go."""
        def known():
            return kubectl("delete", "statefulset", name, "-n", namespace or self.namespace, "--dry-run=server",
                           check=False).returncode != 0
        wait_until(known, f"the webhook knows {name}")

    def lets_go(self, *sets):
        kubectl("annotate", "statefulset", *sets, "-n", self.namespace, "ballast.dev/allow-deletion=true")

        def may():
            return all(kubectl("delete", "statefulset", name, "-n", self.namespace, "--dry-run=server",
                               check=False).returncode == 0 for name in sets)
        wait_until(may, "the webhook knows that they may go")

    # --- verbs and flags ---

    def upgrade_or_install_is_refused(self):
        self.deployed()
        self.refused_untouched("upgrade", "--install", "kafka", self.charts["26.11.4"])

    def nothing_is_rolled_back_where_nothing_was_done(self):
        """Who asks for a rollback of what fails: there is none, as nothing was written."""
        self.deployed()
        said = self.refused_untouched("upgrade", "kafka", self.charts["26.11.4"], self.atomic, "--timeout", "60s")
        expect("Nothing of it was written" in said, "it does not say so", said)
        expect("rolled back" not in said, "it says that it was rolled back", said)

    def a_dry_run_is_not_refused(self):
        """Its record is never written; so it is no place to find out, which `ballast lint --against` is."""
        self.deployed()
        self.settled()
        known, ledger = self.objects(), self.history()
        self.works("upgrade", "kafka", self.charts["26.11.4"], "--dry-run=server")
        self.expect_untouched(known)
        expect(self.history() == ledger, "the ledger was touched", self.history())

    def a_rollback_that_renames_is_refused(self):
        self.deployed()
        self.lets_go("kafka", "kafka-zookeeper")
        said = self.refused_untouched("upgrade", "kafka", self.charts["26.11.4"])
        expect('PodDisruptionBudget "kafka" protects a workload that runs' in said, "its budget is not told", said)
        kubectl("annotate", "poddisruptionbudget", "kafka", "-n", self.namespace, "ballast.dev/allow-deletion=true")
        self.works("upgrade", "kafka", self.charts["26.11.4"])
        self.knows("kafka-controller")
        said = self.refused_untouched("rollback", "kafka", "1")
        expect('StatefulSet "kafka-controller", which runs 3' in said.replace('\\"', '"'), "it does not say what goes", said)
        expect(self.status() == "deployed", "the last revision is not deployed any more")
        self.works("upgrade", "kafka", self.charts["26.11.4"])

    def an_upgrade_after_a_failure_is_judged(self):
        """One that failed half way for a reason of its own."""
        self.deployed()
        wrong = [*before("3.3.1"), simple("ConfigMap", "Not_A_Name")]
        self.refused("upgrade", "kafka", chart(self.folder / "wrong", "20.0.7", wrong))
        expect(self.status() == "failed", "it has not failed", self.status())
        self.refused_untouched("upgrade", "kafka", self.charts["26.11.4"])
        self.works("upgrade", "kafka", self.charts["20.1.0"])

    def a_budget_that_goes_is_told_before_all_else(self):
        """Helm deletes it last: refused there, Helm 3 would tell nobody, and Helm 4 fail with the rest written."""
        self.deployed()
        objects = [obj for obj in before("3.3.2") if obj["kind"] != "PodDisruptionBudget"]
        without = chart(self.folder / "without", "20.1.0", objects)
        said = self.refused_untouched("upgrade", "kafka", without)
        for text in ('release "kafka": PodDisruptionBudget "kafka" protects a workload that runs', "Nothing of it was written",
                     "kubectl annotate PodDisruptionBudget kafka"):
            expect(text in said, f"it does not say: {text}", said)
        kubectl("annotate", "poddisruptionbudget", "kafka", "-n", self.namespace, "ballast.dev/allow-deletion=true")
        wait_until(lambda: self.run("upgrade", "kafka", without).returncode == 0, "it goes on purpose", 30, 0.5)
        expect(not self.api.find("PodDisruptionBudget", "kafka", self.namespace), "the budget is still there")

    def force_is_refused(self):
        self.deployed()
        self.refused_untouched("upgrade", "kafka", self.charts["26.11.4"], *(
            ["--force-replace", "--server-side=false"] if self.major() == 4 else ["--force"]))

    def what_the_controller_took_back_is_upgraded(self):
        """A template that did not come up, which the controller has patched: Helm 4 asks whose the field is, once."""
        self.deployed()
        self.works("upgrade", "kafka", self.charts["20.1.0"])
        image = "docker.io/bitnami/kafka:3.3.1"
        self.api.request("PATCH", Api.path("StatefulSet", self.namespace, "kafka") + "?fieldManager=ballast-controller",
                         [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}],
                         "application/json-patch+json")
        if self.major() == 4:
            said = self.refused("upgrade", "kafka", self.charts["20.1.0"])
            expect('conflict with "ballast-controller"' in said, "it fails for another reason", said)
            self.works("upgrade", "kafka", self.charts["20.1.0"], "--force-conflicts")
        self.works("upgrade", "kafka", self.charts["20.0.6"])
        self.works("upgrade", "kafka", self.charts["20.1.0"])

    # --- without the webhook's word ---

    def ballast(self, verb, version, *words, **env):
        """On what Helm would send, against what is live."""
        sent = self.works("template", "kafka", self.charts[version]).stdout
        return subprocess.run([BUILD / "ballast", verb, "-n", self.namespace, "--against", "live", *words], input=sent,
                              capture_output=True, text=True, check=False, env={**self.env, **env})

    def what_is_live_is_compared(self):
        self.deployed()
        somebody = stateful_set("somebody-elses", self.namespace)
        self.api.create(somebody)
        self.settled()
        known = self.objects()
        done = self.ballast("lint", "20.1.0", "--fail-on", "error")
        expect(done.returncode == 0 and "upgrade-path" not in done.stdout, "a loss where nothing is lost", done.stdout, done.stderr)
        done = self.ballast("lint", "26.11.4", "--fail-on", "error")
        for text in (f'live/{self.namespace}/StatefulSet/kafka:1: error: upgrade-path: ', 'StatefulSet "kafka", which runs 3 of role '
                     'broker, would be taken away; StatefulSet "kafka-controller" would begin beside it',
                     'StatefulSet "kafka-zookeeper", which runs 3 of role zookeeper', 'Service "kafka" would select'):
            expect(text in done.stdout, f"it does not say: {text}", done.stdout, done.stderr)
        expect(done.returncode == 1, "it ends with another status", done.returncode)
        expect("somebody-elses" not in done.stdout, "what is somebody else's would go", done.stdout)
        done = self.ballast("harden", "26.11.4")
        expect(done.returncode == 1 and "would be taken away" in done.stderr and "somebody-elses" not in done.stdout,
               "harden does not refuse", done.stderr)
        self.expect_untouched(known)

    def what_another_tool_would_take_away_is_compared(self):
        """Files have no marks: these tools put them on. In namespaces that nobody guards."""
        for title, (manager, known, rows) in TOOLS.items():
            namespace = f"{self.namespace}-{title}"
            self.api.namespace(namespace, enforce=False)
            for why, marks, goes in rows:
                done = self.lint_beside(namespace, manager, known, marks)
                expect(("would be taken away" in done.stdout) == goes and done.returncode == goes,
                       f"{title}, {why}: it {'stays' if goes else 'goes'}", done.stdout, done.stderr)
            kubectl("delete", "namespace", namespace, "--wait=false")

    def lint_beside(self, namespace, manager, known, marks):
        """Brokers with these marks, live under an old name, and a Service of a tool's `kafka`, which is still read."""
        old = {obj["kind"]: obj for obj in named(before("3.3.1"), "kafka")}
        new = named(after(), "kafka-controller", "kafka-controller-headless")
        kubectl("delete", "statefulset,service", "--all", "-n", namespace)
        for obj, has in ((old["Service"], known), (old["StatefulSet"], marks)):
            meta = {**obj["metadata"], "namespace": namespace, **json.loads(json.dumps(has).replace("NAMESPACE", namespace))}
            self.api.apply({**obj, "metadata": meta}, manager=manager)
        return subprocess.run([BUILD / "ballast", "lint", "-n", namespace, "--against", "live", "--fail-on", "error"],
                              input="\n---\n".join(json.dumps(obj) for obj in [old["Service"], *new]), capture_output=True,
                              text=True, check=False, env=self.env)

    def what_is_live_is_compared_by_a_post_renderer(self):
        self.deployed()
        if self.major() == 4:
            return  # takes plugins alone
        words = ["--post-renderer", str(BUILD / "ballast")]
        for word in ("harden", "-q", "--against", "live", "-n", self.namespace):
            words += ["--post-renderer-args", word]
        said = self.refused_untouched("upgrade", "kafka", self.charts["26.11.4"], *words)
        expect("post render" in said and "would be taken away" in said, "it was not the post-renderer", said)
        self.works("upgrade", "kafka", self.charts["20.1.0"], *words)

    def what_is_live_may_be_out_of_reach(self):
        self.deployed()
        done = self.ballast("lint", "20.1.0", KUBECONFIG="/nowhere")
        expect(done.returncode == 2 and "cannot compare with what is live" in done.stderr, "it is not said", done.stdout, done.stderr)
        for words in (("--context", "nobody"), ("--against", "x.yaml")):
            done = self.ballast("lint", "20.1.0", *words)
            expect(done.returncode == 2 and not done.stdout, f"{words} is taken", done.stdout, done.stderr)
        self.api.create(simple("ServiceAccount", "reader") | {"metadata": {"name": "reader", "namespace": self.namespace}})
        kubectl("create", "role", "reader", "-n", self.namespace, "--verb=list", "--resource=statefulsets,services")
        kubectl("create", "rolebinding", "reader", "-n", self.namespace, "--role=reader",
                f"--serviceaccount={self.namespace}:reader")
        config = self.reader_config()
        done = self.ballast("lint", "26.11.4", "--fail-on", "error", KUBECONFIG=config)
        expect(done.returncode == 1 and "would be taken away" in done.stdout, "two rights are not enough", done.stdout, done.stderr)
        expect(f"secrets of namespace {self.namespace} may not be listed" in done.stderr, "nobody says what was not compared",
               done.stderr)
        kubectl("delete", "rolebinding", "reader", "-n", self.namespace)

        def told():
            done = self.ballast("lint", "26.11.4", KUBECONFIG=config)
            return done.returncode == 2 and "statefulsets" in done.stderr
        wait_until(told, "it says that it may not list StatefulSets")

    def reader_config(self):
        """A kubeconfig of the service account `reader`."""
        config = json.loads(kubectl("config", "view", "--raw", "-o", "json").stdout)
        token = kubectl("create", "token", "reader", "-n", self.namespace).stdout.strip()
        config["users"][0]["user"] = {"token": token}
        path = WORK / f"{self.namespace}.kubeconfig"
        path.write_text(json.dumps(config))
        return str(path)

    # --- charts ---

    def wrapper(self, version, objects):
        """A chart of somebody's, in which Kafka's is the dependency `kafka`."""
        folder = self.folder / f"wrapper-{version}"
        made = chart(folder, version, [simple("ConfigMap", "ours", data={"a": version})])
        (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: platform\nversion: {version}\ndependencies:\n"
                                           f"- {{name: kafka, version: {version}}}\n")
        chart(folder / "charts" / "kafka", version, objects)
        return made

    def a_subchart_is_judged(self):
        self.begin()
        self.works("install", "kafka", self.wrapper("20.0.6", before("3.3.1")))
        self.cached()
        said = self.refused_untouched("upgrade", "kafka", self.wrapper("26.11.4", after()))
        expect('StatefulSet "kafka", which runs 3' in said, "it does not say what goes", said)
        self.works("upgrade", "kafka", self.wrapper("20.1.0", before("3.3.2")))

    def hook(self, version, objects):
        """With a Job that looks like Kafka, for topics, before each upgrade."""
        made = stateful_set("topics", None, 1, "broker", labels("topics"))
        template = made["spec"]["template"]
        template["spec"] |= {"restartPolicy": "Never", "volumes": [{"name": "data", "emptyDir": {}}]}
        job = simple("Job", "kafka-topics", "batch/v1", spec={"template": template})
        job["metadata"]["annotations"] = {"helm.sh/hook": "pre-upgrade,post-upgrade", "helm.sh/hook-delete-policy":
                                          "before-hook-creation,hook-succeeded"}
        return chart(self.folder / f"hook-{version}", version, [*objects, job])

    def hooks_that_look_like_kafka(self):
        self.begin()
        self.works("install", "kafka", self.hook("20.0.6", before("3.3.1")))
        self.cached()
        ended = threading.Event()
        thread = threading.Thread(target=self.succeed, args=(ended,))
        thread.start()
        try:
            self.works("upgrade", "kafka", self.hook("20.1.0", before("3.3.2")), "--timeout", "60s")
        finally:
            ended.set()
            thread.join()
        said = self.refused_untouched("upgrade", "kafka", self.hook("26.11.4", after()))
        expect('"kafka-controller" would begin' in said, "the successor is not named", said)
        expect("kafka-topics" not in said, "the hook is taken for a member", said)

    def succeed(self, ended):
        """There are no kubelets: pods of Jobs are done as soon as they are there."""
        api = Api()
        while not ended.wait(0.2):
            for pod in api.request("GET", Api.path("Pod", self.namespace))["items"]:
                name, phase = pod["metadata"]["name"], pod["status"].get("phase")
                if name.startswith("kafka-topics") and phase == "Pending":
                    api.patch("Pod", name, {"status": {"phase": "Succeeded"}}, self.namespace, "status")

    def two_releases_are_one_cluster(self):
        """ZooKeeper is a release of its own."""
        self.begin()
        old = before("3.3.1")
        keeper = named(old, "kafka-zookeeper", "kafka-zookeeper-headless", "kafka-zookeeper-scripts")
        kafka = [obj for obj in old if obj not in keeper]
        self.works("install", "zk", chart(self.folder / "zk", "1.0.0", keeper))
        self.works("install", "kafka", chart(self.folder / "kafka", "20.0.6", kafka))
        self.cached()
        self.knows("kafka-zookeeper")
        self.settled()
        known = self.objects()
        said = self.refused("uninstall", "zk")
        expect('StatefulSet "kafka-zookeeper", which runs 3 of role zookeeper' in said.replace('\\"', '"'), "it is not told", said)
        self.expect_untouched(known)
        self.works("upgrade", "zk", chart(self.folder / "zk", "1.0.1", keeper))
        other = [obj for obj in keeper if obj["kind"] != "Service" or obj["metadata"]["name"] != "kafka-zookeeper"]
        said = self.refused("upgrade", "zk", chart(self.folder / "zk2", "2.0.0", other))
        expect('Service "kafka-zookeeper" would be deleted' in said, "brokers can lose their ZooKeeper's name", said)
        mode = json.loads(json.dumps(kafka))
        [kraft] = [obj for obj in mode if obj["kind"] == "StatefulSet"]
        container = kraft["spec"]["template"]["spec"]["containers"][0]
        container["env"] = [env for env in container["env"] if env["name"] != "KAFKA_CFG_ZOOKEEPER_CONNECT"] + [
            {"name": "KAFKA_CFG_PROCESS_ROLES", "value": "controller,broker"},
            {"name": "KAFKA_CFG_CONTROLLER_LISTENER_NAMES", "value": "CONTROLLER"}]
        said = self.refused_untouched("upgrade", "kafka", chart(self.folder / "kraft", "26.11.4", mode))
        expect("would start in KRaft mode" in said, "the change of mode is not told", said)
        self.works("upgrade", "kafka", chart(self.folder / "kafka", "20.1.0", kafka))

    def what_is_kept_is_not_lost(self):
        """By the chart's word, which Helm reads off what is live when it upgrades, and off its record when it uninstalls."""
        self.begin()
        old = before("3.3.1")
        for obj in old:
            if obj["kind"] not in ("Deployment", "Role"):
                obj["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
        kept = chart(self.folder / "kept", "20.0.6", old)
        self.works("install", "kafka", kept)
        self.cached()
        only = chart(self.folder / "only", "30.0.0", [simple("ConfigMap", "ours", data={})])
        self.works("upgrade", "kafka", only)
        expect(self.api.find("StatefulSet", "kafka", self.namespace), "Helm has not kept it")
        self.works("upgrade", "kafka", kept, "--take-ownership")
        self.works("uninstall", "kafka")
        expect(self.api.find("StatefulSet", "kafka", self.namespace), "Helm has not kept it")

    def what_is_kept_by_hand_is_not_kept(self):
        """An annotation on the live object alone: `helm uninstall` does not see it."""
        self.deployed()
        kubectl("annotate", "statefulset", "kafka", "kafka-zookeeper", "-n", self.namespace, "helm.sh/resource-policy=keep")
        self.settled()
        known = set(self.objects())
        said = self.refused("uninstall", "kafka")
        expect('release "kafka": StatefulSet "kafka"' in said.replace('\\"', '"'), "it was not judged as a whole", said)
        gone = known - set(self.objects())
        expect(gone <= {("Deployment", "kafka-exporter"), ("Role", "kafka")}, "what members need is gone", sorted(gone))

    # --- size ---

    def large(self, version, objects, boards):
        """A chart with dashboards, each of which is in the record twice: as it is rendered, and as a template."""
        maps = [simple("ConfigMap", f"board-{i}", data={"board": text}) for i, text in enumerate(boards)]
        return chart(self.folder / f"large-{version}", version, [*objects, *maps])

    def judged_in_time(self, boards):
        """In the time that the API server gives: later the record would be taken."""
        self.begin()
        self.works("install", "kafka", self.large("20.0.6", before("3.3.1"), boards), "--timeout", "120s")
        self.cached()
        [record] = [item["data"]["release"] for item in self.api.request("GET", Api.path("Secret", self.namespace))["items"]
                    if item["type"] == "helm.sh/release.v1"]
        value = base64.b64decode(record)
        begin = self.seconds()
        said = self.refused_untouched("upgrade", "kafka", self.large("26.11.4", after(), boards))
        took = self.seconds() - begin
        expect("Nothing of it was written" in said, "it was not judged as a whole", said)
        said = self.refused("uninstall", "kafka")
        expect('release "kafka"' in said.replace('\\"', '"'), "it was not judged as a whole", said)
        most = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{self.webhook.process.pid}/status").read_text())[1]
        unpacked = len(gzip.decompress(base64.b64decode(value)))
        print(f"  a record of {len(value) >> 10} KiB, {unpacked >> 10} unpacked: refused in {took * 1000:.0f} ms; "
              f"memory of the webhook was at most {int(most) >> 10} MiB", flush=True)
        return len(value), unpacked

    def seconds(self):
        return sum(value for key, value in self.webhook.metrics().items()
                   if key.startswith("ballast_webhook_request_duration_seconds_sum"))

    def a_large_record_is_judged(self):
        """Close to what a Secret can hold."""
        made = random.Random(7)
        length, _ = self.judged_in_time([made.randbytes(8 << 10).hex() for _ in range(37)])
        expect(SECRET_MAX * 0.9 < length < SECRET_MAX, "the record is not large", length)

    def a_record_that_unpacks_to_much_is_judged(self):
        """Dashboards say the same again and again, and speak of Services and Deployments."""
        panels = "\n".join(f'{{"panel": {i}, "title": "Service and Deployment, and its StatefulSet"}}' for i in range(1500))
        _, unpacked = self.judged_in_time([panels] * 52)
        expect(unpacked > 12 << 20, "it does not unpack to much", unpacked)


CASES = [name for name, value in vars(Cases).items() if callable(value) and not name.startswith("_") and name not in (
    "begin", "deployed", "ballast", "reader_config", "knows", "lets_go", "wrapper", "hook", "lint_beside", "succeed", "large",
    "judged_in_time", "seconds")]


def main():
    api = Api()
    install_crd(api)
    webhook = Webhook(WORK / "release_cases", extra=["--drain=1s"]).start()
    install(api, webhook)
    report = Report(os.environ.get("ONLY"))
    for helm in HELMS:
        for name in CASES:
            suite = Cases(api, webhook, helm, name)
            report.run(f"releases, {pathlib.Path(helm).name}: {name.replace('_', ' ')}", getattr(suite, name))

    def ended():
        uninstall(api)
        webhook.ends_well()
    report.run("release cases: the webhook ends well", ended)
    report.finish()


if __name__ == "__main__":
    main()
