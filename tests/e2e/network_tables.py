"""The tables of docs/rules/network-policy.md, tried with real packets between pods."""

import re
import threading

import packets
from harness import ROOT, expect, wait_until

DOCUMENT = ROOT / "docs" / "rules" / "network-policy.md"
# Rows and columns, as they stand there.
BROKERS, ZOOKEEPER, CONTROLLER, STRANGER = "brokers, controllers", "ZooKeeper", "Ballast's controller", "everybody else"
LISTS = ("peers", "clients", "monitoring")
CLIENT, INTERNAL, METRICS, JMX = "clients' listener", "inter-broker, quorum", "metrics", "JMX"
ZOOKEEPER_CLIENT, ZOOKEEPER_PEER = "ZooKeeper client", "ZooKeeper peer, election"
UNNAMED, DNS, EGRESS_TO, ELSEWHERE = "ports that nothing names", "DNS", "`egressTo`", "everything else"
PRIVATE = {INTERNAL, ZOOKEEPER_CLIENT, ZOOKEEPER_PEER, JMX}
UNNAMED_PORT = 12345
# After a table held, so often once more.
AGAIN = 3


def read_tables():
    """{row: {column: cell}} of the tables of connections. A row of the second one, the way out, is of several members."""
    found = {}
    for block in re.findall(r"^\| from \\ to \|.*\n(?:\|.*\n)+", DOCUMENT.read_text(encoding="utf-8"), re.M):
        lines = [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in block.splitlines()]
        for row, *cells in lines[2:]:
            for name in row.split(" and "):
                found.setdefault(name, {}).update(zip(lines[0][1:], cells, strict=False))
    expect(found.keys() == {BROKERS, ZOOKEEPER, CONTROLLER, STRANGER, *(f"`{name}`" for name in LISTS)},
           f"{DOCUMENT} has other rows", *found)
    return found


def says(cell, mode, given):
    """Of "yes; no where `clients` is given; no in `Isolate`" what holds here."""
    answer, *exceptions = [part.strip() for part in cell.split(";")]
    for exception in exceptions:
        match = re.fullmatch(r"(yes|no) (?:where `(\w+)` is given|in `(\w+)`)", exception)
        expect(match, f"{DOCUMENT} says what cannot be read: {cell}")
        if match[2] in given or match[3] == mode:
            answer = match[1]
    expect(answer in ("yes", "no"), f"{DOCUMENT} says what cannot be read: {cell}")
    return answer == "yes"


def selects(peer, pod, namespace):
    """Does a NetworkPolicyPeer of a policy of `namespace` mean this pod? By matchLabels, which are all that is used here."""
    meta = pod["metadata"]
    there = peer.get("namespaceSelector")
    if (there is None and meta["namespace"] != namespace) or \
            not (there or {}).get("matchLabels", {}).items() <= {"kubernetes.io/metadata.name": meta["namespace"]}.items():
        return False
    return peer.get("podSelector", {}).get("matchLabels", {}).items() <= meta.get("labels", {}).items()


class Promise:
    """The tables, under the parameters of one policy."""

    def __init__(self, parameters):
        self.tables, self.parameters = read_tables(), parameters
        self.given = {name for name in LISTS if name in parameters}

    def listed(self, pod, namespace):
        """The rows of the lists that name a pod."""
        return [f"`{name}`" for name in LISTS
                if any(selects(peer, pod, namespace) for peer in self.parameters.get(name, []))]

    def allows(self, rows, column):
        """Who is in several rows may do what any of them may."""
        cells = [self.tables[row][column] for row in rows if column in self.tables[row]]
        expect(cells, f"{DOCUMENT} does not say what {', '.join(rows)} may do: {column}")
        return any(says(cell, self.parameters["mode"], self.given) for cell in cells)


class Place:
    """A pod, as the tables see it: the rows that it is in, and as a member (column, port) of what it may be asked for.
    `left_open` are ports that stay open for a reason that was told."""

    def __init__(self, pod, rows, ports=(), cluster="", name=None, left_open=(), out=()):
        self.uid, self.address, self.name = pod["metadata"]["uid"], pod["status"]["podIP"], name or pod["metadata"]["name"]
        self.rows, self.ports, self.cluster = rows or [STRANGER], ports, cluster
        self.left_open = left_open
        # {(name or uid, column, port): (address, port)} beside the members.
        self.out = dict(out)

    def asks(self, other):
        """Members of two clusters are no business of the tables."""
        return other is not self and (not other.cluster or not self.cluster or other.cluster == self.cluster)


