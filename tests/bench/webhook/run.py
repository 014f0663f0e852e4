#!/usr/bin/env python3
"""How fast is the webhook? Reviews over TLS with keep-alive, beside references in the same run.

    run.py [--seconds S] [--rounds N] [--reviews N] [--peer NAME=URL,CA.pem[,PID...]]... [PART...]

The first reference is the same server with a constant for an answer (constant.c). --peer adds any other
admission webhook that listens here: its CPU time and memory are those of the processes given. Parts:

    beside       reviews a second, latencies, CPU and memory, beside the references
    handshake    a connection for each review
    size         objects of 2 to 500 KiB
    policies     1 to 200 policies
    connections  1 to 200 connections
    attacks      an honest client beside somebody who holds connections, as tests/support/attack.py does
    start        from start to ready
    memory       resident after --reviews reviews (100000)
    apiserver    what a real API server says of it, on a control plane of its own; as root

All without PART. Figures are the medians of N rounds (3) that take turns; what is compared is the ratio.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / "build" / "release"
HOST = "127.0.0.1"
COLUMNS = ("count", "failed", "rate", "p50", "p99", "p999", "cpu", "rss")
PARTS = ("beside", "handshake", "size", "policies", "connections", "attacks", "start", "memory", "apiserver")


class Server:
    """A process with a port for reviews and the authority of its certificate."""

    def __init__(self, bench, port, command):
        self.bench, self.port, self.pids = bench, port, ""
        self.url = f"https://{HOST}:{port}"
        self.authority = bench.work / "certs" / "ca.crt"
        self.process = subprocess.Popen([str(part) for part in command])  # pylint: disable=consider-using-with
        self.pids = str(self.process.pid)
        bench.servers.append(self)
        self.began = time.monotonic()

    def wait_for(self, check):
        while not check():
            if self.process.poll() is not None:
                sys.exit(f"the server on port {self.port} ended with {self.process.returncode}")
            time.sleep(0.001)
        return self

    def stop(self):
        self.bench.servers.remove(self)
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(30) != 0:
            sys.exit(f"the server on port {self.port} ended with {self.process.returncode}")


class Peer:
    """Somebody else's webhook, started and stopped by somebody else."""

    def __init__(self, text):
        self.name, _, rest = text.partition("=")
        self.url, self.authority, *pids = rest.split(",")
        self.pids = ",".join(pids)


class Bench:
    def __init__(self, options, work):
        self.options, self.work = options, pathlib.Path(work)
        self.servers = []  # that run
        self.review = self.work / "review.json"
        subprocess.run([BUILD / "ballast-webhook", "certs", f"--certs-dir={self.work}/certs", f"--dns-name={HOST}",
                        "--log-level=warn"], check=True, stdout=subprocess.DEVNULL)
        self.write_review(self.review, 12)

    @staticmethod
    def write_review(path, kib):
        subprocess.run([sys.executable, "-B", ROOT / "tests/bench/generate.py", "--review", path, str(kib * 1024)],
                       check=True, stderr=subprocess.DEVNULL)

    def constant(self, port=19443):
        certs = self.work / "certs"
        return Server(self, port, [BUILD / "tests/ballast-constant", f"{HOST}:{port}", certs / "tls.crt",
                                   certs / "tls.key", 2]).wait_for(lambda: self.is_open(port))

    @staticmethod
    def is_open(port):
        with socket.socket() as trial:
            return trial.connect_ex((HOST, port)) == 0

    def webhook(self, port=19444, policies=ROOT / "policies/bundles/default.yaml", metrics=19080, health=19081):
        certs = self.work / "certs"
        server = Server(self, port, [
            BUILD / "ballast-webhook", f"--listen={HOST}:{port}", f"--metrics-listen={HOST}:{metrics}",
            f"--health-listen={HOST}:{health}",
            f"--tls-cert={certs}/tls.crt", f"--tls-key={certs}/tls.key", f"--policies={policies}",
            "--log-level=warn"])
        server.wait_for(lambda: self.is_ready(health))
        server.ready_after = time.monotonic() - server.began
        return server

    @staticmethod
    def is_ready(port):
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def load(self, server, path, review=None, connections=1, requests=None, handshakes=False):
        """One round of the load generator, as a dictionary of COLUMNS: rates a second, times in µs, KiB."""
        length = ["-n", requests] if requests else ["-s", self.options.seconds]
        command = [BUILD / "tests/ballast-load", server.url + path, server.authority, review or self.review, "-q",
                   "-c", connections, *length]
        if server.pids:
            command += ["-p", server.pids]
        if handshakes:
            command.append("-H")
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if done.returncode == 2 or not done.stdout.strip():
            sys.exit(f"the load generator failed: {done.stderr}")
        figures = dict(zip(COLUMNS, (float(word) for word in done.stdout.split()), strict=False))
        if figures["failed"]:
            sys.exit(f"{figures['failed']:.0f} of {figures['count']:.0f} reviews failed at {server.url}{path}")
        return figures

    def compare(self, subjects, **options):
        """Rounds in turn of [(name, server, path, extra)]; the medians by name."""
        rounds = {name: [] for name, *_ in subjects}
        for _ in range(self.options.rounds):
            for name, server, path, extra in subjects:
                rounds[name].append(self.load(server, path, **{**options, **extra}))
        return {name: {column: statistics.median(one[column] for one in of) for column in COLUMNS}
                for name, of in rounds.items()}


