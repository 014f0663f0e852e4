#!/usr/bin/env python3
"""Manifests as a large company's repository holds them, for the benchmark.

    generate.py FOLDER [FILES]    FILES manifest files (10,000), 2 to 12 KiB each
    generate.py --review FILE [BYTES]
                                  one AdmissionReview with a StatefulSet of 12 KiB, or of so many bytes
    generate.py --namespace FILE [WORKLOADS]
                                  one namespace with so many workloads (1,000) of ZooKeeper and Kafka, two a cluster

The same call writes the same bytes. Three files in forty are of Kafka releases, ZooKeeper or KRaft, in
the shape that the Bitnami charts give them; the others are Deployments with their Services, and ConfigMaps.
"""

import json
import pathlib
import random
import sys

WORDS = (
    "account audit basket billing catalog checkout customer delivery discount export feed fraud gateway "
    "import invoice ledger loyalty mail metrics notify order partner payment price profile quote refund "
    "report route search session shipment stock tax token tracking user voucher warehouse"
).split()


def scalar(value):
    """One YAML scalar, quoted as Helm charts quote: strings that could be something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    plain = value and value[0].isalpha() and not any(c in value for c in ":#{}[]&*!|>'\"%@`,\n")
    plain = plain and value.lower() not in ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
    return value if plain else json.dumps(value)


def dump(value, indent=0):
    """Block YAML of dicts, lists and scalars; text of several lines as a literal block."""
    pad = "  " * indent
    lines = []
    if isinstance(value, dict):
        for key, member in value.items():
            if isinstance(member, str) and "\n" in member:
                lines.append(f"{pad}{scalar(key)}: |")
                lines += [f"{pad}  {line}" if line else "" for line in member.rstrip("\n").split("\n")]
            elif isinstance(member, dict | list) and member:
                lines.append(f"{pad}{scalar(key)}:")
                lines += dump(member, indent + 1)
            else:
                text = "{}" if member == {} else "[]" if member == [] else scalar(member)
                lines.append(f"{pad}{scalar(key)}: {text}")
    else:
        for item in value:
            if isinstance(item, dict):
                inner = dump(item, indent + 1)
                lines.append(f"{pad}- {inner[0].lstrip()}")
                lines += inner[1:]
            else:
                lines.append(f"{pad}- {scalar(item)}")
    return lines


def text_of(objects):
    return "".join("---\n# Source: chart/templates/manifest.yaml\n" + "\n".join(dump(o)) + "\n" for o in objects)


def labels(chart, version, release, component):
    return {
        "app.kubernetes.io/name": chart,
        "helm.sh/chart": f"{chart}-{version}",
        "app.kubernetes.io/instance": release,
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/component": component,
    }


def selector(of):
    return {key: value for key, value in of.items() if key.startswith("app.") and not key.endswith("managed-by")}


def metadata(name, namespace, of):
    return {"name": name, "namespace": namespace, "labels": dict(of)}


def service(name, namespace, of, ports, headless=False):
    spec = {"type": "ClusterIP"}
    if headless:
        spec.update({"clusterIP": "None", "publishNotReadyAddresses": True})
    else:
        spec["sessionAffinity"] = "None"
    spec["ports"] = [{"name": n, "port": p, "protocol": "TCP", "targetPort": t} for n, p, t in ports]
    spec["selector"] = selector(of)
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(name, namespace, of), "spec": spec}


def affinity(of):
    return {
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 1,
                    "podAffinityTerm": {
                        "labelSelector": {"matchLabels": selector(of)},
                        "topologyKey": "kubernetes.io/hostname",
                    },
                }
            ]
        }
    }


def probe(port, delay):
    return {
        "failureThreshold": 3,
        "initialDelaySeconds": delay,
        "periodSeconds": 10,
        "successThreshold": 1,
        "timeoutSeconds": 5,
        "tcpSocket": {"port": port},
    }


def stateful_set(name, namespace, of, headless, container, size):
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(name, namespace, of),
        "spec": {
            "replicas": 3,
            "podManagementPolicy": "Parallel",
            "revisionHistoryLimit": 10,
            "serviceName": headless,
            "updateStrategy": {"type": "RollingUpdate"},
            "selector": {"matchLabels": selector(of)},
            "template": {
                "metadata": {
                    "labels": dict(of),
                    "annotations": {"checksum/configuration": "4c1f0bc6a1b4c57bd4ef4a9ed2a7f1c6b6c8c1e8e4d3f2a1"},
                },
                "spec": {
                    "serviceAccountName": name,
                    "enableServiceLinks": True,
                    "affinity": affinity(of),
                    "securityContext": {"fsGroup": 1001, "seccompProfile": {"type": "RuntimeDefault"}},
                    "containers": [container],
                    "volumes": [{"name": "logs", "emptyDir": {}}],
                },
            },
            "volumeClaimTemplates": [
                {
                    "metadata": {"name": "data"},
                    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
                }
            ],
        },
    }


def env(pairs):
    return [{"name": name, "value": value} for name, value in pairs]


def container(name, image, variables, ports, memory):
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 1001,
        },
        "env": variables,
        "ports": [{"name": n, "containerPort": p} for n, p in ports],
        "livenessProbe": probe(ports[0][0], 10),
        "readinessProbe": probe(ports[0][0], 5),
        "resources": {"limits": {"memory": memory}, "requests": {"cpu": "500m", "memory": memory}},
        "volumeMounts": [{"name": "data", "mountPath": "/bitnami"}, {"name": "logs", "mountPath": "/opt/bitnami/kafka/logs"}],
    }


POD_NAME = {"name": "MY_POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}


def broker_variables(release):
    headless = f"{release}-headless"
    return [{"name": "BITNAMI_DEBUG", "value": "false"}, POD_NAME] + env(
        [
            ("KAFKA_CFG_ZOOKEEPER_CONNECT", f"{release}-zookeeper"),
            ("KAFKA_INTER_BROKER_LISTENER_NAME", "INTERNAL"),
            ("KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP", "INTERNAL:PLAINTEXT,CLIENT:PLAINTEXT"),
            ("KAFKA_CFG_LISTENERS", "INTERNAL://:9093,CLIENT://:9092"),
            ("KAFKA_CFG_ADVERTISED_LISTENERS",
             f"INTERNAL://$(MY_POD_NAME).{headless}:9093,CLIENT://$(MY_POD_NAME).{headless}:9092"),
            ("ALLOW_PLAINTEXT_LISTENER", "yes"),
            ("KAFKA_ZOOKEEPER_PROTOCOL", "PLAINTEXT"),
            ("KAFKA_VOLUME_DIR", "/bitnami/kafka"),
            ("KAFKA_LOG_DIR", "/opt/bitnami/kafka/logs"),
            ("KAFKA_CFG_LOG_DIRS", "/bitnami/kafka/data"),
            ("KAFKA_CFG_DELETE_TOPIC_ENABLE", "false"),
            ("KAFKA_CFG_AUTO_CREATE_TOPICS_ENABLE", "true"),
            ("KAFKA_HEAP_OPTS", "-Xmx1024m -Xms1024m"),
            ("KAFKA_CFG_LOG_FLUSH_INTERVAL_MESSAGES", "10000"),
            ("KAFKA_CFG_LOG_RETENTION_HOURS", "168"),
            ("KAFKA_CFG_LOG_SEGMENT_BYTES", "1073741824"),
            ("KAFKA_CFG_MESSAGE_MAX_BYTES", "1000012"),
            ("KAFKA_CFG_DEFAULT_REPLICATION_FACTOR", "3"),
            ("KAFKA_CFG_OFFSETS_TOPIC_REPLICATION_FACTOR", "3"),
            ("KAFKA_CFG_MIN_INSYNC_REPLICAS", "2"),
            ("KAFKA_CFG_NUM_PARTITIONS", "12"),
        ]
    )


def broker(release, namespace):
    of = labels("kafka", "20.0.6", release, "kafka")
    image = "docker.io/bitnami/kafka:3.3.2-debian-11-r0"
    ports = [("kafka-client", 9092), ("kafka-internal", 9093)]
    one = container("kafka", image, broker_variables(release), ports, "2Gi")
    return stateful_set(release, namespace, of, f"{release}-headless", one, "100Gi")


def broker_services(release, namespace):
    of = labels("kafka", "20.0.6", release, "kafka")
    client, internal = ("tcp-client", 9092, "kafka-client"), ("tcp-internal", 9093, "kafka-internal")
    return [
        service(release, namespace, of, [client]),
        service(f"{release}-headless", namespace, of, [client, internal], headless=True),
    ]


def zookeeper(release, namespace):
    name = f"{release}-zookeeper"
    of = labels("zookeeper", "11.1.0", release, "zookeeper")
    servers = " ".join(
        f"{name}-{i}.{name}-headless.{namespace}.svc.cluster.local:2888:3888::{i + 1}" for i in range(3)
    )
    variables = [POD_NAME] + env(
        [
            ("ZOO_DATA_LOG_DIR", ""), ("ZOO_PORT_NUMBER", "2181"), ("ZOO_TICK_TIME", "2000"),
            ("ZOO_INIT_LIMIT", "10"), ("ZOO_SYNC_LIMIT", "5"), ("ZOO_PRE_ALLOC_SIZE", "65536"),
            ("ZOO_SNAPCOUNT", "100000"), ("ZOO_MAX_CLIENT_CNXNS", "60"),
            ("ZOO_4LW_COMMANDS_WHITELIST", "srvr, mntr, ruok"), ("ZOO_AUTOPURGE_INTERVAL", "0"),
            ("ZOO_AUTOPURGE_RETAIN_COUNT", "3"), ("ZOO_MAX_SESSION_TIMEOUT", "40000"),
            ("ZOO_SERVERS", servers), ("ZOO_ENABLE_AUTH", "no"), ("ZOO_HEAP_SIZE", "1024"),
            ("ZOO_LOG_LEVEL", "ERROR"), ("ALLOW_ANONYMOUS_LOGIN", "yes"),
        ]
    )
    ports = [("client", 2181), ("follower", 2888), ("election", 3888)]
    one = container("zookeeper", "docker.io/bitnami/zookeeper:3.8.0-debian-11-r74", variables, ports, "1Gi")
    client = ("tcp-client", 2181, "client")
    return [
        stateful_set(name, namespace, of, f"{name}-headless", one, "8Gi"),
        service(name, namespace, of, [client]),
        service(f"{name}-headless", namespace, of,
                [client, ("follower", 2888, "follower"), ("election", 3888, "election")], headless=True),
    ]


def kraft(release, namespace):
    name = f"{release}-controller"
    headless = f"{name}-headless"
    of = labels("kafka", "26.11.4", release, "controller-eligible")
    voters = ",".join(f"{i}@{name}-{i}.{headless}.{namespace}.svc.cluster.local:9094" for i in range(3))
    properties = "\n".join(
        [
            "listeners=CLIENT://:9092,INTERNAL://:9093,CONTROLLER://:9094",
            f"advertised.listeners=CLIENT://{name}:9092,INTERNAL://{name}:9093",
            "listener.security.protocol.map=CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "process.roles=controller,broker",
            "controller.listener.names=CONTROLLER",
            f"controller.quorum.voters={voters}",
            "log.dir=/bitnami/kafka/data",
            "inter.broker.listener.name=INTERNAL",
            "default.replication.factor=3",
            "min.insync.replicas=2",
        ]
    ) + "\n"
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(f"{name}-configuration", namespace, of),
        "data": {"server.properties": properties},
    }
    variables = [POD_NAME] + env(
        [("KAFKA_HEAP_OPTS", "-Xmx1024m -Xms1024m"), ("KAFKA_KRAFT_BOOTSTRAP_SCRAM_USERS", "true"),
         ("KAFKA_CFG_PROCESS_ROLES", "controller,broker"), ("KAFKA_VOLUME_DIR", "/bitnami/kafka")]
    )
    ports = [("client", 9092), ("interbroker", 9093), ("controller", 9094)]
    one = container("kafka", "docker.io/bitnami/kafka:3.6.1-debian-12-r12", variables, ports, "2Gi")
    return [
        config,
        service(headless, namespace, of,
                [("tcp-client", 9092, "client"), ("tcp-controller", 9094, "controller")], headless=True),
        stateful_set(name, namespace, of, headless, one, "100Gi"),
    ]


def words(rng, count):
    return [rng.choice(WORDS) for _ in range(count)]


def application(rng, name, namespace):
    of = labels(name, f"{rng.randint(0, 9)}.{rng.randint(0, 40)}.{rng.randint(0, 9)}", name, "app")
    variables = env((f"{'_'.join(words(rng, 2)).upper()}_{i}", "-".join(words(rng, rng.randint(1, 4))))
                    for i in range(rng.randint(6, 60)))
    image = f"registry.example.com:5000/team-{rng.randint(1, 30)}/{name}:{rng.randint(1, 400)}"
    one = container(name, image, variables, [("http", 8080), ("metrics", 9090)], "512Mi")
    one["volumeMounts"] = [{"name": "tmp", "mountPath": "/tmp"}]
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name, namespace, of),
        "spec": {
            "replicas": rng.randint(1, 6),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
            "selector": {"matchLabels": selector(of)},
            "template": {
                "metadata": {"labels": dict(of), "annotations": {"prometheus.io/scrape": "true"}},
                "spec": {"affinity": affinity(of), "containers": [one], "volumes": [{"name": "tmp", "emptyDir": {}}]},
            },
        },
    }
    return [deployment, service(name, namespace, of, [("http", 80, "http"), ("metrics", 9090, "metrics")])]


def config_map(rng, name, namespace):
    lines = [f"{'.'.join(words(rng, 3))}={' '.join(words(rng, rng.randint(1, 8)))}"
             for _ in range(rng.randint(40, 230))]
    of = labels(name, "1.0.0", name, "config")
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(f"{name}-config", namespace, of),
            "data": {"application.properties": "\n".join(lines) + "\n", "LOG_LEVEL": "info"},
        }
    ]


def files(rng, count):
    """(name, objects) of each file; a namespace for each team's forty or so."""
    made = 0
    while made < count:
        team = f"{rng.choice(WORDS)}-{made // 40}"
        release = f"{rng.choice(WORDS)}-kafka"
        if made // 40 % 2:
            yield f"{team}/kraft.yaml", kraft(release, team)
            yield f"{team}/analytics-kraft.yaml", kraft("analytics", team)
            yield f"{team}/events-kraft.yaml", kraft("events", team)
            made += 3
        else:
            yield f"{team}/zookeeper.yaml", zookeeper(release, team)
            yield f"{team}/kafka.yaml", [broker(release, team)]
            yield f"{team}/kafka-services.yaml", broker_services(release, team)
            made += 3
        for i in range(22):
            name = f"{'-'.join(words(rng, 2))}-{i}"
            yield f"{team}/{name}.yaml", application(rng, name, team)
            if i < 15:
                yield f"{team}/{name}-config.yaml", config_map(rng, name, team)
        made += 37


