#!/usr/bin/env python3
"""What `ballast status` says of real brokers, while they come and go, and what the library does to them.
Started by run.sh."""

import json
import os
import re
import signal
import subprocess
import sys

from cluster import PASSWORD, STORE_PASSWORD, USER, WORK, Cluster, properties, wait_until
from kafka_security import jaas
from outcome import Report, expect

BALLAST = os.environ["BALLAST"]
ADMIN = os.environ["ADMIN"]


def run(*args):
    return subprocess.run([BALLAST, "status", *map(str, args)], capture_output=True, text=True, timeout=60, check=False)


def look(cluster, *args):
    """(exit status, what it saw)"""
    result = run("--bootstrap", cluster.bootstrap(), "-o", "json", *args)
    expect(result.returncode in (0, 1) and not result.stderr, "it looks", result.stdout, result.stderr)
    return result.returncode, json.loads(result.stdout)


def brokers(seen):
    return {broker["id"]: broker for broker in seen["brokers"]}


def may_go(result):
    """Does the text say so of all three brokers?"""
    rows = result.stdout.split("CONTROLLER")[0].splitlines()
    return sum(row.endswith("  yes") for row in rows) == 3


def blockers(broker):
    return {(b["topic"], b["partition"], b["reason"]) for b in broker["blockers"]}


def wait_for(cluster, check, what):
    """Looks until it sees what is said: a KRaft broker learns a little later of what was done."""
    def looks():
        rc, seen = look(cluster)
        return check(rc, brokers(seen), seen) and seen

    return wait_until(looks, what, lambda: look(cluster))


def wait_text(cluster, listener, *args):
    """As text, once all may go: on a busy machine a controller is two seconds behind at times, and a user that was
    just made is not known everywhere."""
    def status():
        return run("--bootstrap", cluster.bootstrap(listener), *args)

    def looks():
        result = status()
        return result.returncode == 0 and may_go(result) and result

    return wait_until(looks, "it says that all may go", status)


def wait_says(cluster, *parts):
    """Until the text has all of these, whichever broker is asked."""
    def text():
        return run("--bootstrap", cluster.bootstrap()).stdout

    wait_until(lambda: (said := text()) and all(part in said for part in parts), f"it says {parts}", text)


def wait_all_may_go(cluster):
    return wait_for(cluster, lambda rc, found, seen: rc == 0 and len(found) == 3 and seen["topics"] == 1,
                    "every broker may go down")


class Admin:
    """The lines that ballast-kafka-admin printed, by their first word."""

    def __init__(self, *args):
        # Longer than any of its deadlines, which it tells of.
        result = subprocess.run([ADMIN, *map(str, args)], capture_output=True, text=True, timeout=400, check=False)
        self.rc, self.err, self.out = result.returncode, result.stderr, result.stdout
        self.lines = [line.split(" ", 1) for line in result.stdout.splitlines()]

    def all(self, word):
        return [rest for first, rest in self.lines if first == word]

    def one(self, word):
        found = self.all(word)
        expect(len(found) == 1, f"one line says {word}", self.out, self.err)
        return found[0]

    def number(self, word):
        return int(self.one(word))

    def partitions(self):
        """{name: (leader, moving, replicas)}"""
        rows = [row.split() for row in self.all("partition")]
        return {row[0]: (int(row[1]), row[2] == "1", [int(i) for i in row[3:]]) for row in rows}


def admin(cluster, *args, listener="PLAIN", config="-"):
    result = Admin(cluster.bootstrap(listener), config, *args)
    expect(result.rc == 0, f"it does {args}", result.out, result.err)
    return result


def each_sees(cluster, check, what):
    """Until every broker, asked alone, has learned of it: whoever asks next may ask any of them. `check` gets what a
    broker says of the partitions."""
    def asked(i):
        return Admin(f"127.0.0.1:{cluster.ports[i]['PLAIN']}", "-", "look")

    for i in cluster.ids:
        wait_until(lambda i=i: (seen := asked(i)).rc == 0 and check(seen.partitions()), f"broker {i} knows that {what}",
                   lambda i=i: asked(i).out)


def create_topic(cluster, name, *args):
    """A topic that every broker knows."""
    cluster.topics("--create", "--topic", name, *args)
    each_sees(cluster, lambda partitions: f"{name}-0" in partitions, f"{name} is there")


def delete_topic(cluster, name):
    """Until no broker knows of it: one that is behind would have the next test believe that it is there."""
    cluster.topics("--delete", "--topic", name)
    each_sees(cluster, lambda partitions: f"{name}-0" not in partitions, f"{name} is gone")


