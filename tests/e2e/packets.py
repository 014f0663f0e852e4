"""Real packets between pods: which connections are let through where NetworkPolicies are enforced.

Root on the machine enters the network namespace of a pod and connects from there, so a pod needs no tools of its own, and
a server that answers "nobody listens here" was reached as well as one that accepts.

A packet that is dropped says nothing, so how long is one to wait for it? All first packets of the testbed wait in one
queue for their verdict, one after the other. So each pod asks for everything at once, and then the cluster's DNS, which
every pod may reach: when that has answered, what was asked for before was judged. No clock tells what was refused.
"""

import ctypes
import errno
import os
import pathlib
import select
import socket
import struct
import threading
import time

DNS = ("10.96.0.10", 53)
CLONE_NEWNET = 0x40000000
# Packets of two processors may overtake each other on the way to the queue.
ROUNDS = 3
# For what must be let through: a busy machine answers late, and a client asks again after 1, 3 and 7 s.
PATIENCE_S = 15
OPEN, REFUSED, SILENT = "open", "refused", "silent"
_libc = ctypes.CDLL(None, use_errno=True)


def processes(uids):
    """(uid, process) of the containers and sandboxes of these pods, seen from outside."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            group = (entry / "cgroup").read_text()
        except OSError:
            continue
        for uid in uids:
            if uid in group:
                yield uid, int(entry.name)


def networks(uids):
    """{uid: open file of the network namespace} of the pods that have one."""
    # What runs a probe belongs to the pod a moment before it is in its network; until then it is in that of the node, as we.
    ours = os.stat("/proc/self/ns/net").st_ino
    found = {}
    for uid, process in processes(uids):
        if uid in found:
            continue
        try:
            namespace = os.open(f"/proc/{process}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        if os.fstat(namespace).st_ino == ours:
            os.close(namespace)
        else:
            found[uid] = namespace
    return found


def enter(network):
    """The thread that calls is in it from then on."""
    if _libc.setns(network, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter the network of a pod")


def begin(address, port):
    """A connection under way. When it is closed, nothing stays of it, on neither side."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.connect_ex((address, port))
    return sock


def answers(waiting, milliseconds):
    """{key: outcome} of those in {key: socket} that have one by then."""
    poll = select.poll()
    keys = {sock.fileno(): key for key, sock in waiting.items()}
    for number in keys:
        poll.register(number, select.POLLOUT)
    found = {}
    for number, _ in poll.poll(milliseconds):
        found[keys[number]] = outcome(waiting[keys[number]])
    return found


def outcome(sock):
    error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    try:
        sock.getpeername()
        return OPEN
    except OSError as unconnected:
        return REFUSED if error == errno.ECONNREFUSED else os.strerror(error or unconnected.errno)


def until(waiting, keys, deadline):
    """What becomes of `keys`, or of some of them."""
    found = {}
    while keys - found.keys():
        left = deadline - time.monotonic()
        if left <= 0:
            break
        found |= answers({key: waiting[key] for key in keys - found.keys()}, max(1, int(left * 1000)))
    return found


def all_judged(deadline):
    """Returns when everything that was sent before has a verdict; False where DNS does not answer either."""
    for _ in range(ROUNDS):
        with begin(*DNS) as sock:
            if not until({0: sock}, {0}, deadline):
                return False
    return True


def connect(targets, wanted):
    """{key: outcome} of {key: (address, port)}. Those in `wanted` are waited for, with patience."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    waiting = {key: begin(*target) for key, target in targets.items()}
    try:
        deadline = time.monotonic() + PATIENCE_S
        all_judged(deadline)
        found = until(waiting, wanted & targets.keys(), deadline)
        found |= answers({key: waiting[key] for key in targets.keys() - found.keys()}, 0)
    finally:
        for sock in waiting.values():
            sock.close()
    return {key: found.get(key, SILENT) for key in targets}


def resolve(name="kubernetes.default.svc.cluster.local"):
    """Is there an answer over UDP? Asked again, as one that was lost is."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack(">6H", 0x4242, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    deadline = time.monotonic() + PATIENCE_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(1)
        sock.connect(DNS)
        while time.monotonic() < deadline:
            try:
                sock.send(query)
                if sock.recv(512)[:2] == query[:2]:
                    return OPEN
            except TimeoutError:
                pass
            except OSError as error:
                return str(error)
    return SILENT


def from_all(jobs):
    """{name: result} of {name: (network, function, arguments...)}, each in a thread in that network."""
    results, errors = {}, []

    def work(name, network, function, *arguments):
        try:
            enter(network)
            results[name] = function(*arguments)
        except Exception as error:  # told by whoever asked
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name, *job), daemon=True) for name, job in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