def write_files(folder, count):
    rng = random.Random(1)
    total = 0
    for number, (name, objects) in enumerate(files(rng, count)):
        if number == count:
            break
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = text_of(objects)
        path.write_text(text, encoding="utf-8")
        total += len(text)
    print(f"{count} files, {total} bytes", file=sys.stderr)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def grow(one, size):
    """Up to 16 KiB by an annotation, beyond by more variables of the broker, which are looked at one by one."""
    variables = one["spec"]["template"]["spec"]["containers"][0]["env"]
    length = len(compact(one))
    while length < size - 4 * 1024:
        variable = {"name": f"KAFKA_CFG_EXTRA_{len(variables)}", "value": "x" * 40}
        variables.append(variable)
        length += len(compact(variable)) + 1
    filler = size - len(compact(one)) - 60
    one["metadata"]["annotations"] = {"example.com/description": "x" * max(filler, 0)}


def shrink(one, size):
    """What a person writes by hand: without the chart's settings, and without its affinities."""
    pod = one["spec"]["template"]["spec"]
    pod.pop("affinity", None)
    while len(compact(one)) > size - 256 and len(pod["containers"][0]["env"]) > 1:
        pod["containers"][0]["env"].pop()


def write_review(path, size):
    """As the API server sends it: the object with the managed fields of one earlier apply."""
    one = broker("my-kafka", "kafka")
    one["metadata"]["creationTimestamp"] = None
    one["status"] = {"replicas": 0, "availableReplicas": 0}
    fields = {"f:metadata": {"f:labels": {f"f:{key}": {} for key in one["metadata"]["labels"]}}, "f:spec": {}}
    entries = fields["f:spec"]
    if size < 8 * 1024:
        shrink(one, size)
    for variable in one["spec"]["template"]["spec"]["containers"][0]["env"]:
        entries[f'k:{{"name":"{variable["name"]}"}}'] = {".": {}, "f:name": {}, "f:value": {}}
        if len(json.dumps(one)) + len(json.dumps(fields)) > size - 1024:
            break
    one["metadata"]["managedFields"] = [
        {"manager": "kubectl", "operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
         "fieldsV1": fields}
    ]
    grow(one, size)
    group = {"group": "apps", "version": "v1"}
    review = {
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": dict(group, kind="StatefulSet"),
            "resource": dict(group, resource="statefulsets"),
            "requestKind": dict(group, kind="StatefulSet"),
            "requestResource": dict(group, resource="statefulsets"),
            "name": "my-kafka",
            "namespace": "kafka",
            "operation": "CREATE",
            "userInfo": {"username": "admin", "groups": ["system:masters", "system:authenticated"]},
            "object": one,
            "oldObject": None,
            "dryRun": False,
            "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        },
    }
    text = compact(review)
    pathlib.Path(path).write_text(text, encoding="utf-8")
    print(f"review of {len(text)} bytes", file=sys.stderr)


def write_namespace(path, count):
    objects = []
    for i in range(count // 2):
        release = f"team-{WORDS[i % len(WORDS)]}-{i}"
        objects += [broker(release, "kafka"), *broker_services(release, "kafka"), *zookeeper(release, "kafka")]
    # As JSON, because what reads it measures something else.
    pathlib.Path(path).write_text("\n---\n".join(compact(one) for one in objects) + "\n", encoding="utf-8")
    print(f"{count // 2 * 2} workloads, {len(objects)} objects", file=sys.stderr)


def main():
    if len(sys.argv) in (3, 4) and sys.argv[1] == "--review":
        write_review(sys.argv[2], int(sys.argv[3]) if len(sys.argv) == 4 else 12 * 1024)
    elif len(sys.argv) in (3, 4) and sys.argv[1] == "--namespace":
        write_namespace(sys.argv[2], int(sys.argv[3]) if len(sys.argv) == 4 else 1000)
    elif len(sys.argv) in (2, 3) and not sys.argv[1].startswith("-"):
        write_files(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 10000)
    else:
        sys.exit(__doc__)


main()
