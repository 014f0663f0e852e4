"""What the integration tests share: a client for the API server, the webhook as a process.

Runs inside a testbed's network (tests/integration/run.sh sees to that), where the API server is at
172.30.0.1 and reaches what listens there. Nothing here stands in for anything: the API server, the webhook
and the TLS between them are the real ones.
"""

import base64
import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from outcome import Failure, Report, expect, tests_of, wait_until  # noqa: E402, F401: others have them from here

ADDRESS = "172.30.0.1"
# Of the control plane that the suites of a run share; what they write is in a folder of each.
TESTBED_DIR = pathlib.Path(os.environ.get("TESTBED_DIR", ""))
BUILD = pathlib.Path(os.environ.get("BALLAST_BUILD", ROOT / "build" / "dev"))


class ApiError(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status}: {str(body.get('message', body) if isinstance(body, dict) else body)[:1500]}")
        self.status = status
        self.body = body if isinstance(body, dict) else {}
        self.message = self.body.get("message", str(body))


PLURALS = {
    "StatefulSet": ("apps/v1", "statefulsets"),
    "Deployment": ("apps/v1", "deployments"),
    "Pod": ("v1", "pods"),
    "Service": ("v1", "services"),
    "ConfigMap": ("v1", "configmaps"),
    "Secret": ("v1", "secrets"),
    "ServiceAccount": ("v1", "serviceaccounts"),
    "PersistentVolumeClaim": ("v1", "persistentvolumeclaims"),
    "Namespace": ("v1", "namespaces"),
    "Node": ("v1", "nodes"),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets"),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies"),
    "StorageClass": ("storage.k8s.io/v1", "storageclasses"),
    "KafkaPolicy": ("ballast.dev/v1alpha1", "kafkapolicies"),
    "KafkaCluster": ("ballast.dev/v1alpha1", "kafkaclusters"),
    "KafkaBackupPlan": ("ballast.dev/v1alpha1", "kafkabackupplans"),
    "KafkaBackup": ("ballast.dev/v1alpha1", "kafkabackups"),
    "KafkaRestore": ("ballast.dev/v1alpha1", "kafkarestores"),
    "ProtectedApplication": ("gkebackup.gke.io/v1", "protectedapplications"),
    "PersistentVolume": ("v1", "persistentvolumes"),
    "PolicyReport": ("wgpolicyk8s.io/v1alpha2", "policyreports"),
    "MutatingWebhookConfiguration": ("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations"),
    "ValidatingWebhookConfiguration": ("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations"),
    "ValidatingAdmissionPolicy": ("admissionregistration.k8s.io/v1", "validatingadmissionpolicies"),
    "ValidatingAdmissionPolicyBinding": ("admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings"),
    "CustomResourceDefinition": ("apiextensions.k8s.io/v1", "customresourcedefinitions"),
    "Job": ("batch/v1", "jobs"),
    "Role": ("rbac.authorization.k8s.io/v1", "roles"),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings"),
    "ClusterRole": ("rbac.authorization.k8s.io/v1", "clusterroles"),
    "ClusterRoleBinding": ("rbac.authorization.k8s.io/v1", "clusterrolebindings"),
}
CLUSTER_SCOPED = {"Namespace", "Node", "PersistentVolume", "StorageClass", "KafkaPolicy", "MutatingWebhookConfiguration",
                  "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy", "CustomResourceDefinition",
                  "ValidatingAdmissionPolicyBinding", "ClusterRole", "ClusterRoleBinding"}


