"""Three brokers of Kafka as plain processes: from 3.9 on each a controller too, before that beside one ZooKeeper.
Each is in a rack of its own.

Each has a listener for plaintext, one for TLS with client certificates, one for SASL, and one for SASL over TLS. Time
is never asserted on: a busy machine takes a minute for what a calm one does in five seconds.
"""

import itertools
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import outcome  # noqa: E402
from kafka_security import jaas_of_broker, make_certificates, properties_text  # noqa: E402
from outcome import Failure  # noqa: E402

WORK = pathlib.Path(os.environ["WORK"])
JAVA = ["nice", "-n", "10", "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true"]
LOGGING = [f"-Dlog4j.configuration=file:{WORK}/log4j.properties",
           f"-Dlog4j2.configurationFile={WORK}/log4j2.properties"]
CLUSTER_ID = "YmFsbGFzdC10ZXN0LWthZg"
# Programs that look at what others say they run connect to no loopback address.
HOST = os.environ.get("BROKERS_HOST", "127.0.0.1")
USER, PASSWORD = "ballast", 'pass"w\\ord'
STORE_PASSWORD = "of the store"
PATIENCE = 180
LISTENERS = ("PLAIN", "TLS", "SASL", "SASLTLS")

LOG4J = """log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
"""

LOG4J2 = """rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
appender.out.name=out
appender.out.type=Console
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
"""


def wait_until(check, what, instead=None):
    return outcome.wait_until(check, what, PATIENCE, 0.2, instead)


# Below the range of which the kernel gives to who asks for any: between the test and the broker nobody is given one.
PORTS = range(12000, 32000)


def is_free(port):
    with socket.socket() as each:
        try:
            each.bind((HOST, port))
        except OSError:
            return False
    return True


def free_ports(count):
    free = (port for port in random.sample(PORTS, len(PORTS)) if is_free(port))
    return list(itertools.islice(free, count))


def properties(path, values):
    path.write_text(properties_text(values))
    return path


def sasl(listener):
    """The mechanisms of one listener."""
    prefix, scram = f"listener.name.{listener}", "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    return {f"{prefix}.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            f"{prefix}.plain.sasl.jaas.config": jaas_of_broker(USER, PASSWORD),
            f"{prefix}.scram-sha-256.sasl.jaas.config": scram,
            f"{prefix}.scram-sha-512.sasl.jaas.config": scram}


