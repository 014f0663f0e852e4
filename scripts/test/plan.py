"""What a run of scripts/test.sh consists of, and what runs beside what.

Two cores are shared by three lanes. Compilers and unit tests burn what they get, and are nice about it; the suites on
a cluster mostly wait, for kubelets and for brokers. So the first lane fills what the others leave.
"""

import hashlib
import os
import pathlib
import re
import subprocess
import tempfile

import counts
from jobs import Job

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "logs"
# One for each tree, so that the next run finds what a killed one has left.
LAB = pathlib.Path(tempfile.gettempdir()) / f"ballast-lab-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
# Of compilers and unit tests. Java in tests/kafka has 10.
NICE = 15
# A sanitizer keeps memory for itself, so that only another build can tell whether ours stays flat.
SANITIZED = {"FAULTS_GROWTH_MIB": 500, "FAULTS_RSS_MIB": 4000, "FAULTS_REVIEWS": 5000, "FAULTS_ROWS": 12,
             "FAULTS_CONTAINERS": 1000}
GCC_ASAN = "asan: build (gcc, AddressSanitizer, UndefinedBehaviorSanitizer)"
GCC_TSAN = "tsan: build (gcc, ThreadSanitizer)"
DEV, RELEASE, CLANG = "dev: build (gcc)", "release: build (gcc, hardened)", "clang: build"
# They count work, for minutes, in one thread: the release build runs them.
COUNTING = "unit-(policies-(growth|review_kin|too_large)|controller-topology|pki-rotation)"
# librdkafka's threads are C11's, which ThreadSanitizer does not know: it crashes on the first of them. And its memmem() looks
# at all that lies behind, each time: on a record of 5 MiB for minutes.
NO_TSAN = f"unit-(kafka-(observer|hostile|reach|wire_limits)|policies-(release|wrong_types))|{COUNTING}"
LINT = "lint: build (clang)"  # names and options are read off the programs
KUBERNETES, KUBERNETES_NEXT = "testbed: build 1.34", "testbed: build 1.36"
DEBIAN13, IMAGE = "Debian 13: root", "Debian 13: image"
LAB_UP = "real Kafka: cluster"
DEBIAN13_BUILD = "Debian 13: build (gcc)"
KAFKA_IMAGES = "testbed: images of Kafka"
KAFKA_IMAGES_SCRIPT = """set -e
for version in 3.3.2 3.4.0 3.9.1 4.1.1; do tests/testbed/image.sh kafka /dev/null $version; done
for version in 3.8.0 3.8.1; do tests/testbed/image.sh zookeeper /dev/null $version; done"""


def shell(script, **env):
    """A command of bash."""
    return ["env", *pairs(env), "bash", "-c", script]


