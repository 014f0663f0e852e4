"""Images of a KafkaCluster, its chart too, that lie in registries."""

import shutil

from harness import expect, kubectl, run, wait_until
from kafka_clusters import CHARTS, HELM, WORK, Clusters, cluster, make_namespace


class Images(Clusters):
    """The suite has two registries, `open` and `closed`, and `charts`, from which its controller takes them."""

    def images_are_asked_for(self):
        """In a registry of its own, in one that wants a login, and where nobody may be asked."""
        make_namespace(self.api, "images")
        def values(registry, tag="3.3.2"):
            return {"image": {"registry": registry.host, "tag": tag}, "zookeeper": {"image": {"registry": registry.host}}}
        wanted = cluster(namespace="images", values=values(self.open, "3.9.9"), images={"check": True})
        self.api.create(wanted)
        self._wait("it is missing", "ImagesAvailable", "False", "ImageMissing", namespace="images")
        expect("3.9.9" in self._condition("Ready", namespace="images")["message"], "it is named")
        expect(not self._revisions(namespace="images"), "nothing was released")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": values(self.closed)}}, "images")
        self._wait("it is not for everybody", "ImagesAvailable", "False", "ImageMissing", namespace="images")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": {
            "image": {"registry": "169.254.169.254"}, "zookeeper": {"image": {"registry": "localhost:5055"}}}}}, "images")
        self._wait("nobody is asked there", "ImagesAvailable", "False", "RegistryNotAsked", namespace="images")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"values": values(self.open)}}, "images")
        self._wait("it is there", "ImagesAvailable", "True", namespace="images")
        self._wait("it is released", "Released", "True", namespace="images")
        kubectl("delete", "kafkacluster", "kafka", "-n", "images")

    def images_come_from_elsewhere(self):
        """By what is rendered: Helm's record and the pods have it, whatever the chart's values can say."""
        make_namespace(self.api, "elsewhere")
        wanted = cluster(namespace="elsewhere", images={
            "check": True, "registry": self.open.host, "map": [{"from": "bitnami", "to": "nowhere"}]})
        self.api.create(wanted)
        self._wait("it is missing", "ImagesAvailable", "False", "ImageMissing", namespace="elsewhere")
        expect(f"{self.open.host}/nowhere/kafka:3.3.2" in self._condition("Ready", namespace="elsewhere")["message"],
               "it is named", self._condition("Ready", namespace="elsewhere"))
        line = f"docker.io/bitnami/kafka:3.3.2 → {self.open.host}/nowhere/kafka:3.3.2"
        expect(line in self._read(namespace="elsewhere")["status"]["plan"]["rewritten"], "the plan names it",
               self._read(namespace="elsewhere")["status"])
        wanted["spec"]["images"]["check"] = False
        said = self._plan(0, wanted).stdout
        expect(f"\nImages by other names:\n  {line}\n" in said, "so does the command", said)
        self.api.patch("KafkaCluster", "kafka", {"spec": {"images": {"map": None, "pullSecrets": ["pull"]}}}, "elsewhere")
        self._wait("it is released", "Released", "True", namespace="elsewhere")
        image = f"{self.open.host}/bitnami/kafka:3.3.2"
        found = self.api.get("StatefulSet", "kafka", "elsewhere")
        spec = found["spec"]["template"]["spec"]
        expect(spec["containers"][0]["image"] == image and {"name": "pull"} in spec["imagePullSecrets"], "the pods have it", spec)
        expect(image in run(HELM, "get", "manifest", "kafka", "-n", "elsewhere").stdout, "so has Helm's record")
        expect(not list(WORK.glob("**/ballast-plugins-*")), "a plugin is left behind")
        kubectl("delete", "kafkacluster", "kafka", "-n", "elsewhere")

    def a_pull_secret_opens_a_registry(self):
        make_namespace(self.api, "secrets")
        secret = self.closed.pull_secret("pull")
        secret["metadata"]["namespace"] = "secrets"
        self.api.create(secret)
        chart = self.charts / "pulled"
        shutil.copytree(self.charts / "kafka", chart)
        for name in ("_helpers.tpl", "zookeeper.yaml"):
            each = chart / "templates" / name
            each.write_text(each.read_text().replace("      containers:\n", "      imagePullSecrets: [{name: pull}]\n      containers:\n"))
        self.api.create(cluster(namespace="secrets", chart={"bundled": "pulled"}, images={"check": True}, values={
            "image": {"registry": self.closed.host}, "zookeeper": {"image": {"registry": self.closed.host}}}))
        self._wait("it is there", "ImagesAvailable", "True", namespace="secrets")
        log = self.controller.log.read_text()
        expect("letmein" not in log and "Bearer" not in log, "a login is told")
        kubectl("delete", "kafkacluster", "kafka", "-n", "secrets")

    def those_that_are_proven_keep_nobody(self):
        """No broker answers, so that each proof takes two minutes: others are rendered and released meanwhile."""
        names = ("proven-a", "proven-b", "proven-c")
        for name in names:
            make_namespace(self.api, name)
            self.api.create(cluster(namespace=name, verification={"enabled": True}))

        def proving():
            for name in names:
                self._pods_run(name)
            return [name for name in names if self._condition("Ready", namespace=name)["reason"] == "Verifying"]
        wait_until(lambda: len(proving()) == len(names), "all are to be proven", 120, 0.5,
                   lambda: [self._condition("Ready", namespace=name) for name in names])
        make_namespace(self.api, "beside")
        self.api.create(cluster(namespace="beside"))
        self._comes_up(namespace="beside")
        expect(len(proving()) == len(names), "their proofs have ended before", [self._read(namespace=n)["status"] for n in names])
        for name in (*names, "beside"):
            kubectl("delete", "kafkacluster", "kafka", "-n", name)

    def a_chart_lies_in_a_registry(self):
        make_namespace(self.api, "oci")
        run(HELM, "package", str(CHARTS / "kafka"), "-d", str(WORK))
        package, = WORK.glob("kafka-*.tgz")
        pushed = run(HELM, "push", str(package), f"oci://{self.open.host}/charts", "--plain-http")
        digest = next(line.split()[1] for line in (pushed.stdout + pushed.stderr).splitlines() if line.startswith("Digest:"))
        version = package.stem.removeprefix("kafka-")
        oci = {"url": f"oci://{self.open.host}/charts/kafka", "version": version, "digest": "sha256:" + "0" * 64}
        self.api.create(cluster(namespace="oci", chart={"oci": oci}))
        self._wait("it has another digest", "ChartRendered", "False", namespace="oci")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"chart": {"oci": {"digest": digest}}}}, "oci")
        self._wait("it is released", "Released", "True", namespace="oci")
        self.api.patch("KafkaCluster", "kafka", {"spec": {"chart": {"oci": {"url": f"oci://{self.open.host}/other/kafka"}}}}, "oci")
        self._wait("it may not come from there", "Stalled", "True", "ChartNotRendered", namespace="oci")
        kubectl("delete", "kafkacluster", "kafka", "-n", "oci")
