"""What the agent of Backup for GKE does in a cluster, as its documentation tells it: the data path behind the fake of its API.

A backup is hooks in the pods of the applications that its plan selects, the objects that their selectors match, and a copy of each
volume, one after the other. A restore deletes what is selected (DELETE_AND_RESTORE), and makes volumes and objects anew, without
what belonged to the old ones; what another object owns is left for that one to make.

Volumes are folders here. While one is copied, the processes that write to it are halted, so that the copy is of one moment, as a
snapshot of a disk is. It is kinder than a disk in one thing: it has also what the kernel has not written yet.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal

from harness import Failure, expect, kubectl, run, wait_until

# What the control plane makes by itself.
DERIVED = {"endpoints", "endpointslices.discovery.k8s.io", "events", "events.events.k8s.io", "leases.coordination.k8s.io"}
# What others need to be there comes first; pods come last, by those who make them. A restore plan may say more.
ORDER = ("PersistentVolumeClaim", "ServiceAccount", "ConfigMap", "Secret", "Service")
OF_THE_OLD_ONE = ("uid", "resourceVersion", "generation", "creationTimestamp", "ownerReferences", "managedFields", "finalizers",
                  "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")


class Denied(Failure):
    """A webhook has refused what the agent asked for."""


def bare(obj):
    """As it goes into a backup."""
    meta = {key: value for key, value in obj["metadata"].items() if key not in OF_THE_OLD_ONE}
    meta["annotations"] = {key: value for key, value in meta.get("annotations", {}).items()
                           if not key.startswith(("pv.kubernetes.io/", "volume.kubernetes.io/", "volume.beta.kubernetes.io/"))}
    spec = obj.get("spec", {})
    if obj["kind"] == "PersistentVolumeClaim":
        spec.pop("volumeName", None)
    if obj["kind"] == "Service" and spec.get("clusterIP") != "None":
        spec.pop("clusterIP", None)
        spec.pop("clusterIPs", None)
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": meta}


def in_order(objects, restore_plan):
    dependencies = restore_plan["restoreConfig"].get("restoreOrder", {}).get("groupKindDependencies", [])
    before = {dependency["satisfying"]["resourceKind"] for dependency in dependencies}

    def place(obj):
        return ORDER.index(obj["kind"]) if obj["kind"] in ORDER else len(ORDER) + (obj["kind"] not in before)
    return sorted(objects, key=place)


# --- transformation rules: JSON Patch on what a JSONPath of plain members finds ---


def group_of(obj):
    return obj["apiVersion"].rpartition("/")[0]


def is_there(obj, path):
    """Is there something at "$.spec.ports[0]" or "$.metadata.annotations['a/b']"?"""
    for member, index, quoted in re.findall(r"\.(\w+)|\[(\d+)\]|\['([^']+)'\]", path):
        try:
            obj = obj[int(index)] if index else obj[member or quoted]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def is_meant(obj, chosen):
    kinds = chosen.get("groupKinds")
    return (not kinds or any((kind.get("resourceGroup", ""), kind["resourceKind"]) == (group_of(obj), obj["kind"])
                             for kind in kinds)) and is_there(obj, chosen.get("jsonPath", "$"))


def patch(obj, action):
    """An action that the patch fails on is an error, as it is to the service."""
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in action["path"].split("/")[1:]]
    for part in way:
        obj = obj[int(part)] if isinstance(obj, list) else obj[part]
    last = int(last) if isinstance(obj, list) else last
    if action["op"] == "REMOVE":
        del obj[last]
    else:
        expect(action["op"] == "ADD" or last in obj, "what is to be replaced is not there", action)
        obj[last] = action["value"]


def transformed(obj, rules):
    obj = json.loads(json.dumps(obj))
    for rule in rules:
        if is_meant(obj, rule.get("resourceFilter", {})):
            for action in rule["fieldActions"]:
                patch(obj, action)
    return obj


def processes_of(pod):
    """Numbers of the pod's processes, as its cgroups have them."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if pod["metadata"]["uid"] in (folder / "cgroup").read_text().replace("_", "-"):
                found.append(int(folder.name))
    return found


@contextlib.contextmanager
def halted(pod):
    numbers = processes_of(pod)
    expect(numbers, f"no process of {pod['metadata']['name']} was found")
    for number in numbers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        for number in numbers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGCONT)


