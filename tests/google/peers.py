#!/usr/bin/env python3
"""Other clients against the fake service: what Google's own make of it, and whether the judge finds fault with them.

google-api-python-client (PyPI, at one version, fetched once into the cache) makes its calls of the discovery documents
alone. gcloud, where it is on PATH, brings a client that was generated from the same service's protocol buffers.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from discovery import FOLDER
from fake import Fake
from intents import INTENTS, asked, sent
from outcome import Report, expect
from run import BACKUP, LOCATION, PLAN, PLAN_BODY, RESTORE, RESTORE_PLAN, RESTORE_PLAN_BODY, SOURCE, TARGET, equal

VERSION = "2.202.0"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "ballast" / f"google-api-client-{VERSION}"


def install():
    """The library's folder, whole or not at all."""
    if not CACHE.exists():
        with tempfile.TemporaryDirectory(dir=CACHE.parent) as fresh:
            subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target",
                            f"{fresh}/lib", f"google-api-python-client=={VERSION}"], check=True)
            pathlib.Path(fresh, "lib").rename(CACHE)
    sys.path.insert(0, str(CACHE))


def python_client(fake):
    """The same steps as the tutorial's, by the other client."""
    from google.oauth2.credentials import Credentials
    from googleapiclient.discovery import build_from_document
    from googleapiclient.errors import HttpError

    document = json.loads((FOLDER / "gkebackup.v1.json").read_text())
    service = build_from_document(document, credentials=Credentials(fake.tokens.give()),
                                  client_options={"api_endpoint": f"{fake.url}/"})
    places = service.projects().locations()
    plans, restore_plans = places.backupPlans(), places.restorePlans()

    def finish(operation):
        fake.service.now += 100
        equal(places.operations().get(name=operation["name"]).execute().get("done"), True, "the operation is done")

    finish(plans.create(parent=LOCATION, backupPlanId="kafka", body=PLAN_BODY).execute())
    plan = plans.get(name=PLAN).execute()
    equal((plan["state"], plan["cluster"]), ("READY", SOURCE), "the plan")
    finish(plans.patch(name=PLAN, updateMask="description", body={"description": "d", "etag": plan["etag"]}).execute())
    finish(plans.backups().create(parent=PLAN, backupId="one", body={}).execute())
    equal([item["state"] for item in plans.backups().list(parent=PLAN).execute()["backups"]], ["SUCCEEDED"], "the backup")
    finish(restore_plans.create(parent=LOCATION, restorePlanId="kafka", body=RESTORE_PLAN_BODY).execute())
    finish(restore_plans.restores().create(parent=RESTORE_PLAN, restoreId="one", body={"backup": BACKUP}).execute())
    equal(restore_plans.restores().get(name=RESTORE).execute()["state"], "SUCCEEDED", "the restore")
    try:
        plans.create(parent=LOCATION, backupPlanId="kafka", body=PLAN_BODY).execute()
        expect(False, "it is there already")
    except HttpError as error:
        equal(error.status_code, 409, "it is there already")
    finish(plans.backups().delete(name=BACKUP, force=True).execute())
    equal(fake.violations + fake.notes, [], "all was as Google describes it")


class Gcloud:
    """The real one, asking the fake."""

    def __init__(self, fake, folder):
        pathlib.Path(folder, "token").write_text(fake.tokens.give())
        self.env = {**os.environ, "CLOUDSDK_CONFIG": folder, "CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEBACKUP": f"{fake.url}/",
                    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": f"{folder}/token", "CLOUDSDK_CORE_PROJECT": "kafka-proj",
                    "CLOUDSDK_CORE_DISABLE_PROMPTS": "1", "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
                    "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true"}

    def __call__(self, *words):
        result = subprocess.run(["gcloud", "beta", "container", "backup-restore", *words, "--format=json"], env=self.env,
                                timeout=600, capture_output=True, text=True, check=False)
        expect(result.returncode == 0, f"gcloud {words[:3]}", result.stdout, result.stderr)
        return result.stdout


def gcloud(fake):
    """It waits by its own ladder, in real seconds, so the work is quick."""
    with tempfile.TemporaryDirectory() as folder:
        run = Gcloud(fake, folder)
        fake.service.per_read = 100
        run("backup-plans", "create", "kafka", "--location=us-west1", f"--cluster={SOURCE}",
            "--selected-applications=kafka/kafka,kafka/zookeeper", "--include-secrets", "--include-volume-data",
            "--cron-schedule=0 3 * * *", "--backup-retain-days=7", "--backup-delete-lock-days=0")
        equal(fake.service.resources[PLAN]["body"]["backupConfig"]["selectedApplications"],
              PLAN_BODY["backupConfig"]["selectedApplications"], "the plan")
        run("backups", "create", "one", "--location=us-west1", "--backup-plan=kafka", "--wait-for-completion")
        backup = json.loads(run("backups", "describe", "one", "--location=us-west1", "--backup-plan=kafka"))
        equal(backup["state"], "SUCCEEDED", "the backup")
        run("restore-plans", "create", "kafka", "--location=us-west1", f"--cluster={TARGET}", f"--backup-plan={PLAN}",
            "--cluster-resource-conflict-policy=use-existing-version", "--namespaced-resource-restore-mode=delete-and-restore",
            "--selected-applications=kafka/kafka,kafka/zookeeper", "--volume-data-restore-policy=restore-volume-data-from-backup",
            "--cluster-resource-scope-selected-group-kinds=storage.k8s.io/StorageClass")
        run("restores", "create", "one", "--location=us-west1", "--restore-plan=kafka", f"--backup={BACKUP}",
            "--wait-for-completion")
        restores = json.loads(run("restores", "list", "--location=us-west1", "--restore-plan=kafka"))
        equal([restore["state"] for restore in restores], ["SUCCEEDED"], "the restore")
        run("backups", "delete", "one", "--location=us-west1", "--backup-plan=kafka")
        equal(fake.violations, [], "all was as Google describes it")


def gcloud_sends_what_is_recorded(fake):
    """The table that the command is held against."""
    fake.service.per_read = 100
    fake.service.create(LOCATION, "backupPlans", "kafka", PLAN_BODY)
    fake.service.create(LOCATION, "restorePlans", "kafka", RESTORE_PLAN_BODY)
    fake.service.now += 100
    with tempfile.TemporaryDirectory() as folder:
        run = Gcloud(fake, folder)
        for words, _, wanted in INTENTS:
            begin = len(fake.requests)
            run(*words)
            expect(asked(fake, begin, wanted), f"gcloud {words[:3]} asks for something else", wanted, *sent(fake, begin))
            fake.service.now += 100


def main():
    report = Report(os.environ.get("ONLY"))
    install()
    for test in [python_client] + ([gcloud, gcloud_sends_what_is_recorded] if shutil.which("gcloud") else []):
        with Fake() as fake:
            report.run(test.__name__.replace("_", " "), test, fake)
    report.finish()


if __name__ == "__main__":
    main()
