#!/usr/bin/env python3
"""`ballast backup` and `ballast restore` against the fake service: what is said, how it ends, and that each request is one of
Google's. BALLAST is the program, that of build/dev by default; ONLY=WORDS picks tests."""

import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fake import Fake, Fault
from intents import INTENTS, asked, sent
from outcome import Report, expect, wait_until
from run import BACKUP, LOCATION, PLAN, PLAN_BODY, RESTORE, RESTORE_PLAN, RESTORE_PLAN_BODY, ROOT, equal

BALLAST = os.environ.get("BALLAST", ROOT / "build/dev/ballast")
AT = ("--backup-plan", "kafka", "--location", "us-west1", "--project", "kafka-proj")
TO = ("--restore-plan", "kafka", "--location", "us-west1", "--project", "kafka-proj")
OURS = ("GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS")


class Outcome:
    """How a call ended, and what it said."""

    def __init__(self, words, rc, out, err):
        self.words, self.rc, self.out, self.err = words, rc, out, err

    def ends(self, rc, *said):
        """It ended so, and all of that is on standard output or error."""
        expect(self.rc == rc, f"{' '.join(self.words)} ends with {rc}", f"it ended with {self.rc}", self.out, self.err)
        for text in said:
            expect(text in self.out + self.err, f"{' '.join(self.words)} says \"{text}\"", self.out, self.err)
        expect("ya29" not in self.out + self.err, "no token is told of", self.out, self.err)
        return self

    @property
    def json(self):
        return json.loads(self.out)


class Cli:
    """The command, beside a fake service that has a plan, and after restorable() a restore plan."""

    def __init__(self, fake):
        self.fake, self.service = fake, fake.service
        self.env = {key: value for key, value in os.environ.items() if key not in OURS}
        self.env |= {"CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEBACKUP": f"{fake.url}/", "GCE_METADATA_HOST": fake.address}

    def __call__(self, *words, **env):
        result = subprocess.run([BALLAST, *words], env={**self.env, **env}, capture_output=True, text=True, timeout=300,
                                check=False)
        return Outcome(words, result.returncode, result.stdout, result.stderr)

    def start(self, *words, **how):
        return subprocess.Popen([BALLAST, *words], env=self.env, **how)

    def plan(self):
        self.service.create(LOCATION, "backupPlans", "kafka", PLAN_BODY)
        self.service.now += 20

    def taken(self, identity="one", **body):
        """A backup that is over."""
        self.service.create(PLAN, "backups", identity, body)
        self.service.now += 100

    def restorable(self):
        self.taken()
        self.service.create(LOCATION, "restorePlans", "kafka", RESTORE_PLAN_BODY)
        self.service.now += 20

    def posts(self):
        return [line for line in self.fake.lines() if line.startswith(("POST", "DELETE"))]


def on_fake(test):
    """Gives the test a fake of its own, and judges what was said."""
    def run():
        with Fake() as fake:
            cli = Cli(fake)
            cli.plan()
            test(fake, cli)
            equal(fake.violations + fake.notes, [], "all was as Google describes it")
    return run


# --- backups ---


def backup_create(fake, cli):
    """It is ordered, and what is asked for arrives."""
    done = cli("backup", "create", "one", *AT, "--description", "before 3.6", "--retain-days", "9", "--delete-lock-days", "3")
    done.ends(0, f"ballast backup describe -w {BACKUP}")
    made = fake.service.view(BACKUP)
    equal((made["description"], made["retainDays"], made["deleteLockDays"]), ("before 3.6", 9, 3), "what was asked for")
    fake.service.per_read = 3
    equal(cli("backup", "create", "two", *AT, "-o", "json").ends(0).json["state"], "IN_PROGRESS", "once it is there")


def backup_wait(fake, cli):
    """A line for each change, up to the end."""
    fake.service.per_read = 9
    done = cli("backup", "create", "one", *AT, "-w").ends(0)
    lines = done.out.splitlines()
    equal(lines[-1], "one: SUCCEEDED, 3 of 3 volumes copied, 1.0 MiB", "the end")
    expect(any("one: IN_PROGRESS, 0 of 3 volumes copied, 1.0 GiB" in line for line in lines), "on its way", done.out)
    equal(len(lines), len(set(lines)), "no line twice")
    equal(fake.lines().count(f"POST /v1/{PLAN}/backups"), 1, "nothing is asked for twice")
    told = cli("backup", "describe", "one", *AT, "-w", "-o", "json").ends(0)
    equal((told.json["name"], told.json["state"]), (BACKUP, "SUCCEEDED"), "the resource")
    expect(told.err.startswith("one: SUCCEEDED"), "what happens is beside it", told.err)


