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

it "reads Ballast's own kinds"
cat >own.yaml <<'YAML'
apiVersion: ballast.dev/v1alpha1
kind: KafkaRestore
metadata: {name: back, namespace: kafka}
spec:
  bakup: nightly
---
apiVersion: v1
kind: List
items:
  - apiVersion: ballast.dev/v1alpha1
    kind: KafkaCluster
    metadata: {name: kafka}
    spec: {}
  - apiVersion: ballast.dev/v1alpha1
    kind: KafkaBackupPlan
    metadata: {name: nightly}
    spec: {backupSchedule: {cronSchedule: daily}}
  - apiVersion: ballast.dev/v1alpha1
    kind: KafkaBackup
    metadata: {name: now}
    spec: {backupPlan: nightly}
  - apiVersion: ballast.dev/v1alpha1
    kind: KafkaPolicy
    metadata: {name: ours}
    spec: {rules: {probe: {}}}
YAML
run "$BALLAST" lint own.yaml
expect_rc 2
expect_err_contains 'own.yaml:5: error: spec: unknown field "bakup"'
expect_err_contains 'own.yaml:10: error: spec: "chart" is missing'
expect_err_contains 'own.yaml:14: error: spec.backupSchedule.cronSchedule: '
expect_err_contains 'own.yaml:22: error: KafkaPolicy "ours": spec.rules: unknown field "probe"'
expect_err_contains "4 documents cannot be judged"

it "has a line where something is missing"
cat >lacks.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
apiVersion: ballast.dev/v1alpha1
kind: KafkaRestore
metadata: {name: back}
---
apiVersion: ballast.dev/v1alpha1
kind: KafkaBackupsPlan
metadata: {name: nightly}
---
apiVersion: ballast.dev/v1alpha1
kind: KafkaBackupPlan
metadata: {name: nightly}
---
apiVersion: ballast.dev/v1alpha1
kind: KafkaRestore
metadata: {name: back}
spec: {backup: projects/p/backups/foo}
YAML
run "$BALLAST" lint lacks.yaml
expect_rc 2
expect_err_contains 'lacks.yaml:5: error: spec: "backup" is missing'
expect_err_contains 'lacks.yaml:9: error: ballast.dev has no kind "KafkaBackupsPlan"'
expect_err_contains "lacks.yaml:13: error: spec: "
expect_err_contains "lacks.yaml:20: error: spec.backup: "

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

it "judges what others wrote for Backup for GKE, in each form"
sed 's/BackupAllRestoreAll, backupAllRestoreAll: {}/BackupOneRestoreAll/' "$SRC/tests/golden/fixtures/application.yaml" >application.yaml
run "$BALLAST" lint release.yaml application.yaml
expect_out_contains 'application.yaml:12: warning: storage: ProtectedApplication "ours" copies StatefulSet "kafka" by BackupOneRestoreAll'
run "$BALLAST" lint -o json release.yaml application.yaml
cli_check "JSON has the object and the path" python3 - "$out" <<'PY'
import json, sys
found, = [f for f in json.load(open(sys.argv[1])) if f["object"]["kind"] == "ProtectedApplication"]
assert (found["file"], found["line"], found["rule"]) == ("application.yaml", 12, "storage"), found
assert found["path"] == "/spec/components/0/strategy/type", found
PY
run "$BALLAST" lint -o sarif release.yaml application.yaml
cli_check "SARIF has the place" python3 - "$out" <<'PY'
import json, sys
found, = [r for r in json.load(open(sys.argv[1]))["runs"][0]["results"] if "ProtectedApplication" in r["message"]["text"]]
place = found["locations"][0]["physicalLocation"]
assert (found["ruleId"], place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("storage", "application.yaml", 12), found
PY
run "$BALLAST" explain release.yaml application.yaml
expect_out_contains 'ProtectedApplication "ours" copies StatefulSet "kafka" by BackupOneRestoreAll'

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

it "takes no patch of a kustomization for an object"
mkdir -p overlay/more
cat >overlay/kustomization.yaml <<'YAML'
resources: [../chart]
patches:
  - path: ./more/../cpu.yaml
  - target: {kind: StatefulSet}
    patch: |-
      - {op: replace, path: /spec/replicas, value: 3}
patchesStrategicMerge:
  - more/disk.yaml
  - |-
    apiVersion: apps/v1
YAML
cat >overlay/cpu.yaml <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: kafka}
spec:
  template:
    spec:
      containers:
        - {name: kafka, image: "bitnami/kafka:3.4.0", env: [{name: KAFKA_CFG_ZOOKEEPER_CONNECT, value: zk}]}