def root(*command, **env):
    """A command as root, which has our PATH, and our caches."""
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    return [*sudo, "env", *pairs({"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **env}), *command]


def pairs(env):
    return [f"{name}={value}" for name, value in env.items()]


def build(name, preset, *needs):
    return Job(name, shell(f"cmake --preset {preset} >/dev/null && cmake --build --preset {preset}"), counts.step,
               needs, NICE)


def ctest(preset, needs, *options):
    """Two at a time, as there are two cores; each test counts."""
    report = LOGS / f"ctest-{preset}.xml"
    command = ["ctest", "--preset", preset, "-j", "2", "--output-junit", str(report)]
    return Job(f"{preset}: tests", [*command, *options], counts.ctest(report), (needs,), NICE,
               lambda _log: [*command, "--rerun-failed"])


def brokers(name, needs, programs, *versions, **env):
    """Real brokers as plain processes."""
    return Job(name, shell(f"tests/kafka/run.sh {' '.join(versions)}", BALLAST_BUILD=ROOT / "build" / programs, **env),
               counts.suite, needs)


def integration(name, needs, programs, *words, **env):
    """Suites beside a real control plane."""
    sizes = {} if programs == "release" else SANITIZED
    command = root("tests/integration/run.sh", BALLAST_BUILD=ROOT / "build" / programs, **sizes,
                   **{"SCALE": 20, "SCALE_MIB": 0, **env})
    options = words[:2] if words[0] == "--version" else ()

    def again(log):
        failed = re.search(r"^failed suites: (.+)$", log, re.MULTILINE)
        return failed and [*command, *options, *failed[1].split()]
    return Job(name, [*command, *words], counts.suite, (*needs, KUBERNETES), again=again)


def real_kafka(name, *command, **env):
    """Suites on three nodes, with the image as people get it, on one cluster that each of them cleans; their client is
    that of the dev build."""
    return Job(name, root(*command, LAB=LAB, **env), counts.suite, (LAB_UP,))


def clean_up():
    """Takes down what no job takes down itself."""
    if (LAB / ".testbed").exists():
        subprocess.run(root("tests/e2e/lab.sh", "down", str(LAB)), check=False)
    if LAB.exists():
        subprocess.run(root("rm", "-rf", str(LAB)), check=False)


def quick_lane():
    return [build(DEV, "dev"), ctest("dev", DEV, "-LE", "lint")]


def builds_lane(everything):
    """What others wait for comes first; what runs on these builds without nodes, last. What the dev build would fail is
    failed by the others, and `--quick` asks it."""
    lane = [
        build(DEV, "dev"),
        Job("test.sh", shell("scripts/test/selftest.py"), counts.suite, (), NICE),
        build(GCC_ASAN, "asan"),
        ctest("asan", GCC_ASAN, "-E", "unit-policies-growth"),  # of those that count, what takes longest
        build(RELEASE, "release"),
        ctest("release", RELEASE),
        Job("release: install", shell("scripts/test/install-works.sh"), counts.step, (RELEASE,)),
        build(GCC_TSAN, "tsan"),
        ctest("tsan", GCC_TSAN, "-L", "unit", "-E", NO_TSAN),
        *debian13_jobs(),
        build(LINT, "lint"),
        ctest("lint", LINT),
        build(CLANG, "clang"),
        # From here on it has as much time to wait as the others.
        integration("Kubernetes 1.34, release", (RELEASE,), "release", "install", "ballast_upgrade", "vap", "scale", "attacks"),
        Job("Debian 13: arm64", root("scripts/test/arm64.sh"), counts.suite, (DEBIAN13,), NICE),
    ]
    if not everything:
        return lane
    return lane + [
        ctest("dev", DEV, "-LE", "lint"),
        integration("Kubernetes 1.34, release, again", (RELEASE,), "release", "releases", "release_cases", "new_clusters", "charts",
                    "faults"),
        integration("Kubernetes 1.34, Debian 13, again", (DEBIAN13_BUILD,), "debian13-programs", "faults", "attacks"),
    ]


def debian13_jobs():
    """The other Debian, which the image is built on: all but lint, and but for what counts work."""
    report = LOGS / "ctest-debian13.xml"
    return [
        Job(DEBIAN13_BUILD, root("scripts/test/debian13.sh", "build"), counts.step, (DEBIAN13,), NICE),
        Job("Debian 13: tests", root("scripts/test/debian13.sh", "tests", str(report), "-E", COUNTING), counts.ctest(report),
            (DEBIAN13_BUILD,), NICE),
    ]


def kubernetes_lane(everything):
    """What real Kafka goes through on three nodes."""
    lane = [
        Job(KUBERNETES, shell("tests/testbed/testbed.sh build --version 1.34 --network-policy"), counts.step),
        Job(IMAGE, root("tests/testbed/image.sh", "ballast", "/dev/null"), counts.step, (DEBIAN13,)),
        Job(LAB_UP, root("tests/e2e/lab.sh", "cluster", str(LAB), "3.3.2", "3.4.0", "3.9.1", "4.1.1"), counts.step,
            (KUBERNETES, IMAGE, KAFKA_IMAGES, DEV)),
        real_kafka("upgrade", "tests/e2e/upgrade.sh", "ballast"),
        real_kafka("upgrade, KRaft", "tests/e2e/upgrade.sh", "ballast", FROM="3.9.1", TO="4.1.1"),
        real_kafka("first hour", "tests/e2e/first_hour.sh"),  # five minutes
        real_kafka("first hour, Helm 4", "tests/e2e/first_hour.sh", "short", HELM="helm4"),  # three more
        real_kafka("KafkaCluster", "tests/e2e/kafka_cluster.sh"),
        real_kafka("demo", "tests/e2e/demo.sh"),  # three minutes
        real_kafka("backup", "tests/e2e/backup.sh"),
        real_kafka("network policy", "tests/e2e/network_policy.sh", "samples", "zookeeper", "kraft"),
    ]
    after = [
        integration("Kubernetes 1.34, tsan", (GCC_TSAN,), "tsan", "faults", "attacks"),
        brokers("brokers, Debian 13", (DEBIAN13_BUILD,), "debian13-programs", "4.1.1", ONLY="sasl", SCRAM="must"),
        integration("Kubernetes 1.34, Debian 13", (DEBIAN13_BUILD,), "debian13-programs", "admission"),
    ]
    # Of the disruptions what takes least, for the time that the others take.
    if not everything:
        return lane + [real_kafka("disruptions", "tests/e2e/disruptions.sh", "drains", "rollouts",
                                  ONLY="that hangs|three drains|bad image"), *after]
    return lane + [
        real_kafka("disruptions", "tests/e2e/disruptions.sh"),
        real_kafka("network policy, upgrade", "tests/e2e/network_policy.sh", "protect-upgrade", "kraft-upgrade"),
        real_kafka("bundled chart", "tests/e2e/bundled.sh"),
        real_kafka("KafkaCluster, KRaft", "tests/e2e/kafka_cluster.sh", FROM="3.9.1", TO="4.1.1"),
        real_kafka("backup, KRaft", "tests/e2e/backup.sh", VERSION="3.9.1"),
        real_kafka("upgrade, plain", "tests/e2e/upgrade.sh", "plain"),
        real_kafka("upgrade, KRaft, plain", "tests/e2e/upgrade.sh", "plain", FROM="3.9.1", TO="4.1.1"),
        real_kafka("upgrade, controllers", "tests/e2e/upgrade.sh", FROM="3.9.1", TO="4.1.1", CONTROLLERS=3),
        *after,
    ]


def beside_lane(everything):
    """What is neither: brokers without a cluster, nodes without Kafka, a control plane without nodes. First what is made
    once, while others compile."""
    lane = [
        Job(DEBIAN13, root("scripts/image/debian13.sh", "path"), counts.step),
        Job(KAFKA_IMAGES, root("bash", "-c", KAFKA_IMAGES_SCRIPT), counts.step),
        Job("Google's clients", shell("tests/google/peers.py"), counts.suite, (), NICE),
        brokers("brokers, asan", (GCC_ASAN,), "asan", "3.9.1"),
        Job("three zones", root("tests/e2e/run.sh"), counts.suite, (KUBERNETES, IMAGE)),
        integration("Kubernetes 1.34, asan", (GCC_ASAN,), "asan", "admission", "golden", "faults", "attacks", "companions",
                    "leave", "releases", "release_cases", "new_clusters", "charts", "backups"),
        integration("charts, release", (RELEASE,), "release", "plans", "bundled"),
        integration("KafkaClusters, release", (RELEASE,), "release", "clusters", "waits"),
        integration("KafkaClusters with brokers, release", (RELEASE, KAFKA_IMAGES), "release", "proven_clusters"),
        integration("KafkaClusters interrupted, release", (RELEASE,), "release", "interrupted_clusters"),
    ]
    if not everything:
        return lane
    return lane + [
        brokers("brokers, other versions", (DEV,), "dev", "3.3.2", "3.4.0", "4.1.1"),
        Job(KUBERNETES_NEXT, shell("tests/testbed/testbed.sh build --version 1.36"), counts.step, (KUBERNETES,)),
        integration("Kubernetes 1.36, release", (RELEASE, KUBERNETES_NEXT), "release", "--version", "1.36", "install",
                    "vap", "admission", "faults", "companions"),
        integration("500 clusters, release", (RELEASE,), "release", "scale", SCALE=500, SCALE_MIB=32),
        integration("50 KafkaClusters, release", (RELEASE,), "release", "many_clusters", CLUSTERS_MIB=40),
        Job("testbed", root("tests/testbed/selftest.sh"), counts.suite, (KUBERNETES,)),
    ]


def lanes(mode):
    if mode == "quick":
        return [quick_lane()]
    return [builds_lane(mode == "all"), kubernetes_lane(mode == "all"), beside_lane(mode == "all")]
