"""Helm charts in the likeness of Bitnami's Kafka at 20.0.6, 20.1.0, 26.11.4 and 32.4.4, and of an application's chart that
has one as a dependency.

The texts are our own. What is alike is what a release is known by: names, labels with the chart's version in the pod templates,
Services and their selectors, where settings stand, exporters, hooks, budgets, and passwords that an upgrade asks for.
"""

import json

ZOOKEEPERS = {"20.0.6": "11.1.0", "20.1.0": "11.1.2"}
APPS = {"20.0.6": "3.3.1", "20.1.0": "3.3.2", "26.11.4": "3.6.1", "32.4.4": "4.0.0"}
KEEPER_APPS = {"11.1.0": "3.8.0", "11.1.2": "3.8.1"}
VALUES = {"registry": "docker.io", "replicaCount": 3, "heap": "-Xmx1g", "provisioning": False,
          "sasl": {"interbroker": {"password": ""}, "controller": {"password": ""}}}
NAME = "{{ .Release.Name }}"
HOSTNAME = "kubernetes.io/hostname"

# Passwords are made once, and asked for where a release has others than the chart knows.
PASSWORDS = """{{- $old := lookup "v1" "Secret" .Release.Namespace (printf "%s-user-passwords" .Release.Name) }}
{{- if and .Release.IsUpgrade (not $old) (not .Values.sasl.interbroker.password) }}
{{- fail "PASSWORDS ERROR: You must provide your current passwords: 'sasl.interbroker.password' must not be empty" }}
{{- end }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}-user-passwords
  labels: LABELS
type: Opaque
data:
  inter-broker-password: {{ if $old }}{{ index $old.data "inter-broker-password" }}{{ else }}{{ .Values.sasl.interbroker.password | default (randAlphaNum 10) | b64enc }}{{ end }}
  controller-password: {{ if $old }}{{ index $old.data "controller-password" }}{{ else }}{{ .Values.sasl.controller.password | default (randAlphaNum 10) | b64enc }}{{ end }}
"""