YAML
cp overlay/cpu.yaml overlay/more/disk.yaml
run "$BALLAST" lint overlay
expect_rc 0
expect_err_contains "passed over: overlay/cpu.yaml: a patch that overlay/kustomization.yaml applies"
expect_err_contains "passed over: overlay/more/disk.yaml: a patch"
expect_err_contains "0 of 0 objects"
run "$BALLAST" lint --fail-on error overlay/cpu.yaml
expect_err_contains "1 of 1 object"

it "knows a kustomization by each of its names"
mkdir -p third
cp overlay/cpu.yaml third/cpu.yaml
printf 'patches: [{path: cpu.yaml}]\n' >third/Kustomization
run "$BALLAST" lint third
expect_rc 0
expect_err_contains "passed over: third/cpu.yaml: a patch that third/Kustomization applies"

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

it "tells what members would lose to a new version"
cat >before.yaml <<'END'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: kafka, namespace: k}
spec:
  replicas: 3
  serviceName: kafka-headless
  selector: {matchLabels: {app: kafka}}
  template:
    metadata: {labels: {app: kafka}}
    spec: {containers: [{name: kafka, command: [kafka-server-start.sh], ports: [{containerPort: 9092}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: kafka-headless, namespace: k}
spec: {clusterIP: None, selector: {app: kafka}, ports: [{port: 9092}]}
END
sed 's/name: kafka, namespace/name: broker, namespace/' before.yaml >renamed.yaml
sed '/^---/,$d' before.yaml >without.yaml
run "$BALLAST" lint -v --fail-on error --against before.yaml renamed.yaml
expect_rc 1
expect_out_contains 'before.yaml:1: error: upgrade-path: StatefulSet "kafka", which runs 3 of role broker, would be taken away'
run "$BALLAST" lint --fail-on error --against before.yaml without.yaml
expect_rc 1
expect_out_contains 'Service "kafka-headless" would be deleted, and gives its pods their names'
run "$BALLAST" lint -o json --against before.yaml without.yaml
expect_out_contains '"upgradePath"'

it "refuses the same where it completes, and prints what it was given to complete alone"
run "$BALLAST" harden --against before.yaml renamed.yaml
expect_rc 1
expect_err_contains 'before.yaml:1: error: upgrade-path: StatefulSet "kafka", which runs 3 of role broker, would be taken away'
expect_out_lacks 'metadata: {name: kafka, '
cp renamed.yaml written.yaml
run "$BALLAST" harden --in-place --against before.yaml written.yaml
expect_rc 1
expect_err_contains 'no file was written'
run "$BALLAST" harden --diff --against before.yaml before.yaml
expect_err_lacks upgrade-path
run sh -c 'cmp renamed.yaml written.yaml'
expect_rc 0

it "finds no loss where nothing is lost, and judges none of what was before"
run "$BALLAST" lint --fail-on error --against before.yaml before.yaml
expect_out_lacks upgrade-path

it "says that it cannot see the cluster that it is to compare with, and of one that it is not"
run env KUBECONFIG=/nowhere "$BALLAST" lint --against live before.yaml
expect_rc 2
expect_err_contains 'cannot compare with what is live'
run "$BALLAST" lint --context prod before.yaml
expect_rc 2
expect_err_contains 'Add --against live.'
run "$BALLAST" lint --against live --against before.yaml renamed.yaml
expect_rc 2
expect_err_contains 'stands alone'

it "goes on past Kafka that cannot be read, and ends with 2"
cat >mixed.yaml <<'END'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: kafka
spec: {}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {labels: {app: kafka}}
spec:
  template: {spec: {containers: [{name: kafka, command: [kafka-server-start.sh]}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kafka}
data:
  server.properties: |
    listeners=PLAINTEXT://:9092
  server.properties: |
    listeners=PLAINTEXT://:9093
---
END
cat release.yaml >>mixed.yaml
run "$BALLAST" lint mixed.yaml
expect_rc 2
expect_err_contains "mixed.yaml:4: error: could not read YAML"
expect_err_contains "mixed.yaml:6: error: StatefulSet has no metadata.name"
expect_err_contains 'mixed.yaml:18: error: could not read YAML: duplicate key "server.properties", first on line 16'
expect_out_contains 'StatefulSet "kafka": ballast harden would add: '
run "$BALLAST" explain mixed.yaml
expect_rc 2
expect_err_contains "mixed.yaml:4: error: "
expect_out_contains 'StatefulSet "kafka" is a broker'
run "$BALLAST" harden mixed.yaml
expect_rc 2
expect_err_contains "mixed.yaml:4: error: "
expect_err_contains "mixed.yaml:6: error: "
cli_check "nothing is printed" test ! -s "$out"

it "judges what stands before a template in a file of a folder"
mkdir templates && cp release.yaml templates/release.yaml
printf -- '---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: {{ .Release.Name }}-kafka }\n' >>templates/release.yaml
run "$BALLAST" lint --fail-on error templates
expect_rc 0
expect_out_contains 'StatefulSet "kafka": ballast harden would add: '
expect_err_contains "(a template: not judged, run on what it renders)"

it "tells of Kafka in a folder that does not say what it is"
printf 'kind: StatefulSet\nmetadata: {name: kafka}\n' >templates/nameless.yaml
run "$BALLAST" lint --fail-on error templates
expect_rc 2
expect_err_contains "templates/nameless.yaml:1: error: not a Kubernetes object: it has no apiVersion"
rm templates/nameless.yaml

it "passes over links that lead in a circle or nowhere"
ln -s . templates/again
ln -s round.yaml templates/round.yaml
ln -s nowhere templates/gone.yaml
run "$BALLAST" lint --fail-on error templates
expect_rc 0
expect_err_contains "passed over: templates/again leads back to a folder above it"
expect_err_contains "passed over: could not open templates/round.yaml: Too many levels of symbolic links"
expect_err_contains "passed over: could not open templates/gone.yaml: No such file or directory"

it "tells of a kind or a version that is misspelt, and what was meant"
sed 's/kind: StatefulSet/kind: Statefulset/; s#policy/v1#policy/v2#' release.yaml >misspelt.yaml
run "$BALLAST" lint --fail-on error misspelt.yaml
expect_rc 0
expect_err_contains 'Statefulset "kafka" is not judged: there is no Statefulset of apps/v1; did you mean StatefulSet of apps/v1?'
expect_err_contains "0 of 8 objects are Kafka or ZooKeeper, 2 more not judged"
run "$BALLAST" explain misspelt.yaml
expect_err_contains 'Statefulset "kafka" is not judged: there is no Statefulset of apps/v1'
expect_out_contains "6 other objects run neither Kafka nor ZooKeeper."
sed 's#^apiVersion: apps/v1#apiVersion: app/v1#' release.yaml >misspelt.yaml
run "$BALLAST" harden misspelt.yaml
expect_rc 0
expect_err_contains 'StatefulSet "kafka" is not judged: there is no StatefulSet of app/v1; did you mean StatefulSet of apps/v1?'
sed 's#^apiVersion: apps/v1#apiVersion: apps/v2#' release.yaml >misspelt.yaml
run "$BALLAST" lint misspelt.yaml
expect_err_contains 'StatefulSet "kafka" never gets into the cluster: there is no StatefulSet of apps/v2; did you mean'

it "counts the same however findings are shown, and in words that fit"
run "$BALLAST" lint release.yaml
tail -n 1 "$err" >counts
expect_rc 1
run "$BALLAST" lint -v release.yaml
cli_check "the summary is the same" cmp -s <(tail -n 1 "$err") counts
run "$BALLAST" harden release.yaml
tail -n 1 "$err" >counts
run "$BALLAST" harden -v release.yaml
cli_check "that of harden too" cmp -s <(tail -n 1 "$err") counts
cat >one.yaml <<'END'
apiVersion: v1
kind: Service
metadata: {name: kafka-headless}
spec: {clusterIP: None, selector: {app: kafka}, ports: [{port: 9092}]}
END
run "$BALLAST" lint one.yaml
expect_err_contains "0 of 1 objects are Kafka or ZooKeeper: 0 errors, 1 warning, 0 notes"
run "$BALLAST" harden one.yaml
expect_err_contains "ballast: 1 object changed, 0 added, 0 denials, 0 warnings"

it "shows a setting of a ConfigMap at its own line"
cat >settings.yaml <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  server.properties: |
    # of all brokers
    listeners=PLAINTEXT://:9092

    min.insync.replicas=1
    controlled.shutdown.enable = false
  more.properties: "default.replication.factor=1"
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: kafka}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: kafka}}
    spec:
      containers:
        - name: kafka
          command: [kafka-server-start.sh]
          ports: [{containerPort: 9092}]
          volumeMounts: [{name: settings, mountPath: /etc/kafka}]
      volumes: [{name: settings, configMap: {name: settings}}]
END
run "$BALLAST" lint -v settings.yaml
expect_out_contains "settings.yaml:9: warning: durability: min.insync.replicas is 1"
expect_out_contains "settings.yaml:10: error: graceful-stop: controlled.shutdown.enable is false"
expect_out_contains "settings.yaml:11: warning: durability: default.replication.factor is 1"
run "$BALLAST" lint -o sarif settings.yaml
expect_out_contains '"startLine": 9'
