#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

# What an API server makes of the expressions is in tests/integration/vap.py. When the output changes on purpose:
# build/dev/ballast vap -p orders.yaml --admin user:alice >tests/cli/expected/vap.yaml
cat >orders.yaml <<'EOP'
apiVersion: ballast.dev/v1alpha1
kind: KafkaPolicy
metadata: {name: Orders}
spec:
  match:
    namespaces: ["orders-*"]
    namespaceSelector: {matchExpressions: [{key: tier, operator: In, values: [a, b]}]}
    objectSelector: {matchLabels: {team: orders}}
    roles: [zookeeper]
  rules:
    replicas: {action: Deny, minZookeepers: 5}
    images: {action: Mutate, registry: eu.gcr.io/p, allowed: ["eu.gcr.io/*/kafka:3.?"]}
    storage: {action: Warn}
    disruptionBudget: {action: "Off"}
  exceptions:
    - {name: old, match: {}, rules: [replicas], reason: was over long ago, expires: 2020-01-01}
    - {name: lab, match: {names: [lab]}, rules: [replicas, storage], reason: a lab}
EOP

it "renders what it has always rendered"
run "$BALLAST" vap -p orders.yaml --admin user:alice
expect_rc 0
expect_err_empty
expect_out_same "$SRC/tests/cli/expected/vap.yaml"

it "gives the same as JSON"
run "$BALLAST" vap -p default -p strict -p orders.yaml -o json
expect_rc 0
cli_check "each policy has a binding, and an action that fits" python3 - "$out" <<'PY'
import json, sys
items = json.load(open(sys.argv[1]))["items"]
policies = {i["metadata"]["name"]: i for i in items if i["kind"] == "ValidatingAdmissionPolicy"}
bindings = {i["spec"]["policyName"]: i["spec"] for i in items if i["kind"] == "ValidatingAdmissionPolicyBinding"}
assert policies and set(policies) == set(bindings) and len(items) == 2 * len(policies)
for name, policy in policies.items():
    spec = policy["spec"]
    assert spec["failurePolicy"] == "Ignore" and spec["validations"], name
    assert all(v["expression"].startswith("!variables.concerned || ") for v in spec["validations"]), name
    assert bindings[name]["matchResources"]["namespaceSelector"]["matchLabels"] == {"ballast.dev/enforce": "true"}
actions = {name: spec["validationActions"] for name, spec in bindings.items()}
assert actions["ballast-strict-images-names"] == ["Deny"], actions
assert actions["ballast-default-images-names"] == ["Warn"], actions
assert actions["ballast-default-replicas-count"] == ["Warn"], actions
assert actions["ballast-default-replicas-delete"] == ["Deny"], actions
# `orders` cannot be told from a claim, and whether it matches one neither.
assert "ballast-orders-storage-claim-delete" not in policies
assert not any("disruption-budget" in name and "orders" in name for name in policies)
PY
run "$BALLAST" vap -p audit -A -o json
cli_check "Audit audits, in all namespaces" python3 - "$out" <<'PY'
import json, sys
items = json.load(open(sys.argv[1]))["items"]
bindings = [i["spec"] for i in items if i["kind"] == "ValidatingAdmissionPolicyBinding"]
assert bindings
for spec in bindings:
    assert spec["validationActions"] == ["Audit"]
    assert "matchLabels" not in spec["matchResources"]["namespaceSelector"]
PY

it "says which rules are not in it"
run "$BALLAST" vap
for rule in zoneSpread probes services inSync rollout rack durability resources; do
    expect_out_contains "#   $rule: "
done

it "refuses what it does not take"
run "$BALLAST" vap kafka.yaml
expect_rc 2
expect_err_contains "it takes policies only"
run "$BALLAST" vap --admin alice
expect_rc 2
expect_err_contains "--admin takes user:NAME or group:NAME"
run "$BALLAST" vap -o text
expect_rc 2
run "$BALLAST" vap -p missing.yaml
expect_rc 2
echo '{apiVersion: ballast.dev/v1alpha1, kind: KafkaPolicy, metadata: {name: a}, spec: {rules: {probes: {action: Deny}}}}' >probes.yaml
run "$BALLAST" vap -p probes.yaml
expect_rc 2
expect_err_contains "nothing that can be rendered"