class Api:
    """The API server over HTTPS, with warnings of the last answer in `warnings`. One a thread."""

    def __init__(self, kubeconfig: "pathlib.Path | str | None" = None, user: "tuple[str, ...] | None" = None):
        path = kubeconfig or os.environ["KUBECONFIG"]
        config = json.loads(subprocess.check_output(
            ["kubectl", "config", "view", f"--kubeconfig={path}", "--raw", "-o", "json"], text=True))
        cluster, person = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.host = urllib.parse.urlsplit(cluster["server"]).netloc
        self.context = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        self.user = user
        self.warnings = []
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(base64.b64decode(person["client-certificate-data"]))
            pair.write(base64.b64decode(person["client-key-data"]))
            pair.flush()
            self.context.load_cert_chain(pair.name)
        self.connection = None

    def request(self, method, path, body=None, content_type="application/json", headers=None):
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = content_type
        if self.user:
            sent["Impersonate-User"] = self.user[0]
            if len(self.user) > 1:
                sent["Impersonate-Group"] = self.user[1]
        for attempt in (1, 2):
            try:
                if not self.connection:
                    self.connection = http.client.HTTPSConnection(self.host, context=self.context, timeout=60)
                self.connection.request(method, path, json.dumps(body) if body is not None else None, sent)
                answer = self.connection.getresponse()
                data = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self.connection = None
                if attempt == 2:
                    raise
        self.warnings = [re.sub(r'^299 \S+ "(.*)"$', r"\1", w) for w in answer.headers.get_all("Warning") or []]
        try:
            parsed = json.loads(data)
        except ValueError:
            parsed = data.decode("utf-8", "replace")
        if answer.status >= 400:
            raise ApiError(answer.status, parsed)
        return parsed

    @staticmethod
    def path(kind, namespace=None, name=None, subresource=None):
        version, plural = PLURALS[kind]
        path = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        if kind not in CLUSTER_SCOPED:
            path += f"/namespaces/{namespace or 'default'}"
        path += f"/{plural}"
        return path + (f"/{name}" if name else "") + (f"/{subresource}" if subresource else "")

    def serves(self, kind):
        """Whether this server knows `kind`: those of others come with what installs them."""
        version, plural = PLURALS[kind]
        try:
            found = self.request("GET", f"/apis/{version}" if "/" in version else f"/api/{version}")
        except ApiError as error:
            if error.status != 404:
                raise
            return False
        return any(resource["name"] == plural for resource in found["resources"])

    def create(self, obj, dry_run=False):
        meta = obj["metadata"]
        return self.request("POST", self.path(obj["kind"], meta.get("namespace")) + ("?dryRun=All" if dry_run else ""),
                            obj)

    def get(self, kind, name, namespace=None):
        return self.request("GET", self.path(kind, namespace, name))

    def find(self, kind, name, namespace=None):
        try:
            return self.get(kind, name, namespace)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def update(self, obj, dry_run=False):
        meta = obj["metadata"]
        return self.request("PUT", self.path(obj["kind"], meta.get("namespace"), meta["name"]) +
                            ("?dryRun=All" if dry_run else ""), obj)

    def apply(self, obj, manager="test", force=True, dry_run=False):
        """Server-side apply."""
        meta = obj["metadata"]
        query = f"?fieldManager={manager}&force={'true' if force else 'false'}" + ("&dryRun=All" if dry_run else "")
        return self.request("PATCH", self.path(obj["kind"], meta.get("namespace"), meta["name"]) + query, obj,
                            "application/apply-patch+yaml")

    def patch(self, kind, name, body, namespace=None, subresource=None, kind_of="merge-patch"):
        return self.request("PATCH", self.path(kind, namespace, name, subresource), body, f"application/{kind_of}+json")

    def delete(self, kind, name, namespace=None, **options):
        return self.request("DELETE", self.path(kind, namespace, name), options or None)

    def remove(self, kind, name, namespace=None, **options):
        """The same for what somebody else, such as the garbage collector, may have deleted meanwhile."""
        try:
            self.delete(kind, name, namespace, **options)
        except ApiError as error:
            if error.status != 404:
                raise

    def annotate(self, kind, name, namespace, **annotations):
        return self.patch(kind, name, {"metadata": {"annotations": annotations}}, namespace)

    def namespace(self, name, enforce=True):
        labels = {"ballast.dev/enforce": "true"} if enforce else {}
        return self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})

    def remove_namespaces(self, names):
        """Who takes names from the golden cases gives them back: the next suite has names of its own."""
        names = [name for name in names if name != "default" and not name.startswith("kube-")]
        for name in names:
            self.delete("Namespace", name)
        wait_until(lambda: not any(self.find("Namespace", name) for name in names), "the namespaces are gone", 300, 0.5)

    def metrics(self):
        return parse_metrics(self.request("GET", "/metrics"))


def parse_metrics(text):
    """{name{labels}: value}; labels as they stand."""
    values = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.rpartition(" ")
            values[key] = float(value)
    return values


def run(*command, check=True, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if check and done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))} ended with {done.returncode}", done.stdout, done.stderr)
    return done


def kubectl(*args, stdin=None, check=True):
    return run("kubectl", *args, input=stdin, check=check)


