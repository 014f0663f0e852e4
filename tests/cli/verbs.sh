#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

cp "$SRC/tests/golden/fixtures/bitnami-zookeeper-mode.yaml" release.yaml

it "says its version and helps"
run "$BALLAST" --version
expect_rc 0
expect_out_contains "ballast 0."
run "$BALLAST" --help
expect_rc 0
for verb in harden lint completion; do
    expect_out_contains "  $verb "
done

it "helps with each verb"
for verb in $("$BALLAST" --help | sed -n '/^  harden/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p'); do
    run "$BALLAST" "$verb" --help
    expect_rc 0
    expect_out_contains "Usage: ballast $verb"
    expect_out_contains "Examples:"
done

it "answers mistakes with what was meant"
run "$BALLAST"
expect_rc 2
run "$BALLAST" hardn
expect_rc 2
expect_err_contains "did you mean \"harden\"?"
run "$BALLAST" lint --outputt json
expect_rc 2
expect_err_contains "did you mean --output?"
run "$BALLAST" lint -o yaml release.yaml
expect_rc 2
expect_err_contains '--output takes text, json, sarif or junit, not "yaml"'
run "$BALLAST" lint -p
expect_rc 2
expect_err_contains "needs a value"

it "explains in JSON what each object is"
run "$BALLAST" explain -o json release.yaml
expect_rc 0
cli_check "roles, ports and rules are there" python3 - "$out" <<'PY'
import json, sys
objects = json.load(open(sys.argv[1]))
for o in objects:
    assert set(o) >= {"file", "line", "object", "role", "container", "distribution", "version", "confidence",
                      "cluster", "ports", "signals", "rules"}, o
    if o["role"] == "none":
        assert o["rules"] == [], o
kafka = [o for o in objects if o["object"]["kind"] == "StatefulSet" and o["object"]["name"] == "kafka"][0]
assert kafka["role"] == "broker" and kafka["container"] == "kafka" and kafka["version"] == "3.3.2"
assert {"port": 9093, "name": "kafka-internal", "purpose": "inter-broker"} in kafka["ports"], kafka["ports"]
assert kafka["signals"]
rules = {r["rule"]: r for r in kafka["rules"]}
assert rules["zoneSpread"]["result"] == "changed" and rules["zoneSpread"]["policy"] == "default"
assert rules["rack"]["result"] == "off"
PY
run "$BALLAST" explain release.yaml
expect_out_contains "is a broker (bitnami 3.3.2, high confidence)"

it "answers a review as harden would change the object"
python3 - release.yaml "$BALLAST" <<'PY' >compared
import base64, json, subprocess, sys
release, ballast = sys.argv[1:]

def run(*args, **kw):
    return subprocess.run([ballast, *args], capture_output=True, text=True, check=True, **kw).stdout

review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
object = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "kafka", "namespace": "kafka"},
          "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "kafka"}}, "template": {
              "metadata": {"labels": {"app": "kafka"}}, "spec": {"containers": [
                  {"name": "kafka", "command": ["kafka-server-start.sh"], "ports": [{"containerPort": 9092}],
                   "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}},
              "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}}
review["request"] = {"uid": "1-2-3", "operation": "CREATE", "namespace": "kafka", "object": object}
answer = json.loads(run("review", input=json.dumps(review)))
response = answer["response"]
assert answer["kind"] == "AdmissionReview" and response["uid"] == "1-2-3" and response["allowed"]
assert response["patchType"] == "JSONPatch"
patch = json.loads(base64.b64decode(response["patch"]))
assert patch and all(op["path"].startswith(("/spec/", "/metadata/")) for op in patch), patch
assert {"op": "add", "path": "/metadata/labels", "value": {"ballast.dev/role": "broker"}} in patch, patch
assert run("review", input=json.dumps(review)) == run("review", input=json.dumps(review))

# An update that leaves the template alone gets no patch of the template.
review["request"].update(operation="UPDATE", oldObject=object)
response = json.loads(run("review", input=json.dumps(review)))["response"]
assert response["allowed"] and "patch" not in response, response

# A denial is an answer, with what to do.
review["request"]["object"] = dict(object, spec=dict(object["spec"], replicas=1))
review["request"]["operation"] = "CREATE"
response = json.loads(run("review", "--validate", input=json.dumps(review)))["response"]
assert not response["allowed"] and response["status"]["code"] == 403, response
assert "replicas: 1 broker" in response["status"]["message"], response
assert "patch" not in response
print("ok")
PY
cli_check "the review is right" grep -q ok compared
run sh -c 'echo "{}" | "$BALLAST" review'
expect_rc 2
expect_err_contains "not an AdmissionReview"
run sh -c 'echo "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\",\"request\":{\"uid\":\"x\"}}" | "$BALLAST" review'
expect_rc 2
expect_err_contains "v1beta1"
run "$BALLAST" review --mutate --validate release.yaml
expect_rc 2

it "runs people's own cases"
mkdir -p cases/fixtures && cp release.yaml cases/fixtures/
cat >cases/mine.yaml <<'CASE'
name: brokers stop gracefully
input: fixtures/release.yaml
rules: {gracefulStop: {action: Mutate, minSeconds: 90}}
expect:
  values: {StatefulSet/kafka: {/spec/template/spec/terminationGracePeriodSeconds: 90}}
---
name: this one is wrong
input: fixtures/release.yaml
rules: {gracefulStop: {action: Mutate}}
expect:
  values: {StatefulSet/kafka: {/spec/template/spec/terminationGracePeriodSeconds: 1}}
CASE
run "$BALLAST" test cases
expect_rc 1
expect_out_contains "FAIL cases/mine.yaml:7: this one is wrong"
expect_out_contains "is 120, not 1"
expect_out_contains "1 passed, 1 failed"
run "$BALLAST" test
expect_rc 2
mkdir none
run "$BALLAST" test none
expect_rc 2
run "$BALLAST" test ./cases/mine.yaml "$PWD/cases"
expect_out_contains "2 passed, 2 failed"

it "does not let a case pass because it is misspelt"
printf 'name: x\ninput: fixtures/release.yaml\nexpect: {findings: [{rle: probes}]}\n' >cases/misspelt.yaml
run "$BALLAST" test cases/misspelt.yaml
expect_rc 1
expect_err_contains "cases/misspelt.yaml:3: error: expect: unknown field \"rle\""
printf 'name: x\ninput: fixtures/release.yaml\nexpect: {unchanged: StatefulSet/kafka}\n' >cases/misspelt.yaml
run "$BALLAST" test cases/misspelt.yaml
expect_rc 1
expect_err_contains "expected a list"
