"""Real registries of images and charts (docker-registry), with and without a login, and a server that gives its tokens."""

import base64
import hashlib
import http.client
import http.server
import json
import subprocess
import threading
import time
import urllib.parse

from harness import wait_until

ADDRESS = "127.0.0.1"
USER, PASSWORD = "reader", "letmein"


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Registry:
    """One, on a port of its own. With `token_port` it asks for tokens of the server there."""

    def __init__(self, folder, port, token_port=None):
        self.host, self.folder, self.token_port = f"{ADDRESS}:{port}", folder, token_port
        folder.mkdir()
        config = {"version": "0.1", "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
                  "http": {"addr": self.host}}
        if token_port:
            self.make_key()
            config["auth"] = {"token": {"realm": f"http://{ADDRESS}:{token_port}/token", "service": "test", "issuer": "test",
                                        "rootcertbundle": str(folder / "cert.pem")}}
            self.serve_tokens()
        (folder / "config.yml").write_text(json.dumps(config))
        self.log = (folder / "log").open("wb")
        self.begin()

    def begin(self):
        self.process = subprocess.Popen(["docker-registry", "serve", str(self.folder / "config.yml")], stdout=self.log,
                                        stderr=self.log)
        wait_until(self.answers, "the registry answers", 30)

    def end(self):
        self.process.terminate()
        self.process.wait()

    def answers(self):
        try:
            return self.request("GET", "/v2/")[0] in (200, 401)
        except OSError:
            return False

    def stop(self):
        self.end()
        self.log.close()
        if self.token_port:
            self.server.shutdown()
            self.server.server_close()

    def request(self, method, path, body=None, kind="application/octet-stream"):
        headers = {"Content-Type": kind}
        if self.token_port:
            headers["Authorization"] = f"Bearer {self.token('push,pull')}"
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers

    def push(self, name, tag):
        """An image of nothing: its manifest and its configuration. Returns the digest."""
        config = b"{}"
        digest = "sha256:" + hashlib.sha256(config).hexdigest()
        _, headers = self.request("POST", f"/v2/{name}/blobs/uploads/")
        place = urllib.parse.urlsplit(headers["Location"])
        query = f"{place.query}&digest={digest}" if place.query else f"digest={digest}"
        status, _ = self.request("PUT", f"{place.path}?{query}", config)
        assert status == 201, status
        manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                               "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest,
                                          "size": len(config)}, "layers": []}).encode()
        status, headers = self.request("PUT", f"/v2/{name}/manifests/{tag}", manifest, "application/vnd.oci.image.manifest.v1+json")
        assert status == 201, status
        return headers["Docker-Content-Digest"]

    # --- tokens: JWTs (RFC 7519) that the registry checks by our certificate ---

    def make_key(self):
        key, cert = self.folder / "key.pem", self.folder / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                        "-subj", "/CN=test"], check=True, capture_output=True)
        public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        text = base64.b32encode(hashlib.sha256(public).digest()[:30]).decode()
        self.key, self.key_id = key, ":".join(text[i:i + 4] for i in range(0, len(text), 4))

    def token(self, actions, name=None):
        now = int(time.time())
        access = [{"type": "repository", "name": each, "actions": actions.split(",")}
                  for each in ([name] if name else ["bitnami/kafka", "bitnami/zookeeper", "charts/kafka"])]
        head = {"typ": "JWT", "alg": "RS256", "kid": self.key_id}
        claims = {"iss": "test", "aud": "test", "sub": "", "iat": now - 5, "nbf": now - 5, "exp": now + 300, "jti": str(now),
                  "access": access}
        text = b64url(json.dumps(head).encode()) + "." + b64url(json.dumps(claims).encode())
        signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(), check=True,
                                capture_output=True).stdout
        return f"{text}.{b64url(signed)}"

    def serve_tokens(self):
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                known = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
                _, name, actions = asked["scope"][0].split(":")
                allowed = self.headers.get("Authorization") == known
                body = json.dumps({"token": registry.token(actions, name)} if allowed else {"errors": []}).encode()
                self.send_response(200 if allowed else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((ADDRESS, self.token_port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pull_secret(self, name):
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        config = json.dumps({"auths": {self.host: {"auth": login}}}).encode()
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "kubernetes.io/dockerconfigjson",
                "data": {".dockerconfigjson": base64.b64encode(config).decode()}}