class Chart:
    """One chart's objects, by the labels that it gives to all of them."""

    def __init__(self, name, version):
        self.name, self.version, self.objects, self.raw = name, version, [], {}
        self.major = int(version.split(".")[0])

    def select(self, component=None, **more):
        made = {"app.kubernetes.io/name": self.name, "app.kubernetes.io/instance": NAME}
        if component:
            made["app.kubernetes.io/component"] = component
        return {**made, **more}

    def labels(self, component=None, **more):
        made = {**self.select(component), "helm.sh/chart": "{{ .Chart.Name }}-{{ .Chart.Version }}",
                "app.kubernetes.io/managed-by": "{{ .Release.Service }}", **more}
        if self.major >= 24:
            made["app.kubernetes.io/version"] = "{{ .Chart.AppVersion }}"
        return made

    def add(self, kind, name, component=None, version="v1", labels=None, annotations=None, **fields):
        metadata = {"name": name, "labels": labels or self.labels(component)}
        if annotations:
            metadata["annotations"] = annotations
        self.objects.append({"apiVersion": version, "kind": kind, "metadata": metadata, **fields})

    def service(self, name, component, ports, selector, headless=None, **more):
        spec = {"selector": selector, "ports": [{"name": key, "port": port, "targetPort": key.removeprefix("tcp-")
                                                 if key.startswith("tcp-") else "metrics"} for key, port in ports.items()]}
        if headless is not None:
            spec |= {"clusterIP": "None", "publishNotReadyAddresses": headless}
        self.add("Service", name, component, spec=spec, **more)

    def budget(self, name, component, selector, **more):
        self.add("PodDisruptionBudget", name, component, "policy/v1",
                 spec={"maxUnavailable": 1, "selector": {"matchLabels": selector}}, **more)

    def workload(self, name, component, governing, pod, selector, **labels):
        pod = {"serviceAccountName": pod.pop("account"), "affinity": {"podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {
                "labelSelector": {"matchLabels": self.select(component)}, "topologyKey": HOSTNAME}}]}}, **pod}
        self.add("StatefulSet", name, component, "apps/v1", labels=self.labels(component, **labels), spec={
            "replicas": "REPLICAS", "podManagementPolicy": "Parallel", "serviceName": governing,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {}} if self.major < 24 else {"type": "RollingUpdate"},
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": self.labels(component, **labels)}, "spec": pod},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}}}]})

    def exporter(self):
        """Asks brokers, runs none; its image and labels look like theirs."""
        name = f"{NAME}-exporter"
        self.add("ServiceAccount", name, "cluster-metrics")
        self.service(f"{NAME}-metrics", "cluster-metrics", {"http-metrics": 9308}, self.select("cluster-metrics"))
        self.add("Deployment", name, "cluster-metrics", "apps/v1", spec={
            "replicas": 1, "selector": {"matchLabels": self.select("cluster-metrics")}, "template": {
                "metadata": {"labels": self.labels("cluster-metrics")}, "spec": {"serviceAccountName": name, "containers": [
                    {"name": "kafka-exporter", "image": image("kafka-exporter", "1.6.0"), "command": ["bash"],
                     "args": ["-ce", f"kafka_exporter --kafka.server={NAME}-0.{NAME}-headless:9092 --web.listen-address=:9308"],
                     "ports": [{"name": "metrics", "containerPort": 9308}]}]}}})

    def write(self, folder, values=None, dependencies=()):
        templates = folder / "templates"
        templates.mkdir(parents=True, exist_ok=True)
        (folder / "Chart.yaml").write_text(json.dumps({
            "apiVersion": "v2", "name": self.name, "version": self.version,
            "appVersion": APPS.get(self.version) or KEEPER_APPS.get(self.version, "0.1.0"),
            "dependencies": [{"name": name, "version": version} for name, version in dependencies]}))
        (folder / "values.yaml").write_text(json.dumps(VALUES if values is None else values))
        for obj in self.objects:
            text = json.dumps(obj, indent=1).replace('"REPLICAS"', "{{ .Values.replicaCount }}")
            if obj["kind"] == "Job":
                text = "{{- if .Values.provisioning }}\n" + text + "\n{{- end }}\n"
            (templates / f"{obj['kind'].lower()}-{obj['metadata']['name'].replace(NAME, 'r')}.yaml").write_text(text)
        for name, text in self.raw.items():
            (templates / name).write_text(text)
        return str(folder)


def image(name, version):
    return f"{{{{ .Values.registry }}}}/bitnami/{name}:{version}-debian-11-r0"


def env(**values):
    return [{"name": "MY_POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            *({"name": key, "value": value} for key, value in values.items())]


def probes(port):
    made = {"tcpSocket": {"port": port}, "initialDelaySeconds": 10, "periodSeconds": 10, "timeoutSeconds": 5}
    return {"livenessProbe": {**made, "failureThreshold": 3}, "readinessProbe": {**made, "failureThreshold": 6}}


def zookeeper(version):
    chart = Chart("zookeeper", version)
    name, headless, component = f"{NAME}-zookeeper", f"{NAME}-zookeeper-headless", "zookeeper"
    selector, ports = chart.select(component), {"tcp-client": 2181, "tcp-follower": 2888, "tcp-election": 3888}
    chart.budget(name, component, selector)
    chart.add("ConfigMap", f"{name}-scripts", component, data={"setup.sh": "exec /entrypoint.sh /run.sh\n"})
    chart.service(headless, component, ports, selector, True)
    chart.service(name, component, ports, selector)
    servers = " ".join(f"{name}-{i}.{headless}.{{{{ .Release.Namespace }}}}.svc.cluster.local:2888:3888::{i + 1}"
                       for i in range(3))
    chart.workload(name, component, headless, {
        "account": "default", "volumes": [{"name": "scripts", "configMap": {"name": f"{name}-scripts", "defaultMode": 493}}],
        "containers": [{
            "name": "zookeeper", "image": image("zookeeper", KEEPER_APPS[version]), "command": ["/scripts/setup.sh"],
            "env": env(ZOO_PORT_NUMBER="2181", ZOO_SERVERS=servers, ZOO_4LW_COMMANDS_WHITELIST="srvr, mntr, ruok",
                       ZOO_AUTOPURGE_INTERVAL="0"),
            "ports": [{"name": key.removeprefix("tcp-"), "containerPort": port} for key, port in ports.items()],
            "volumeMounts": [{"name": "scripts", "mountPath": "/scripts/setup.sh", "subPath": "setup.sh"},
                             {"name": "data", "mountPath": "/bitnami/zookeeper"}]}]}, selector, role="zookeeper")
    # The set alone has it.
    del chart.objects[-1]["spec"]["template"]["metadata"]["labels"]["role"]
    return chart


def kafka_with_zookeeper(version):
    chart = Chart("kafka", version)
    component, headless = "kafka", f"{NAME}-headless"
    selector = chart.select(component)
    hosts = f"$(MY_POD_NAME).{headless}.{{{{ .Release.Namespace }}}}.svc.cluster.local"
    chart.budget(NAME, component, selector)
    chart.add("ServiceAccount", NAME, component)
    chart.add("ConfigMap", f"{NAME}-scripts", data={"setup.sh": "exec /entrypoint.sh /run.sh\n"})
    chart.add("ConfigMap", f"{NAME}-jmx-configuration", "metrics", data={"jmx-kafka-prometheus.yml": "rules: []\n"})
    chart.service(headless, component, {"tcp-client": 9092, "tcp-internal": 9093}, selector, False)
    chart.service(NAME, component, {"tcp-client": 9092}, selector)
    chart.service(f"{NAME}-jmx-metrics", "metrics", {"http-metrics": 5556}, selector)
    for svc in chart.objects[-3:-1]:
        for port in svc["spec"]["ports"]:
            port["targetPort"] = "kafka-" + port["targetPort"]
    chart.exporter()
    chart.workload(NAME, component, headless, {
        "account": NAME, "volumes": [
            {"name": "scripts", "configMap": {"name": f"{NAME}-scripts", "defaultMode": 493}},
            {"name": "jmx-config", "configMap": {"name": f"{NAME}-jmx-configuration"}}, {"name": "logs", "emptyDir": {}}],
        "containers": [{
            "name": "kafka", "image": image("kafka", APPS[version]), "command": ["/scripts/setup.sh"],
            "env": env(KAFKA_CFG_ZOOKEEPER_CONNECT=f"{NAME}-zookeeper", KAFKA_CFG_LISTENERS="INTERNAL://:9093,CLIENT://:9092",
                       KAFKA_CFG_ADVERTISED_LISTENERS=f"INTERNAL://{hosts}:9093,CLIENT://{hosts}:9092",
                       KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP="INTERNAL:PLAINTEXT,CLIENT:PLAINTEXT",
                       KAFKA_INTER_BROKER_LISTENER_NAME="INTERNAL", KAFKA_HEAP_OPTS="{{ .Values.heap }}",
                       KAFKA_CFG_AUTO_CREATE_TOPICS_ENABLE="true", KAFKA_CFG_LOG_DIRS="/bitnami/kafka/logs",
                       KAFKA_CFG_DEFAULT_REPLICATION_FACTOR="1", KAFKA_CFG_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
                       KAFKA_CFG_TRANSACTION_STATE_LOG_REPLICATION_FACTOR="1", KAFKA_CFG_TRANSACTION_STATE_LOG_MIN_ISR="1"),
            "ports": [{"name": "kafka-client", "containerPort": 9092}, {"name": "kafka-internal", "containerPort": 9093}],
            **probes("kafka-client"),
            "volumeMounts": [{"name": "data", "mountPath": "/bitnami/kafka"}, {"name": "logs", "mountPath": "/opt/bitnami/kafka/logs"},
                             {"name": "scripts", "mountPath": "/scripts/setup.sh", "subPath": "setup.sh"}]}, {
            "name": "jmx-exporter", "image": image("jmx-exporter", "0.17.2"), "command": ["java"],
            "args": ["-jar", "jmx_prometheus_httpserver.jar", "5556", "/etc/jmx-kafka/jmx-kafka-prometheus.yml"],
            "ports": [{"name": "metrics", "containerPort": 5556}],
            "volumeMounts": [{"name": "jmx-config", "mountPath": "/etc/jmx-kafka"}]}]}, selector)
    return chart


def kafka_with_kraft(version):
    chart = Chart("kafka", version)
    name, component, part = f"{NAME}-controller", "controller-eligible", {"app.kubernetes.io/part-of": "kafka"}
    headless, selector = f"{name}-headless", {**chart.select("controller-eligible"), **part}
    of_part = chart.labels(component, **part)
    cluster_id = {"secretKeyRef": {"name": f"{NAME}-kraft-cluster-id", "key": "kraft-cluster-id"}}
    chart.add("ServiceAccount", NAME, "kafka")
    chart.add("ServiceAccount", f"{NAME}-provisioning")
    chart.raw["passwords.yaml"] = PASSWORDS.replace("LABELS", json.dumps(chart.labels()))
    settings = ("listeners=CLIENT://:9092,INTERNAL://:9094,CONTROLLER://:9093\nprocess.roles=controller,broker\n"
                "advertised.listeners=CLIENT://advertised-address-placeholder:9092,INTERNAL://advertised-address-placeholder:9094\n"
                "inter.broker.listener.name=INTERNAL\ncontroller.listener.names=CONTROLLER\nlog.dir=/bitnami/kafka/data\n"
                f"controller.quorum.voters={','.join(f'{i}@{name}-{i}.{headless}:9093' for i in range(3))}\n")
    chart.add("ConfigMap", f"{name}-configuration", component, labels=of_part, data={"server.properties": settings})
    kafka = {"name": "kafka", "image": image("kafka", APPS[version]), **probes("controller"),
             "ports": [{"name": "controller", "containerPort": 9093}, {"name": "client", "containerPort": 9092},
                       {"name": "interbroker", "containerPort": 9094}],
             "volumeMounts": [{"name": "data", "mountPath": "/bitnami/kafka"}, {"name": "logs", "mountPath": "/opt/bitnami/kafka/logs"},
                              {"name": "kafka-config", "mountPath": "/opt/bitnami/kafka/config/server.properties",
                               "subPath": "server.properties"}]}
    told = env(KAFKA_HEAP_OPTS="{{ .Values.heap }}")
    volumes = [{"name": "kafka-configmaps", "configMap": {"name": f"{name}-configuration"}},
               {"name": "kafka-config", "emptyDir": {}}, {"name": "logs", "emptyDir": {}}]
    if chart.major >= 32:
        cluster_id = {"secretKeyRef": {"name": f"{NAME}-kraft", "key": "cluster-id"}}
        told.append({"name": "KAFKA_CFG_PROCESS_ROLES", "value": "controller,broker"})
        volumes.append({"name": "kafka-sasl", "projected": {"sources": [{"secret": {"name": f"{NAME}-user-passwords"}}]}})
        kafka["volumeMounts"].append({"name": "kafka-sasl", "mountPath": "/opt/bitnami/kafka/config/secrets", "readOnly": True})
        chart.budget(name, component, selector, labels=of_part)
        broker = {**chart.select("broker"), **part}
        chart.budget(f"{NAME}-broker", "broker", broker, labels={**chart.labels("broker"), **part})
        chart.add("NetworkPolicy", name, component, "networking.k8s.io/v1", labels=of_part, spec={
            "podSelector": {"matchLabels": selector}, "policyTypes": ["Ingress", "Egress"], "egress": [{}],
            "ingress": [{"ports": [{"port": port} for port in (9092, 9093, 9094)]}]})
    else:
        chart.exporter()
        told.append({"name": "KAFKA_INTER_BROKER_PASSWORD", "valueFrom": {"secretKeyRef": {
            "name": f"{NAME}-user-passwords", "key": "inter-broker-password"}}})
    chart.add("Secret", cluster_id["secretKeyRef"]["name"], stringData={cluster_id["secretKeyRef"]["key"]: "dGVzdC1vZi1iYWxsYXN0LQ"})
    told.append({"name": "KAFKA_KRAFT_CLUSTER_ID", "valueFrom": cluster_id})
    chart.service(headless, component, {"tcp-interbroker": 9094, "tcp-client": 9092, "tcp-controller": 9093}, selector, True,
                  labels=of_part)
    chart.service(NAME, "kafka", {"tcp-client": 9092}, {**chart.select(), **part})
    chart.workload(name, component, headless, {
        "account": NAME, "volumes": volumes, "initContainers": [{
            "name": "prepare-config", "image": image("kafka", APPS[version]), "command": ["/bin/bash"],
            "args": ["-ec", "cp /configmaps/server.properties /config/server.properties"],
            "volumeMounts": [{"name": "kafka-config", "mountPath": "/config"},
                             {"name": "kafka-configmaps", "mountPath": "/configmaps"}]}],
        "containers": [{**kafka, "env": told}]}, selector, **part)
    provisioning(chart, version)
    return chart


def provisioning(chart, version):
    """A hook that makes topics, in the brokers' own image."""
    chart.add("Job", f"{NAME}-provisioning", "kafka-provisioning", "batch/v1", annotations={
        "helm.sh/hook": "post-install,post-upgrade", "helm.sh/hook-delete-policy": "before-hook-creation"}, spec={
            "template": {"metadata": {"labels": chart.labels("kafka-provisioning")}, "spec": {
                "restartPolicy": "Never", "serviceAccountName": f"{NAME}-provisioning", "containers": [{
                    "name": "kafka-provisioning", "image": image("kafka", APPS[version]), "command": ["/bin/bash"],
                    "args": ["-ec", f"kafka-topics.sh --create --if-not-exists --bootstrap-server {NAME}:9092 --topic t"]}]}}})


def write(folder, version):
    """The chart at this version, with its subchart. Its folder."""
    chart = kafka_with_zookeeper(version) if version in ZOOKEEPERS else kafka_with_kraft(version)
    keeper = ZOOKEEPERS.get(version)
    made = chart.write(folder, dependencies=[("zookeeper", keeper)] if keeper else ())
    if keeper:
        zookeeper(keeper).write(folder / "charts" / "zookeeper")
    return made


def wrap(folder, version):
    """An application's chart, whose version stays, with Kafka's as a dependency."""
    app = Chart("app", "0.1.0")
    app.add("ServiceAccount", "ksa-kafka1", "kafka")
    made = app.write(folder, {"kafka": {}}, [("kafka", version)])
    write(folder / "charts" / "kafka", version)
    return made