class Cluster:
    ids = (1, 2, 3)

    def __init__(self, version):
        self.classpath = f"{os.environ['JARS']}/{version}/jars/*"
        self.major, self.kraft = int(version.partition(".")[0]), version >= "3.9"
        self.tools = "org.apache.kafka.tools" if self.kraft else "kafka.admin"
        self.folder = WORK / version
        self.folder.mkdir()
        self.zookeeper = free_ports(1)[0]
        ports = iter(free_ports(5 * len(self.ids)))
        self.ports = {i: {name: next(ports) for name in (*LISTENERS, "CONTROLLER")} for i in self.ids}
        self.processes = {}
        (WORK / "log4j.properties").write_text(LOG4J)
        (WORK / "log4j2.properties").write_text(LOG4J2)
        if not (WORK / "ca.pem").exists():
            make_certificates(WORK, {"server": f"IP:{HOST}", "client": f"IP:{HOST}"}, STORE_PASSWORD)
        configs = [self.configure(i) for i in self.ids]
        if self.kraft:
            # As one that comes from the version before, and was not finalized.
            release = {3: "3.8", 4: "4.0"}[self.major]
            for process in [self.java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", config, "-r", release)
                            for config in configs]:
                self.expect_success(process)

    def listeners(self, i, *names):
        return ",".join(f"{name}://{HOST}:{self.ports[i][name]}" for name in names)

    def configure_quorum(self, i):
        if not self.kraft:
            return {
                "broker.id": i,
                "zookeeper.connect": f"{HOST}:{self.zookeeper}",
                "listeners": self.listeners(i, *LISTENERS),
            }
        return {
            "node.id": i,
            "process.roles": "broker,controller",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": ",".join(f"{n}@{HOST}:{self.ports[n]['CONTROLLER']}" for n in self.ids),
            "listeners": self.listeners(i, *LISTENERS, "CONTROLLER"),
        }

    def configure(self, i):
        (self.folder / str(i)).mkdir()
        return properties(self.folder / str(i) / "server.properties", self.configure_quorum(i) | {
            "listener.security.protocol.map": "PLAIN:PLAINTEXT,TLS:SSL,SASL:SASL_PLAINTEXT,SASLTLS:SASL_SSL,"
                                              "CONTROLLER:PLAINTEXT",
            "advertised.listeners": self.listeners(i, *LISTENERS),
            "inter.broker.listener.name": "PLAIN",
            "broker.rack": f"rack-{i}",
            "auto.leader.rebalance.enable": "false",
            "log.dirs": self.folder / str(i) / "data",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": WORK / "server.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": WORK / "ca.pem",
            "ssl.client.auth": "required",
            "listener.name.sasltls.ssl.client.auth": "none",
            **sasl("sasl"), **sasl("sasltls"),
            "num.network.threads": 2, "num.io.threads": 4, "background.threads": 2,
            "log.cleaner.dedupe.buffer.size": 2097152,
            "default.replication.factor": 3, "min.insync.replicas": 2,
            "offsets.topic.replication.factor": 3, "offsets.topic.num.partitions": 3,
            "auto.create.topics.enable": "false", "unclean.leader.election.enable": "false",
        })

    def java(self, main, *args, memory="128m"):
        options = [f"-Xmx{memory}", *LOGGING, "-cp", self.classpath]
        return subprocess.Popen([*JAVA, *options, main, *map(str, args)], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    @staticmethod
    def expect_success(process):
        output, _ = process.communicate(timeout=PATIENCE)
        if process.returncode:
            raise Failure(f"{process.args[-6:]} failed:\n{output}")
        return output

    def output(self, main, *args):
        return self.expect_success(self.java(main, *args))

    def tool(self, name, *args):
        self.expect_success(self.java(f"{self.tools}.{name}", "--bootstrap-server", self.bootstrap(), *args))

    def topics(self, *args):
        self.tool("TopicCommand", *args)

    def add_scram_user(self, username, password):
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):  # KRaft takes one at a time
            self.expect_success(self.java("kafka.admin.ConfigCommand", "--bootstrap-server", self.bootstrap(),
                                          "--alter", "--add-config", f"{mechanism}=[password={password}]",
                                          "--entity-type", "users", "--entity-name", username))

    def bootstrap(self, listener="PLAIN"):
        return ",".join(f"{HOST}:{self.ports[i][listener]}" for i in self.ids)

    def start_ensemble(self):
        """Three more servers of ZooKeeper; the addresses of clients, by the names of their processes."""
        ports = iter(free_ports(9))
        numbers = {i: (next(ports), next(ports), next(ports)) for i in (1, 2, 3)}
        for i, (client, _, _) in numbers.items():
            data = self.folder / f"ensemble-{i}"
            data.mkdir()
            (data / "myid").write_text(str(i))
            config = properties(self.folder / f"ensemble-{i}.cfg", {
                "dataDir": data, "clientPort": client, "clientPortAddress": HOST, "tickTime": 2000,
                "initLimit": 10, "syncLimit": 5, "admin.enableServer": "false", "4lw.commands.whitelist": "srvr,mntr",
            } | {f"server.{n}": f"{HOST}:{peer}:{vote}" for n, (_, peer, vote) in numbers.items()})
            self.spawn(f"ensemble-{i}", "org.apache.zookeeper.server.quorum.QuorumPeerMain", config, memory="96m")
        return {f"ensemble-{i}": f"{HOST}:{client}" for i, (client, _, _) in numbers.items()}

    def start_zookeeper(self):
        config = properties(self.folder / "zoo.cfg", {
            "dataDir": self.folder / "zookeeper", "clientPort": self.zookeeper, "clientPortAddress": HOST,
            "admin.enableServer": "false", "4lw.commands.whitelist": "srvr,mntr",
        })
        self.spawn("zookeeper", "org.apache.zookeeper.server.quorum.QuorumPeerMain", config, memory="96m")

    def spawn(self, name, main, config, memory="256m"):
        with (self.folder / f"{name}.log").open("w") as out:
            self.processes[name] = subprocess.Popen(
                [*JAVA, f"-Xmx{memory}", "-Xss512k", *LOGGING, "-cp", self.classpath, main, str(config)],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    def start(self, *ids):
        if not self.kraft and not self.processes:
            self.start_zookeeper()
        for i in ids:
            self.spawn(i, "kafka.Kafka", self.folder / str(i) / "server.properties")
        for i in ids:
            try:
                wait_until(lambda i=i: self.has_started(i), f"broker {i} has started")
            except Failure as failure:
                raise Failure(f"{failure}\n{(self.folder / f'{i}.log').read_text()[-3000:]}") from None

    def has_started(self, i):
        log = (self.folder / f"{i}.log").read_text()
        if self.processes[i].poll() is not None:
            if "NodeExistsException" not in log:
                raise Failure(f"broker {i} ended with {self.processes[i].returncode}")
            # It was killed, and ZooKeeper keeps its place until the session is over.
            self.spawn(i, "kafka.Kafka", self.folder / str(i) / "server.properties")
            return False
        return "Kafka Server started" in log or f"[KafkaServer id={i}] started" in log

    def stop(self, i):
        """A controlled shutdown."""
        self.processes[i].send_signal(signal.SIGTERM)
        self.processes.pop(i).wait(PATIENCE)

    def kill(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.processes.clear()
