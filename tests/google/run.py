#!/usr/bin/env python3
"""What the library says to Google's APIs, and makes of their answers: it speaks, by driver.c, to a fake service, and both
sides are judged by Google's discovery documents. DRIVER is the program, that of build/dev by default; ONLY=WORDS picks tests."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import types
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from discovery import Documents
from fake import Fake, Fault
from outcome import Report, expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = os.environ.get("DRIVER", ROOT / "build/dev/tests/ballast-google")
LOCATION = "projects/kafka-proj/locations/us-west1"
SOURCE = "projects/kafka-proj/locations/us-central1/clusters/gke-kafka-us-central1"
TARGET = f"{LOCATION}/clusters/gke-kafka-us-west1"
PLAN, RESTORE_PLAN = f"{LOCATION}/backupPlans/kafka", f"{LOCATION}/restorePlans/kafka"
BACKUP, RESTORE = f"{PLAN}/backups/one", f"{RESTORE_PLAN}/restores/one"
APPLICATIONS = {"namespacedNames": [{"name": "kafka", "namespace": "kafka"}, {"name": "zookeeper", "namespace": "kafka"}]}
PLAN_BODY = {
    "backupConfig": {"includeSecrets": True, "includeVolumeData": True, "permissiveMode": False,
                     "selectedApplications": APPLICATIONS},
    "backupSchedule": {"cronSchedule": "0 3 * * *"}, "cluster": SOURCE, "deactivated": False,
    "retentionPolicy": {"backupDeleteLockDays": 0, "backupRetainDays": 7, "locked": False}}
RESTORE_PLAN_BODY = {
    "backupPlan": PLAN, "cluster": TARGET,
    "restoreConfig": {
        "clusterResourceConflictPolicy": "USE_EXISTING_VERSION",
        "clusterResourceRestoreScope": {
            "selectedGroupKinds": [{"resourceGroup": "storage.k8s.io", "resourceKind": "StorageClass"}]},
        "namespacedResourceRestoreMode": "DELETE_AND_RESTORE", "selectedApplications": APPLICATIONS,
        "volumeDataRestorePolicy": "RESTORE_VOLUME_DATA_FROM_BACKUP"}}


class Refused(Exception):
    """What the driver failed with."""

    def __init__(self, error):
        super().__init__(json.dumps(error))
        self.error = error


class Client:
    """The library, by its driver."""

    def __init__(self, fake, credentials=None):
        self.fake = fake
        self.env = {**os.environ, "ENDPOINT": fake.url, "GCE_METADATA_HOST": fake.address,
                    "GOOGLE_APPLICATION_CREDENTIALS": str(credentials or "")}

    def __call__(self, *words):
        words = [word if isinstance(word, str) else json.dumps(word) for word in words]
        result = subprocess.run([DRIVER, *words], env=self.env, capture_output=True, text=True, timeout=300, check=False)
        if result.returncode == 1:
            raise Refused(json.loads(result.stderr))
        expect(result.returncode == 0, f"{words} runs", result.stdout, result.stderr)
        return json.loads(result.stdout)

    def refused(self, *words):
        """The error that the call fails with."""
        try:
            answer = self(*words)
        except Refused as refused:
            expect("ya29" not in str(refused), "no token is told of", refused)
            return refused.error
        return expect(False, f"{words} is refused", answer)

    def make(self, kind, parent, identity, body):
        """Creates it, and waits until it is ready."""
        operation = self("create", kind, parent, identity, body)
        self.fake.service.per_read = 10
        self("wait", operation)
        found = self("await", kind, f"{parent}/{kind[0].lower()}{kind[1:]}s/{identity}")
        self.fake.service.per_read = 0
        return found


def equal(found, wanted, what):
    expect(found == wanted, what, f"found  {found}", f"wanted {wanted}")


def on_fake(test):
    """Gives the test a fake of its own, and judges what was said."""
    def run():
        with Fake() as fake:
            test(fake, Client(fake))
            equal(fake.violations + fake.notes, [], "all was as Google describes it")
    return run


# --- what the tutorial does ---


def tutorial(fake, client):
    fake.service.clusters[SOURCE] = {"status": "RUNNING", "addonsConfig": {"gkeBackupAgentConfig": {"enabled": True}}}
    equal(client("place"), SOURCE, "it knows its own cluster")
    equal(client("cluster", SOURCE), {"running": True, "backupAgent": True}, "the cluster can be backed up")
    equal(client.make("BackupPlan", LOCATION, "kafka", PLAN_BODY)["state"], "READY", "the plan is ready")

    operation = client("create", "Backup", PLAN, "one", {})
    equal(client("operation", operation), "running", "an operation that does not say done")
    fake.service.now += 6
    equal(client("operation", operation), "done", "it ends when the backup is there")
    equal(client("get", "Backup", BACKUP)["state"], "IN_PROGRESS", "and the work goes on")
    fake.service.per_read = 20
    backup = client("await", "Backup", BACKUP)
    equal((backup["state"], backup["volumeCount"]), ("SUCCEEDED", 3), "it comes to its end")
    fake.service.per_read = 0
    volumes = client("list", "VolumeBackup", BACKUP)["items"]
    equal([volume["state"] for volume in volumes], ["SUCCEEDED"] * 3, "so do its volumes")

    client.make("RestorePlan", LOCATION, "kafka", RESTORE_PLAN_BODY)
    restore = client.make("Restore", RESTORE_PLAN, "one", {"backup": BACKUP})
    equal(restore["state"], "SUCCEEDED", "it is restored")
    equal(len(client("list", "VolumeRestore", RESTORE)["items"]), 3, "with its volumes")
    equal(fake.lines().count(f"POST /v1/{PLAN}/backups"), 1, "nothing was asked for twice")


def changes(_fake, client):
    """By mask and etag, so that nothing of somebody else's is written over."""
    plan = client.make("BackupPlan", LOCATION, "kafka", PLAN_BODY)
    body = {"retentionPolicy": {"backupRetainDays": 9}}
    client("patch", "BackupPlan", PLAN, "retentionPolicy.backupRetainDays", plan["etag"], body)
    changed = client("get", "BackupPlan", PLAN)
    equal(changed["retentionPolicy"]["backupRetainDays"], 9, "it is changed")
    equal(changed["backupConfig"], plan["backupConfig"], "and nothing else is")
    error = client.refused("patch", "BackupPlan", PLAN, "retentionPolicy.backupRetainDays", plan["etag"], body)
    equal((error["status"], error["http"]), ("ABORTED", 409), "an etag that is old")
    error = client.refused("patch", "BackupPlan", PLAN, "cluster", changed["etag"], {"cluster": TARGET})
    equal(error["status"], "INVALID_ARGUMENT", "what is immutable")