class Webhook:
    """ballast-webhook as a process that listens at ADDRESS:PORT."""

    def __init__(self, folder, port=9443, metrics_port=9090, policies=("default",), cluster=True, extra=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.metrics_port, self.health_port = port, metrics_port, metrics_port + 1
        self.certs = self.folder / "certs"
        self.log = self.folder / f"webhook-{port}.log"
        self.process = None
        self.command = [str(BUILD / "ballast-webhook"), f"--listen={ADDRESS}:{port}",
                        f"--metrics-listen={ADDRESS}:{metrics_port}",
                        f"--health-listen={ADDRESS}:{self.health_port}", f"--tls-cert={self.certs}/tls.crt",
                        f"--tls-key={self.certs}/tls.key", "--log-level=debug", "--log-format=json", "--reload=200ms",
                        *(f"--policies={policy}" for policy in policies), *extra]
        if cluster:
            self.command += [f"--kubeconfig={os.environ['KUBECONFIG']}", "--namespace-selector=ballast.dev/enforce=true"]

    def make_certs(self, *more):
        return run(str(BUILD / "ballast-webhook"), "certs", f"--certs-dir={self.certs}", f"--dns-name={ADDRESS}", *more)

    def start(self, ready=True):
        if not (self.certs / "tls.crt").exists():
            self.make_certs()
        output = self.log.open("ab")
        self.process = subprocess.Popen(self.command, stdout=output, stderr=output)
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        def check():
            if self.process.poll() is not None:
                raise Failure(f"ballast-webhook ended with {self.process.returncode}", self.log.read_text()[-2000:])
            return self.status("/readyz") == 200
        wait_until(check, "the webhook is ready", 60)

    def ask(self, path, timeout=60):
        port = self.metrics_port if path == "/metrics" else self.health_port
        connection = http.client.HTTPConnection(ADDRESS, port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def status(self, path):
        try:
            return self.ask(path, 2)[0]
        except OSError:
            return 0

    def metrics(self):
        return parse_metrics(self.ask("/metrics")[1])

    def metric(self, name):
        return self.metrics().get(name, 0)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self, how=signal.SIGTERM, wait=90):
        if not self.process:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failure("the webhook did not end", self.log.read_text()[-2000:]) from None
        self.process = None
        return code

    def ends_well(self):
        """Ends it, and gives what it has logged."""
        expect(self.stop() == 0, f"{self.log.name}: it did not end with status 0")
        text = self.log.read_text()
        expect("Sanitizer" not in text and "runtime error" not in text, "a sanitizer complains", text[-3000:])
        return text

    def ends_without_errors(self):
        text = self.ends_well()
        expect('"level":"error"' not in text, f"{self.log.name}: it logged an error",
               *[line for line in text.splitlines() if '"level":"error"' in line][:5])

    def ca_bundle(self):
        return base64.b64encode((self.certs / "ca.crt").read_bytes()).decode()


class ForeignWebhook:
    """A mutating webhook of somebody else's: `patch_of(request)` gives the operations of its JSON patch, None for none. It
    has the certificate of `webhook`."""

    def __init__(self, webhook, patch_of):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
                response = {"uid": request["uid"], "allowed": True}
                patch = patch_of(request)
                if patch is not None:
                    response.update(patchType="JSONPatch", patch=base64.b64encode(json.dumps(patch).encode()).decode())
                body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                                   "response": response}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer((ADDRESS, 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(webhook.certs / "tls.crt", webhook.certs / "tls.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.client_config = {"url": f"https://{ADDRESS}:{self.server.server_address[1]}/",
                              "caBundle": webhook.ca_bundle()}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()


def configurations(webhook, name="ballast-webhook", **values):
    """The chart's two configurations, with the webhook's address in place of the Service."""
    command = ["helm", "template", "ballast", str(ROOT / "manifests" / "chart"), "-n", "ballast-system",
               "-s", "templates/webhooks.yaml"]
    for key, value in values.items():
        command += ["--set-json", f"{key}={json.dumps(value)}"]
    rendered = run(*command).stdout
    documents = json_of(rendered)
    for document in documents:
        document["metadata"] = {"name": name}
        for hook in document["webhooks"]:
            path = hook["clientConfig"]["service"]["path"]
            hook["clientConfig"] = {"url": f"https://{ADDRESS}:{webhook.port}{path}", "caBundle": webhook.ca_bundle()}
    return documents


def json_of(manifests):
    """Objects of a text of YAML, by kubectl's own reader."""
    text = run("kubectl", "create", "--dry-run=client", "--validate=false", "-o", "json", "-f", "-",
               input=manifests).stdout
    decoder, objects, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        while text[at].isspace():
            at += 1
        value, at = decoder.raw_decode(text, at)
        objects += value["items"] if value.get("kind") == "List" else [value]
    return objects


def install_crd(api):
    api.apply(json_of((ROOT / "manifests/crd/kafkapolicies.yaml").read_text())[0])
    wait_until(lambda: listable(api), "the API server knows KafkaPolicies")


def listable(api):
    try:
        return api.request("GET", Api.path("KafkaPolicy"))
    except ApiError:
        return None


def install(api, webhook, **values):
    """The configurations, as the chart has them."""
    for document in configurations(webhook, **values):
        api.apply(document)


def wait_enforced(api, namespace):
    """Until the API server's own cache of namespaces knows that this one is enforced: a Kafka is completed there."""
    def completed():
        try:
            made = api.create(stateful_set("probe-of-a-namespace", namespace), dry_run=True)
        except ApiError:
            return False  # what is asked for by a fault is not there yet either
        return "ballast.dev/role" in made["metadata"].get("labels", {})

    wait_until(completed, f"Kafka in {namespace} is completed", 60, 0.05)


def uninstall(api):
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        if api.find(kind, "ballast-webhook"):
            api.delete(kind, "ballast-webhook")


def stateful_set(name="kafka", namespace="kafka", replicas=3, role="broker", labels=None, **spec):
    """A workload that the default policy completes and does not deny."""
    labels = labels or {"app": name}
    container = {"name": "kafka", "image": "docker.io/apache/kafka:3.9.1",
                 "command": ["/opt/kafka/bin/kafka-server-start.sh", "/etc/kafka/server.properties"],
                 "ports": [{"containerPort": 9092, "name": "client"}],
                 "volumeMounts": [{"name": "data", "mountPath": "/var/lib/kafka"}],
                 "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}
    if role == "zookeeper":
        container.update(name="zookeeper", image="docker.io/library/zookeeper:3.9.3",
                         command=["/bin/zkServer.sh", "start-foreground"],
                         ports=[{"containerPort": port} for port in (2181, 2888, 3888)])
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name, "namespace": namespace},
            "spec": {"replicas": replicas, "serviceName": name, "selector": {"matchLabels": labels},
                     "podManagementPolicy": "Parallel",
                     "template": {"metadata": {"labels": dict(labels)}, "spec": {"containers": [container]}},
                     "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                         "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}],
                     **spec}}


