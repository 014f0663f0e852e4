#!/usr/bin/env python3
"""What the API server itself says of admission, with and without Ballast. run.py starts it inside a testbed.

The same StatefulSet is created again and again as a dry run, which goes through all of admission and stores
nothing; rounds with and without the webhook configurations take turns.
"""

import os
import pathlib
import re
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))

from harness import Api, Webhook, install, install_crd, stateful_set, uninstall, wait_until  # noqa: E402

NAME = "apiserver_admission_webhook_admission_duration_seconds"
ROUNDS, CREATES = 4, 150


def creates(api, obj):
    """Milliseconds of each."""
    times = []
    for _ in range(CREATES):
        begin = time.perf_counter()
        api.create(obj, dry_run=True)
        times.append((time.perf_counter() - begin) * 1000)
    return times


def histograms(api):
    """{webhook: (count, sum, {upper bound: cumulative count})} of creates."""
    found = {}
    for key, value in api.metrics().items():
        match = re.match(NAME + r"_(bucket|sum|count)\{(.*)\}$", key)
        labels = dict(re.findall(r'(\w+)="([^"]*)"', match.group(2))) if match else {}
        if labels.get("operation") != "CREATE":
            continue
        of = found.setdefault(labels["name"], {"count": 0, "sum": 0, "bucket": {}})
        if match.group(1) == "bucket":
            of["bucket"][float(labels["le"])] = of["bucket"].get(float(labels["le"]), 0) + value
        else:
            of[match.group(1)] += value
    return found


def quantile(of, share):
    """The bucket's upper bound, in milliseconds."""
    return min(bound for bound, count in of["bucket"].items() if count >= of["count"] * share) * 1000


def summary(times):
    return f"{statistics.median(times):.2f} ms p50, {sorted(times)[int(len(times) * .99)]:.2f} ms p99"


def main():
    api, webhook = Api(), Webhook(pathlib.Path(os.environ["WORK"]) / "webhook", extra=["--log-level=warn"])
    install_crd(api)
    webhook.start()
    api.namespace("kafka")
    wait_until(lambda: webhook.metric('ballast_cache_objects{resource="namespaces"}') > 0, "namespaces are known")
    obj, without, beside = stateful_set(), [], []
    for _ in range(ROUNDS):
        uninstall(api)
        time.sleep(1)
        without += creates(api, obj)
        install(api, webhook)
        wait_until(lambda: "annotations" in api.create(obj, dry_run=True)["metadata"], "the webhook is called")
        beside += creates(api, obj)
    print(f"\nA StatefulSet created, seen by a client, {len(beside)} times: without {summary(without)}; with {summary(beside)}")
    print(f"\n{NAME}, CREATE\n\n| webhook | calls | mean ms | p50 at most ms | p99 at most ms |\n|---|---|---|---|---|")
    for name, of in sorted(histograms(api).items()):
        print(f"| {name} | {of['count']:.0f} | {of['sum'] / of['count'] * 1000:.2f} | {quantile(of, .5):g} |"
              f" {quantile(of, .99):g} |")
    webhook.stop()


main()
