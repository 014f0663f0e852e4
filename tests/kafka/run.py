#!/usr/bin/env python3
"""What `ballast status` says of real brokers, while they come and go. Started by run.sh."""

import json
import os
import subprocess
import sys
import traceback

from cluster import PASSWORD, USER, WORK, Cluster, Failure, jaas, properties, wait_until

BALLAST = os.environ["BALLAST"]


def expect(condition, text, *details):
    if not condition:
        raise Failure(text + "".join(f"\n    {detail}" for detail in details))


def run(*args):
    return subprocess.run([BALLAST, "status", *map(str, args)], capture_output=True, text=True, timeout=60, check=False)


def look(cluster, *args):
    """(exit status, what it saw)"""
    result = run("--bootstrap", cluster.bootstrap(), "-o", "json", *args)
    expect(result.returncode in (0, 1) and not result.stderr, "it looks", result.stdout, result.stderr)
    return result.returncode, json.loads(result.stdout)


def brokers(seen):
    return {broker["id"]: broker for broker in seen["brokers"]}


def blockers(broker):
    return {(b["topic"], b["partition"], b["reason"]) for b in broker["blockers"]}


def wait_for(cluster, check, what):
    """Looks until it sees what is said: a KRaft broker learns a little later of what was done."""
    def looks():
        rc, seen = look(cluster)
        return check(rc, brokers(seen), seen) and seen

    try:
        return wait_until(looks, what)
    except Failure as failure:
        raise Failure(f"{failure}; it is {look(cluster)}") from None


def wait_all_may_go(cluster):
    return wait_for(cluster, lambda rc, found, seen: rc == 0 and len(found) == 3 and seen["topics"] == 1,
                    "every broker may go down")


def test_all_in_sync(cluster):
    seen = wait_all_may_go(cluster)
    expect(seen["partitions"] == 3, "it sees the topic", seen)
    for broker in seen["brokers"]:
        expect(broker["mayGoDown"] and broker["running"] and broker["replicas"] == broker["inSync"] == 3, broker)
    expect(sum(broker["leads"] for broker in seen["brokers"]) == 3, "each partition has a leader", seen)
    text = run("--bootstrap", cluster.bootstrap())
    expect(text.returncode == 0 and text.stdout.count("yes\n") == 3, "and says so", text.stdout, text.stderr)
    expect("3 of 3 brokers run, 1 topics, 3 partitions" in text.stdout, "with figures", text.stdout)


def test_one_is_down(cluster):
    cluster.stop(3)
    seen = wait_for(cluster, lambda rc, found, seen: rc == 1 and not found[3]["running"], "one is seen to be down")
    found = brokers(seen)
    expect(not found[3]["running"] and not found[3]["mayGoDown"] and found[3]["replicas"] == 3, found[3])
    wanted = {("orders", partition, "at-min") for partition in range(3)}
    for i in (1, 2):
        expect(not found[i]["mayGoDown"] and blockers(found[i]) == wanted, f"broker {i} may not", found[i])
    expect(len(seen["underReplicated"]) == 3 and not seen["belowMinInSync"] and not seen["offline"], seen)
    text = run("--bootstrap", cluster.bootstrap()).stdout
    expect("no, because of 3 partitions" in text and "orders-0: 2 of 3 in sync, 2 needed" in text, text)
    expect("it is down" in text and "hint: Wait until" in text, text)


def test_back_in_sync(cluster):
    cluster.start(3)
    wait_all_may_go(cluster)


def test_one_replica(cluster):
    cluster.topics("--create", "--topic", "single", "--replica-assignment", "2", "--config", "min.insync.replicas=1")
    seen = wait_for(cluster, lambda rc, found, seen: blockers(found[2]) == {("single", 0, "no-spare")},
                    "its broker may not")
    found = brokers(seen)
    expect(found[1]["mayGoDown"] and found[3]["mayGoDown"], "the others may", seen)
    text = run("--bootstrap", cluster.bootstrap()).stdout
    expect("single-0: its only replica" in text and "hint: A partition that needs all" in text, text)


def test_all_replicas_needed(cluster):
    cluster.topics("--delete", "--topic", "single")
    cluster.topics("--create", "--topic", "pair", "--replica-assignment", "1:3")
    seen = wait_for(cluster, lambda rc, found, seen: blockers(found[1]) == {("pair", 0, "no-spare")} and
                    blockers(found[3]) == {("pair", 0, "no-spare")}, "its brokers may not")
    expect(brokers(seen)[2]["mayGoDown"], "the other may", seen)
    cluster.topics("--delete", "--topic", "pair")
    wait_all_may_go(cluster)