def review(obj=None, operation="CREATE", **request):
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u-1", "operation": operation, "namespace": "kafka", "object": obj or stateful_set(), **request}}


def start_load(webhook, ca, *options, path="/mutate"):
    """The load generator, asking the webhook directly. It is no part of what a sanitizer looks at."""
    sent = webhook.folder / "review.json"
    if not sent.exists():  # another one may be reading it
        sent.write_text(json.dumps(review()))
    command = [BUILD / "tests/ballast-load", f"https://{ADDRESS}:{webhook.port}{path}", ca, sent, *options]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "TSAN_OPTIONS": "report_bugs=0"})


def chart_of(obj, folder):
    """A Helm chart of one workload, whose first image and whose label "chart" are values."""
    obj = json.loads(json.dumps(obj))
    container = obj["spec"]["template"]["spec"]["containers"][0]
    values = {"image": container["image"], "label": "one"}
    container["image"] = "{{ .Values.image }}"
    obj["metadata"].setdefault("labels", {})["chart"] = "{{ .Values.label }}"
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: kafka\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text(json.dumps(values))
    (folder / "templates" / "set.yaml").write_text(json.dumps(obj, indent=1))
    return str(folder)


def budget(name="kafka", namespace="kafka", labels=None, **spec):
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name, "namespace": namespace},
            "spec": {"selector": {"matchLabels": labels or {"app": name}}, **(spec or {"maxUnavailable": 1})}}


def expect_proven(proof, revision, read_before=0):
    """Nothing is lost. A try that a slow machine ended has written too, so that more may be read than was sent by the last one."""
    expect((proof["revision"], proof["sent"], proof["lost"]) == (revision, 201, 0), "proven", proof)
    expect(proof["read"] >= read_before + 201, "all is read, also what was there before", proof, read_before)


def expect_denied(call, *texts, status=None):
    try:
        call()
    except ApiError as error:
        for text in texts:
            expect(text in error.message, f'the denial does not say "{text}"', error.message)
        expect(status is None or error.status == status, f"denied with {error.status}, not {status}", error.message)
        return error
    raise Failure("it was not denied")


class Load:
    """Calls `work(api)` in threads until stopped; counts what failed."""

    def __init__(self, work, threads=4):
        self.work, self.stopped = work, threading.Event()
        self.calls, self.failures = 0, []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def _run(self):
        api = Api()
        while not self.stopped.is_set():
            try:
                self.work(api)
                failure = None
            except Exception as error:
                failure = str(error)
            with self.lock:
                self.calls += 1
                if failure:
                    self.failures.append(failure)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join(30)