def backup_wait_on_a_terminal(fake, cli):
    """In place, with all volumes."""
    fake.service.per_read = 20
    ours, theirs = pty.openpty()
    with cli.start("backup", "create", "one", *AT, "-w", stdout=theirs) as program:
        os.close(theirs)
        seen = b""
        while True:
            try:
                seen += os.read(ours, 4096)
            except OSError:
                break
        equal(program.wait(60), 0, "it ends well")
    os.close(ours)
    expect(b"\x1b[H\x1b[2J" in seen and b"kafka/data-kafka-2" in seen, "it is painted anew", seen)


def backup_fails(fake, cli):
    """The operation ends well, and the backup does not."""
    fake.service.backup_error = {"state": "FAILED", "stateReason": "A PVC is not bound.", "troubleshootingInfo": {
        "stateReasonCode": "200010302", "stateReasonUri": "https://cloud.google.com/x"}}
    fake.service.per_read = 30
    cli("backup", "create", "one", *AT, "-w").ends(1, "one: FAILED", f"error: backup {BACKUP} FAILED: A PVC is not bound. (code 200010302)",
                                                   "hint: An admission webhook of the cluster denied")
    cli("backup", "describe", "one", *AT).ends(1, "A PVC is not bound. (code 200010302)", "https://cloud.google.com/x")
    fake.service.operation_error = {"code": 9, "message": "no agent in the cluster"}
    cli("backup", "create", "two", *AT, "-w").ends(1, "FAILED_PRECONDITION: no agent in the cluster")


def backup_describe(fake, cli):
    cli.taken(labels={"ballast-note": "1f0c3a5e", "team": "orders"}, description="nightly", retainDays=7, deleteLockDays=2)
    told = cli("backup", "describe", "one", *AT).ends(0, "one: SUCCEEDED", "nightly", "after 82 s", "40 objects, 6 pods, 3 volumes",
                                                      "locked until", "kept until", "proven by note 1f0c3a5e", "team=orders",
                                                      "kafka/data-kafka-0", "8.0 GiB")
    expect("ballast-note" not in told.out, "the proof is no plain label", told.out)
    equal(cli("backup", "describe", BACKUP, "-o", "json").ends(0).json, fake.service.view(BACKUP), "the API's own resource")


def backup_list(fake, cli):
    """All pages of all plans, and what could not be asked."""
    cli("backup", "list", "--project", "kafka-proj").ends(0, "There is no backup of projects/kafka-proj/locations/-/backupPlans/-")
    fake.service.page = 2
    for index in range(3):
        cli.taken(f"b-{index}")
    told = cli("backup", "list", "--project", "kafka-proj").ends(0, "BACKUP", "KEPT UNTIL")
    equal([line.split()[:4] for line in told.out.splitlines()[1:]],
          [[f"b-{index}", "kafka", "us-west1", "SUCCEEDED"] for index in range(3)], "all pages")
    equal(len(cli("backup", "list", *AT, "-o", "json").ends(0).json), 3, "as the API has them")
    equal(len(cli("backup", "list", "--backup-plan", PLAN, "-o", "json").ends(0).json), 3, "by the plan's full name")
    fake.service.unreachable = ["projects/kafka-proj/locations/us-east1"]
    told = cli("backup", "list", "--backup-plan", "-", "--location", "-", "--project", "kafka-proj").ends(1, "b-2")
    expect("us-east1 could not be asked" in told.err, "it is not whole", told.err)


def backup_delete(fake, cli):
    cli.taken()
    cli("backup", "delete", "one", *AT).ends(0, "The service deletes backup one.")
    expect(any(query.get("etag") for verb, _, query, _ in fake.requests if verb == "DELETE"), "by its etag", fake.requests)
    cli("backup", "delete", "one", *AT).ends(0)
    equal(len(cli.posts()), 1, "what is being deleted is not deleted again")
    fake.service.per_read = 2
    cli("backup", "delete", BACKUP, "-w").ends(0, f"backup {BACKUP} is deleted.")
    cli("backup", "delete", BACKUP).ends(1, "NOT_FOUND", "ballast backup list")
    cli.taken("locked", deleteLockDays=2)
    until = fake.service.view(f"{PLAN}/backups/locked")["deleteLockExpireTime"]
    cli("backup", "delete", "locked", *AT).ends(1, f"backup locked is locked until {until}", "nobody can delete it")