def table(title, head, rows):
    print(f"\n{title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


HEAD = ["", "reviews/s", "p50 µs", "p99 µs", "p99.9 µs", "CPU µs", "RSS MiB", "rate × constant"]


def row(name, of, reference=None):
    return [name, f"{of['rate']:.0f}", f"{of['p50']:.0f}", f"{of['p99']:.0f}", f"{of['p999']:.0f}",
            f"{of['cpu']:.0f}", f"{of['rss'] / 1024:.1f}",
            f"{of['rate'] / reference['rate']:.2f}" if reference else ""]


def part_beside(bench):
    constant, webhook = bench.constant(), bench.webhook()
    subjects = [("constant", constant, "/", {}), ("Ballast /mutate", webhook, "/mutate", {}),
                ("Ballast /validate", webhook, "/validate", {})]
    subjects += [(peer.name, peer, "", {}) for peer in bench.options.peer]
    for connections in (1, 8):
        found = bench.compare(subjects, connections=connections)
        table(f"A StatefulSet of 12 KiB, {connections} connection{'s' if connections > 1 else ''}", HEAD,
              [row(name, of, found["constant"]) for name, of in found.items()])
    constant.stop()
    webhook.stop()


def part_handshake(bench):
    webhook = bench.webhook()
    subjects = [("a connection each", webhook, "/mutate", {"handshakes": True}), ("one connection", webhook, "/mutate", {})]
    found = bench.compare(subjects)
    table("Handshakes", HEAD[:-1], [row(name, of)[:-1] for name, of in found.items()])
    print(f"\na handshake: {found['a connection each']['cpu'] - found['one connection']['cpu']:.0f} µs CPU")
    webhook.stop()


def part_size(bench):
    constant, webhook = bench.constant(), bench.webhook()
    subjects = []
    for kib in (2, 12, 50, 100, 250, 500):
        path = bench.work / f"review-{kib}.json"
        bench.write_review(path, kib)
        size = path.stat().st_size / 1024
        subjects += [(f"{size:.0f} KiB", webhook, "/mutate", {"review": path}),
                     (f"{size:.0f} KiB, constant", constant, "/", {"review": path})]
    found = bench.compare(subjects)
    table("By size", HEAD, [row(name, of, found.get(f"{name}, constant")) for name, of in found.items()])
    constant.stop()
    webhook.stop()


def policies_of(folder, count):
    """As many policies as that, of which a tenth select the object's namespace: as teams have them."""
    folder.mkdir()
    for number in range(count):
        names = "kafka" if number % 10 == 0 else f"team-{number}"
        (folder / f"policy-{number:03}.yaml").write_text(f"""apiVersion: ballast.dev/v1alpha1
kind: KafkaPolicy
metadata: {{name: policy-{number:03}}}
spec:
  priority: {number}
  match: {{namespaces: [{names}]}}
  rules:
    gracefulStop: {{action: Mutate, minSeconds: {120 + number % 3 * 60}}}
    zoneSpread: {{action: Mutate}}
    probes: {{action: Mutate}}
    replicas: {{action: Warn}}
""", encoding="utf-8")
    return folder


def part_policies(bench):
    rows = []
    for count in (1, 10, 50, 100, 200):
        webhook = bench.webhook(policies=policies_of(bench.work / f"policies-{count}", count))
        found = bench.compare([(str(count), webhook, "/mutate", {})])
        rows.append(row(str(count), found[str(count)])[:-1])
        webhook.stop()
    table("By number of policies, a tenth of them for this namespace", HEAD[:-1], rows)


def part_connections(bench):
    constant, webhook = bench.constant(), bench.webhook()
    rows = []
    for connections in (1, 2, 10, 50, 100, 200):
        name = str(connections)
        found = bench.compare([(name, webhook, "/mutate", {}), ("constant", constant, "/", {})], connections=connections)
        rows.append(row(name, found[name], found["constant"]))
    table("By number of connections", HEAD, rows)
    constant.stop()
    webhook.stop()


class Attack:
    """tests/support/attack.py while it goes on, in waves as far apart as it likes."""

    def __init__(self, kind, server):
        self.command = [sys.executable, "-B", str(ROOT / "tests/support/attack.py"), kind, HOST, str(server.port)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "up\n":
            sys.exit("the attack did not begin")

    def __exit__(self, *_):
        self.process.communicate()


def part_attacks(bench):
    webhook = bench.webhook()
    ways = [("keep-alive", {}), ("a connection each", {"handshakes": True})]
    rows, calm = [], {}
    for kind in ("none", "promises", "idle", "crowd", "silent", "bodies", "stuffed", "stalled"):
        with contextlib.nullcontext() if kind == "none" else Attack(kind, webhook):
            found = bench.compare([(name, webhook, "/mutate", extra) for name, extra in ways])
        for name, _ in ways:
            of = found[name]
            calm.setdefault(name, of)
            rows.append([kind if name == ways[0][0] else "", name, f"{of['count']:.0f}", f"{of['failed']:.0f}",
                         f"{of['p50'] / 1000:.1f}", f"{of['p99'] / 1000:.1f}", f"{of['p999'] / 1000:.1f}",
                         f"{of['p99'] / calm[name]['p99']:.1f}", f"{of['rss'] / 1024:.0f}"])
    table("Beside an attack", ["attack", "honest client", "reviews", "failed", "p50 ms", "p99 ms", "p99.9 ms",
                               "p99 × none", "RSS MiB"], rows)
    webhook.stop()


def part_start(bench):
    times = []
    for _ in range(max(bench.options.rounds, 5)):
        webhook = bench.webhook()
        times.append(webhook.ready_after * 1000)
        webhook.stop()
    print(f"\nStart to ready: {statistics.median(times):.0f} ms (at most {max(times):.0f});"
          f" program {(BUILD / 'ballast-webhook').stat().st_size / 1e3:.0f} KB")


def part_memory(bench):
    webhook = bench.webhook()
    rows, step = [], bench.options.reviews // 4
    bench.load(webhook, "/mutate", connections=8, requests=1000)
    for number in range(1, 5):
        found = bench.load(webhook, "/mutate" if number % 2 else "/validate", connections=8, requests=step)
        rows.append([str(number * step), f"{found['rss'] / 1024:.2f}"])
    table("Memory after so many reviews", ["reviews", "RSS MiB"], rows)
    webhook.stop()


def part_apiserver(bench):
    testbed, folder = ROOT / "tests/testbed/testbed.sh", bench.work / "testbed"
    subprocess.run([testbed, "control-plane", "up", folder], check=True, stdout=subprocess.DEVNULL)
    try:
        subprocess.run([testbed, "exec", folder, "--", "env", f"WORK={bench.work}", f"BALLAST_BUILD={BUILD}",
                        sys.executable, "-B", ROOT / "tests/bench/webhook/apiserver.py"], check=True)
    finally:
        subprocess.run([testbed, "down", folder], check=True, stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reviews", type=int, default=100000)
    parser.add_argument("--peer", type=Peer, action="append", default=[], metavar="NAME=URL,CA[,PID...]")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    build = subprocess.run("cmake --preset release && cmake --build --preset release", shell=True, cwd=ROOT, check=False,
                           capture_output=True, text=True)
    if build.returncode != 0:
        sys.exit(build.stdout[-3000:] + build.stderr)
    model = [line.partition(": ")[2] for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
             if line.startswith("model name")]
    print(f"{time.strftime('%F', time.gmtime())}, {os.cpu_count()} cores, {model[0] if model else 'unknown'};"
          f" {options.rounds} rounds of {options.seconds} s")
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(options, work)
        try:
            for part in options.parts or PARTS:
                globals()[f"part_{part}"](bench)
        finally:
            for server in bench.servers:
                server.process.kill()


if __name__ == "__main__":
    main()
