"""Backup for GKE, as far as its protocol is known, with those who give tokens, on one port of this machine.

It keeps plans, backups, restores and operations. An operation ends when the resource is there, long before the work is
over; how far the work is follows from a clock that only tests move (`now`, and `per_read`, what passes with each GET). What
goes wrong is said in `faults`. Tests in Python hold it in their own process; as a program it serves until its standard input
ends, and is told by POST /control what others say by attributes. Every request and every answer is judged by Google's
discovery documents: `violations`.

The rules come from Google's reference and its protocol buffers, and from what gcloud was seen to send. What the service
refuses in which words is not known; nobody decides by words.
"""

import base64
import contextlib
import hashlib
import http.server
import json
import re
import sys
import threading
import time
import urllib.parse

from discovery import STATUSES, Documents

ID = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
DAY = 86400
# How long it takes, in seconds of the clock: until the operation ends, and until the work is over.
MADE, READY, VALIDATED, VOLUME, BACKED_UP, RESTORED = 5, 10, 15, 25, 82, 60
GIB = 1 << 30
KINDS = {  # collection: (kind, query parameter of the id, what is immutable)
    "backupPlans": ("BackupPlan", "backupPlanId", {"cluster"}),
    "backups": ("Backup", "backupId", set()),
    "restorePlans": ("RestorePlan", "restorePlanId", {"backupPlan", "cluster"}),
    "restores": ("Restore", "restoreId", {"backup", "filter", "volumeDataRestorePolicyOverrides"}),
}
EPOCH = 1800000000
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
IAM_SCOPE = "https://www.googleapis.com/auth/iam"


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers)


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH + seconds))


def parent_of(name):
    return "/".join(name.split("/")[:-2])


def collection_of(name):
    return name.split("/")[-2]


