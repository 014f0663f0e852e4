"""The chart and manifests/install on a real API server: what it accepts, what it warns of, what the values refuse.

Kinds that this API server does not know (cert-manager's and those of monitoring) are named in FOREIGN; of them the
references into the other objects are checked instead. Nothing runs in pods here: there are no nodes. The webhook is
started beside the API server with the arguments and the rights of its Deployment.
"""

import base64
import json
import os
import pathlib
import re
import subprocess

from harness import BUILD, ROOT, Api, Report, expect, json_of, kubectl, run, wait_until

WORK = pathlib.Path(os.environ["WORK"])
CHART = str(ROOT / "manifests/chart")
INSTALL = str(ROOT / "manifests/install")
NAMESPACE = "ballast-system"
SECRET = "ballast-webhook-tls"

FOREIGN = {"Certificate", "Issuer", "ServiceMonitor", "PodMonitoring"}

# Values of each way to have certificates, and of all that is optional.
MODES = {
    "self": {},
    "cert-manager": {"certificates.mode": "cert-manager"},
    "cert-manager with an issuer": {"certificates.mode": "cert-manager", "certificates.certManager.issuerRef": {
        "kind": "ClusterIssuer", "name": "company"}},
    "secret": {"certificates.mode": "secret", "certificates.secretName": "own", "certificates.caBundle":
               base64.b64encode(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n").decode()},
    "everything": {
        "replicas": 3, "policies.bundles": ["strict"], "policies.files": {"team.yaml": "# none yet\n"},
        "webhook.admins": ["group:ops", "user:alice"], "webhook.readConfigMaps": True,
        "webhook.excludeNamespaces": ["lab"], "webhook.namespaceSelector.matchExpressions": [
            {"key": "team", "operator": "In", "values": ["a"]}],
        "webhook.matchConditions": [{"name": "no-lab", "expression": "request.namespace != 'lab'"}],
        "webhook.validating": {"timeoutSeconds": 5, "failurePolicy": "Ignore"},
        "metrics.serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "metrics.podMonitoring.enabled": True, "log": {"format": "logfmt", "level": "debug"},
        "networkPolicy.reviewFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
        "networkPolicy.metricsFrom": [{"namespaceSelector": {}}],
        "nodeSelector": {"pool": "system"}, "tolerations": [{"operator": "Exists"}],
        "podAnnotations": {"a": "b"}, "podLabels": {"c": "d"}, "imagePullSecrets": [{"name": "registry"}],
        "image": {"digest": "sha256:" + "0" * 64}, "crds.keep": False},
    "all namespaces": {"webhook.namespaceSelector.matchLabels": None},
    "no network policy": {"networkPolicy.enabled": False, "crds.install": False},
}

# What the schema refuses, and what the message must name.
REFUSED = [
    ("replicas=0", "replicas"),
    ("certificates.mode=vault", "certificates/mode"),
    ("policies.bundles={defualt}", "bundles"),
    ("webhook.admins={alice}", "admins"),
    ("webhook.validating.failurePolicy=Sometimes", "failurePolicy"),
    ("webhook.validating.timeoutSeconds=31", "timeoutSeconds"),
    ("webhok.admins={user:a}", "webhok"),
    ("image.digest=latest", "digest"),
    ("log.level=loud", "level"),
    ("drainSeconds=-1", "drainSeconds"),
    ("crds.install=perhaps", "install"),
]


def options(values):
    return [word for key, value in values.items() for word in ("--set-json", f"{key}={json.dumps(value)}")]


def template(values):
    return run("helm", "template", "ballast", CHART, "-n", NAMESPACE, *options(values)).stdout


def split(text):
    """What this API server knows, and the rest, which only a reader that asks no server can read."""
    documents = [d for d in re.split(r"^---$", text, flags=re.MULTILINE) if d.strip()]
    foreign = [d for d in documents if re.search(rf"^kind: ({'|'.join(FOREIGN)})$", d, re.MULTILINE)]
    known = json_of("\n---\n".join(d for d in documents if d not in foreign))
    return known, [json.loads(kubectl("annotate", "--local", "-f", "-", "-o", "json", "a=b", stdin=d).stdout)
                   for d in foreign]


def stream(objects):
    return "\n---\n".join(json.dumps(o) for o in objects)


def one(objects, kind, name=None):
    found = [o for o in objects if o["kind"] == kind and name in (None, o["metadata"]["name"])]
    expect(len(found) == 1, f"{len(found)} objects of kind {kind}, not one")
    return found[0]


def expect_quiet(done):
    expect("Warning" not in done.stderr, "the API server warns", done.stderr)


def selects(labels, obj):
    return labels.items() <= (obj["metadata"].get("labels") or {}).items()


class Suite:
    def __init__(self, api):
        self.api = api

    def rendered_manifests_are_fresh(self):
        run(str(ROOT / "scripts/render-install.sh"), "--check")

    def chart_passes_helm_lint(self):
        for name, values in MODES.items():
            done = run("helm", "lint", CHART, "--strict", *options(values), check=False)
            expect(done.returncode == 0, f"helm lint: {name}", done.stdout, done.stderr)

    def chart_is_accepted(self):
        for name, values in MODES.items():
            known, foreign = split(template(values))
            done = kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=stream(known), check=False)
            expect(done.returncode == 0, f"not accepted: {name}", done.stdout[-1500:], done.stderr[-1500:])
            expect_quiet(done)
            expect(bool(foreign) == (name in ("everything", "cert-manager", "cert-manager with an issuer")),
                   f"{name} has other kinds than it should", [o["kind"] for o in foreign])

    def cert_manager_objects_fit(self):
        for name in ("cert-manager", "cert-manager with an issuer"):
            known, foreign = split(template(MODES[name]))
            certificate = one(foreign, "Certificate")["spec"]
            service = one(known, "Service")["metadata"]
            issuer = certificate["issuerRef"]
            if name == "cert-manager":
                expect(one(foreign, "Issuer")["metadata"]["name"] == issuer["name"] and issuer["kind"] == "Issuer",
                       "the certificate is of another issuer", issuer)
            else:
                expect(issuer == {"kind": "ClusterIssuer", "name": "company"}, "another issuer", issuer)
                expect(len(foreign) == 1, "an issuer is made beside the one that was named")
            expect(certificate["dnsNames"] == [f"{service['name']}.{service['namespace']}.svc"], "another name",
                   certificate["dnsNames"])
            volumes = one(known, "Deployment", "ballast-webhook")["spec"]["template"]["spec"]["volumes"]
            expect([v["secret"]["secretName"] for v in volumes] == [certificate["secretName"]],
                   "the Deployment mounts another Secret", volumes)
            for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
                inject = one(known, kind)["metadata"]["annotations"]["cert-manager.io/inject-ca-from"]
                meta = one(foreign, "Certificate")["metadata"]
                expect(inject == f"{meta['namespace']}/{meta['name']}", "the CA is taken from elsewhere", inject)

    def monitoring_objects_fit(self):
        known, foreign = split(template(MODES["everything"]))
        pod = one(known, "Deployment", "ballast-webhook")["spec"]["template"]
        ports = {p["name"] for p in pod["spec"]["containers"][0]["ports"]}
        monitoring = one(foreign, "PodMonitoring")["spec"]
        both = [one(known, "Deployment", f"ballast-{part}")["spec"]["template"] for part in ("webhook", "controller")]
        for each in both:
            expect(selects(monitoring["selector"]["matchLabels"], each), "PodMonitoring does not select all pods of ours")
        expect({e["port"] for e in monitoring["endpoints"]} <= ports, "PodMonitoring names no port", ports)
        monitor = one(foreign, "ServiceMonitor")
        expect(monitor["metadata"]["labels"]["release"] == "prometheus", "labels of the values are missing")
        labels = monitor["spec"]["selector"]["matchLabels"]
        wanted = {e["port"] for e in monitor["spec"]["endpoints"]}
        services = [o for o in known if o["kind"] == "Service" and selects(labels, o)
                    and wanted <= {p["name"] for p in o["spec"]["ports"]}]
        expect(len(services) == 1, "ServiceMonitor finds not one Service", services)
        for each in both:
            expect(selects(services[0]["spec"]["selector"], each), "the Service of the metrics does not select all pods")

    def values_are_checked(self):
        for setting, word in REFUSED:
            done = run("helm", "template", "ballast", CHART, "--set", setting, check=False)
            expect(done.returncode != 0, f"--set {setting} was accepted")
            expect("values don't meet the specifications" in done.stderr and word in done.stderr,
                   f"--set {setting} is refused without saying why", done.stderr)

    def kustomization_is_accepted(self):
        done = kubectl("apply", "--dry-run=server", "--validate=strict", "-k", INSTALL)
        expect_quiet(done)
        for line in ("customresourcedefinition", "deployment.apps/ballast-webhook", "validatingwebhookconfiguration"):
            expect(line in done.stdout, f"no {line} is made", done.stdout)

    def kustomization_is_installed(self):
        expect_quiet(kubectl("apply", "-k", INSTALL))
        expect_quiet(kubectl("apply", "-k", INSTALL))
        namespace = self.api.get("Namespace", NAMESPACE)
        expect(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted", "not restricted")

        def pods():
            listed = json.loads(kubectl("get", "pods", "-n", NAMESPACE, "-o", "json").stdout)["items"]
            return listed if len(listed) == 4 else None
        made = wait_until(pods, "the two pods of each Deployment are made under restricted pod security")
        for pod in made:
            expect(pod["spec"]["containers"][0]["image"].startswith("ballast:"), "another image")

    def rights_are_enough_and_no_more(self):
        me = f"--as=system:serviceaccount:{NAMESPACE}:ballast-webhook"

        def may(*words):
            return kubectl("auth", "can-i", me, *words, check=False).stdout.strip() == "yes"
        for resource in ("namespaces", "nodes", "pods", "services", "statefulsets.apps", "deployments.apps",
                         "poddisruptionbudgets.policy", "networkpolicies.networking.k8s.io",
                         "kafkapolicies.ballast.dev"):
            expect(may("watch", resource, "-A"), f"it cannot watch {resource}")
            for verb in ("create", "update", "patch", "delete"):
                expect(not may(verb, resource, "-A"), f"it may {verb} {resource}")
        expect(may("update", f"secret/{SECRET}", "-n", NAMESPACE), "it cannot write its Secret")
        for words in (("get", "secrets", "-n", NAMESPACE), ("list", "secrets", "-n", NAMESPACE),
                      ("get", "secrets", "-A"), ("list", "configmaps", "-A"), ("create", "secrets", "-n", NAMESPACE),
                      ("patch", "validatingwebhookconfigurations"), ("create", "pods", "--subresource=exec", "-A")):
            expect(not may(*words), f"it may {' '.join(words)}")

    def the_controller_may_do_its_work_and_no_more(self):
        me = f"--as=system:serviceaccount:{NAMESPACE}:ballast-controller"
        for allowed, *question in (
                (True, "patch", "poddisruptionbudgets.policy", "-A"),
                (True, "delete", "networkpolicies.networking.k8s.io", "-A"),
                (True, "create", "events.events.k8s.io", "-A"),
                (True, "update", "leases.coordination.k8s.io/ballast-controller", "-n", NAMESPACE),
                (False, "update", "leases.coordination.k8s.io/other", "-n", NAMESPACE),
                (False, "create", "leases.coordination.k8s.io", "-n", "kube-system"),
                (False, "update", "statefulsets.apps", "-A"),
                (False, "get", "secrets", "-n", NAMESPACE),
                (False, "list", "configmaps", "-A"),
                (True, "create", "pods", "--subresource=eviction", "-A"),
                (False, "delete", "pods", "-A"),
                (False, "patch", "kafkapolicies.ballast.dev", "-A")):
            said = kubectl("auth", "can-i", me, *question, check=False).stdout.strip()
            expect(said == ("yes" if allowed else "no"), f"can-i {' '.join(question)}: {said}")

    def serves_with_its_own_arguments_and_rights(self):
        deployment = json.loads(kubectl("get", "deployment", "ballast-webhook", "-n", NAMESPACE, "-o", "json").stdout)
        arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
        config = self.kubeconfig()
        process, log = self.start([a for a in arguments if a != "--in-cluster"] + [f"--kubeconfig={config}"])
        try:
            def filled():
                expect(process.poll() is None, "it has ended", log.read_text()[-2000:])
                data = self.api.get("Secret", SECRET, NAMESPACE).get("data") or {}
                bundles = [hook["clientConfig"].get("caBundle")
                           for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
                           for hook in self.api.get(kind, "ballast-webhook")["webhooks"]]
                return set(bundles) == {data.get("ca.crt")} and data.get("ca.crt")
            wait_until(filled, "its certificate is in the Secret and in all configurations")
            wait_until(lambda: "200" in run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                                            "http://127.0.0.1:8080/readyz", check=False).stdout, "it is ready")
            self.starts_over_with_an_empty_secret()
            expect_quiet(kubectl("apply", "-k", INSTALL))
            expect(filled(), "applying again has taken the certificate away")
        finally:
            process.terminate()
            process.wait(30)
        expect(process.returncode == 0, f"it ended with {process.returncode}", log.read_text()[-2000:])

    def starts_over_with_an_empty_secret(self):
        """By a command that remembers nothing; unless who serves, and remembers, is faster."""
        before = self.api.get("Secret", SECRET, NAMESPACE)["data"]["tls.crt"]

        def replaced():
            kubectl("patch", "secret", SECRET, "-n", NAMESPACE, "--type=json", '-p=[{"op":"remove","path":"/data"}]')
            run(str(BUILD / "ballast-webhook"), "certs", f"--kubeconfig={self.kubeconfig()}",
                f"--certs-secret={NAMESPACE}/{SECRET}", f"--dns-name=ballast-webhook.{NAMESPACE}.svc",
                "--webhook-config=ballast-webhook")
            return self.api.get("Secret", SECRET, NAMESPACE)["data"]["tls.crt"] != before
        wait_until(replaced, "there is another certificate")

    def kubeconfig(self, account="ballast-webhook"):
        """That of the tests, with the token of a service account in place of the admin's certificate."""
        config = json.loads(kubectl("config", "view", "--raw", "--flatten", "-o", "json").stdout)
        token = kubectl("create", "token", account, "-n", NAMESPACE).stdout.strip()
        for user in config["users"]:
            user["user"] = {"token": token}
        path = WORK / f"{account}.kubeconfig"
        path.write_text(json.dumps(config))
        return path

    def start(self, arguments):
        log = WORK / "installed.log"
        with log.open("ab") as output:
            return subprocess.Popen([str(BUILD / "ballast-webhook"), *arguments], stdout=output, stderr=output), log

    def way_out_is_open(self):
        """The runbook of a lock-out: the configurations can be deleted while nobody answers, and come back."""
        kubectl("create", "namespace", "locked")
        kubectl("label", "namespace", "locked", "ballast.dev/enforce=true")
        budget = stream([{"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {
            "name": "b", "namespace": "locked"}, "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"a": "b"}}}}])

        def refused():
            done = kubectl("apply", "-f", "-", stdin=budget, check=False)
            return done.returncode != 0 and 'failed calling webhook "validate.ballast.dev"' in done.stderr
        wait_until(refused, "budgets are refused while nobody answers")
        kubectl("label", "namespace", "locked", "ballast.dev/enforce-")
        wait_until(lambda: not refused(), "the namespace without its label is let alone")
        kubectl("delete", "pdb", "b", "-n", "locked")
        kubectl("label", "namespace", "locked", "ballast.dev/enforce=true")
        wait_until(refused, "budgets are refused again")
        kubectl("delete", "validatingwebhookconfiguration,mutatingwebhookconfiguration", "ballast-webhook")
        wait_until(lambda: not refused(), "nothing is refused without the configurations")
        kubectl("apply", "-k", INSTALL)
        wait_until(refused, "the configurations are back")

    def kustomization_is_taken_away(self):
        kubectl("delete", "-k", INSTALL, "--wait=false")
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
            expect(not self.api.find(kind, "ballast-webhook"), f"the {kind} is still there")

        def gone():
            return not self.api.find("Namespace", NAMESPACE)
        wait_until(gone, "the namespace is gone", 60)

    def hook_pods(self):
        return self.api.request("GET", self.api.path("Pod", NAMESPACE) +
                                "?labelSelector=batch.kubernetes.io/job-name=ballast-leave")["items"]

    def uninstall_with_its_hook(self):
        """Helm waits for the hook, which is run here, with its own arguments and rights, as there are no nodes."""
        helm = subprocess.Popen(["helm", "uninstall", "ballast", "-n", NAMESPACE, "--timeout", "90s"], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            pod = wait_until(self.hook_pods, "the hook has a pod", 60)[0]
            arguments = pod["spec"]["containers"][0]["args"]
            said = run(str(BUILD / "ballast"), *[word for word in arguments if word != "--in-cluster"],
                       env={**os.environ, "KUBECONFIG": str(self.kubeconfig("ballast-leave"))}).stdout
            expect("deployment ballast-system/ballast-controller: stopped" in said, "the controller runs", said)
            self.api.patch("Pod", pod["metadata"]["name"], {"status": {"phase": "Succeeded"}}, NAMESPACE, "status")
            expect(helm.wait(90) == 0, "helm uninstall failed", helm.stdout.read())
        finally:
            helm.kill()
        for kind in ("ClusterRole", "ClusterRoleBinding"):
            expect(not self.api.find(kind, "ballast-leave"), f"the hook has left a {kind}")

    def installs_and_goes_with_helm(self):
        run("helm", "install", "ballast", CHART, "-n", NAMESPACE, "--create-namespace")
        run("helm", "upgrade", "ballast", CHART, "-n", NAMESPACE, "--set", "replicas=3")
        kubectl("delete", "validatingwebhookconfiguration,mutatingwebhookconfiguration", "ballast-webhook")
        run("helm", "upgrade", "ballast", CHART, "-n", NAMESPACE, "--reuse-values")
        expect(self.api.find("ValidatingWebhookConfiguration", "ballast-webhook"), "an upgrade does not bring it back")
        run("helm", "rollback", "ballast", "-n", NAMESPACE)
        self.uninstall_with_its_hook()
        expect(not self.api.find("ValidatingWebhookConfiguration", "ballast-webhook"), "a configuration is left")
        crd = kubectl("get", "crd", "kafkapolicies.ballast.dev", "-o", "name").stdout
        expect("kafkapolicies" in crd, "the CRD went with the release")


def main():
    api = Api()
    suite, report = Suite(api), Report(os.environ.get("ONLY"))
    # What another suite or run has left, and what a dry run needs to be there.
    kubectl("delete", "crd", "kafkapolicies.ballast.dev", "--ignore-not-found")
    kubectl("delete", "namespace", NAMESPACE, "locked", "--ignore-not-found")
    kubectl("apply", "-f", f"{INSTALL}/namespace.yaml")
    kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/warn=restricted")
    for name in ("rendered_manifests_are_fresh", "chart_passes_helm_lint", "chart_is_accepted",
                 "cert_manager_objects_fit", "monitoring_objects_fit", "values_are_checked",
                 "kustomization_is_accepted", "kustomization_is_installed", "rights_are_enough_and_no_more",
                 "the_controller_may_do_its_work_and_no_more",
                 "serves_with_its_own_arguments_and_rights", "way_out_is_open", "kustomization_is_taken_away",
                 "installs_and_goes_with_helm"):
        report.run(f"install: {name.replace('_', ' ')}", getattr(suite, name))
    report.finish()


main()