def backup_changes_meanwhile(fake, cli):
    """Its etag is old when it is deleted: it is read again."""
    cli.taken()
    fake.faults.append(Fault("DELETE ", status="ABORTED", times=2))
    cli("backup", "delete", "one", *AT).ends(0)
    equal(len(cli.posts()), 3, "until it is the newest")


# --- restores ---


def restore_create(fake, cli):
    cli.restorable()
    fake.service.per_read = 7
    done = cli("restore", "create", "one", *TO, "--backup", BACKUP, "-w").ends(0, "VALIDATING")
    equal(done.out.splitlines()[-1], "one: SUCCEEDED, 40 objects restored, 3 of 3 volumes restored", "the end")
    cli("restore", "describe", RESTORE).ends(0, f"of backup     {BACKUP}", "40 objects restored, 3 volumes restored", "into cluster")
    cli("restore", "list", "--project", "kafka-proj").ends(0, "RESTORE", "one")
    equal(cli("restore", "list", *TO, "-o", "json").ends(0).json[0]["backup"], BACKUP, "as the API has it")
    cli("restore", "delete", "one", *TO, "-w").ends(0, f"restore {RESTORE} is deleted.")


def restore_fails(fake, cli):
    cli.restorable()
    fake.service.per_read = 30
    fake.service.restore_error = {"state": "FAILED", "resourcesFailedCount": 1, "troubleshootingInfo": {
        "stateReasonCode": "200010302", "stateReasonUri": "https://cloud.google.com/x"}}
    cli("restore", "create", "one", *TO, "--backup", BACKUP, "-w").ends(
        1, f"restore {RESTORE} FAILED: the service gives no reason (code 200010302)", "hint: An admission webhook of the cluster denied")
    cli("restore", "create", "two", *TO, "--backup", f"{PLAN}/backups/none").ends(1, "NOT_FOUND", f"POST /v1/{RESTORE_PLAN}/restores")


# --- what goes wrong on the way ---


def lost_answers(fake, cli):
    """What was done is not done again, and what was there before is nobody's new backup."""
    fake.faults.append(Fault(f"POST /v1/{PLAN}/backups", "lost"))
    cli("backup", "create", "one", *AT).ends(0)
    equal(len(cli.posts()), 2, "it was asked for again, and found")
    cli("backup", "create", "one", *AT).ends(1, f"backup {BACKUP} was there already, made at 2027", "Choose another ID")
    cli("backup", "create", "one", *AT, "--retain-days", "30").ends(1, "retainDays is 7, not 30")
    fake.service.now += 100
    fake.faults.append(Fault("DELETE ", "lost"))
    cli("backup", "delete", "one", *AT).ends(0)
    fake.faults.append(Fault(f"POST /v1/{PLAN}/backups", "gone"))
    cli("backup", "create", "two", *AT).ends(0)


def refusals(fake, cli):
    """Which role, which project."""
    fake.faults.append(Fault("/v1/projects", status="PERMISSION_DENIED", times=2))
    cli("backup", "create", "one", *AT).ends(1, "GET /v1/projects", "PERMISSION_DENIED", "roles/gkebackup.backupAdmin",
                                             "In project kafka-proj, enable gkebackup.googleapis.com")
    told = cli("restore", "list", *TO).ends(1, "roles/gkebackup.viewer, or roles/gkebackup.restoreAdmin")
    equal(told.out, "", "nothing on standard output")
    cli("backup", "create", "one", "--backup-plan", "kafka", "--location", "us-west1", "--project", "nowhere").ends(
        1, "POST /v1/projects/nowhere/", "NOT_FOUND", "Look at the project, the location and the plan")
    cli("backup", "list", *AT, "--endpoint", "http://example.com").ends(2, "in plain text")


def interrupted(fake, cli):
    """Nobody waits any more, and nothing is stopped."""
    with cli.start("backup", "create", "one", *AT, "-w", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        wait_until(lambda: sum("/backups/one" in line for line in fake.lines()) > 2, "it waits")
        time.sleep(0.2)
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=60)
        equal(program.returncode, 130, "as a shell has it")
    expect("the service goes on" in err and f"ballast backup describe -w {BACKUP}" in err, "it says how to go on", err)
    equal([line.split()[0] for line in cli.posts()], ["POST"], "nothing was taken back")