def deletions(fake, client):
    """What is in something, what is locked, and by which state."""
    locked = {**PLAN_BODY, "retentionPolicy": {"backupDeleteLockDays": 2, "backupRetainDays": 7}}
    client.make("BackupPlan", LOCATION, "kafka", locked)
    backup = client.make("Backup", PLAN, "one", {})
    equal(client.refused("delete", "BackupPlan", PLAN, "-", "-")["status"], "FAILED_PRECONDITION", "a plan with backups")
    equal(client.refused("delete", "BackupPlan", PLAN, "-", "force")["code"], 1, "a plan by force, which there is not")
    equal(client.refused("delete", "Backup", BACKUP, backup["etag"], "-")["status"], "FAILED_PRECONDITION", "with volumes")
    equal(client.refused("delete", "Backup", BACKUP, "old", "force")["status"], "ABORTED", "an etag that is old")
    equal(client.refused("delete", "Backup", BACKUP, backup["etag"], "force")["status"], "FAILED_PRECONDITION", "it is locked")
    fake.service.now += 2 * 86400
    client("delete", "Backup", BACKUP, backup["etag"], "force")
    equal(client("get", "Backup", BACKUP)["state"], "DELETING", "it goes")
    equal(client.refused("create", "Backup", PLAN, "one", {})["code"], 7, "and is not made anew while it does")
    fake.service.now += 10
    equal(client.refused("get", "Backup", BACKUP)["status"], "NOT_FOUND", "it is gone")
    client("delete", "BackupPlan", PLAN, "-", "-")


def lists(fake, client):
    client.make("BackupPlan", LOCATION, "kafka", PLAN_BODY)
    fake.service.page = 2
    for index in range(5):
        client("create", "Backup", PLAN, f"b-{index}", {})
    found = client("list", "Backup", PLAN)
    equal([item["name"].split("/")[-1] for item in found["items"]], [f"b-{index}" for index in range(5)], "all pages")
    equal(fake.lines().count(f"GET /v1/{PLAN}/backups"), 3, "three of them")
    fake.service.unreachable = ["projects/kafka-proj/locations/us-east1"]
    everywhere = client("list", "Backup", "projects/kafka-proj/locations/-/backupPlans/-")
    equal((len(everywhere["items"]), everywhere["unreachable"]), (5, fake.service.unreachable), "of all plans")
    equal(client("list", "RestorePlan", LOCATION)["items"], [], "nothing is a list, too")


# --- what goes wrong ---


