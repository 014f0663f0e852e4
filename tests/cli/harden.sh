#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

fixtures="$SRC/tests/golden/fixtures"
cp "$fixtures/bitnami-zookeeper-mode.yaml" release.yaml
cp "$fixtures/look-alikes.yaml" others.yaml

it "passes through byte for byte what is not Kafka"
run "$BALLAST" harden -q others.yaml
expect_rc 0
expect_out_same others.yaml

it "keeps comments, and changes lines only where something is added"
run "$BALLAST" harden -q release.yaml
expect_rc 0
cp "$out" once.yaml
expect_out_contains "# A release in the likeness of the Bitnami chart"
cli_check "only publishNotReadyAddresses is replaced" \
    test "$(diff release.yaml once.yaml | grep -c '^<')" -eq 1

it "changes nothing the second time"
run "$BALLAST" harden -q once.yaml
expect_rc 0
expect_out_same once.yaml

it "reads standard input, with and without a dash"
run sh -c '"$BALLAST" harden -q - < release.yaml'
expect_out_same once.yaml
run sh -c '"$BALLAST" harden -q < release.yaml'
expect_out_same once.yaml

it "reads folders and takes -f as kubectl does"
mkdir folder && cp release.yaml folder/a.yaml
run "$BALLAST" harden -q folder
expect_out_same once.yaml
run "$BALLAST" harden -q -f release.yaml
expect_out_same once.yaml

it "keeps documents of several files apart"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}' >a.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n' >b.yaml
run "$BALLAST" harden -q a.yaml b.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n' >ab.yaml
expect_out_same ab.yaml

it "shows a diff that patch applies"
run "$BALLAST" harden -q --diff release.yaml
expect_rc 0
expect_out_contains "--- a/release.yaml"
cp "$out" release.diff
mkdir patched && cp release.yaml patched/
cli_check "patch applies it" sh -c 'cd patched && patch -s -p1 < ../release.diff'
cli_check "and gives what harden prints" cmp patched/release.yaml once.yaml

it "shows nothing where nothing changes"
run "$BALLAST" harden -q --diff once.yaml
cli_check "the diff is empty" test ! -s "$out"

it "writes files in place"
cp release.yaml mine.yaml
run "$BALLAST" harden -q --in-place mine.yaml
expect_rc 0
cli_check "the file is hardened" cmp mine.yaml once.yaml
cli_check "nothing is printed" test ! -s "$out"

it "writes nothing in place when something is denied, and says so"
sed 's/maxUnavailable: 1/maxUnavailable: 0/' release.yaml >denied.yaml
cp denied.yaml before.yaml
run "$BALLAST" harden --in-place denied.yaml
expect_rc 1
expect_err_contains "no file was written"
cli_check "the file is as before" cmp denied.yaml before.yaml

it "prints the completed manifests and exits 1 when something is denied"
run "$BALLAST" harden denied.yaml
expect_rc 1
expect_out_contains "kind: NetworkPolicy"
expect_err_contains "denied.yaml:9: error: disruption-budget: PodDisruptionBudget \"kafka\" allows no pod of 3"
expect_err_contains "hint: "

it "exits 2 and prints nothing on bad input"
printf 'kind: [\n' >bad.yaml
run "$BALLAST" harden release.yaml bad.yaml
expect_rc 2
cli_check "nothing is printed" test ! -s "$out"
expect_err_contains "bad.yaml:"
run "$BALLAST" harden no-such-file.yaml
expect_rc 2
expect_err_contains "no-such-file.yaml"
run sh -c '"$BALLAST" harden --in-place < release.yaml'
expect_rc 2
run "$BALLAST" harden --diff --in-place release.yaml
expect_rc 2

it "goes where the namespace is told"
printf 'apiVersion: ballast.dev/v1alpha1\nkind: KafkaPolicy\nmetadata: {name: x}\nspec:\n  match: {namespaces: [prod]}\n  rules: {gracefulStop: {action: Mutate}}\n' >prod.yaml
sed '/^  namespace:/d' release.yaml >bare.yaml
run "$BALLAST" harden -q -p prod.yaml bare.yaml
expect_out_same bare.yaml
run "$BALLAST" harden -q -p prod.yaml -n prod bare.yaml
expect_out_contains "terminationGracePeriodSeconds: 120"

it "is a KRM function: a ResourceList in, the list with results out"
python3 - release.yaml <<'PY' >list.yaml
import sys
docs = open(sys.argv[1]).read().split("\n---\n")
print("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:")
for doc in docs:
    lines = [line for line in doc.split("\n") if line.strip() and not line.startswith("#")]
    print("- " + "\n  ".join(lines))
PY
run sh -c '"$BALLAST" harden -q < list.yaml'
expect_rc 0
expect_out_contains "kind: ResourceList"
expect_out_contains "kind: NetworkPolicy"
expect_out_contains "results:"
expect_out_contains "severity: warning"
cp "$out" list-once.yaml
run sh -c '"$BALLAST" harden -q < list-once.yaml'
cli_check "no second policy" test "$(grep -c '^ *kind: NetworkPolicy' "$out")" -eq 2

it "takes a policy from functionConfig"
{
    cat list.yaml
    printf 'functionConfig:\n  apiVersion: ballast.dev/v1alpha1\n  kind: KafkaPolicy\n  metadata: {name: f}\n  spec: {rules: {gracefulStop: {action: Mutate, minSeconds: 77}}}\n'
} >configured.yaml
run sh -c '"$BALLAST" harden -q < configured.yaml'
expect_rc 0
expect_out_contains "terminationGracePeriodSeconds: 77"
cli_check "and no other policy" test "$(grep -c 'kind: NetworkPolicy' "$out")" -eq 0

it "tells a full disk"
run sh -c '"$BALLAST" harden -q release.yaml > /dev/full'
expect_rc 2
expect_err_contains "No space left"

it "keeps a file of JSON a file of JSON"
python3 - >set.json <<'PY'
import json
spec = {"replicas": 3, "selector": {"matchLabels": {"app": "k"}}, "template": {"metadata": {"labels": {"app": "k"}},
        "spec": {"containers": [{"name": "k", "command": ["kafka-server-start.sh"], "ports": [{"containerPort": 9092}],
                                 "env": [{"name": "JMX_PORT", "value": "5555"}],
                                 "volumeMounts": [{"name": "d", "mountPath": "/d"}]}]}},
        "volumeClaimTemplates": [{"metadata": {"name": "d"}}]}
print(json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}), end="")
print(json.dumps({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "k"}, "spec": spec}, indent=2))
print(json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}))
PY
run "$BALLAST" harden -q set.json
expect_rc 0
cli_check "values one after the other, companions behind their workload" python3 - "$out" <<'PY'
import json, sys
text, kinds, decoder = open(sys.argv[1]).read().strip(), [], json.JSONDecoder()
while text:
    value, end = decoder.raw_decode(text)
    kinds.append(value["kind"])
    text = text[end:].strip()
assert kinds == ["ConfigMap", "StatefulSet", "PodDisruptionBudget", "NetworkPolicy", "ConfigMap"], kinds
PY
printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}' >two.json
run "$BALLAST" harden -q two.json
expect_out_same two.json