def test_tls(cluster):
    settings = {"security.protocol": "SSL", "ssl.truststore.type": "PEM", "ssl.truststore.location": WORK / "ca.pem"}
    certificate = {"ssl.keystore.type": "PEM", "ssl.keystore.location": WORK / "client.pem"}
    servers = cluster.bootstrap("TLS")
    good = run("--bootstrap", servers, "--command-config", properties(WORK / "tls.properties", settings | certificate))
    expect(good.returncode == 0 and good.stdout.count("yes\n") == 3, "with a certificate", good.stdout, good.stderr)
    bare = run("--bootstrap", servers, "--command-config", properties(WORK / "tls.properties", settings))
    expect(bare.returncode == 2 and "hint:" in bare.stderr, "without one", bare.stdout, bare.stderr)
    stranger = settings | certificate | {"ssl.truststore.location": "/etc/ssl/certs/ca-certificates.crt"}
    wrong = run("--bootstrap", servers, "--command-config", properties(WORK / "tls.properties", stranger))
    expect(wrong.returncode == 2 and "could not agree on TLS" in wrong.stderr, "with another CA", wrong.stderr)
    plain = run("--bootstrap", servers)
    expect(plain.returncode == 2 and "hint:" in plain.stderr, "without TLS", plain.stderr)


def test_sasl(cluster):
    def status(mechanism, module, password):
        settings = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism,
                    "sasl.jaas.config": jaas(module, USER, password)}
        return run("--bootstrap", cluster.bootstrap("SASL"), "--command-config",
                   properties(WORK / "sasl.properties", settings))

    cluster.add_scram_user(USER, "scram-secret")
    for mechanism, module, password in (("PLAIN", "plain.PlainLoginModule", PASSWORD),
                                        ("SCRAM-SHA-512", "scram.ScramLoginModule", "scram-secret")):
        good = status(mechanism, module, password)
        expect(good.returncode == 0 and good.stdout.count("yes\n") == 3, mechanism, good.stdout, good.stderr)
        bad = status(mechanism, module, "not-the-one")
        expect(bad.returncode == 2 and "authentication failed" in bad.stderr, f"{mechanism}, refused", bad.stderr)
        expect("not-the-one" not in bad.stderr, "the password is not told", bad.stderr)


def test_some_are_away(cluster):
    """Of the brokers that are named first, one is enough; and what another says is worth more than that one is down."""
    away = f"127.0.0.1:1,{cluster.bootstrap()}"
    result = run("--bootstrap", away)
    expect(result.returncode == 0 and "3 of 3 brokers run" in result.stdout, "one is enough", result.stderr)
    settings = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
                "sasl.jaas.config": jaas("plain.PlainLoginModule", USER, "not-the-one")}
    result = run("--bootstrap", f"127.0.0.1:1,{cluster.bootstrap('SASL')}", "--command-config",
                 properties(WORK / "sasl.properties", settings))
    expect(result.returncode == 2 and "authentication failed" in result.stderr, "it was refused", result.stderr)


def test_watch(cluster):
    watch = subprocess.Popen([BALLAST, "status", "--bootstrap", cluster.bootstrap(), "-o", "json", "-w"],
                             stdout=subprocess.PIPE, text=True)
    try:
        expect(all(b["mayGoDown"] for b in json.loads(watch.stdout.readline())["brokers"]), "all may go at first")
        cluster.stop(1)
        wait_until(lambda: not brokers(json.loads(watch.stdout.readline()))[1]["running"], "it sees one leave")
        cluster.start(1)
        wait_until(lambda: all(b["mayGoDown"] for b in json.loads(watch.stdout.readline())["brokers"]),
                   "it sees it come back")
    finally:
        watch.terminate()
        watch.wait()


def test_nobody_there(cluster):
    cluster.kill()
    result = run("--bootstrap", cluster.bootstrap())
    expect(result.returncode == 2 and "could not connect to a broker" in result.stderr, "it says so", result.stderr)
    expect("Connection refused" in result.stderr and "hint: " in result.stderr, "and why", result.stderr)


def run_all(version):
    """How many passed, and how many failed."""
    tests = {name.removeprefix("test_"): value for name, value in globals().items() if name.startswith("test_")}
    failed = 0
    cluster = Cluster(version)
    try:
        cluster.start(*cluster.ids)
        cluster.topics("--create", "--topic", "orders", "--partitions", "3", "--replication-factor", "3")
        for name, test in tests.items():
            try:
                test(cluster)
                print(f"ok {version}-{name}", flush=True)
            except Exception as error:  # whatever it is, the others still run
                failed += 1
                text = str(error) if isinstance(error, Failure) else traceback.format_exc()
                print(f"FAIL {version}-{name} {text}", flush=True)
    finally:
        cluster.kill()
    return len(tests) - failed, failed


def main():
    results = [run_all(version) for version in sys.argv[1:]]
    failed = sum(result[1] for result in results)
    print(f"{sum(result[0] for result in results)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