def done_once(fake, client):
    """An answer is lost, the work was done: who asks again finds it."""
    fake.faults.append(Fault(f"POST /v1/{LOCATION}/backupPlans", "lost"))
    equal(client.refused("create", "BackupPlan", LOCATION, "kafka", PLAN_BODY)["code"], 7, "nobody knows")
    equal(client("create", "BackupPlan", LOCATION, "kafka", PLAN_BODY), None, "it is there, as asked for")
    fake.service.now += 20
    other = {**PLAN_BODY, "backupSchedule": {"cronSchedule": "0 4 * * *"}}
    error = client.refused("create", "BackupPlan", LOCATION, "kafka", other)
    equal((error["code"], error["status"]), (5, "ALREADY_EXISTS"), "other content is no success")
    expect('backupSchedule.cronSchedule is "0 3 * * *", not "0 4 * * *"' in error["text"], "it says what differs", error)
    fake.faults.append(Fault(f"POST /v1/{PLAN}/backups", "gone"))
    equal(client.refused("create", "Backup", PLAN, "one", {})["code"], 7, "nothing was done")
    expect(client("create", "Backup", PLAN, "one", {}), "so it is now")


FAULTS = [  # call, how often, status; code, HTTP, seconds to wait, requests
    ("get", 1, "UNAVAILABLE", None, None, None, 2),
    ("get", 2, "UNAVAILABLE", None, None, None, 3),
    ("get", 9, "UNAVAILABLE", 7, 503, -1, 3),
    ("get", 9, "INTERNAL", 7, 500, -1, 1),
    ("get", 9, "RESOURCE_EXHAUSTED", 7, 429, 60, 1),
    ("get", 9, "PERMISSION_DENIED", 8, 403, -1, 1),
    ("get", 9, "NOT_FOUND", 3, 404, -1, 1),
    ("get", 9, "UNAUTHENTICATED", 8, 401, -1, 2),
    ("create", 9, "UNAVAILABLE", 7, 503, -1, 1),
    ("create", 9, "RESOURCE_EXHAUSTED", 7, 429, 60, 1),
    ("create", 9, "ABORTED", 5, 409, -1, 1),
    ("create", 9, "DEADLINE_EXCEEDED", 7, 504, -1, 1),
]


def faults(fake, client):
    """By Google's own rule: what is tried again, what is not, and what is told."""
    client.make("BackupPlan", LOCATION, "kafka", PLAN_BODY)
    for call, times, status, code, http, wait, requests in FAULTS:
        fake.faults[:] = [Fault("^(GET|POST) /v1/projects/", status=status, times=times)]
        fake.requests.clear()
        words = ("get", "BackupPlan", PLAN) if call == "get" else ("create", "Backup", PLAN, "one", {})
        if code is None:
            client(*words)
        else:
            error = client.refused(*words)
            equal((error["code"], error["status"], error["http"], error["wait"]), (code, status, http, wait), status)
        equal(len([line for line in fake.lines() if "/v1/projects/" in line]), requests, f"{call}, {status}: requests")
    fake.faults[:] = [Fault("GET /v1/projects", status="RESOURCE_EXHAUSTED", headers={"Retry-After": 17})]
    equal(client.refused("get", "BackupPlan", PLAN)["wait"], 17, "Retry-After")
    fake.faults[:] = [Fault("GET /v1/projects", "gone", times=2)]
    client("get", "BackupPlan", PLAN)


def tokens_taken_back(fake, client):
    """Between two requests of one process, a token is refused."""
    operation = client("create", "BackupPlan", LOCATION, "kafka", PLAN_BODY)
    fake.faults.append(Fault("GET .*/operations/", status="UNAUTHENTICATED"))
    fake.service.per_read = 1
    client("wait", operation)
    equal(fake.lines().count("GET /computeMetadata/v1/instance/service-accounts/default/token"), 3, "two by the one that waits")


def operations_that_fail(fake, client):
    fake.service.operation_error = {"code": 9, "message": "no agent in the cluster"}
    operation = client("create", "BackupPlan", LOCATION, "kafka", PLAN_BODY)
    fake.service.slow, fake.service.per_read = 50, 1
    error = client.refused("wait", operation)
    equal((error["status"], error["text"]), ("FAILED_PRECONDITION", f"{operation}: FAILED_PRECONDITION: no agent in the cluster"),
          "an operation's own error")
    equal(client("operation", operation), "failed", "it is no failure to see that")
    fake.service.operation_error = {"code": 14, "message": "busy"}
    operation = client("create", "BackupPlan", LOCATION, "kafka", PLAN_BODY)
    equal(client.refused("wait", operation)["status"], "UNAVAILABLE", "one that failed is not waited for further")


