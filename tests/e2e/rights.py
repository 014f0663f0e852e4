"""Do the service accounts of Ballast use what they may do? The API server's audit log against the chart's rules."""

import collections
import datetime
import json

from harness import Api, expect

# What the hour leaves unused, and why it stays. Kinds that the cluster has not are not asked for here.
UNUSED = {
    "ballast-webhook": {},
    "ballast-controller": {
        ("apps", "controllerrevisions", "get"): "no template has to be taken back",
        **{("ballast.dev", *right): "there is no KafkaCluster; kafka_cluster.py has one" for right in (
            ("kafkaclusters", "get"), ("kafkaclusters", "patch"), ("kafkaclusters/status", "patch"))},
        **{("ballast.dev", kind + part, verb): "there is no backup; tests/integration/backups.py has some"
           for kind in ("kafkabackupplans", "kafkabackups", "kafkarestores")
           for part, verb in (("", "get"), ("", "patch"), ("/status", "patch"))},
    },
}


def now():
    """As the audit log has it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def requests_of(audit, account, since):
    """What the account has asked for, of objects: (group, resource/subresource, verb, name), and what was refused."""
    used, refused = collections.Counter(), []
    with audit.open(encoding="utf-8") as lines:
        for line in lines:
            if f":{account}\"" not in line:
                continue
            event = json.loads(line)
            if not event["user"]["username"].endswith(f":{account}") or event["requestReceivedTimestamp"] < since:
                continue
            if event.get("impersonatedUser"):
                continue  # by the rights of somebody else
            code = event.get("responseStatus", {}).get("code")
            if code in (401, 403):
                refused.append(f"{event['verb']} {event['requestURI']}: {code} {event.get('responseStatus', {}).get('message', '')}")
            ref = event.get("objectRef")
            if ref and ref.get("resource"):
                resource = "/".join(filter(None, (ref["resource"], ref.get("subresource"))))
                used[ref.get("apiGroup", ""), resource, event["verb"], ref.get("name", "")] += 1
                # Server-side apply of what is not there yet is asked for both.
                if event["verb"] == "patch" and code == 201:
                    used[ref.get("apiGroup", ""), resource, "create", ""] += 1
    return used, refused


def rules_of(api, account, namespace):
    """What is bound to the account, in all namespaces: (group, resource, verb, names)."""
    found = []
    for kind, path in (("ClusterRoleBinding", "clusterrolebindings"), ("RoleBinding", "rolebindings")):
        bindings = api.request("GET", f"/apis/rbac.authorization.k8s.io/v1/{path}")["items"]
        for binding in bindings:
            if not any(subject["kind"] == "ServiceAccount" and subject["name"] == account and subject["namespace"] == namespace
                       for subject in binding.get("subjects") or []):
                continue
            role = api.get(binding["roleRef"]["kind"], binding["roleRef"]["name"], binding["metadata"].get("namespace"))
            found += [(group, resource, verb, tuple(rule.get("resourceNames", []))) for rule in role["rules"]
                      for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]]
        expect(kind != "ClusterRoleBinding" or found, f"{account} has no ClusterRole")
    return found


def check_used(audit, since, account, rights):
    """Nothing was refused, and these rights, (group, resource, verb), were used."""
    used, refused = requests_of(audit, account, since)
    expect(not refused, f"{account} was refused", *refused)
    missing = set(rights) - {request[:3] for request in used}
    expect(not missing, f"{account} never used", *missing)


def check_rights(audit, since, namespace):
    """Nothing was refused, and nothing is granted but what was used, or is in UNUSED, where all is granted and was not used."""
    api, wrong = Api(), []
    served = {""} | {group["name"] for group in api.request("GET", "/apis")["groups"]}
    for account, reasons in UNUSED.items():
        used, refused = requests_of(audit, account, since)
        wrong += [f"{account} was refused: {text}" for text in refused]
        rules = [rule for rule in rules_of(api, account, namespace) if rule[0] in served]
        idle = {rule[:3] for rule in rules if not any(
            request[:3] == rule[:3] and (not rule[3] or request[3] in rule[3]) for request in used)}
        wrong += [f"{account} may {verb} {resource} ({group or 'core'}), and never does"
                  for group, resource, verb in sorted(idle - reasons.keys())]
        wrong += [f"{account}: used, or not granted, and yet in UNUSED: {reason}" for reason in sorted(reasons.keys() - idle)]
        print(f"  {account}: {sum(used.values())} requests; {len(rules) - len(idle)} of {len(rules)} rights used, "
              f"{len(refused)} refused", flush=True)
    expect(not wrong, "rights and use differ", *wrong)