class Service:
    """The state, and the rules. Not locked: the server lets one request in at a time."""

    def __init__(self):
        self.now, self.per_read = 0, 0
        self.resources, self.operations = {}, {}
        self.clusters = {}
        self.unreachable = []
        self.page = 100
        # Next operation, backup and restore that go wrong.
        self.operation_error = self.backup_error = self.restore_error = None
        self.slow = 0  # seconds by which operations take longer
        self.serial = 0

    # --- what a resource looks like now ---

    def view(self, name):
        """The resource as it is answered, or a refusal."""
        kept = self.resources.get(name)
        if not kept or (kept["gone"] is not None and kept["gone"] <= self.now):
            self.resources.pop(name, None)
            raise Refusal("NOT_FOUND", f"Resource '{name}' was not found")
        if "written" in kept and kept["written"][0] <= self.now:
            kept["changed"], kept["body"] = kept.pop("written")
        body = {**kept["body"], "name": name, "uid": kept["uid"], "createTime": stamp(kept["made"]),
                "updateTime": stamp(kept["changed"])}
        age = self.now - kept["made"]
        getattr(self, "add_" + KINDS[collection_of(name)][0])(kept, body, age)
        if kept["gone"] is not None:
            body["state"] = "DELETING"
        body["etag"] = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
        return body

    @staticmethod
    def add_BackupPlan(_kept, body, age):
        body["state"] = "PROVISIONING" if age < READY else "DEACTIVATED" if body.get("deactivated") else "READY"
        body["rpoRiskLevel"] = 1

    @staticmethod
    def add_RestorePlan(_kept, body, age):
        body["state"] = "CLUSTER_PENDING" if age < MADE else "READY"

    def over_at(self, kept, seconds):
        """When the work that takes so long was over; None: it is not."""
        end = kept["made"] + seconds
        return end if self.now >= end else None

    def add_Backup(self, kept, body, age):
        body["state"] = "CREATING" if age < MADE else "IN_PROGRESS"
        if (over := self.over_at(kept, BACKED_UP)) is not None:
            body.update(completeTime=stamp(over), **(kept["error"] or {
                "state": "SUCCEEDED", "sizeBytes": "1048576", "configBackupSizeBytes": "4096", "resourceCount": 40,
                "volumeCount": len(kept["volumes"]), "podCount": 6, **kept["told"]}))
        for word in ("retain", "deleteLock"):
            if days := body.get(f"{word}Days"):
                body[f"{word}ExpireTime"] = stamp(kept["made"] + days * DAY)

    def add_Restore(self, kept, body, age):
        body["state"] = "CREATING" if age < MADE else "VALIDATING" if age < VALIDATED else "IN_PROGRESS"
        if (over := self.over_at(kept, RESTORED)) is not None:
            body.update(completeTime=stamp(over), **(kept["error"] or {
                "state": "SUCCEEDED", "resourcesRestoredCount": 40, "volumesRestoredCount": 3, **kept["told"]}))

    def exists(self, name):
        with contextlib.suppress(Refusal):
            return bool(self.view(name))
        return False

    def below(self, name):
        """Names of what is in it."""
        return [other for other in list(self.resources) if other.startswith(name + "/") and self.exists(other)]

    # --- methods ---

    def operation(self, verb, target):
        self.serial += 1
        place = "/".join(target.split("/")[:4])
        name = f"{place}/operations/operation-{self.serial}"
        self.operations[name] = {"verb": verb, "target": target, "made": self.now, "ends": self.now + MADE + self.slow,
                                 "error": self.operation_error}
        self.operation_error = None
        return self.view_operation(name)

    def view_operation(self, name):
        kept = self.operations.get(name)
        if not kept:
            raise Refusal("NOT_FOUND", f"Operation '{name}' was not found")
        answer = {"name": name, "metadata": {
            "@type": "type.googleapis.com/google.cloud.gkebackup.v1.OperationMetadata", "apiVersion": "v1",
            "createTime": stamp(kept["made"]), "target": kept["target"], "verb": kept["verb"]}}
        # proto3 leaves "done": false out.
        if self.now >= kept["ends"]:
            answer["done"] = True
            answer["metadata"]["endTime"] = stamp(kept["ends"])
            if kept["error"]:
                answer["error"] = kept["error"]
            else:
                answer["response"] = {"@type": "type.googleapis.com/google.protobuf.Empty"}
        return answer

    def create(self, parent, collection, identity, body):
        kind = KINDS[collection][0]
        if not identity or not ID.fullmatch(identity):
            raise Refusal("INVALID_ARGUMENT", f"{KINDS[collection][1]} must be 1-63 characters of a-z, 0-9 and '-'")
        name = f"{parent}/{collection}/{identity}"
        if self.exists(name):
            raise Refusal("ALREADY_EXISTS", f"Resource '{name}' already exists")
        kept = {"body": json.loads(json.dumps(body)), "uid": f"uid-{self.serial}", "made": self.now, "changed": self.now,
                "gone": None, "error": None, "volumes": [], "told": {}}
        kept["body"].pop("etag", None)
        getattr(self, "check_" + kind)(parent, body)
        getattr(self, "fill_" + kind)(parent, kept)
        # Where the operation fails, nothing is made.
        if not self.operation_error:
            self.resources[name] = kept
        return self.operation("create", name)

    def make_scheduled(self, plan, identity):
        """As by the plan's own cron: nobody asks, and it is no manual one."""
        self.create(plan, "backups", identity, {})
        self.resources[f"{plan}/backups/{identity}"]["body"]["manual"] = False

    def check_BackupPlan(self, _parent, body):
        retention = body.get("retentionPolicy", {})
        retain, lock = retention.get("backupRetainDays", 0), retention.get("backupDeleteLockDays", 0)
        if not body.get("cluster"):
            raise Refusal("INVALID_ARGUMENT", "cluster is required")
        if body.get("backupSchedule") and not retain:
            raise Refusal("INVALID_ARGUMENT", "backupRetainDays is required with a schedule")
        if not 0 <= lock <= 90 or not 0 <= retain <= 365 or (retain and retain < lock):
            raise Refusal("INVALID_ARGUMENT", "backupDeleteLockDays 0..90, backupRetainDays 0..365 and not less")
        scope = {"allNamespaces", "selectedNamespaces", "selectedApplications", "selectedNamespaceLabels"}
        if len(scope & set(body.get("backupConfig", {}))) > 1:
            raise Refusal("INVALID_ARGUMENT", "oneof field backup_scope is already set")

    def check_Backup(self, parent, _body):
        plan = self.view(parent)
        if plan["state"] != "READY":
            raise Refusal("FAILED_PRECONDITION", f"BackupPlan is {plan['state']}")

    def check_RestorePlan(self, parent, body):
        for field in ("backupPlan", "cluster", "restoreConfig"):
            if not body.get(field):
                raise Refusal("INVALID_ARGUMENT", f"{field} is required")
        if body["cluster"].split("/")[3] != parent.split("/")[3]:
            raise Refusal("INVALID_ARGUMENT", "the cluster must be in the region of the restore plan")
        config = body["restoreConfig"]
        if config.get("clusterResourceRestoreScope") and not config.get("clusterResourceConflictPolicy"):
            raise Refusal("INVALID_ARGUMENT", "clusterResourceConflictPolicy must be set")
        self.view(body["backupPlan"])

    def check_Restore(self, parent, body):
        self.view(parent)
        if not body.get("backup"):
            raise Refusal("INVALID_ARGUMENT", "backup is required")
        if self.view(body["backup"])["state"] != "SUCCEEDED":
            raise Refusal("FAILED_PRECONDITION", "the Backup is not SUCCEEDED")

    def fill_BackupPlan(self, _parent, _kept):
        pass

    def fill_RestorePlan(self, _parent, _kept):
        pass

    def fill_Backup(self, parent, kept):
        plan = self.resources[parent]["body"]
        retention, config = plan.get("retentionPolicy", {}), plan.get("backupConfig", {})
        body = kept["body"]
        body.setdefault("retainDays", retention.get("backupRetainDays", 0))
        body.setdefault("deleteLockDays", retention.get("backupDeleteLockDays", 0))
        body.update(manual=True, containsVolumeData=config.get("includeVolumeData", False),
                    containsSecrets=config.get("includeSecrets", False),
                    clusterMetadata={"cluster": plan["cluster"], "k8sVersion": "1.34", "gkeVersion": "v1.34.1-gke.1000"})
        for scope in ("allNamespaces", "selectedNamespaces", "selectedApplications"):
            if scope in config:
                body[scope] = config[scope]
        if config.get("includeVolumeData"):
            kept["volumes"] = [{"namespace": "kafka", "name": f"data-kafka-{i}"} for i in range(3)]
        kept["error"], self.backup_error = self.backup_error, None

    def fill_Restore(self, parent, kept):
        plan = self.resources[parent]["body"]
        kept["body"].update(cluster=plan["cluster"], restoreConfig=plan["restoreConfig"])
        kept["error"], self.restore_error = self.restore_error, None

    def patch(self, name, mask, body):
        current, kept = self.view(name), self.resources[name]
        if body.get("etag") and body["etag"] != current["etag"]:
            raise Refusal("ABORTED", f"etag {body['etag']} is not the current one")
        immutable = KINDS[collection_of(name)][2]
        paths = [path for path in (mask or "").split(",") if path] or [key for key in body if key not in ("etag", "name")]
        changed = json.loads(json.dumps(kept["body"]))
        for path in paths:
            steps = path.split(".")
            if steps[0] in immutable and body.get(steps[0]) != kept["body"].get(steps[0]):
                raise Refusal("INVALID_ARGUMENT", f"{path} is immutable")
            self.patch_field(changed, body, steps)
        # Where the operation fails, nothing is written.
        if not self.operation_error:
            kept["written"] = (self.now + self.slow, changed)
        return self.operation("update", name)

    @staticmethod
    def patch_field(target, source, steps):
        for step in steps[:-1]:
            target, source = target.setdefault(step, {}), source.get(step, {})
        last = steps[-1]
        if last in ("retainDays", "deleteLockDays") and source.get(last, 0) < target.get(last, 0):
            raise Refusal("INVALID_ARGUMENT", f"{last} may only grow")
        if last in source:
            target[last] = source[last]
        else:
            target.pop(last, None)

    def delete(self, name, etag, force):
        current, collection = self.view(name), collection_of(name)
        if etag and etag != current["etag"]:
            raise Refusal("ABORTED", f"etag {etag} is not the current one")
        full = self.below(name) or self.resources[name]["volumes"]
        if full and not force:
            raise Refusal("FAILED_PRECONDITION", f"{name} is not empty")
        if collection == "backups" and current.get("deleteLockDays") and \
                current["deleteLockExpireTime"] > stamp(self.now):
            raise Refusal("FAILED_PRECONDITION", f"the Backup is locked until {current['deleteLockExpireTime']}")
        # Where the operation fails, nothing goes.
        for other in () if self.operation_error else (name, *self.below(name)):
            self.resources[other]["gone"] = self.now + MADE
        return self.operation("delete", name)

    def list(self, parent, collection, size, token):
        # "-" stands for any location and any plan.
        wanted = re.compile(re.escape(parent).replace("/\\-", "/[^/]+") + f"/{collection}/[^/]+")
        found = [self.view(name) for name in sorted(self.resources) if wanted.fullmatch(name) and self.exists(name)]
        return self.one_page(collection, found, size, token)

    def one_page(self, collection, found, size, token):
        begin, size = int(token or 0), min(int(size or self.page), self.page)
        answer = {}
        if found[begin : begin + size]:
            answer[collection] = found[begin : begin + size]
        if begin + size < len(found):
            answer["nextPageToken"] = str(begin + size)
        elif self.unreachable:
            answer["unreachable"] = self.unreachable
        return answer

    def list_volumes(self, parent, collection, size, token):
        """Volume backups of a backup, and volume restores of a restore: as far as it is."""
        owner = self.view(parent)
        backup = parent if collection == "volumeBackups" else owner["backup"]
        kept, found = self.resources[backup], []
        for index, claim in enumerate(kept["volumes"]):
            common = {"name": f"{parent}/{collection}/pv-{index}", "uid": f"{kept['uid']}-{index}",
                      "createTime": owner["createTime"]}
            state = owner["state"] if owner["state"] in ("CREATING", "SUCCEEDED", "FAILED") else None
            if collection == "volumeBackups":
                state, copied = self.copied(kept, index, state)
                found.append({**common, "sourcePvc": claim, "state": state, "diskSizeBytes": "8589934592", **copied})
            else:
                found.append({**common, "targetPvc": claim, "state": state or "RESTORING",
                              "volumeBackup": f"{backup}/volumeBackups/pv-{index}"})
        answer = self.one_page(collection, found, size, token)
        answer.pop("unreachable", None)
        return answer

    def copied(self, kept, index, state):
        """How far a volume's copy is: one after the other."""
        left = kept["made"] + MADE + VOLUME * (index + 1) - self.now
        if state in ("CREATING", "FAILED"):
            return state, {}
        if left > VOLUME:
            return "SNAPSHOTTING", {}
        return ("UPLOADING", {"storageBytes": str(GIB)}) if left > 0 else ("SUCCEEDED", {"storageBytes": str(4 * GIB)})

    def cluster(self, name):
        if name not in self.clusters:
            raise Refusal("NOT_FOUND", f"Not found: {name}.")
        return self.clusters[name]