def slow_operations(fake, client):
    fake.service.slow, fake.service.per_read = 40, 5
    operation = client("create", "BackupPlan", LOCATION, "kafka", PLAN_BODY)
    client("wait", operation)
    equal(fake.lines().count(f"GET /v1/{operation}"), 9, "it is looked at until it is done")


def work_that_fails(fake, client):
    """After the operation has ended well."""
    fake.service.backup_error = {"state": "FAILED", "stateReason": "A PVC is not bound."}
    client.make("BackupPlan", LOCATION, "kafka", PLAN_BODY)
    equal(client.make("Backup", PLAN, "bad", {})["state"], "FAILED", "a backup")
    client.make("Backup", PLAN, "one", {})
    client.make("RestorePlan", LOCATION, "kafka", RESTORE_PLAN_BODY)
    for index, code in enumerate(("200010301", "200010302")):
        fake.service.restore_error = {"state": "FAILED", "resourcesFailedCount": 1, "troubleshootingInfo": {
            "stateReasonCode": code, "stateReasonUri": "https://cloud.google.com/kubernetes-engine/docs"}}
        restore = client.make("Restore", RESTORE_PLAN, f"r-{index}", {"backup": BACKUP})
        equal((restore["state"], restore["troubleshootingInfo"]["stateReasonCode"]), ("FAILED", code), "a restore")
    equal(client.refused("create", "Restore", RESTORE_PLAN, "r-3", {"backup": f"{PLAN}/backups/bad"})["status"],
          "FAILED_PRECONDITION", "what has failed cannot be restored")


# --- who we are ---