def delete_canary(cluster):
    delete_topic(cluster, "ballast-canary")
    wait_all_may_go(cluster)


def preferred(partitions):
    return all(leader == replicas[0] for leader, _, replicas in partitions.values())


def all_preferred(cluster):
    return preferred(admin(cluster, "look").partitions())


def check_facts(cluster, seen):
    """What only our own connection can have told."""
    expect(sorted(seen.all("broker")) == [f"{i} rack-{i}" for i in (1, 2, 3)], "racks", seen.out)
    expect(seen.number("controller") in (1, 2, 3), "who the controller is", seen.out)
    expect(seen.number("kraft") == seen.number("quorum") == cluster.kraft, "the quorum is known", seen.out)
    level, most = seen.number("metadata-version"), seen.number("max-metadata-version")
    expect(0 < level <= most if cluster.kraft else level == most == -1, "metadata.version", seen.out)


def test_all_in_sync(cluster):
    seen = wait_all_may_go(cluster)
    expect(seen["partitions"] == 3, "it sees the topic", seen)
    for broker in seen["brokers"]:
        expect(broker["mayGoDown"] and broker["running"] and broker["replicas"] == broker["inSync"] == 3, broker)
    expect(sum(broker["leads"] for broker in seen["brokers"]) == 3, "each partition has a leader", seen)
    text = wait_text(cluster, "PLAIN")
    expect("3 of 3 brokers run, 1 topic, 3 partitions" in text.stdout, "with figures", text.stdout)


def test_facts(cluster):
    def settled():
        seen = admin(cluster, "look")
        return all("caught-up" in voter for voter in seen.all("voter")) and seen

    seen = wait_until(settled, "all voters have caught up")
    check_facts(cluster, seen)
    voters = seen.all("voter")
    expect(len(voters) == (3 if cluster.kraft else 0), "voters", seen.out)
    expect(all(" safe: 2 of the other 2 voters are up to date" in voter for voter in voters), "each may go", seen.out)


def check_log_dir(cluster, broker):
    """Both look afresh: replicas of topics that were deleted before are still going."""
    path, error, replicas, size, total, usable = admin(cluster, "log-dirs", broker).one("dir").split()
    expect(path == str(cluster.folder / str(broker) / "data") and error == "0", "its folder", path, error)
    expect(int(replicas) >= 3 and int(size) >= 0, "what it holds", replicas, size)
    expect(0 < int(usable) <= int(total), "its disk", total, usable)
    seen, = brokers(look(cluster)[1])[broker]["logDirs"]
    expect(seen["path"] == path and "error" not in seen, "status says so", seen)
    expect(0 < seen["usableBytes"] <= seen["totalBytes"] == int(total), "status knows the disk", seen)
    return seen["replicas"] == int(replicas)


def test_log_dirs(cluster):
    for i in cluster.ids:
        wait_until(lambda broker=i: check_log_dir(cluster, broker), "status counts the same replicas")
    row = run("--bootstrap", cluster.bootstrap()).stdout.splitlines()[3]
    expect(re.search(r" \d+\.\d [KMGTP]iB +\d+ % ", row), "as text", row)


def test_leaders_away_and_back(cluster):
    wait_until(lambda: all_preferred(cluster) or admin(cluster, "elect") and None, "all lead that should")
    each_sees(cluster, preferred, "all lead that should")
    before = admin(cluster, "look").partitions()
    gone = admin(cluster, "away", 1)
    led = [name for name, (leader, _, _) in before.items() if leader == 1]
    expect(led and gone.number("moved") == len(led), "it moves what it leads", gone.out, before)

    each_sees(cluster, lambda partitions: all(leader != 1 and replicas[0] != 1
                                              for leader, _, replicas in partitions.values()), "broker 1 leads nothing")
    after = admin(cluster, "look").partitions()
    expect({n: sorted(p[2]) for n, p in before.items()} == {n: sorted(p[2]) for n, p in after.items()},
           "no replica has moved", before, after)
    again = admin(cluster, "away", 1)
    expect(again.number("moved") == 0 and again.one("moves") == "", "once is enough", again.out)
    back = admin(cluster, "back", gone.one("moves"))
    expect(back.number("moved") == len(led), "they come back", back.out)
    each_sees(cluster, lambda partitions: partitions == before, "all is as it was")
    back = admin(cluster, "back", gone.one("moves"))
    expect(back.number("moved") == 0, "once is enough", back.out)