def a_service_that_is_away(fake, cli):
    """For a moment: waiting goes on."""
    fake.service.per_read = 40
    fake.faults.append(Fault("GET .*/operations/", status="INTERNAL", times=2))
    fake.faults.append(Fault("GET .*/volumeBackups", status="INTERNAL"))
    cli("backup", "create", "one", *AT, "-w").ends(0, "one: SUCCEEDED", "ballast: it is asked again: GET /v1/", "INTERNAL")


# --- names ---


def names(fake, cli):
    """Who says what is meant."""
    cli.taken()
    bare = ("backup", "describe", "one", "--backup-plan", "kafka", "--location", "us-west1")
    cli(*bare).ends(0, BACKUP)
    expect("GET /computeMetadata/v1/project/project-id" in fake.lines(), "the machine's project", fake.lines())
    cli(*bare, CLOUDSDK_CORE_PROJECT="kafka-proj").ends(0)
    cli(*bare, GOOGLE_CLOUD_PROJECT="kafka-proj", CLOUDSDK_CORE_PROJECT="other").ends(0)
    cli(*bare, GOOGLE_CLOUD_PROJECT="other").ends(1, "projects/other/", "NOT_FOUND")
    cli("backup", "describe", "one", "--backup-plan", PLAN).ends(0)
    cli("backup", "describe", BACKUP, *AT).ends(0)
    cli("backup", "describe", BACKUP, "--backup-plan", PLAN).ends(0)
    before = len(fake.requests)
    for words, said in (
            ((BACKUP, "--location", "us-east1"), '--location is "us-east1", and the full name says "us-west1"'),
            ((BACKUP, "--backup-plan", "other"), '--backup-plan is "other"'),
            ((BACKUP, "--backup-plan", f"{LOCATION}/backupPlans/kaf"), "is of another one"),
            ((RESTORE,), "is no name of a backup"), (("one",), "name the plan by --backup-plan"),
            (("one", "--backup-plan", "kafka"), "nobody says in which location"), ((), "name one backup"),
            (("one", *AT[:2], "--location", "-", "--project", "p"), '"-" stands for all'),
            (("one", *AT, "--retain-days", "3"), "are for create")):
        cli("backup", "describe", *words).ends(2, said)
    for words, said in (
            (("backup",), "say what: create, list, describe or delete"), (("backup", "list", "one"), "list takes no name"),
            (("backup", "list", "-w"), "-w is not for list"), (("backup", "delete", BACKUP, "-o", "json"), "-o is not for delete"),
            (("backup", "create", "One", *AT), "is no id of a backup"),
            (("backup", "create", "one", *AT, "--retain-days", "3", "--delete-lock-days", "5"), "is less than --delete-lock-days"),
            (("restore", "create", "one", *TO), "--backup projects/"),
            (("restore", "create", "one", *TO, "--backup", "one"), "is no name of a backup")):
        cli(*words).ends(2, said)
    equal([line for line in fake.lines()[before:] if line.startswith("POST")], [], "nothing was asked for")
    fake.tokens.place.clear()
    cli(*bare).ends(1, "nobody says which project is meant", "--project PROJECT")


def the_same_as_gcloud(fake, cli):
    """Who knows the one knows what the other does."""
    fake.service.create(LOCATION, "restorePlans", "kafka", RESTORE_PLAN_BODY)
    fake.service.now += 100
    for _, words, wanted in INTENTS:
        begin = len(fake.requests)
        cli(*words, CLOUDSDK_CORE_PROJECT="kafka-proj").ends(0)
        expect(asked(fake, begin, wanted), f"{' '.join(words)} asks for something else", wanted, *sent(fake, begin))
        fake.service.now += 100


TESTS = [backup_create, backup_wait, backup_wait_on_a_terminal, backup_fails, backup_describe, backup_list, backup_delete,
         backup_changes_meanwhile, restore_create, restore_fails, lost_answers, refusals, interrupted, a_service_that_is_away,
         names, the_same_as_gcloud]


def main():
    report = Report(os.environ.get("ONLY"))
    for test in TESTS:
        report.run(test.__name__.replace("_", " "), on_fake(test))
    report.finish()


if __name__ == "__main__":
    main()