def service_account(fake, _client):
    with tempfile.TemporaryDirectory() as folder:
        key = pathlib.Path(folder, "key.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key], check=True,
                       capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", key, "-noout", "-modulus"], check=True, capture_output=True, text=True)
        fake.tokens.modulus = int(modulus.stdout.strip().partition("=")[2], 16)
        file = pathlib.Path(folder, "account.json")
        file.write_text(json.dumps({
            "type": "service_account", "project_id": "kafka-proj", "private_key_id": "kid-1", "private_key": key.read_text(),
            "client_email": "ballast@kafka-proj.iam.gserviceaccount.com", "token_uri": f"{fake.url}/token"}))
        client = Client(fake, file)
        client("create", "BackupPlan", LOCATION, "kafka", PLAN_BODY)
        fake.faults.append(Fault("POST /token", status="UNAVAILABLE", times=4))
        client("get", "BackupPlan", PLAN)
        fake.tokens.modulus += 2
        error = client.refused("token")
        expect("invalid_grant: Invalid JWT Signature." in error["text"] and error["code"] == 8, "a key that is not trusted", error)


def external_account(fake, _client):
    """With a subject's token of a file and of a URL, with and without a service account behind it."""
    with tempfile.TemporaryDirectory() as folder:
        subject, file = pathlib.Path(folder, "subject"), pathlib.Path(folder, "account.json")
        account = {"type": "external_account", "token_url": f"{fake.url}/v1/token",
                   "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
                   "subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}
        by_file = {"credential_source": {"file": str(subject)}}
        by_url = {"credential_source": {"url": f"{fake.url}/subject", "format": {
            "type": "json", "subject_token_field_name": "value"}}}
        behind = {"service_account_impersonation_url":
                  f"{fake.url}/v1/projects/-/serviceAccounts/ballast@kafka-proj.iam.gserviceaccount.com:generateAccessToken"}
        subject.write_text("subject-1\n")
        fake.tokens.subjects = {"subject-1"}
        Client(fake)("create", "BackupPlan", LOCATION, "kafka", PLAN_BODY)
        for source in (by_file, by_url, {**by_file, **behind}, {**by_url, **behind}):
            file.write_text(json.dumps({**account, **source}))
            Client(fake, file)("get", "BackupPlan", PLAN)
        fake.tokens.subjects = {"another"}
        file.write_text(json.dumps({**account, **by_file}))
        error = Client(fake, file).refused("token")
        expect("invalid_grant" in error["text"] and "subject-1" not in error["text"], "it is refused", error)


def a_metadata_server_that_is_late(fake, client):
    fake.faults.append(Fault("GET /computeMetadata", status="UNAVAILABLE", times=4))
    client("token")
    fake.faults.append(Fault("GET /computeMetadata", status="UNAVAILABLE", times=5))
    equal(client.refused("token")["code"], 7, "it is tried again later")


# --- Google's own description ---


def enumerations(_fake, client):
    """Our tables have all that the service may say."""
    documents = Documents("gkebackup")
    for kind in ("BackupPlan", "Backup", "VolumeBackup", "RestorePlan", "Restore", "VolumeRestore"):
        states = documents.enum("gkebackup", kind, "state")
        equal(client("states", kind, states), {state: state != "STATE_UNSPECIFIED" for state in states}, kind)
    ours = client("enums")
    for name in ("volumeDataRestorePolicy", "clusterResourceConflictPolicy", "namespacedResourceRestoreMode"):
        equal(ours[name], documents.enum("gkebackup", "RestoreConfig", name), name)
    equal(ours["op"], documents.enum("gkebackup", "RestoreConfig", "transformationRules", "fieldActions", "op"), "op")


def the_judge(fake, _client):
    """It finds what is wrong: without that, that it found nothing would mean nothing."""
    restore_mode = {"restoreConfig": {"namespacedResourceRestoreMode": "DELETE"}}
    for verb, path, query, body, wanted in (
            ("POST", f"/v1/{LOCATION}/backupPlans", {}, {"backupConfig": {"includeSecret": True}}, "includeSecret: unknown"),
            ("POST", f"/v1/{LOCATION}/restorePlans", {}, restore_mode, "'DELETE' is none of"),
            ("POST", f"/v1/{LOCATION}/backupPlans", {"planId": ["x"]}, {}, "query planId: unknown"),
            ("DELETE", f"/v1/{PLAN}", {"force": ["true"]}, None, "query force: unknown"),
            ("GET", f"/v1/{LOCATION}/backupplans", {}, None, "no such method"),
            ("PUT", f"/v1/{PLAN}", {}, {}, "no such method"),
            ("POST", f"/v1/{PLAN}/backups", {}, {"retainDays": "7"}, "retainDays: no number"),
            ("POST", f"/v1/{PLAN}/backups", {}, None, "no body"),
            ("GET", f"/v1/{PLAN}", {}, {}, "takes none")):
        fake.violations.clear()
        fake.api(verb, path, query, {}, body)
        expect(any(wanted in problem for problem in fake.violations), f"{verb} {path}: {wanted}", fake.violations)
    fake.api("POST", f"/v1/{PLAN}/backups", {}, {}, {"state": "SUCCEEDED"})
    expect(any("state: output only" in note for note in fake.notes), "what only the service says", fake.notes)
    method = fake.documents.find("GET", f"/v1/{PLAN}")
    for status, answer in ((200, {"state": "ALMOST"}), (200, {"createTime": "now"}), (200, {"rpoRiskLevel": True}),
                           (404, {"message": "no"}), (404, {"error": {"code": 404, "status": "ABORTED", "message": ""}})):
        expect(list(method.answer(status, answer)), "an answer that is none", answer)
    equal(list(method.answer(200, {"state": "READY", "createTime": "2026-11-30T10:00:00.1Z"})), [], "one that is")
    fake.violations.clear()
    fake.notes.clear()


def as_a_program(_fake, _client):
    """For suites that are not in Python, or not in this process."""
    with subprocess.Popen([sys.executable, "-B", pathlib.Path(__file__).with_name("fake.py")], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as program:
        url = program.stdout.readline().strip()
        client = Client(types.SimpleNamespace(url=url, address=url.removeprefix("http://")))

        def control(**order):
            request = urllib.request.Request(f"{url}/control", json.dumps(order).encode())
            return json.loads(urllib.request.urlopen(request, timeout=60).read())

        client("create", "BackupPlan", LOCATION, "kafka", PLAN_BODY)
        control(advance=20, faults=[{"match": "GET /v1/", "status": "RESOURCE_EXHAUSTED", "headers": {"Retry-After": 9}}])
        equal(client.refused("get", "BackupPlan", PLAN)["wait"], 9, "a fault")
        equal(client("get", "BackupPlan", PLAN)["state"], "READY", "time has passed")
        seen = control(service={"unreachable": [LOCATION]})
        equal((seen["now"], seen["violations"] + seen["notes"]), (20, []), "all was as Google describes it")
        equal(client("list", "BackupPlan", LOCATION)["unreachable"], [LOCATION], "what was set")
        program.stdin.close()
        equal(program.wait(60), 0, "it ends")


TESTS = [tutorial, changes, deletions, lists, done_once, faults, tokens_taken_back, operations_that_fail, slow_operations,
         work_that_fails, service_account, external_account, a_metadata_server_that_is_late, enumerations, the_judge,
         as_a_program]


def main():
    report = Report(os.environ.get("ONLY"))
    for test in TESTS:
        report.run(test.__name__.replace("_", " "), on_fake(test))
    report.finish()


if __name__ == "__main__":
    main()