def test_metadata_version(cluster):
    seen = admin(cluster, "look")
    most = seen.number("max-metadata-version")
    if not cluster.kraft:
        refused = Admin(cluster.bootstrap(), "-", "raise", 7)
        expect(refused.rc == 2 and "a cluster with ZooKeeper has no metadata.version" in refused.err, refused.err)
        expect(admin(cluster, "finalize").number("level") == -1, "nothing is raised")
        return
    expect(seen.number("metadata-version") < most, "it was formatted as an older one", seen.out)
    admin(cluster, "raise", most, "validate")
    refused = Admin(cluster.bootstrap(), "-", "finalize", most + 1)
    expect(refused.rc == 2 and "not every broker knows more than" in refused.err, "nobody knows it", refused.err)
    expect(admin(cluster, "finalize", "3.3").number("level") == seen.number("metadata-version"), "it is never lowered")
    for _ in range(2):
        expect(admin(cluster, "finalize").number("level") == most, "it is raised, once")
    wait_until(lambda: admin(cluster, "look").number("metadata-version") == most, "every broker has heard of it")
    seen = admin(cluster, "look")
    admin(cluster, "raise", most)
    refused = Admin(cluster.bootstrap(), "-", "raise", most + 1, "validate")
    expect(refused.rc == 2 and "INVALID_UPDATE_VERSION" in refused.err, "not beyond what is known", refused.err)
    expect("could not raise metadata.version to " in refused.err and seen.number("metadata-version") == most, refused.err,
           seen.out)
    expect_names_of_kafka(cluster)


def expect_names_of_kafka(cluster):
    """Levels are called what Kafka calls them, and releases have those that it says."""
    said = cluster.output(f"{cluster.tools}.FeatureCommand", "--bootstrap-server", cluster.bootstrap(), "describe")
    name = re.search(r"Feature: metadata.version.*FinalizedVersionLevel: (\S+)", said)[1]
    shown = run("--bootstrap", cluster.bootstrap()).stdout
    expect("-IV" in name and f"metadata.version {name}\n" in shown, name, said, shown)
    if cluster.major < 4:
        return
    for release in ("3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9", "4.0", "4.1"):
        said = cluster.output("kafka.tools.StorageTool", "version-mapping", "--release-version", release)
        level = int(re.search(r"metadata.version=(\d+) ", said)[1])
        expect(admin(cluster, "level", release).number("level") == level, release, said)


