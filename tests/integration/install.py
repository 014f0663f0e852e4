"""The chart and manifests/install on a real API server: what it accepts, what it warns of, what the values refuse.

Kinds that this API server does not know (cert-manager's and those of monitoring) are named in FOREIGN; of them the
references into the other objects are checked instead. Nothing runs in pods here: there are no nodes. The webhook is
started beside the API server with the arguments and the rights of its Deployment.
"""

import base64
import http.server
import json
import os
import pathlib
import re
import ssl
import subprocess
import threading

from harness import ADDRESS, BUILD, ROOT, Api, Report, expect, json_of, kubectl, run, stateful_set, wait_until

WORK = pathlib.Path(os.environ["WORK"])
CHART = str(ROOT / "manifests/chart")
INSTALL = str(ROOT / "manifests/install")
NAMESPACE = "ballast-system"
SECRET, AUTHORITY = "ballast-webhook-tls", "ballast-webhook-authority"
KEEPER_PORT = 18081

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
        "webhook.clientCA": {"pem": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "name": "kube-apiserver"},
        "controller.namespaces": ["default"],
        "clusters": {"enabled": True, "chartsFrom": ["oci://registry.example.com/charts/*"], "serviceAccounts": [
            {"namespace": "default", "name": "installer"}, {"namespace": "default", "name": "other"}]},
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
    ("webhook.clientCA.pem=/etc/ca.crt", "pem"),
    ("log.level=loud", "level"),
    ("clusters.chartsFrom={registry.example.com/charts}", "chartsFrom"),
    ("clusters.chartsFrom={oci://*/kafka}", "chartsFrom"),
    ("clusters.serviceAccounts[0].name=installer", "namespace"),
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


def memory_of(pid):
    """All that a process may read and write."""
    chunks = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            begin, end = (int(each, 16) for each in span.split("-"))
            if rights.startswith("rw"):
                memory.seek(begin)
                chunks.append(memory.read(end - begin))
    return b"".join(chunks)


