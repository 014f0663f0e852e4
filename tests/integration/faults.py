#!/usr/bin/env python3
"""What goes wrong, and must not matter: bad requests, changes under load, restarts, the webhook away."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

from harness import (ADDRESS, ROOT, TESTBED_DIR, Api, ApiError, Load, Report, Webhook, budget, expect, expect_denied, install,
                     install_crd, review, run, start_load, stateful_set, uninstall, wait_enforced, wait_until)

WORK = pathlib.Path(os.environ["WORK"])
TESTBED = [str(ROOT / "tests/testbed/testbed.sh")]
SECONDS = float(os.environ.get("FAULTS_SECONDS", "6"))
GROWTH_MIB = float(os.environ.get("FAULTS_GROWTH_MIB", "2"))
RSS_MIB = float(os.environ.get("FAULTS_RSS_MIB", "128"))  # the chart's limit
REVIEWS = int(os.environ.get("FAULTS_REVIEWS", "60000"))
TRICKLE_S = 90  # ten, and what a busy machine adds
# In heavy reviews; a sanitizer takes ten times as long for each, and who waits for ten seconds is not answered any more.
CONTAINERS = int(os.environ.get("FAULTS_CONTAINERS", "5000"))
ROWS = int(os.environ.get("FAULTS_ROWS", "60"))  # of 2000 values
HANDSHAKE_S = 60


class Suite:
    def __init__(self, api, webhook):
        self.api, self.webhook = api, webhook
        self.trust = ssl.create_default_context(cafile=webhook.certs / "ca.crt")
        self.count = 0

    def namespace(self):
        self.count += 1
        self.api.namespace(f"f{self.count}")
        wait_enforced(self.api, f"f{self.count}")
        return f"f{self.count}"

    def post(self, body, path="/validate", content_type="application/json", method="POST", headers=None):
        connection = http.client.HTTPSConnection(ADDRESS, self.webhook.port, context=self.trust, timeout=60)
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            try:
                connection.request(method, path, data, {"Content-Type": content_type, **(headers or {})})
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before the body was taken; the answer says why
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def raw(self, data, wait=3.0):
        """Sends bytes over TLS and returns what comes until the end or the time is over."""
        with socket.create_connection((ADDRESS, self.webhook.port), timeout=HANDSHAKE_S) as plain:
            with self.trust.wrap_socket(plain, server_hostname=ADDRESS) as stream:
                stream.settimeout(wait)
                got = b""
                try:
                    stream.sendall(data)
                    while True:
                        piece = stream.recv(65536)
                        if not piece:
                            break
                        got += piece
                except (TimeoutError, OSError):
                    pass
                return got

    def still_serves(self):
        status, body = self.post(review())
        expect(status == 200 and json.loads(body)["response"]["uid"] == "u-1", f"it answers {status}", body[:500])

    # --- requests ---

    def answers_bad_requests(self):
        deep = b'{"a":' * 5000 + b"1" + b"}" * 5000
        good = json.dumps(review()).encode()
        cases = [
            ("no JSON", dict(body=b"hello"), 400),
            ("nothing", dict(body=b""), 400),
            ("cut off", dict(body=good[:-20]), 400),
            ("bytes behind", dict(body=good + b"x"), 400),
            ("too deep", dict(body=deep), 413),
            ("a key twice", dict(body=good[:-1] + b',"kind":"AdmissionReview"}'), 400),
            ("invalid UTF-8", dict(body=good.replace(b"kafka", b"ka\xff\xfe", 1)), 400),
            ("another kind", dict(body={"apiVersion": "v1", "kind": "Pod"}), 400),
            ("an old version", dict(body={**review(), "apiVersion": "admission.k8s.io/v1beta1"}), 400),
            ("no request", dict(body={"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}), 400),
            ("no uid", dict(body={**review(), "request": {"operation": "CREATE"}}), 400),
            ("text/plain", dict(body=good, content_type="text/plain"), 415),
            ("YAML", dict(body=good, content_type="application/yaml"), 415),
            ("a charset", dict(body=good, content_type="application/json; charset=utf-8"), 200),
            ("GET", dict(body=b"", method="GET"), 405),
            ("PUT", dict(body=good, method="PUT"), 405),
            ("elsewhere", dict(body=good, path="/nowhere"), 404),
            ("too large", dict(body=b" " * (8 << 20)), 413),
            ("a time that is over", dict(body=good, path="/validate?timeout=1s"), 200),
        ]
        for why, request, wanted in cases:
            try:
                status, body = self.post(**request)
            except (OSError, http.client.HTTPException) as error:
                # Said before the body was taken, and the connection ends.
                expect(wanted in (404, 405, 413, 415), f"{why}: {error}")
                continue
            expect(status == wanted, f"{why}: {status} instead of {wanted}", body[:300])
        self.still_serves()

    def answers_strange_reviews(self):
        """Values of the wrong type wherever they can be; any answer but a crash or a 500 will do."""
        odd = [None, True, 7, -1.5e300, "x", [], {}, [[]], {"a": {"b": None}}]
        for operation in ("CREATE", "UPDATE", "DELETE", "CONNECT", ""):
            for value in odd:
                for request in ({"object": value, "oldObject": value}, {"userInfo": value}, {"subResource": value},
                                {"resource": value}, {"options": value}, {"namespace": value}, {"name": value}):
                    for path in ("/mutate", "/validate"):
                        status, body = self.post({**review(), "request": {
                            **review()["request"], "operation": operation, **request}}, path)
                        expect(status in (200, 400), f"{operation} {request}: {status}", body[:300])
        for part in ("spec", "metadata"):
            for value in odd:
                status, body = self.post(review({**stateful_set(), part: value}), "/mutate")
                expect(status in (200, 400), f"{part} {value}: {status}", body[:300])
        self.still_serves()

    def answers_large_objects(self):
        """The API server takes 3 MiB at most; a review may hold two of them."""
        for size in (100_000, 1_000_000, 3_000_000):
            obj = stateful_set()
            obj["metadata"]["annotations"] = {"big": "x" * size}
            for path in ("/mutate", "/validate"):
                status, _ = self.post(review(obj, "UPDATE", oldObject=obj), path)
                expect(status == 200, f"{2 * size} bytes: {status}")

    def heavy(self, containers):
        """A workload that fits into a request, and that no Kafka is."""
        obj = stateful_set()
        template = obj["spec"]["template"]["spec"]
        template["containers"] += [{**template["containers"][0], "name": f"c{i}", "env": []} for i in range(containers)]
        return obj

    def refuses_what_no_kafka_is(self):
        """Containers without end are said to be too many, at once; what is none of ours may have them."""
        status, body = self.post(review(self.heavy(5000)))
        answer = json.loads(body)["response"]
        expect(status == 200 and not answer["allowed"] and "too large to judge" in answer["status"]["message"],
               "5000 containers were not refused", body[:300])
        status, body = self.post(review({**stateful_set(), "spec": {"template": {"spec": {"args": [0] * 300_000}}}}))
        expect(status == 413, f"300,000 values: {status}", body[:300])
        self.still_serves()

    def serves_beside_heavy_reviews(self):
        """One honest client beside four that send what takes the most: it is answered, each time."""
        obj = json.dumps(review(self.heavy(CONTAINERS))).encode()
        values = json.dumps(review({**stateful_set(), "x": [[""] * 2000 for _ in range(ROWS)]})).encode()
        end, slowest, served = time.monotonic() + SECONDS, 0.0, 0

        def attack(data):
            while time.monotonic() < end:
                try:
                    self.post(data)
                except OSError:
                    pass
        attackers = [threading.Thread(target=attack, args=(data,)) for data in (obj, values, obj, values)]
        for attacker in attackers:
            attacker.start()
        while time.monotonic() < end:
            begin = time.monotonic()
            status, body = self.post(review())
            expect(status == 200, f"an honest review was answered {status}", body[:300])
            slowest, served = max(slowest, time.monotonic() - begin), served + 1
        for attacker in attackers:
            attacker.join()
        print(f"  {served} honest reviews, the slowest took {slowest:.2f} s")
        used = self.webhook.metric("process_resident_memory_bytes") / 2**20
        expect(used < RSS_MIB, f"{used:.0f} MiB, more than {RSS_MIB:.0f}")

    def ends_slow_and_broken_streams(self):
        good = json.dumps(review()).encode()
        head = b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        for data in (b"\x00" * 64, b"POST\r\n\r\n", head + b"Content-Length: 999\r\n\r\nab", head + b"Content-Length: x\r\n\r\n",
                     head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", head[:30],
                     head + b"Content-Length: %d\r\nContent-Length: 7\r\n\r\n" % len(good) + good,
                     head + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(good) + good,
                     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     head + b"X: " + b"y" * 200_000 + b"\r\n\r\n"):
            answer = self.raw(data, wait=1)
            expect(b" 200 " not in answer[:20], "garbage was answered with 200", answer[:200])
        pieces = [b"%x\r\n%s\r\n" % (len(good[i:i + 7]), good[i:i + 7]) for i in range(0, len(good), 7)]
        answer = self.raw(head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + b"".join(pieces) + b"0\r\n\r\n")
        expect(b" 200 " in answer[:20], "a body in chunks was not answered", answer[:300])
        self.still_serves()

    def ends_what_trickles(self):
        """Headers byte by byte: over after ten seconds, whatever comes."""
        begin, ended = time.monotonic(), False
        with socket.create_connection((ADDRESS, self.webhook.port), timeout=60) as plain:
            with self.trust.wrap_socket(plain, server_hostname=ADDRESS) as stream:
                try:
                    while not ended and time.monotonic() - begin < TRICKLE_S:
                        stream.sendall(b"x")
                        time.sleep(0.2)
                        stream.settimeout(0.01)
                        try:
                            ended = stream.recv(1) == b""
                        except (TimeoutError, ssl.SSLWantReadError):
                            pass
                except OSError:
                    ended = True
        expect(ended, f"it was held for {TRICKLE_S} s, and longer")
        self.still_serves()

    def spins_for_nobody(self):
        """Half a handshake must cost nothing while it waits."""
        def ticks():
            fields = pathlib.Path(f"/proc/{self.webhook.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return int(fields[11]) + int(fields[12])
        held = [socket.create_connection((ADDRESS, self.webhook.port)) for _ in range(8)]
        for connection in held[::2]:
            connection.sendall(b"\x16\x03\x01")
        time.sleep(0.5)
        before = ticks()
        time.sleep(3)
        used = ticks() - before
        for connection in held:
            connection.close()
        expect(used < 60, f"{used} of 300 ticks were used for nothing")

    def asks_for_certificates(self):
        """With --client-ca only who shows one of that authority is answered; health is for everybody."""
        other = Webhook(WORK / "strict", port=9543, metrics_port=9190, cluster=False)
        other.make_certs()
        subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        "client.key", "-out", "client.csr", "-subj", "/CN=kube-apiserver"], cwd=other.folder, check=True,
                       capture_output=True)
        (other.folder / "ext").write_text("extendedKeyUsage=clientAuth\n")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", "clients.key", "-out", "clients.crt", "-subj", "/CN=clients", "-days", "2"],
                       cwd=other.folder, check=True, capture_output=True)
        subprocess.run(["openssl", "x509", "-req", "-in", "client.csr", "-CA", "clients.crt", "-CAkey", "clients.key",
                        "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", "client.crt"], cwd=other.folder,
                       check=True, capture_output=True)
        other.command += [f"--client-ca={other.folder}/clients.crt", "--client-name=kube-apiserver", "--drain=0s"]
        other.start()
        mine, self.webhook = self.webhook, other
        trust = self.trust
        try:
            self.trust = ssl.create_default_context(cafile=other.certs / "ca.crt")
            expect(self.post(review())[0] == 401, "a stranger was answered")
            said = self.raw(b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            b"Content-Length: 5000000\r\n\r\n")
            expect(b" 401 " in said[:20], "a stranger's body was waited for", said[:200])
            expect(self.post(b"", "/healthz", method="GET")[0] == 200, "health was refused")
            self.trust.load_cert_chain(other.folder / "client.crt", other.folder / "client.key")
            expect(self.post(review())[0] == 200, "who showed his certificate was refused")
        finally:
            self.webhook, self.trust = mine, trust
            expect(other.stop() == 0, "it did not end well")

    # --- under load ---

    def dry_creates(self, namespace):
        obj = stateful_set(namespace=namespace)

        def work(api):
            created = api.create({**obj}, dry_run=True)
            expect(created["metadata"]["labels"]["ballast.dev/role"] == "broker", "not completed")
        return work

    def reloads_policies_under_load(self):
        folder = WORK / "faults-policies"
        good = (ROOT / "policies/bundles/default.yaml").read_text()
        with Load(self.dry_creates(self.namespace())) as load:
            ends = time.monotonic() + SECONDS
            changes = 0
            while time.monotonic() < ends or load.calls <= 100:
                text = [good.replace("minSeconds: 120", f"minSeconds: {120 + changes}"), "kind: KafkaPolicy\nspec: [",
                        good + "\nbroken"][changes % 3]
                (folder / "new").write_text(text)
                os.rename(folder / "new", folder / "policy.yaml")
                changes += 1
                time.sleep(0.25)
            shutil.copy(ROOT / "policies/bundles/default.yaml", folder / "policy.yaml")
        expect(not load.failures, f"{len(load.failures)} of {load.calls} calls failed", *load.failures[:3])
        expect(load.calls > 100, f"only {load.calls} calls")
        wait_until(lambda: self.webhook.metric('ballast_last_reload_failed{source="files"}') == 0, "the good file holds")
        metrics = self.webhook.metrics()
        expect(metrics['ballast_reloads_total{source="files",result="failed"}'] > 0, "no broken file was met")
        print(f"  {load.calls} calls, {changes} changes")

    def swaps_folders_under_load(self):
        """As the kubelet swaps a mounted ConfigMap: a link to a folder of a new version."""
        folder = WORK / "faults-policies"
        with Load(self.dry_creates(self.namespace())) as load:
            for i in range(12):
                version = folder / f"..v{i}"
                version.mkdir()
                shutil.copy(ROOT / "policies/bundles/default.yaml", version / "policy.yaml")
                os.symlink(version.name, folder / "..tmp")
                os.rename(folder / "..tmp", folder / "..data")
                if i == 0:
                    (folder / "policy.yaml").unlink()
                    os.symlink("..data/policy.yaml", folder / "policy.yaml")
                time.sleep(0.3)
                if i:
                    shutil.rmtree(folder / f"..v{i - 1}")
        expect(not load.failures, f"{len(load.failures)} of {load.calls} calls failed", *load.failures[:3])

    def rotates_certificates_under_load(self):
        """Leaves and authorities, a broken pair in between; each direct call makes a handshake of its own."""
        shutil.copy(self.webhook.certs / "ca.crt", WORK / "trusted.crt")
        with Load(self.dry_creates(self.namespace())) as load:
            direct = start_load(self.webhook, WORK / "trusted.crt", "-H", "-c", 2, "-s", int(SECONDS))
            ends, leaves = time.monotonic() + SECONDS, set()
            while time.monotonic() < ends:
                (self.webhook.certs / "tls.crt").unlink()
                self.webhook.make_certs()
                leaves.add((self.webhook.certs / "tls.crt").read_text())
                time.sleep(0.5)
                good = (self.webhook.certs / "tls.crt").read_text()
                (self.webhook.certs / "tls.crt").write_text("garbage")
                time.sleep(0.4)
                (self.webhook.certs / "tls.crt").write_text(good)
            said = direct.communicate(timeout=400)[0]
        expect(not load.failures, f"{len(load.failures)} of {load.calls} calls failed", *load.failures[:3])
        expect(direct.returncode == 0, "handshakes failed", said)
        expect(len(leaves) > 3, "no rotation happened")
        metrics = self.webhook.metrics()
        expect(metrics['ballast_reloads_total{source="certificate",result="failed"}'] > 0, "no broken pair was met")
        print(f"  {load.calls} calls, {len(leaves)} certificates; direct: {said.splitlines()[0]}")

    def rotates_the_authority(self):
        """The key of the authority is lost: a new one is made known first, and signs only an hour later."""
        before = (self.webhook.certs / "ca.crt").read_text()
        leaf = (self.webhook.certs / "tls.crt").read_text()
        (self.webhook.certs / "ca.key").unlink()
        self.webhook.make_certs("--webhook-config=ballast-webhook", f"--kubeconfig={os.environ['KUBECONFIG']}")
        after = (self.webhook.certs / "ca.crt").read_text()
        expect(before in after and after.count("BEGIN CERTIFICATE") == 2, "the old authority is not trusted any more", after)
        expect((self.webhook.certs / "tls.crt").read_text() == leaf, "a leaf is shown that nobody trusts yet")
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
            for hook in self.api.get(kind, "ballast-webhook")["webhooks"]:
                expect(hook["clientConfig"]["caBundle"] == self.webhook.ca_bundle(), "caBundle is not the new one")
        self.api.create(stateful_set(namespace=self.namespace()), dry_run=True)

    def drains_under_load(self):
        """SIGTERM while calls come: none is lost, and connections go elsewhere."""
        other = Webhook(WORK / "drain", port=9643, metrics_port=9290, cluster=False, extra=["--drain=8s"]).start()
        direct = start_load(other, other.certs / "ca.crt", "-c", 4, "-s", 3)
        wait_until(lambda: other.metric("ballast_webhook_connections") >= 4, "calls come")
        other.process.send_signal(signal.SIGTERM)
        wait_until(lambda: other.status("/readyz") == 503, "it is not ready any more", 6)
        expect(other.status("/healthz") == 200, "it is not alive any more")
        said = direct.communicate(timeout=400)[0]
        expect(direct.returncode == 0, "calls were lost", said)
        expect(other.stop() == 0, "it did not end with status 0")

    def memory_stays_flat(self):
        def resident():
            return self.webhook.metric("process_resident_memory_bytes") / (1 << 20)

        def ask(path, count):
            direct = start_load(self.webhook, self.webhook.certs / "ca.crt", "-c", 4, "-n", count, path=path)
            said = direct.communicate(timeout=300)[0]
            expect(direct.returncode == 0, "reviews failed", said)

        for path in ("/mutate", "/validate"):
            ask(path, REVIEWS // 10)
        before = resident()
        for path in ("/mutate", "/validate"):
            ask(path, REVIEWS // 2)
        after = resident()
        print(f"  {before:.1f} MiB, after {REVIEWS} reviews {after:.1f} MiB")
        expect(after < before + GROWTH_MIB, f"memory grew from {before:.1f} to {after:.1f} MiB")

    # --- away ---

    def is_away(self):
        """In opted-in namespaces Kafka has to wait; everything else goes on, and one start heals it."""
        namespace = self.namespace()
        self.api.create(stateful_set(name="before", namespace=namespace))
        self.webhook.stop(signal.SIGKILL)
        try:
            expect_denied(lambda: self.api.create(stateful_set(namespace=namespace)), "validate.ballast.dev", status=500)
            self.api.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
                             "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {
                                 "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [
                                     {"name": "web", "image": "docker.io/library/nginx:1"}]}}}})
            self.api.namespace(f"{namespace}-other", enforce=False)
            self.api.create(stateful_set(namespace=f"{namespace}-other"))
            wait_until(lambda: self.api.find("Pod", "before-0", namespace), "controllers still make pods")
            # A drain asks only the budget then.
            wait_until(lambda: self.evict(namespace, "before-0"), "evictions go on")
        finally:
            self.webhook.start()
        wait_until(lambda: self.created(namespace), "Kafka is admitted again")

    def evict(self, namespace, name):
        try:
            self.api.request("POST", Api.path("Pod", namespace, name, "eviction"), {
                "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}})
            return True
        except ApiError as error:
            expect(error.status in (404, 429), f"the eviction failed with {error.status}", str(error))
            return False

    def created(self, namespace):
        try:
            return self.api.create(stateful_set(namespace=namespace), dry_run=True)
        except ApiError:
            return None

    def survives_the_control_plane(self):
        """All of it killed, with the webhook down too: it comes back without a person, and the caches follow."""
        namespace = self.namespace()
        self.webhook.stop(signal.SIGKILL)
        run(*TESTBED, "restart-control-plane", str(TESTBED_DIR))
        wait_until(lambda: self.healthy(), "the API server is back", 60)
        wait_until(lambda: self.api.find("ServiceAccount", "default", namespace), "controllers work", 60)
        self.webhook.start()
        wait_until(lambda: self.created(namespace), "Kafka is admitted again", 30)

    def follows_a_restarted_api_server(self):
        namespace = self.namespace()
        self.api.create(stateful_set(namespace=namespace))
        self.api.create(budget(namespace=namespace))
        run(*TESTBED, "restart-apiserver", str(TESTBED_DIR))
        wait_until(lambda: self.healthy(), "the API server is back", 60)
        expect(self.webhook.status("/readyz") == 200, "the webhook is not ready, though its caches are only old")
        self.api.create(stateful_set(name="after", namespace=namespace))
        self.api.create(budget(name="after", namespace=namespace))

        def guarded():
            try:
                self.api.delete("PodDisruptionBudget", "after", namespace)
            except ApiError as error:
                return "protects a workload" in error.message
            self.api.create(budget(name="after", namespace=namespace))
            return False
        wait_until(guarded, "the caches have followed", 60, 0.5)

    def healthy(self):
        try:
            return Api().request("GET", "/readyz") == "ok"
        except (OSError, ApiError, http.client.HTTPException):
            return False


def main():
    api = Api()
    folder = WORK / "faults-policies"
    folder.mkdir(exist_ok=True)
    shutil.copy(ROOT / "policies/bundles/default.yaml", folder / "policy.yaml")
    install_crd(api)
    webhook = Webhook(WORK / "faults", policies=[folder], extra=["--drain=1s"])
    webhook.command = [part.replace("debug", "info") for part in webhook.command]
    webhook.start()
    install(api, webhook)
    suite, report = Suite(api, webhook), Report(os.environ.get("ONLY"))
    for name in ("answers_bad_requests", "answers_strange_reviews", "answers_large_objects",
                 "refuses_what_no_kafka_is", "serves_beside_heavy_reviews", "ends_slow_and_broken_streams",
                 "ends_what_trickles", "spins_for_nobody", "asks_for_certificates", "reloads_policies_under_load",
                 "swaps_folders_under_load", "rotates_certificates_under_load", "drains_under_load", "memory_stays_flat",
                 "is_away", "follows_a_restarted_api_server", "survives_the_control_plane", "rotates_the_authority"):
        report.run(f"faults: {name.replace('_', ' ')}", getattr(suite, name))

    def ended():
        uninstall(Api())
        webhook.ends_well()
    report.run("faults: the webhook ends well", ended)
    report.finish()


if __name__ == "__main__":
    main()
