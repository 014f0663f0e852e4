#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

cp "$SRC/tests/golden/fixtures/bitnami-zookeeper-mode.yaml" release.yaml
cp "$SRC/tests/golden/fixtures/look-alikes.yaml" others.yaml

it "reads like a compiler's messages"
run "$BALLAST" lint release.yaml
expect_rc 1
expect_out_contains 'release.yaml:172: warning: StatefulSet "kafka": ballast harden would add: '
expect_out_contains "zone-spread (4)"
expect_out_contains "findings about StatefulSet"
expect_out_contains "  line 2"
expect_err_contains "2 of 8 objects are Kafka or ZooKeeper"

it "tells each on its own where asked"
run "$BALLAST" lint -v release.yaml
expect_rc 1
expect_out_contains "release.yaml:218: warning: zone-spread: the spread over"
expect_out_contains "  hint: "

it "is clean where there is no Kafka"
run "$BALLAST" lint others.yaml
expect_rc 0
cli_check "nothing is printed" test ! -s "$out"

it "fails from the severity that is asked for"
run "$BALLAST" lint --fail-on error release.yaml
expect_rc 0
run "$BALLAST" lint --fail-on nonsense release.yaml
expect_rc 2

it "prints JSON with place, object and path"
run "$BALLAST" lint -o json release.yaml
expect_rc 1
cli_check "the fields are there" python3 - "$out" <<'PY'
import json, sys
findings = json.load(open(sys.argv[1]))
assert findings, "there are none"
for f in findings:
    assert f["file"] == "release.yaml" and f["line"] > 0 and f["column"] > 0, f
    assert f["severity"] in ("error", "warning", "info"), f
    assert f["action"] in ("Mutate", "Deny", "Warn", "Audit"), f
    assert f["policy"] == "default" and f["message"] and f["hint"], f
    assert set(f["object"]) == {"apiVersion", "kind", "namespace", "name"}, f
    assert f["path"] == "" or f["path"].startswith("/"), f
assert any(f["rule"] == "durability" and f["object"]["name"] == "kafka" for f in findings)
PY

it "prints an empty array where there is nothing"
run "$BALLAST" lint -o json others.yaml
expect_rc 0
cli_check "it is []" test "$(cat "$out")" = "[]"

it "prints SARIF 2.1.0"
run "$BALLAST" lint -o sarif release.yaml
cli_check "rules and results agree" python3 - "$out" <<'PY'
import json, sys
run = json.load(open(sys.argv[1]))["runs"][0]
rules = [r["id"] for r in run["tool"]["driver"]["rules"]]
for r in run["results"]:
    assert rules[r["ruleIndex"]] == r["ruleId"], r
    assert r["level"] in ("note", "warning", "error"), r
    assert r["locations"][0]["physicalLocation"]["region"]["startLine"] > 0, r
PY

it "prints JUnit"
run "$BALLAST" lint -o junit release.yaml
cli_check "it is well-formed and counts right" python3 - "$out" <<'PY'
import sys, xml.etree.ElementTree as e
suite = e.parse(sys.argv[1]).getroot()
assert int(suite.get("tests")) == len(suite.findall("testcase"))
assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) > 0
PY

it "takes policies by name, file and folder"
run "$BALLAST" lint -p audit -o json release.yaml
cli_check "audit only informs" python3 - "$out" <<'PY'
import json, sys
assert {f["severity"] for f in json.load(open(sys.argv[1]))} == {"info"}
PY
mkdir policies && cp "$SRC/policies/bundles/strict.yaml" policies/
run "$BALLAST" lint -p policies release.yaml
expect_rc 1
expect_out_contains "error: durability: "
run "$BALLAST" lint -p no-such-policy release.yaml
expect_rc 2

it "says where a policy file is wrong, and what was meant"
sed 's/zoneSpread:/zoneSpred:/' policies/strict.yaml >wrong.yaml
run "$BALLAST" lint -p wrong.yaml release.yaml
expect_rc 2
expect_err_contains "error: spec.rules: unknown field \"zoneSpred\""
expect_err_contains "Did you mean \"zoneSpread\"?"
mkdir empty
run "$BALLAST" lint -p empty release.yaml
expect_rc 2
expect_err_contains "no policy file in this folder"

it "judges two renders of one release apart"
sed 's/20.0.6/20.1.0/; s/3.3.2/3.4.0/' release.yaml >next.yaml
run "$BALLAST" lint --fail-on error release.yaml next.yaml
expect_rc 0

it "tells of Kafka that is not judged"
run "$BALLAST" lint "$SRC/tests/golden/fixtures/faults/openshift-template-and-replication-controller-pass-in-silence.yaml"
expect_rc 0
expect_err_contains 'ReplicationController "rc" is not judged: its pods have no stable names'
expect_err_contains 'Kafka "cr" is not judged: it is a Strimzi resource'
expect_err_contains "0 of 2 objects are Kafka or ZooKeeper, 2 more not judged"

it "passes over what a folder holds beside manifests, and says so"
mkdir -p chart/templates
cp release.yaml chart/release.yaml
echo "resources: [release.yaml]" >chart/kustomization.yaml
echo '- {op: remove, path: /spec/kafka}' >chart/patch.yaml
printf 'apiVersion: apps/v1\nkind: {{ .kind }}\nmetadata: {name: kafka}\n' >chart/templates/kafka.yaml
run "$BALLAST" lint --fail-on error chart
expect_rc 0
expect_err_contains "passed over: chart/kustomization.yaml:1: not a Kubernetes object"
expect_err_contains "passed over: chart/patch.yaml:1: not a Kubernetes object"
expect_err_contains "passed over: chart/templates/kafka.yaml:2: could not read YAML"
expect_err_contains "2 of 8 objects"

it "takes no chart's own file for a manifest"
printf 'apiVersion: v2\nname: kafka\nversion: 1.0.0\n' >chart/Chart.yaml
run "$BALLAST" lint --fail-on error chart
expect_rc 0
expect_err_contains "passed over: chart/Chart.yaml:1"

it "refuses them where they are named"
run "$BALLAST" lint chart/kustomization.yaml
expect_rc 2
expect_err_contains "chart/kustomization.yaml:1: error: not a Kubernetes object"

it "does not pass over manifests of Kafka that have a mistake in them"
printf 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: kafka\nspec: {}\n' >chart/broken.yaml
run "$BALLAST" lint chart
expect_rc 2
expect_err_contains "chart/broken.yaml:"
rm chart/broken.yaml

it "goes on past somebody else's mistakes"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "1", a: "2"}\n---\nfoo: [\n---\n' >others-and-kafka.yaml
cat release.yaml >>others-and-kafka.yaml
run "$BALLAST" lint --fail-on error others-and-kafka.yaml
expect_rc 0
expect_err_contains "others-and-kafka.yaml:4: could not read YAML: duplicate key"
expect_err_contains "others-and-kafka.yaml:7: could not read YAML"
run "$BALLAST" harden -q others-and-kafka.yaml
cli_check "their text is as it was" test "$(head -n 7 "$out")" = "$(head -n 7 others-and-kafka.yaml)"

it "changes no document in which a key stands twice"
printf 'apiVersion: v1\nkind: Service\nmetadata: {name: kafka-headless}\nspec: {clusterIP: None, clusterIP: None, selector: {app.kubernetes.io/name: kafka}, ports: [{port: 9092}]}\n' >twice.yaml
run "$BALLAST" harden twice.yaml
expect_rc 2
expect_err_contains "twice.yaml:4: error: could not read YAML: duplicate key"
cli_check "nothing is printed" test ! -s "$out"