def forms_of(encoded):
    """A piece from the middle of a Secret's value: as the API has it, as PEM, and as what that stands for."""
    pem = base64.b64decode(encoded)
    lines = [line for line in pem.splitlines() if b"-----" not in line]
    der = base64.b64decode(b"".join(lines))
    return encoded[64:112].encode(), lines[1][:48], der[len(der) // 2:len(der) // 2 + 24]


class Kubelet:
    """A node of which an API server can ask for logs of containers, and nothing else."""

    def __init__(self, api, log):
        self.api, self.name = api, "logs-only"

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                self.send_response(200)
                self.send_header("Content-Length", str(len(log.encode())))
                self.end_headers()
                self.wfile.write(log.encode())

            def log_message(self, *_):
                pass

        pair = [str(WORK / f"kubelet.{name}") for name in ("crt", "key")]
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=kubelet",
            "-days", "1", "-out", pair[0], "-keyout", pair[1])
        self.server = http.server.ThreadingHTTPServer((ADDRESS, 0), Handler)
        shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        shown.load_cert_chain(*pair)
        self.server.socket = shown.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.name}, "spec": {"unschedulable": True}})
        api.patch("Node", self.name, {"status": {
            "addresses": [{"type": "InternalIP", "address": ADDRESS}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self.server.server_address[1]}}}}, subresource="status")

    def take(self, pod):
        name = pod["metadata"]["name"]
        self.api.request("POST", self.api.path("Pod", NAMESPACE, name, "binding"), {
            "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": {"kind": "Node", "name": self.name}})

    def stop(self):
        self.server.shutdown()
        self.api.delete("Node", self.name)


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

    def ports_are_closed(self):
        """Metrics are for the own namespace, unless somebody says for whom; health and reviews are for everybody."""
        for name, wanted in (("self", [{"podSelector": {}}]), ("everything", [{"namespaceSelector": {}}])):
            known, _ = split(template(MODES[name]))
            policies = [o["spec"] for o in known if o["kind"] == "NetworkPolicy"]
            expect(len(policies) == 3, f"{len(policies)} network policies")
            for policy in policies:
                rules = {rule["ports"][0]["port"]: rule.get("from") for rule in policy["ingress"]}
                expect(rules["health"] is None, f"{name}: other peers", rules)
                if policy["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "certificates":
                    expect(set(rules) == {"health"}, f"{name}: who keeps certificates has other ports", rules)
                else:
                    expect(rules["metrics"] == wanted, f"{name}: other peers", rules)

    def probes_are_everywhere(self):
        """In each mode, each container that stays has all three, at a port that it says it listens on."""
        for name, values in MODES.items():
            deployments = [o for o in split(template(values))[0] if o["kind"] == "Deployment"]
            found = {o["metadata"]["name"] for o in deployments}
            keeps = {"ballast-certificates"} - ({"ballast-certificates"} if "certificates.mode" in values else set())
            expect(found == {"ballast-webhook", "ballast-controller"} | keeps, f"{name}: other Deployments", found)
            for deployment in deployments:
                for container in deployment["spec"]["template"]["spec"]["containers"]:
                    ports = {p["name"]: p["containerPort"] for p in container["ports"]}
                    for probe, path in (("startup", "/healthz"), ("liveness", "/healthz"), ("readiness", "/readyz")):
                        asked = container[f"{probe}Probe"]["httpGet"]
                        expect(asked["path"] == path and f"--health-listen=:{ports[asked['port']]}" in container["args"],
                               f"{name}: {container['name']}: {probe}", asked, container["args"])

    def clients_are_asked_for(self):
        for values, source in ((MODES["everything"], "ballast-webhook-clients"),
                               ({"webhook.clientCA.configMap": "authorities"}, "authorities"), ({}, None)):
            known, _ = split(template(values))
            spec = one(known, "Deployment", "ballast-webhook")["spec"]["template"]["spec"]
            arguments = [a for a in spec["containers"][0]["args"] if a.startswith("--client")]
            mounted = [v["configMap"]["name"] for v in spec.get("volumes") or [] if v["name"] == "clients"]
            expect(mounted == ([source] if source else []) and bool(arguments) == bool(source), "another authority",
                   mounted, arguments)
            made = [o for o in known if o["kind"] == "ConfigMap" and o["metadata"]["name"] == source]
            expect(bool(made) == (source == "ballast-webhook-clients"), "another ConfigMap", made)

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
            return listed if len(listed) == 5 else None
        made = wait_until(pods, "all pods of the Deployments are made under restricted pod security")
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
        expect(may("get", f"secret/{SECRET}", "-n", NAMESPACE), "it cannot read its certificate")
        for words in (("update", f"secret/{SECRET}", "-n", NAMESPACE), ("get", f"secret/{AUTHORITY}", "-n", NAMESPACE),
                      ("patch", "validatingwebhookconfigurations/ballast-webhook"),
                      ("get", "mutatingwebhookconfigurations/ballast-webhook"), ("get", "secrets", "-n", NAMESPACE),
                      ("list", "secrets", "-n", NAMESPACE),
                      ("get", "secrets", "-A"), ("list", "configmaps", "-A"), ("create", "secrets", "-n", NAMESPACE),
                      ("patch", "validatingwebhookconfigurations"), ("create", "pods", "--subresource=exec", "-A")):
            expect(not may(*words), f"it may {' '.join(words)}")

    def the_keeper_of_certificates_may_do_its_work_and_no_more(self):
        me = f"--as=system:serviceaccount:{NAMESPACE}:ballast-certificates"
        for allowed, *question in (
                (True, "get", f"secret/{AUTHORITY}", "-n", NAMESPACE),
                (True, "update", f"secret/{AUTHORITY}", "-n", NAMESPACE),
                (True, "update", f"secret/{SECRET}", "-n", NAMESPACE),
                (True, "patch", "validatingwebhookconfigurations/ballast-webhook"),
                (True, "patch", "mutatingwebhookconfigurations/ballast-webhook"),
                (False, "patch", "mutatingwebhookconfigurations/other"),
                (False, "delete", "mutatingwebhookconfigurations/ballast-webhook"),
                (False, "get", "secrets", "-n", NAMESPACE),
                (False, "list", "secrets", "-n", NAMESPACE),
                (False, "list", "pods", "-A"),
                (False, "list", "namespaces")):
            said = kubectl("auth", "can-i", me, *question, check=False).stdout.strip()
            expect(said == ("yes" if allowed else "no"), f"can-i {' '.join(question)}: {said}")

    def the_controller_may_do_its_work_and_no_more(self):
        me = f"--as=system:serviceaccount:{NAMESPACE}:ballast-controller"
        for allowed, *question in (
                (True, "patch", "poddisruptionbudgets.policy", "-A"),
                (True, "delete", "networkpolicies.networking.k8s.io", "-A"),
                (True, "create", "events", "-A"),
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

    def the_controller_acts_as_accounts_that_are_named_alone(self):
        """In their namespaces, with clusters.serviceAccounts; and else as nobody."""
        accounts = [{"namespace": "acts", "name": "installer"}, {"namespace": "acts", "name": "second"}]

        def may_act(namespace, name):
            said = kubectl("auth", "can-i", f"--as=system:serviceaccount:{NAMESPACE}:ballast-controller", "impersonate",
                           f"serviceaccounts/{name}", "-n", namespace, check=False).stdout.strip()
            return said == "yes"
        for each in ("acts", "acts-not"):
            self.api.namespace(each, enforce=False)
        for values in ({}, {"clusters.serviceAccounts": accounts}):
            roles = [obj for obj in split(template(values))[0] if obj["metadata"]["name"].endswith("-clusters")]
            expect(not roles, "there is a right while KafkaClusters are off", roles)
        enabled, _ = split(template({"clusters.enabled": True, "clusters.serviceAccounts": accounts}))
        objects = [obj for obj in enabled if obj["metadata"]["name"].endswith("-clusters")]
        expect({obj["kind"] for obj in objects} == {"Role", "RoleBinding"}, "it is no right in a namespace", objects)
        kubectl("apply", "-f", "-", stdin=stream(objects))
        try:
            wait_until(lambda: may_act("acts", "installer") and may_act("acts", "second"), "it may act as these")
            for namespace, name in (("acts", "default"), ("acts-not", "installer"), (NAMESPACE, "ballast-webhook")):
                expect(not may_act(namespace, name), f"it may act as {namespace}/{name}")
        finally:
            kubectl("delete", "namespace", "acts", "acts-not")
        container = one(enabled, "Deployment", "ballast-controller")["spec"]["template"]["spec"]["containers"][0]
        expect({"--helm=/usr/bin/helm", "--charts=/usr/share/ballast/charts"} <= set(container["args"]), "no Helm", container)
        expect(container["resources"]["limits"] == {"memory": "1152Mi"}, "two Helm at work have no room", container["resources"])

    def the_controller_writes_where_it_is_told_to(self):
        """With controller.namespaces it reads the cluster, and writes in these namespaces."""
        # The webhook, which does not run, is asked of no namespace without the label.
        for namespace in ("other", "allowed"):
            self.api.namespace(namespace, enforce=False)
            self.api.create(stateful_set(namespace=namespace))
            kubectl("label", "namespace", namespace, "ballast.dev/enforce=true")
        objects = [obj for obj in split(template({"controller.namespaces": ["allowed"]}))[0]
                   if obj["metadata"]["name"].startswith("ballast-controller")]
        kubectl("delete", "clusterrolebinding", "ballast-controller-namespace")
        kubectl("apply", "-f", "-", stdin=stream([obj for obj in objects if "Role" in obj["kind"]]))
        deployment = one(objects, "Deployment", "ballast-controller")
        arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
        config, log = self.kubeconfig("ballast-controller"), WORK / "allowed.log"
        with log.open("wb") as output:
            process = subprocess.Popen([str(BUILD / "ballast-controller"), f"--kubeconfig={config}",
                                        *(a for a in arguments if a != "--in-cluster")], stdout=output, stderr=output)
        try:
            wait_until(lambda: self.api.find("PodDisruptionBudget", "kafka", "allowed"), "its budget is made", 60)
            expect(not self.api.find("PodDisruptionBudget", "kafka", "other"), "it writes where it was not told to")
            for allowed, namespace in ((True, "allowed"), (False, "other")):
                for question in (("delete", "networkpolicies.networking.k8s.io"), ("create", "events"),
                                 ("create", "pods", "--subresource=eviction"), ("patch", "statefulsets.apps")):
                    said = kubectl("auth", "can-i", f"--as=system:serviceaccount:{NAMESPACE}:ballast-controller", *question,
                                   "-n", namespace, check=False).stdout.strip()
                    expect(said == ("yes" if allowed else "no"), f"can-i {' '.join(question)} in {namespace}: {said}")
        finally:
            process.terminate()
            process.wait(30)
            kubectl("delete", "namespace", "allowed", "other")
        text = log.read_text()
        expect(process.returncode == 0 and "forbidden" not in text, "it tried what it may not", text[-3000:])

    def bundles(self):
        return {hook["clientConfig"].get("caBundle")
                for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
                for hook in self.api.get(kind, "ballast-webhook")["webhooks"]}

    def data(self, name):
        return self.api.get("Secret", name, NAMESPACE).get("data") or {}

    def installed(self, part):
        """Its Deployment's arguments, with the rights of its account."""
        spec = self.api.get("Deployment", f"ballast-{part}", NAMESPACE)["spec"]["template"]["spec"]
        arguments = [a for a in spec["containers"][0]["args"] if a != "--in-cluster"]
        return arguments + [f"--kubeconfig={self.kubeconfig(spec['serviceAccountName'])}"]

    def serves_with_its_own_arguments_and_rights(self):
        """The webhook first, so that it waits for its certificate."""
        serving, log = self.start(self.installed("webhook"))
        keeping = None

        def status(port=8081):
            return run("curl", "-s", "-w", "%{http_code}", f"http://127.0.0.1:{port}/readyz", check=False).stdout

        def filled():
            for process in (serving, keeping):
                expect(process.poll() is None, "it has ended", log.read_text()[-2000:])
            shown = self.data(SECRET)
            return self.bundles() == {shown.get("ca.crt")} and set(shown) == {"ca.crt", "tls.crt", "tls.key"}
        try:
            wait_until(lambda: "there is no certificate yet" in status(), "it waits for its certificate")
            keeping, _ = self.start(self.beside(self.installed("certificates")))
            wait_until(filled, "the certificate is in its Secret and the bundle in all configurations")
            wait_until(lambda: "200" in status(), "it is ready")
            wait_until(lambda: status(KEEPER_PORT) == "ok\n200", "who keeps certificates is ready")
            said = log.read_text()
            expect("waiting for the first certificate" in said, "it does not say what it waits for", said)
            expect("certificate not in order" not in said, "it complains of what mends itself", said)
            self.keeps_no_key_of_the_authority(serving.pid, keeping.pid)
            self.starts_over_with_an_empty_secret()
            wait_until(filled, "all is in order again", 60)
            self.keeps_no_key_of_the_authority(serving.pid, keeping.pid)
            expect_quiet(kubectl("apply", "-k", INSTALL))
            expect(filled(), "applying again has taken the certificate away")
            self.takes_over_from_one_secret(filled)
            self.says_what_is_not_in_order(lambda: status(KEEPER_PORT))
        finally:
            for process in filter(None, (serving, keeping)):
                process.terminate()
                process.wait(30)
        for process in (serving, keeping):
            expect(process.returncode == 0, f"it ended with {process.returncode}", log.read_text()[-2000:])
        refused = [line for line in log.read_text().splitlines() if "forbidden" in line]
        expect(all("webhookconfigurations" in line for line in refused), "something was refused", refused)

    def beside(self, arguments):
        """In a pod each has its own ports; here the webhook has the same one."""
        return [a if not a.startswith("--health-listen=") else f"--health-listen=127.0.0.1:{KEEPER_PORT}" for a in arguments]

    def says_what_is_not_in_order(self, status):
        """A right that is taken away: it is not ready, says which one, lives on, and is ready when it has it again."""
        expect(status() == "ok\n200", "it is not ready", status())
        kubectl("delete", "clusterrolebinding", "ballast-certificates")
        said = wait_until(lambda: (text := status()).endswith("503") and text, "it is not ready", 60)
        expect("webhookconfigurations" in said and "forbidden" in said, "it does not say why", said)
        live = run("curl", "-s", "-w", "%{http_code}", f"http://127.0.0.1:{KEEPER_PORT}/healthz").stdout
        expect(live == "ok\n200", "it would be started anew", live)
        kubectl("apply", "-k", INSTALL)
        wait_until(lambda: status() == "ok\n200", "it is ready again", 60)

    def keeps_no_key_of_the_authority(self, serving, keeping):
        """In any form that it had on its way. What is looked for can be found: the certificate beside it is there."""
        forms = forms_of(self.data(SECRET)["tls.crt"])
        wait_until(lambda: any(form in memory_of(serving) for form in forms), "the certificate is found", 30)
        for name, form in zip(("base64", "PEM", "DER"), forms_of(self.data(AUTHORITY)["ca.key"]), strict=False):
            expect(form not in memory_of(serving), f"the authority's key is in the webhook's memory, as {name}")
            # It may be at work with it right now.
            wait_until(lambda form=form: form not in memory_of(keeping), f"the authority's key is not in memory, as {name}", 30)

    def starts_over_with_an_empty_secret(self):
        """By a command that remembers nothing; unless who keeps them, and remembers, is faster."""
        before = self.data(SECRET)["tls.crt"]

        def replaced():
            for name in (SECRET, AUTHORITY):
                kubectl("patch", "secret", name, "-n", NAMESPACE, "--type=merge", '-p={"data":null}')
            run(str(BUILD / "ballast-webhook"), *[a for a in self.installed("certificates") if a != "--keep"], check=False)
            return self.data(SECRET).get("tls.crt") not in (before, None)
        wait_until(replaced, "there is another certificate", 60)

    def takes_over_from_one_secret(self, filled):
        """As older versions have left it: all in the Secret that is shown now. What is trusted and shown stays."""
        shown, key = self.data(SECRET), self.data(AUTHORITY)["ca.key"]
        self.api.patch("Secret", SECRET, {"data": {"ca.key": key}}, NAMESPACE)
        kubectl("patch", "secret", AUTHORITY, "-n", NAMESPACE, "--type=merge", '-p={"data":null}')
        run(str(BUILD / "ballast-webhook"), *[a for a in self.installed("certificates") if a != "--keep"], check=False)
        wait_until(filled, "the key is taken out", 60)
        expect(self.data(SECRET) == shown, "another certificate is shown")
        expect(self.data(AUTHORITY)["ca.key"] == key and self.bundles() == {shown["ca.crt"]}, "there is another authority")

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

    def uninstall_with_its_hook(self, program):
        """Helm waits for the hook, which is run here, with its own arguments and rights, and shows what it said."""
        helm = subprocess.Popen([program, "uninstall", "ballast", "-n", NAMESPACE, "--timeout", "90s"], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        kubelet = None
        try:
            pod = wait_until(self.hook_pods, "the hook has a pod", 60)[0]
            arguments = pod["spec"]["containers"][0]["args"]
            said = run(str(BUILD / "ballast"), *[word for word in arguments if word != "--in-cluster"],
                       env={**os.environ, "KUBECONFIG": str(self.kubeconfig("ballast-leave"))}).stdout
            expect("deployment ballast-system/ballast-controller: stopped" in said, "the controller runs", said)
            kubelet = Kubelet(self.api, said)
            kubelet.take(pod)
            self.api.patch("Pod", pod["metadata"]["name"], {"status": {"phase": "Succeeded"}}, NAMESPACE, "status")
            read = helm.communicate(timeout=400)[0]
            expect(helm.returncode == 0, "helm uninstall failed", read)
            expect("deployment ballast-system/ballast-controller: stopped" in read, "nobody reads what the hook said", read)
        finally:
            helm.kill()
            if kubelet:
                kubelet.stop()
        for kind in ("ClusterRole", "ClusterRoleBinding"):
            expect(not self.api.find(kind, "ballast-leave"), f"the hook has left a {kind}")

    def installs_and_goes_with_helm(self):
        run("helm", "install", "ballast", CHART, "-n", NAMESPACE, "--create-namespace")
        run("helm", "upgrade", "ballast", CHART, "-n", NAMESPACE, "--set", "replicas=3")
        kubectl("delete", "validatingwebhookconfiguration,mutatingwebhookconfiguration", "ballast-webhook")
        run("helm", "upgrade", "ballast", CHART, "-n", NAMESPACE, "--reuse-values")
        expect(self.api.find("ValidatingWebhookConfiguration", "ballast-webhook"), "an upgrade does not bring it back")
        run("helm", "rollback", "ballast", "-n", NAMESPACE)
        self.uninstall_with_its_hook("helm")
        expect(not self.api.find("ValidatingWebhookConfiguration", "ballast-webhook"), "a configuration is left")
        run("helm4", "install", "ballast", CHART, "-n", NAMESPACE, "--take-ownership")
        self.uninstall_with_its_hook("helm4")
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
                 "cert_manager_objects_fit", "monitoring_objects_fit", "ports_are_closed",
                 "probes_are_everywhere", "clients_are_asked_for", "values_are_checked",
                 "kustomization_is_accepted", "kustomization_is_installed", "rights_are_enough_and_no_more",
                 "the_keeper_of_certificates_may_do_its_work_and_no_more",
                 "the_controller_may_do_its_work_and_no_more",
                 "the_controller_acts_as_accounts_that_are_named_alone", "the_controller_writes_where_it_is_told_to",
                 "serves_with_its_own_arguments_and_rights", "way_out_is_open", "kustomization_is_taken_away",
                 "installs_and_goes_with_helm"):
        report.run(f"install: {name.replace('_', ' ')}", getattr(suite, name))
    report.finish()


main()