def raise_topic(cluster, *args):
    return subprocess.Popen([BALLAST, "topics", "raise", "--bootstrap", cluster.bootstrap(), *args], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_replicas_are_added(cluster):
    """Of a topic that has one, over all brokers; also by one that is killed in the middle and begins again."""
    create_topic(cluster, "thin", "--partitions", "20", "--replication-factor", "1")
    first = look(cluster)[1]
    expect(any(blocker[2] == "no-spare" for broker in first["brokers"] for blocker in blockers(broker)), "it has none to spare")

    def replicas():
        seen = admin(cluster, "look").partitions()
        return [len(ids) for name, (_, _, ids) in seen.items() if name.startswith("thin-")]
    said = raise_topic(cluster, "--topic", "thin", "--dry-run").communicate(timeout=60)[0]
    expect("thin: 20 of 20 partitions get replicas, up to 3; the fullest broker holds " in said, said)
    expect(replicas() == [1] * 20, "a dry run changes nothing", replicas())
    killed = raise_topic(cluster, "--topic", "thin")
    killed.stdout.readline()
    killed.kill()
    killed.wait()
    again = raise_topic(cluster, "--topic", "thin")
    out, err = again.communicate(timeout=120)
    expect(again.returncode == 0 and "all 20 partitions have 3 replicas or more" in out or "20 of 20 partitions are done" in out,
           "it goes on where the other one stopped", out, err)
    expect(replicas() == [3] * 20, "all have three", replicas())
    wait_until(lambda: not [b for b in brokers(look(cluster)[1]).values() if any(x[0] == "thin" for x in blockers(b))],
               "none of it keeps a broker up")
    none = raise_topic(cluster, "--topic", "nobody-has-it")
    expect("there is no topic" in none.communicate(timeout=60)[1] and none.returncode == 2, "a topic that is not there")
    delete_topic(cluster, "thin")


def test_zookeeper(cluster):
    if cluster.kraft:
        return
    seen = Admin("zookeeper", f"127.0.0.1:{cluster.zookeeper}")
    expect(seen.one("server").startswith("standalone, version 3."), "it says what it is", seen.out, seen.err)
    expect("safe: it is the only voter" in seen.one("server") and "zxid -1" not in seen.out, seen.out)
    away, _ = Admin("zookeeper", "127.0.0.1:1", f"127.0.0.1:{cluster.zookeeper}").all("server")
    expect(away.startswith("away, version -") and "unsafe" in away, "one is away", away)


def test_ensemble(cluster):
    if cluster.kraft:
        return
    servers = cluster.start_ensemble()

    def words():
        return [line.split(", ") for line in Admin("zookeeper", *servers.values()).all("server")]

    def modes():
        return sorted(word[0] for word in words())

    wait_until(lambda: modes() == ["follower", "follower", "leader"], "they have found each other")
    wait_until(lambda: all("safe: 2 of the other 2 voters are up to date" in word[-1] for word in words()),
               "each may go")
    expect(any("synced 2" in word for word in words()), "mntr tells how many are in sync", words())
    leader = next(name for name, word in zip(servers, words(), strict=False) if word[0] == "leader")
    cluster.processes.pop(leader).kill()
    wait_until(lambda: modes() == ["away", "follower", "leader"], "another one leads")
    expect([word[-1].split(":")[0] for word in words() if word[0] != "away"] == ["unsafe", "unsafe"], words())
    rest = [name for name in servers if name != leader]
    cluster.processes.pop(rest[0]).kill()
    wait_until(lambda: modes() == ["away", "away", "not serving"], "no quorum is left")
    cluster.processes.pop(rest[1]).kill()


def test_one_is_down(cluster):
    cluster.stop(3)
    seen = wait_for(cluster, lambda rc, found, seen: rc == 1 and not found[3]["running"], "one is seen to be down")
    found = brokers(seen)
    expect(not found[3]["running"] and not found[3]["mayGoDown"] and found[3]["replicas"] == 3, found[3])
    wanted = {("orders", partition, "at-min") for partition in range(3)}
    for i in (1, 2):
        expect(not found[i]["mayGoDown"] and blockers(found[i]) == wanted, f"broker {i} may not", found[i])
    expect(len(seen["underReplicated"]) == 3 and not seen["belowMinInSync"] and not seen["offline"], seen)
    wait_says(cluster, "no, because of 3 partitions", "orders-0: 2 of 3 in sync, 2 needed", "it does not answer",
              "hint: Wait until")


def test_back_in_sync(cluster):
    cluster.start(3)
    wait_all_may_go(cluster)


def test_elect_preferred(cluster):
    expect(not all_preferred(cluster), "it came back without its partitions")
    elected = admin(cluster, "elect")
    expect(elected.number("elected") > 0, "they are elected", elected.out)
    each_sees(cluster, preferred, "all lead that should")
    expect(admin(cluster, "elect").number("elected") == 0, "once is enough")


def test_reassignment(cluster):
    """The broker that the partition moves to hangs, so that it stays under way until it is let go."""
    controller = admin(cluster, "look").number("controller")
    old, new = [i for i in cluster.ids if i != controller]
    create_topic(cluster, "moved", "--replica-assignment", old, "--config", "min.insync.replicas=1")
    cluster.processes[new].send_signal(signal.SIGSTOP)
    try:
        admin(cluster, "reassign", "moved", 0, new)
        wait_until(lambda: admin(cluster, "look").partitions()["moved-0"][1], "it is seen to move")
        wait_for(cluster, lambda rc, found, seen: [(p["topic"], p["partition"]) for p in seen["reassigned"]] ==
                 [("moved", 0)], "status says so")
    finally:
        cluster.processes[new].send_signal(signal.SIGCONT)
    each_sees(cluster, lambda partitions: partitions["moved-0"] == (new, False, [new]), "it has moved")
    delete_topic(cluster, "moved")
    wait_all_may_go(cluster)


def sing(cluster, *behind):
    return list(map(int, admin(cluster, "canary", 60, *behind).one("canary").split()))


def test_canary(cluster):
    create_topic(cluster, "ballast-canary", "--replica-assignment", "2:1:3")
    for _ in range(2):
        count, partition, leader, took = sing(cluster)
        expect(count == 3 and partition in range(3) and leader in cluster.ids and took > 0, count, partition, leader)
    wait_until(lambda: {p[2][0] for n, p in admin(cluster, "look").partitions().items() if "canary" in n} ==
               set(cluster.ids), "each broker has one to lead")
    for behind in ("unknown", "first"):
        expect(sing(cluster, behind)[0] == 3, f"it finds what there is: {behind}")
    delete_canary(cluster)
    expect(sing(cluster)[0] == 3, "it makes its topic")
    wait_until(lambda: sorted(p[2][0] for n, p in admin(cluster, "look").partitions().items() if "canary" in n) ==
               [1, 2, 3], "one for each broker")
    delete_canary(cluster)


def test_canary_of_too_few(cluster):
    """acks=all fails where fewer than min.insync.replicas are in sync. More than there are is asked of nobody since 3.7."""
    create_topic(cluster, "ballast-canary", "--replica-assignment", "1:3,2:3", "--config", "min.insync.replicas=2")
    cluster.stop(3)
    try:
        failed = Admin(cluster.bootstrap(), "-", "canary", 8)
    finally:
        cluster.start(3)
    expect(failed.rc == 2 and "could not write to partition ballast-canary-" in failed.err, "it fails", failed.rc,
           failed.out, failed.err)
    expect("led by broker" in failed.err, "and says where", failed.err)
    delete_canary(cluster)


def verify(cluster, *args, listener="PLAIN", given=None):
    return subprocess.run([BALLAST, "verify", "--bootstrap", cluster.bootstrap(listener), *map(str, args)], check=False,
                          input=given, capture_output=True, text=True, timeout=400)


def proven(cluster, *args, **more):
    """What it says as JSON of a cluster that is whole."""
    result = verify(cluster, "-o", "json", *args, **more)
    expect(result.returncode == 0, "it is whole", result.stdout, result.stderr)
    seen = json.loads(result.stdout)
    expect(seen["lost"] == 0, "nothing is lost", seen)
    return seen


def lost(cluster, *args, **more):
    result = verify(cluster, "-o", "json", *args, **more)
    expect(result.returncode == 1, "something is lost", result.stdout, result.stderr)
    return json.loads(result.stdout)


def test_verify(cluster):
    """Written and read whole; and what was noted is there the next time, or it is said how much is gone."""
    note = WORK / "note.txt"
    said = verify(cluster, "--note", note)
    expect(said.returncode == 0 and re.search(
        r'^201 messages were written to topic "ballast-verify" \(new, 3 partitions of 3 replicas\), the slowest in \d+ ms, '
        r"and 201 read from it\.\nNothing is lost\.\n$", said.stdout), "it reads like a sentence", said.stdout, said.stderr)
    expect(re.fullmatch(r"(\d+:[0-9a-f]+,?){3}\n", note.read_text()), "a note", note.read_text())
    read = proven(cluster, "--read-only", "--expected", note)
    expect((read["sent"], read["read"]) == (0, 201), "it only reads", read)
    again = proven(cluster, "--messages", "50", "--expected", "-", "--note", note, given=note.read_text())
    expect((again["sent"], again["read"], again["made"]) == (50, 251, False), "and writes more", again)
    said = verify(cluster, "--expected", note)
    expect("neither of now nor of what was noted before" in said.stdout, said.stdout, said.stderr)

    # The first messages are deleted.
    ends = [int(part.split(":")[0]) for part in note.read_text().split(",")]
    (WORK / "delete.json").write_text(json.dumps({"version": 1, "partitions": [
        {"topic": "ballast-verify", "partition": 0, "offset": min(5, ends[0])}]}))
    cluster.tool("DeleteRecordsCommand", "--offset-json-file", WORK / "delete.json")
    gone = lost(cluster, "--read-only", "--expected", note, "--note", note)
    expect(gone["lost"] == min(5, ends[0]) > 0, "they are counted", gone, ends)
    expect(note.read_text().startswith(f"{ends[0]}:"), "no note hides them", note.read_text())
    known = proven(cluster, "--note", note)
    expect("5-" in known["noted"], "what is gone already", known)
    proven(cluster, "--expected", note)

    # The topic is another one, with as many messages.
    delete_topic(cluster, "ballast-verify")
    gone = lost(cluster, "--read-only", "--expected", note)
    expect(gone["lost"] == known["read"] and gone["partitions"] == 0, "all of them", gone, known)
    proven(cluster, "--messages", "3000")
    gone = lost(cluster, "--read-only", "--expected", note)
    expect(gone["lost"] == known["read"], "others are no substitute", gone, known)
    delete_topic(cluster, "ballast-verify")
    wait_all_may_go(cluster)


def differences(cluster, note):
    """What is not as it was noted, in numbers, and as a sentence."""
    said = admin(cluster, "compare", note)
    return {word: said.number(word) for word in ("lost", "expired", "changed", "more")}, said.one("worst")


def test_note(cluster):
    """What a cluster holds, as it travels in a backup: topics of people, whole, and what became of them since."""
    create_topic(cluster, "noted", "--partitions", "2", "--replication-factor", "3")
    create_topic(cluster, "empty", "--partitions", "40", "--replication-factor", "3")
    proven(cluster, "--topic", "noted", "--messages", "300")
    note = WORK / "cluster-note.txt"
    note.write_text(admin(cluster, "note", "20").out)
    rows = [row.split() for row in note.read_text().splitlines()[1:]]
    noted = [row for row in rows if row[0] == "noted"]
    expect(not any(row[0].startswith("__") for row in rows), "Kafka's own topics are not noted", rows)
    expect(len([row for row in rows if row[0] == "empty"]) == 40, "empty partitions are", rows)
    expect(len(noted) == 2 and sum(int(row[3]) for row in noted) == 300 and [row[5] for row in noted] == ["20", "20"],
           "messages are counted, and the last twenty digested", noted)
    nothing = {"lost": 0, "expired": 0, "changed": 0, "more": 0}
    expect(differences(cluster, note) == (nothing, "-"), "nothing differs", differences(cluster, note))
    proven(cluster, "--topic", "noted", "--messages", "30")
    expect(differences(cluster, note) == (nothing | {"more": 30}, "-"), "more came", differences(cluster, note))

    # The first messages are too old, some of those that were digested among them.
    end = int(noted[0][3])
    (WORK / "delete.json").write_text(json.dumps({"version": 1, "partitions": [
        {"topic": "noted", "partition": 0, "offset": end - 5}]}))
    cluster.tool("DeleteRecordsCommand", "--offset-json-file", WORK / "delete.json")
    expect(differences(cluster, note) == (nothing | {"expired": end - 5, "more": 30}, "-"), "that is no loss",
           differences(cluster, note))

    # Another topic of the same name, with fewer messages, and with as many.
    delete_topic(cluster, "noted")
    found, worst = differences(cluster, note)
    expect(found["lost"] == 300 and "partition noted-0: its end is 0, and was" in worst, "it is gone", found, worst)
    create_topic(cluster, "noted", "--partitions", "2", "--replication-factor", "3")
    proven(cluster, "--topic", "noted", "--messages", "2000")
    found, worst = differences(cluster, note)
    expect((found["lost"], found["changed"]) == (0, 2) and "partition noted-0: others lie at the offsets" in worst, "others are told",
           found, worst)
    delete_topic(cluster, "noted")
    delete_topic(cluster, "empty")
    wait_all_may_go(cluster)


def test_verify_of_too_few_replicas(cluster):
    create_topic(cluster, "thin", "--partitions", "2", "--replication-factor", "1", "--config", "min.insync.replicas=1")
    refused = verify(cluster, "--topic", "thin")
    expect(refused.returncode == 1 and 'topic "thin" has 1 replica, and 3 are asked for' in refused.stderr, refused.stderr)
    expect("hint: ballast topics raise --topic thin --bootstrap " in refused.stderr, "and what to do", refused.stderr)
    expect(proven(cluster, "--topic", "thin", "--replication-factor", "1")["replicas"] == 1, "unless that is fine")
    refused = verify(cluster, "--topic", "made", "--replication-factor", "4")
    expect(refused.returncode == 1 and "could not make the topic" in refused.stderr, "more than brokers", refused.stderr)
    delete_topic(cluster, "thin")


def test_verify_while_one_is_killed(cluster):
    """Of many messages none is lost, and none fails."""
    process = subprocess.Popen([BALLAST, "verify", "--bootstrap", cluster.bootstrap(), "--messages", "200000", "-o", "json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: "ballast-verify-0" in admin(cluster, "look").partitions(), "it has begun")
    cluster.processes[3].kill()
    expect(process.poll() is None, "it was through before")
    out, err = process.communicate(timeout=400)
    expect(process.returncode == 0, "it goes on", out, err)
    seen = json.loads(out)
    expect(seen["sent"] == seen["read"] == 200000 and not seen["lost"], "all are there", seen)
    cluster.start(3)
    wait_until(lambda: Admin(cluster.bootstrap(), "-", "look").rc == 0, "it is back")
    delete_topic(cluster, "ballast-verify")
    wait_all_may_go(cluster)


def test_verify_with_a_password(cluster):
    settings = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
                "sasl.jaas.config": jaas("plain.PlainLoginModule", USER, PASSWORD)}
    config = properties(WORK / "sasl.properties", settings)
    expect(proven(cluster, "--command-config", config, listener="SASL")["read"] == 201, "by SASL")
    wrong = settings | {"sasl.jaas.config": jaas("plain.PlainLoginModule", USER, "not-the-one")}
    refused = verify(cluster, "--command-config", properties(WORK / "sasl.properties", wrong), listener="SASL")
    expect(refused.returncode == 1 and "authentication failed" in refused.stderr, "refused", refused.stderr)
    expect("not-the-one" not in refused.stderr, "the password is not told", refused.stderr)
    delete_topic(cluster, "ballast-verify")
    wait_all_may_go(cluster)


def test_one_replica(cluster):
    create_topic(cluster, "single", "--replica-assignment", "2", "--config", "min.insync.replicas=1")
    wait_for(cluster, lambda rc, found, seen: blockers(found[2]) == {("single", 0, "no-spare")} and
             found[1]["mayGoDown"] and found[3]["mayGoDown"], "its broker may not, and the others may")
    wait_says(cluster, "single-0: its only replica", "hint: A partition that needs all")


def test_all_replicas_needed(cluster):
    delete_topic(cluster, "single")
    create_topic(cluster, "pair", "--replica-assignment", "1:3")
    wait_for(cluster, lambda rc, found, seen: blockers(found[1]) == {("pair", 0, "no-spare")} and
             blockers(found[3]) == {("pair", 0, "no-spare")} and found[2]["mayGoDown"],
             "its brokers may not, and the other may")
    delete_topic(cluster, "pair")
    wait_all_may_go(cluster)


def test_tls(cluster):
    settings = {"security.protocol": "SSL", "ssl.truststore.type": "PEM", "ssl.truststore.location": WORK / "ca.pem"}
    certificate = {"ssl.keystore.type": "PEM", "ssl.keystore.location": WORK / "client.pem"}
    servers = cluster.bootstrap("TLS")
    wait_text(cluster, "TLS", "--command-config", properties(WORK / "tls.properties", settings | certificate))
    check_facts(cluster, admin(cluster, "look", listener="TLS", config=WORK / "tls.properties"))
    for store in (
        {"ssl.keystore.type": "PKCS12", "ssl.keystore.location": WORK / "client.p12",
         "ssl.keystore.password": STORE_PASSWORD},
        {"ssl.keystore.key": (WORK / "client.p8").read_text(),
         "ssl.keystore.certificate.chain": (WORK / "client.crt").read_text(),
         "ssl.truststore.certificates": (WORK / "ca.pem").read_text(), "security.protocol": "SSL"},
    ):
        config = properties(WORK / "store.properties", store if "security.protocol" in store else settings | store)
        check_facts(cluster, admin(cluster, "look", listener="TLS", config=config))
    bare = run("--bootstrap", servers, "--command-config", properties(WORK / "tls.properties", settings))
    expect(bare.returncode == 2 and "hint:" in bare.stderr, "without one", bare.stdout, bare.stderr)
    stranger = settings | certificate | {"ssl.truststore.location": "/etc/ssl/certs/ca-certificates.crt"}
    wrong = run("--bootstrap", servers, "--command-config", properties(WORK / "tls.properties", stranger))
    expect(wrong.returncode == 2 and "could not agree on TLS" in wrong.stderr, "with another CA", wrong.stderr)
    plain = run("--bootstrap", servers)
    expect(plain.returncode == 2 and "hint:" in plain.stderr and "wants TLS" in plain.stderr, "without TLS", plain.stderr)


def may_refuse_scram(cluster, mechanism):
    """Debian 12's librdkafka is too old for it. With SCRAM=must it is known to be new enough."""
    return cluster.major >= 4 and mechanism != "PLAIN" and os.environ.get("SCRAM") != "must"


def refuses_scram(cluster, config):
    """Does it say that this librdkafka is too old for SCRAM with Kafka 4?"""
    result = run("--bootstrap", cluster.bootstrap("SASL"), "--command-config", config)
    return result.returncode == 2 and "take librdkafka 2.6.1" in result.stderr


def test_sasl(cluster):
    def write(mechanism, module, password):
        settings = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism,
                    "sasl.jaas.config": jaas(module, USER, password)}
        return properties(WORK / "sasl.properties", settings)

    cluster.add_scram_user(USER, "scram-secret")
    for mechanism, module, password in (("PLAIN", "plain.PlainLoginModule", PASSWORD),
                                        ("SCRAM-SHA-256", "scram.ScramLoginModule", "scram-secret"),
                                        ("SCRAM-SHA-512", "scram.ScramLoginModule", "scram-secret")):
        config = write(mechanism, module, password)
        if may_refuse_scram(cluster, mechanism) and refuses_scram(cluster, config):
            continue
        wait_text(cluster, "SASL", "--command-config", config)
        check_facts(cluster, admin(cluster, "look", listener="SASL", config=config))
        bad = run("--bootstrap", cluster.bootstrap("SASL"), "--command-config",
                  write(mechanism, module, "not-the-one"))
        expect(bad.returncode == 2 and "authentication failed" in bad.stderr, f"{mechanism}, refused", bad.stderr)
        expect("not-the-one" not in bad.stderr, "the password is not told", bad.stderr)


def test_sasl_over_tls(cluster):
    """As clouds have it: a password that is never sent, to a broker that has to prove who it is."""
    if may_refuse_scram(cluster, "SCRAM-SHA-512"):
        return

    def write(password):
        return properties(WORK / "sasl-tls.properties", {
            "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.jaas.config": jaas("scram.ScramLoginModule", USER, password), "ssl.truststore.type": "PEM",
            "ssl.truststore.location": WORK / "ca.pem"})

    cluster.add_scram_user(USER, "scram-secret")
    config = write("scram-secret")
    wait_text(cluster, "SASLTLS", "--command-config", config)
    check_facts(cluster, admin(cluster, "look", listener="SASLTLS", config=config))
    sung = admin(cluster, "canary", 60, listener="SASLTLS", config=config)
    expect(sung.one("canary").split()[0] == "3", "it writes, too", sung.out)
    delete_canary(cluster)
    bad = run("--bootstrap", cluster.bootstrap("SASLTLS"), "--command-config", write("not-the-one"))
    expect(bad.returncode == 2 and "authentication failed" in bad.stderr, "refused", bad.stderr)
    expect("not-the-one" not in bad.stderr, "the password is not told", bad.stderr)


def test_some_are_away(cluster):
    """Of the brokers that are named first, one is enough; and what another says is worth more than that one is down."""
    away = f"127.0.0.1:1,{cluster.bootstrap()}"
    result = run("--bootstrap", away)
    expect(result.returncode in (0, 1) and "3 of 3 brokers run" in result.stdout, "one is enough", result.stderr)
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


def test_killed(cluster):
    """The others have not noticed yet: they list it, and its replicas as in sync."""
    cluster.processes[2].kill()
    found = brokers(look(cluster)[1])
    expect(not found[2]["running"] and not found[1]["mayGoDown"] and not found[3]["mayGoDown"], "it is known", found)
    cluster.start(2)
    wait_all_may_go(cluster)


def test_stopped(cluster):
    """It hangs: its port is open, and nobody answers."""
    cluster.processes[2].send_signal(signal.SIGSTOP)
    try:
        found = brokers(look(cluster)[1])
        expect(not found[2]["running"] and not found[1]["mayGoDown"] and not found[3]["mayGoDown"], "known", found)
    finally:
        cluster.processes[2].send_signal(signal.SIGCONT)
    wait_all_may_go(cluster)


def test_most_are_killed(cluster):
    """No quorum of controllers is left that could say so."""
    cluster.processes[2].kill()
    cluster.processes[3].kill()
    found = brokers(look(cluster)[1])
    expect(found[1]["running"] and not found[1]["mayGoDown"], "the last one may not go", found)


def test_nobody_there(cluster):
    cluster.kill()
    result = run("--bootstrap", cluster.bootstrap())
    expect(result.returncode == 2 and "could not connect to a broker" in result.stderr, "it says so", result.stderr)
    expect("Connection refused" in result.stderr and "hint: " in result.stderr, "and why", result.stderr)


def run_all(version, report):
    cluster = Cluster(version)
    try:
        cluster.start(*cluster.ids)
        cluster.topics("--create", "--topic", "orders", "--partitions", "3", "--replication-factor", "3")
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                report.run(f"{version}-{name.removeprefix('test_')}", test, cluster)
    finally:
        cluster.kill()


def main():
    report = Report(os.environ.get("ONLY"))
    for version in sys.argv[1:]:
        run_all(version, report)
    report.finish()


if __name__ == "__main__":
    main()
