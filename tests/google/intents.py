"""What gcloud 528 sends for what `ballast backup` and `ballast restore` do, too.

cli.py holds the command's requests against this table, and peers.py gcloud's own, where it is installed. Ours look before they
write, so that an answer that was lost is not asked for again, and name the etag of what they delete; all else is the same.
"""

import json

from run import BACKUP, PLAN, RESTORE, RESTORE_PLAN

BACKUPS, RESTORES = f"{PLAN}/backups", f"{RESTORE_PLAN}/restores"
AT = ("--location=us-west1", "--backup-plan=kafka")
TO = ("--location=us-west1", "--restore-plan=kafka")

# The words of gcloud, and of the command; verb, path, query and body.
INTENTS = (
    (("backups", "create", "one", *AT, "--description=before 3.6", "--retain-days=9", "--delete-lock-days=3", "--async"),
     ("backup", "create", "one", *AT, "--description=before 3.6", "--retain-days=9", "--delete-lock-days=3"),
     ("POST", BACKUPS, {"backupId": "one"}, {"description": "before 3.6", "retainDays": 9, "deleteLockDays": 3})),
    (("backups", "create", "two", *AT, "--async"), ("backup", "create", "two", *AT), ("POST", BACKUPS, {"backupId": "two"}, {})),
    (("backups", "list", *AT), ("backup", "list", *AT), ("GET", BACKUPS, {}, None)),
    (("backups", "list", "--location=-", "--backup-plan=-"), ("backup", "list"),
     ("GET", "projects/kafka-proj/locations/-/backupPlans/-/backups", {}, None)),
    (("backups", "describe", "one", *AT), ("backup", "describe", "one", *AT), ("GET", BACKUP, {}, None)),
    (("restores", "create", "one", *TO, f"--backup={BACKUPS}/two", "--description=again", "--async"),
     ("restore", "create", "one", *TO, f"--backup={BACKUPS}/two", "--description=again"),
     ("POST", RESTORES, {"restoreId": "one"}, {"backup": f"{BACKUPS}/two", "description": "again"})),
    (("restores", "list", *TO), ("restore", "list", *TO), ("GET", RESTORES, {}, None)),
    (("restores", "describe", "one", *TO), ("restore", "describe", "one", *TO), ("GET", RESTORE, {}, None)),
    (("restores", "delete", "one", *TO), ("restore", "delete", "one", *TO), ("DELETE", RESTORE, {"force": "true"}, None)),
    (("backups", "delete", "two", *AT), ("backup", "delete", "two", *AT), ("DELETE", f"{BACKUPS}/two", {"force": "true"}, None)),
)


def sent(fake, begin):
    """What the service was asked since: verb, name, query without what is each client's own, body."""
    for verb, path, query, raw in fake.requests[begin:]:
        name = path.removeprefix("/v1/")
        if name == path or "/operations/" in name:
            continue
        kept = {key: values[0].lower() if key == "force" else values[0] for key, values in query.items()
                if key not in ("alt", "etag")}
        yield verb, name, kept, json.loads(raw) if raw else None


def asked(fake, begin, wanted):
    """Whether it was asked for, and nothing else was written."""
    requests = list(sent(fake, begin))
    return wanted in requests and all(request == wanted for request in requests if request[0] != "GET")