class LiveService(Service):
    """The same by this machine's clock, for tests that do what backups and restores stand for: each is over when finish() says."""

    @property
    def now(self):
        return int(time.time()) - EPOCH

    @now.setter
    def now(self, _):
        """Nobody moves it."""

    def over_at(self, kept, _):
        return kept.get("over")

    def finish(self, name, error=None, **told):
        """The work on a backup or restore is over: what it is told to be like, or how it failed."""
        kept = self.resources[name]
        kept["told"], kept["error"] = told, error
        kept["over"] = kept["changed"] = self.now


class Tokens:
    """Who gives tokens: the metadata server, OAuth for keys, STS, and IAM."""

    def __init__(self):
        self.good, self.serial, self.lifetime = set(), 0, 3600
        self.modulus = None  # of the service account's key; its exponent is 65537
        self.subjects = set()  # tokens that STS trusts
        self.place = {"project/project-id": "kafka-proj", "instance/attributes/cluster-location": "us-central1",
                      "instance/attributes/cluster-name": "gke-kafka-us-central1"}

    def give(self, kind="cloud"):
        self.serial += 1
        token = f"ya29.{kind}-{self.serial}"
        self.good.add(token)
        return token

    def revoke(self):
        self.good.clear()

    def grant(self, kind="cloud"):
        return {"access_token": self.give(kind), "expires_in": self.lifetime, "token_type": "Bearer"}

    def metadata(self, path, headers):
        if headers.get("Metadata-Flavor") != "Google":
            raise PermissionError("Missing Metadata-Flavor:Google header.")
        below = path.removeprefix("/computeMetadata/v1/")
        if below == "instance/service-accounts/default/token":
            return json.dumps(self.grant()), "application/json"
        return self.place[below], "application/text"

    def by_assertion(self, form):
        """RFC 7523; what is wrong is an OAuth error."""
        header, claims, signature = form["assertion"].split(".")
        head, body = json.loads(decode(header)), json.loads(decode(claims))
        wanted = {"iss": body.get("iss"), "scope": SCOPE, "aud": "https://oauth2.googleapis.com/token",
                  "iat": body.get("iat"), "exp": body.get("iat", 0) + 3600}
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" or body != wanted or \
                head != {"typ": "JWT", "alg": "RS256", "kid": "kid-1"} or abs(body["iat"] - time.time()) > 3600:
            raise ValueError("Invalid JWT: claims")
        if not self.is_signed(f"{header}.{claims}".encode(), decode(signature)):
            raise ValueError("Invalid JWT Signature.")
        return self.grant()

    def is_signed(self, data, signature):
        """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2)."""
        size = (self.modulus.bit_length() + 7) // 8
        plain = pow(int.from_bytes(signature, "big"), 65537, self.modulus).to_bytes(size, "big")
        digest = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(data).digest()
        return plain == b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest

    def by_exchange(self, body):
        if body["grantType"] != "urn:ietf:params:oauth:grant-type:token-exchange" or \
                body["subjectToken"] not in self.subjects:
            raise ValueError("The subject token is not valid.")
        kind = {SCOPE: "cloud", IAM_SCOPE: "iam"}[body["scope"]]
        return {**self.grant(kind), "issued_token_type": body["requestedTokenType"]}

    def by_impersonation(self, body):
        seconds = int(body["lifetime"].removesuffix("s"))
        return {"accessToken": self.give(), "expireTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))}


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class Fault:
    """What happens to the next `times` requests whose "VERB PATH" matches.

    `how` is "status" (refused, nothing done), "lost" (done, and the connection closed without an answer) or "gone" (closed, and
    nothing done). `then` is called at the moment when an answer is lost.
    """

    def __init__(self, match, how="status", status="UNAVAILABLE", times=1, headers=(), skip=0, then=None):
        self.match, self.how, self.status, self.times = re.compile(match), how, status, times
        self.headers, self.skip, self.then = headers, skip, then

    def applies(self, line):
        if self.times <= 0 or not self.match.search(line):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Fake:
    """The server. `with Fake() as fake:` runs it."""

    def __init__(self, service=None, host="127.0.0.1"):
        self.service, self.tokens = service or Service(), Tokens()
        self.documents = Documents("gkebackup", "container", "sts", "iamcredentials")
        self.faults, self.requests, self.violations, self.notes = [], [], [], []
        self.lock = threading.Lock()
        handler = type("Handler", (Handler,), {"fake": self})
        self.server = http.server.ThreadingHTTPServer((host, 0), handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def address(self):
        return "{}:{}".format(*self.server.server_address)

    @property
    def url(self):
        return f"http://{self.address}"

    def lines(self):
        return [f"{verb} {path}" for verb, path, *_ in self.requests]

    def judge(self, what, problems):
        """Notes what is wrong. That gcloud sends output-only fields is its habit, and for its tests to look over."""
        for problem in problems:
            (self.notes if problem.endswith("output only") else self.violations).append(f"{what}: {problem}")

    def find_fault(self, line):
        return next((fault for fault in self.faults if fault.applies(line)), None)

    # --- the methods by their ids ---

    def call(self, method, path, query, body):
        """The body of the answer to a method of Google's."""
        name = path.removeprefix("/v1/")
        one = {key: values[0] for key, values in query.items()}
        word = method.id.rsplit(".", 1)[-1]
        collection = name.split("/")[-1]
        page = (one.get("pageSize"), one.get("pageToken"))
        if method.id == "container.projects.locations.clusters.get":
            return self.service.cluster(name)
        if "operations" in method.id and word == "get":
            return self.service.view_operation(name)
        if word == "list" and collection.startswith("volume"):
            return self.service.list_volumes(name.rsplit("/", 1)[0], collection, *page)
        if word == "create":
            return self.service.create(name.rsplit("/", 1)[0], collection, one.get(KINDS[collection][1]), body)
        if word == "list" and collection in KINDS:
            return self.service.list(name.rsplit("/", 1)[0], collection, *page)
        if len(name.split("/")) > 2 and collection_of(name) in KINDS:
            if word == "get":
                return self.service.view(name)
            if word == "patch":
                return self.service.patch(name, one.get("updateMask"), body)
            if word == "delete":
                return self.service.delete(name, one.get("etag"), one.get("force", "").lower() == "true")
        raise Refusal("UNIMPLEMENTED", f"{method.id} is not in this fake")

    def api(self, verb, path, query, headers, body):
        """(status, headers, answer) of a method."""
        method = self.documents.find(verb, path)
        what = f"{verb} {path}"
        if not method:
            self.violations.append(f"{what}: no such method")
            return self.refuse(Refusal("NOT_FOUND", "no such method"))
        self.judge(what, [*method.query(query), *method.body(body)])
        try:
            if fault := self.find_fault(what):
                if fault.how != "lost":
                    self.trip(fault)
                self.answer(method, path, query, headers, body)
                if fault.then:
                    fault.then()
                raise ConnectionAbortedError
            status, extra, answer = 200, {}, self.answer(method, path, query, headers, body)
        except Refusal as refusal:
            status, extra, answer = self.refuse(refusal)
        self.judge(f"{what} -> {status}", method.answer(status, answer))
        return status, extra, answer

    @staticmethod
    def trip(fault):
        if fault.how == "gone":
            raise ConnectionAbortedError
        raise Refusal(fault.status, "as the test wants it", fault.headers)

    def answer(self, method, path, query, headers, body):
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        wanted = "ya29.iam-" if method.id.startswith("iamcredentials") else "ya29.cloud-"
        if token not in self.tokens.good or not token.startswith(wanted):
            raise Refusal("UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if method.id.startswith("iamcredentials"):
            return self.tokens.by_impersonation(body)
        if method.verb == "GET":
            self.service.now += self.service.per_read
        return self.call(method, path, query, body)

    @staticmethod
    def refuse(refusal):
        code = STATUSES[refusal.status]
        return code, refusal.headers, {"error": {"code": code, "message": refusal.message, "status": refusal.status}}

    # --- for those who are in another process ---

    def control(self, order):
        """Carries an order out, and tells what there is: {"service": {attribute: value}, "advance": seconds, "faults":
        [{"match", "how", …}], "revoke": true}, all of them optional."""
        for name, value in order.get("service", {}).items():
            setattr(self.service, name, value)
        self.service.now += order.get("advance", 0)
        self.faults += [Fault(**fault) for fault in order.get("faults", [])]
        if order.get("revoke"):
            self.tokens.revoke()
        return {"now": self.service.now, "violations": self.violations, "notes": self.notes, "requests": self.lines()}

    # --- who gives tokens ---

    def sts(self, form):
        """Forms have the members of the request with underscores."""
        body = {camel(name): value for name, value in form.items()}
        method = self.documents.find("POST", "/v1/token")
        self.judge("POST /v1/token", method.body(body))
        answer = self.tokens.by_exchange(body)
        self.judge("POST /v1/token -> 200", method.answer(200, answer))
        return answer


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: the second one would wait for an acknowledgement of the first
    fake = None

    def log_message(self, *_):
        pass

    def reply(self, status, headers, text, kind="application/json"):
        data = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": len(data), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def give_token(self, path, raw):
        """Of the two that are asked by forms; OAuth's errors (RFC 6749, 5.2)."""
        form = dict(urllib.parse.parse_qsl(raw.decode(), strict_parsing=True))
        if fault := self.fake.find_fault(f"POST {path}"):
            return STATUSES[fault.status], {"error": "server_error"}
        try:
            return 200, self.fake.sts(form) if path == "/v1/token" else self.fake.tokens.by_assertion(form)
        except (ValueError, KeyError) as error:
            return 400, {"error": "invalid_grant", "error_description": str(error)}

    def serve(self, raw):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        if url.path == "/control":
            return self.reply(200, {}, json.dumps(self.fake.control(json.loads(raw or b"{}"))))
        self.fake.requests.append((self.command, url.path, query, raw))
        if url.path.startswith("/computeMetadata/"):
            if fault := self.fake.find_fault(f"GET {url.path}"):
                return self.reply(STATUSES[fault.status], {}, "later", "text/html")
            try:
                return self.reply(200, {}, *self.fake.tokens.metadata(url.path, self.headers))
            except (KeyError, PermissionError) as error:
                return self.reply(404 if isinstance(error, KeyError) else 403, {}, str(error), "text/html")
        if url.path in ("/token", "/v1/token"):
            status, answer = self.give_token(url.path, raw)
            return self.reply(status, {}, json.dumps(answer))
        if url.path == "/subject":
            return self.reply(200, {}, json.dumps({"value": sorted(self.fake.tokens.subjects)[-1]}))
        status, headers, answer = self.fake.api(self.command, url.path, query, self.headers, json.loads(raw) if raw else None)
        return self.reply(status, headers, json.dumps(answer))

    def handle_one(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.fake.lock:
            try:
                self.serve(raw)
            except (ConnectionAbortedError, BrokenPipeError):
                self.close_connection = True

    do_GET = do_POST = do_PATCH = do_DELETE = handle_one


def main():
    """Prints its URL, and serves until standard input ends."""
    with Fake() as fake:
        print(fake.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
