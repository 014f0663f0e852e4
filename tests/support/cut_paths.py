#!/usr/bin/python3
"""Which connections that manifests name do our network policies cut?

    cut_paths.py BALLAST FILE...

Hardens the files together and reads the result as a stranger would: each "host:port" that a workload, a ConfigMap or a
custom resource in it names and that leads by a Service to pods which a policy of ours selects must be let through, with
the ends of ranges and with every endPort taken out. Prints a line for each that is not; says nothing of the rest. Shares
no code and no idea with the rule: it knows Services, selectors and ports, and nothing of Kafka.
"""

import json
import re
import subprocess
import sys

import yaml

NAMED = re.compile(r"([a-zA-Z0-9_${}()][a-zA-Z0-9_.${}()-]*):(\d{2,5})(?![\w.])")
PODS = ("StatefulSet", "Deployment", "DaemonSet", "Pod")


def harden(ballast, files):
    done = subprocess.run([ballast, "harden", "-q", *files], capture_output=True, text=True, check=False)
    if done.returncode == 2:
        sys.exit(done.stderr)
    documents = [document for document in yaml.safe_load_all(done.stdout) if isinstance(document, dict)]
    return [item for document in documents
            for item in (document.get("items") or [] if document.get("kind") == "List" else [document])]


def namespace(thing):
    return thing["metadata"].get("namespace")


def meet(one, other):
    """A manifest without a namespace goes where it is told."""
    return one is None or other is None or one == other


def labels(workload):
    if workload["kind"] == "Pod":
        return workload["metadata"].get("labels") or {}
    return ((workload["spec"].get("template") or {}).get("metadata") or {}).get("labels") or {}


def selects(selector, of):
    selector = selector or {}
    if any(of.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for part in selector.get("matchExpressions") or []:
        there = part["key"] in of
        holds = {"In": there and of[part["key"]] in part.get("values", []),
                 "NotIn": not there or of[part["key"]] not in part.get("values", []),
                 "Exists": there, "DoesNotExist": not there}[part["operator"]]
        if not holds:
            return False
    return True


def peer_is(peer, policy, workload):
    if "ipBlock" in peer:
        return False
    if "namespaceSelector" in peer:
        wanted = (peer["namespaceSelector"].get("matchLabels") or {}).get("kubernetes.io/metadata.name")
        if wanted is not None and not meet(wanted, namespace(workload)):
            return False
    elif not meet(namespace(policy), namespace(workload)):
        return False
    return selects(peer.get("podSelector"), labels(workload))


def covers(rule, port, ranges):
    ports = rule.get("ports")
    if not ports:
        return True
    for entry in ports:
        if entry.get("protocol", "TCP") != "TCP":
            continue
        first = entry.get("port")
        last = entry.get("endPort", first) if ranges else first
        if first is None or (isinstance(first, int) and first <= port <= last):
            return True
    return False


def lets_through(policy, side, port, other, ranges):
    peers = {"ingress": "from", "egress": "to"}[side]
    return any(covers(rule, port, ranges) and
               (not rule.get(peers) or any(peer_is(peer, policy, other) for peer in rule[peers]))
               for rule in policy["spec"].get(side) or [])


def target_ports(service, port, workload):
    """Ports of the pod behind a port of the Service. A headless one leads to the pod's own port as well."""
    found = set()
    spec = service["spec"]
    for entry in spec.get("ports") or []:
        if entry.get("port") != port:
            continue
        target = entry.get("targetPort", port)
        pod = workload["spec"] if workload["kind"] == "Pod" else workload["spec"]["template"]["spec"]
        named = {declared.get("name"): declared.get("containerPort")
                 for container in pod.get("containers") or [] for declared in container.get("ports") or []}
        found.add(target if isinstance(target, int) else named.get(target))
    if spec.get("clusterIP") == "None" or not found:
        found.add(port)
    return found - {None}


def calls(things, services, workloads):
    """(caller, text, target, port) of each host:port that leads by a Service to a workload."""
    for thing in things:
        text = json.dumps({key: thing[key] for key in ("spec", "data") if key in thing})
        for host, port in set(NAMED.findall(text)):
            parts = host.split(".")
            for service in services:
                selector = service["spec"].get("selector") or {}
                if not selector or service["metadata"]["name"] not in parts[:2]:
                    continue
                for target in workloads:
                    if (target is not thing and meet(namespace(target), namespace(service)) and
                            meet(namespace(thing), namespace(service)) and
                            all(labels(target).get(key) == value for key, value in selector.items())):
                        for number in target_ports(service, int(port), target):
                            yield thing, f"{host}:{port}", target, number


def main():
    things = [thing for thing in harden(sys.argv[1], sys.argv[2:]) if isinstance(thing.get("metadata"), dict)]
    workloads = [thing for thing in things if thing["kind"] in PODS and isinstance(thing.get("spec"), dict)]
    services = [thing for thing in things if thing["kind"] == "Service" and isinstance(thing.get("spec"), dict)]
    ours = [thing for thing in things if thing["kind"] == "NetworkPolicy" and
            (thing["metadata"].get("labels") or {}).get("app.kubernetes.io/managed-by") == "ballast"]
    callers = workloads + [thing for thing in things if thing["kind"] in ("Job", "CronJob", "ReplicaSet")]
    cut = set()
    for caller, named, target, port in calls(callers, services, workloads):
        for policy in ours:
            name = policy["metadata"]["name"]
            who = f"{caller['kind']}/{caller['metadata']['name']}"
            for ranges in (True, False):
                if (meet(namespace(policy), namespace(target)) and
                        selects(policy["spec"]["podSelector"], labels(target)) and
                        not lets_through(policy, "ingress", port, caller, ranges)):
                    cut.add((who, named, f"ingress of {name}", "" if ranges else " without endPort"))
            if (caller in workloads and "Egress" in policy["spec"]["policyTypes"] and
                    meet(namespace(policy), namespace(caller)) and
                    selects(policy["spec"]["podSelector"], labels(caller)) and
                    not lets_through(policy, "egress", port, target, True)):
                cut.add((who, named, f"egress of {name}", ""))
    for line in sorted(cut):
        print("cut: {} can no longer reach {} ({}{})".format(*line))
    return bool(cut)


if __name__ == "__main__":
    sys.exit(main())