class Agent:
    """Of one cluster. `folder` is where backups are kept, `testbed` the cluster's."""

    def __init__(self, api, service, folder, testbed):
        self.api, self.service, self.folder, self.testbed = api, service, folder, testbed
        self.count = 0

    # --- what is selected ---

    def _applications(self, backup):
        """Those that are in the cluster."""
        names = self.service.view(backup)["selectedApplications"]["namespacedNames"]
        found = [self.api.find("ProtectedApplication", name["name"], name["namespace"]) for name in names]
        return [application for application in found if application]

    @staticmethod
    def _selected(application):
        """The application's objects that nobody owns."""
        kinds = kubectl("api-resources", "--namespaced", "--verbs=list,create,delete", "-o", "name").stdout.split()
        labels = application["spec"]["resourceSelection"]["selector"]["matchLabels"]
        found = json.loads(kubectl(
            "get", ",".join(kind for kind in kinds if kind not in DERIVED), "-n", application["metadata"]["namespace"], "-o", "json",
            "-l", ",".join(f"{key}={value}" for key, value in labels.items())).stdout)["items"]
        return [obj for obj in found if not obj["metadata"].get("ownerReferences")]

    def _pods(self, namespace):
        return self.api.request("GET", self.api.path("Pod", namespace))["items"]

    # --- backups ---

    def _run_hooks(self, application):
        """In all pods of each component. One that fails fails the backup."""
        namespace = application["metadata"]["namespace"]
        for component in application["spec"]["components"]:
            strategy = component["strategy"]
            expect(strategy["type"] == "BackupAllRestoreAll", "not every pod's data is copied", strategy)
            for hook in strategy["backupAllRestoreAll"].get("backupPreHooks", []):
                for pod in self._pods(namespace):
                    if any(owner["name"] in component["resourceNames"] for owner in pod["metadata"].get("ownerReferences", [])):
                        kubectl("exec", "-n", namespace, pod["metadata"]["name"], "-c", hook["container"], "--", *hook["command"])

    def _folder_of(self, volume):
        """Its node's letter, and where it lies."""
        terms = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
        zone = terms[0]["matchExpressions"][0]["values"][0].removeprefix("node-")
        return zone, self.testbed / "nodes" / zone / "lib" / volume["spec"]["local"]["path"].removeprefix("/var/lib/")

    def _copy_volume(self, claim, to):
        name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
        volume = self.api.get("PersistentVolume", claim["spec"]["volumeName"])
        zone, folder = self._folder_of(volume)
        user = next(pod for pod in self._pods(namespace) if any(
            each.get("persistentVolumeClaim", {}).get("claimName") == name for each in pod["spec"]["volumes"]))
        with halted(user):
            run("cp", "-a", "--sparse=always", folder, to / name)
        return {"zone": zone, "spec": {key: volume["spec"][key] for key in ("capacity", "accessModes", "storageClassName",
                                                                           "nodeAffinity")}}

    def back_up(self, backup):
        """All that the Backup asks for; then it is over."""
        to = self.folder / backup.rsplit("/", 1)[1]
        (to / "volumes").mkdir(parents=True)
        objects, volumes = [], {}
        for application in self._applications(backup):
            self._run_hooks(application)
            for obj in self._selected(application):
                if obj["kind"] == "PersistentVolumeClaim":
                    volumes[obj["metadata"]["name"]] = self._copy_volume(obj, to / "volumes")
                objects.append(bare(obj))
        (to / "objects.json").write_text(json.dumps({"objects": objects, "volumes": volumes}))
        size = int(run("du", "-s", "--block-size=1", to).stdout.split()[0])
        self.service.finish(backup, resourceCount=len(objects), volumeCount=len(volumes), sizeBytes=str(size))
        return objects, volumes

    # --- restores ---

    def _delete(self, application):
        found = self._selected(application)
        if not found:
            return
        done = kubectl("delete", "-f", "-", "--wait=false", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": found}),
                       check=False)
        if "admission webhook" in done.stderr and "denied" in done.stderr:
            raise Denied(done.stderr)
        expect(done.returncode == 0, "it could not be deleted", done.stderr)
        # A broker whose ZooKeeper went first would wait for it until its grace is over.
        labels = application["spec"]["resourceSelection"]["selector"]["matchLabels"]
        kubectl("delete", "pods", "-n", application["metadata"]["namespace"], "--force", "--grace-period=0",
                "-l", ",".join(f"{key}={value}" for key, value in labels.items()))
        wait_until(lambda: not self._left(application), "what was selected is gone", 120, 0.2, lambda: self._left(application))

    def _left(self, application):
        labels = application["spec"]["resourceSelection"]["selector"]["matchLabels"]
        pods = [pod["metadata"]["name"] for pod in self._pods(application["metadata"]["namespace"])
                if labels.items() <= pod["metadata"]["labels"].items()]
        return pods or [obj["metadata"]["name"] for obj in self._selected(application)]

    def _make_volume(self, namespace, claim, kept, data):
        """A new one with the data, which is for this claim."""
        self.count += 1
        name = f"restored-{self.count}"
        folder = self.testbed / "nodes" / kept["zone"] / "lib" / "volumes" / name
        run("cp", "-a", "--sparse=always", data, folder)
        self.api.create({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
            **kept["spec"], "local": {"path": f"/var/lib/volumes/{name}"},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": claim}}})

    def restore(self, restore, spoil=lambda claim, folder: None):
        """All that the Restore asks for; then it is over. `spoil` may damage a volume's data before it is given back."""
        body = self.service.view(restore)
        kept = self.folder / body["backup"].rsplit("/", 1)[1]
        copies = json.loads((kept / "objects.json").read_text())
        try:
            for application in self._applications(body["backup"]):
                self._delete(application)
        except Denied as denied:
            reason = next(line for line in str(denied).splitlines() if "denied" in line)
            self.service.finish(restore, {"state": "FAILED", "stateReason": reason[:300],
                                          "troubleshootingInfo": {"stateReasonCode": "200010302"}})
            return denied
        for claim, volume in copies["volumes"].items():
            data = self.folder / "restoring" / claim
            shutil.rmtree(data, ignore_errors=True)
            data.parent.mkdir(exist_ok=True)
            run("cp", "-a", "--sparse=always", kept / "volumes" / claim, data)
            spoil(claim, data)
            self._make_volume(copies["objects"][0]["metadata"]["namespace"], claim, volume, data)
        plan = self.service.view(restore.rsplit("/", 2)[0])
        objects = [transformed(obj, plan["restoreConfig"].get("transformationRules", []))
                   for obj in in_order(copies["objects"], plan)]
        kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        self.service.finish(restore, resourcesRestoredCount=len(copies["objects"]), volumesRestoredCount=len(copies["volumes"]))
        return None