class Cell:
    """One connection that was tried. Where it may be `mute`, nobody listens on the port, and "refused" is an answer too."""

    def __init__(self, source, target, column, port, promised, outcome):
        self.source, self.target, self.column, self.port = source, target, column, port
        self.promised, self.outcome, self.mute = promised, outcome, False

    @property
    def differs(self):
        if self.promised:
            return self.outcome != packets.OPEN and not (self.mute and self.outcome == packets.REFUSED)
        return self.outcome != packets.SILENT

    def __str__(self):
        return f"{self.source} -> {self.target}:{self.port} ({self.column}) is {self.outcome}, and the document says " + \
            ("yes" if self.promised else "no")


class Prober:
    """Tries all connections between the pods that `places` finds: a function of a Promise, {uid: Place}. `mute` are the
    columns of ports on which nobody may listen."""

    def __init__(self, places, promise, mute):
        # A pod keeps its network, so each is looked for once.
        self.places, self.promise, self.mute, self.networks = places, promise, mute, {}

    def wanted(self, place, places):
        """{(uid or name of the target, column, port): ((address, port), promised)}"""
        found = {}
        for other in places.values():
            for column, port in other.ports if place.asks(other) else ():
                found[other.uid, column, port] = (other.address, port), \
                    port in other.left_open or self.promise.allows(place.rows, column)
        for key, target in place.out.items():
            found[key] = target, self.promise.allows(place.rows, key[1])
        return found

    def sample(self):
        """Cells between pods that were there before and after."""
        places = self.places(self.promise)
        wanted = {uid: self.wanted(place, places) for uid, place in places.items()}
        self.networks |= packets.networks(places.keys() - self.networks.keys())
        jobs = {uid: (self.networks[uid], packets.connect, {key: target for key, (target, _) in cells.items()},
                      {key for key, (_, yes) in cells.items() if yes}) for uid, cells in wanted.items() if uid in self.networks}
        jobs |= {(uid, "udp"): (self.networks[uid], packets.resolve)
                 for uid, place in places.items() if place.out and uid in self.networks}
        outcomes = packets.from_all(jobs)
        after = self.places(self.promise)
        return [cell for uid in places.keys() & after.keys()
                for cell in self.cells(places, after, uid, wanted[uid], outcomes)]

    def cells(self, places, after, uid, wanted, outcomes):
        expect(uid in outcomes, f"the network of {places[uid].name} was not found, and it is there")
        for key, outcome in outcomes[uid].items():
            if key[0] not in places or key[0] in after:
                target = places[key[0]].name if key[0] in places else key[0]
                yield self.cell(places[uid].name, target, key[1], key[2], wanted[key][1], outcome)
        if (uid, "udp") in outcomes:
            yield self.cell(places[uid].name, "dns", DNS, "53/udp", self.promise.allows(places[uid].rows, DNS),
                            outcomes[uid, "udp"])

    def cell(self, *what):
        cell = Cell(*what)
        cell.mute = cell.column in self.mute
        return cell

    def differing(self):
        """What is not as the document says, and how many were tried."""
        cells = self.sample()
        return [cell for cell in cells if cell.differs], len(cells)

    def holds(self):
        """At last, and then again and again: how many connections there are."""
        said = []

        def check():
            different, count = self.differing()
            said[:] = [count, *different]
            return not different

        wait_until(check, "the tables hold", 120, 0.2, lambda: "".join(f"\n    {cell}" for cell in said[1:30]))
        for _ in range(AGAIN):
            expect(check(), "the tables held and hold no more", *said[1:30])
        return said[0]

    def strangers_are_refused(self, name):
        """Said once more without the tables: how many private ports the pod of that name does not reach."""
        private = {(place.name, port) for place in self.places(self.promise).values() for column, port in place.ports
                   if column in PRIVATE and port not in place.left_open}
        silent = {(cell.target, cell.port) for cell in self.sample()
                  if cell.source == name and cell.outcome == packets.SILENT}
        expect(private and private <= silent, "a stranger gets in", *sorted(private - silent))
        return len(private)


class Watch:
    """The tables are tried until it is stopped."""

    def __init__(self, prober):
        self.prober, self.ended = prober, threading.Event()
        self.different, self.samples, self.cells, self.error = [], 0, 0, None
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        try:
            while not self.ended.wait(1):
                different, cells = self.prober.differing()
                self.different += different
                self.samples, self.cells = self.samples + 1, self.cells + cells
        except Exception as error:  # told at the end
            self.error = error

    def stop(self):
        self.ended.set()
        self.thread.join()
        if self.error:
            raise self.error
