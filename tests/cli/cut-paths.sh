#!/usr/bin/env bash
# A law of rule networkPolicy: what manifests name stays reachable, in both modes, each file alone and all together.
. "$SRC/tests/support/cli.sh"

check="$SRC/tests/support/cut_paths.py"
mapfile -t files < <(ls "$SRC"/tests/golden/fixtures/*.yaml "$SRC"/tests/golden/fixtures/faults/*.yaml "$SRC"/manifests/samples/*.yaml)

it "cuts nothing that any file names"
for file in "${files[@]}"; do
    run /usr/bin/python3 -B "$check" "$BALLAST" "$file"
    expect_rc 0
done

it "cuts nothing when all are hardened together"
run /usr/bin/python3 -B "$check" "$BALLAST" "${files[@]}"
expect_rc 0

it "sees what is cut"
cat >isolated.yaml <<'END'
apiVersion: v1
kind: Service
metadata: {name: zk}
spec: {selector: {app: zk}, ports: [{port: 2181}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: manager}
spec:
  selector: {matchLabels: {app: manager}}
  template:
    metadata: {labels: {app: manager}}
    spec: {containers: [{name: manager, image: m, env: [{name: ZK_HOSTS, value: "zk:2181"}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: zk}
spec:
  selector: {matchLabels: {app: zk}}
  template: {metadata: {labels: {app: zk}}, spec: {containers: [{name: zk, image: z}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: zk, labels: {app.kubernetes.io/managed-by: ballast}}
spec: {podSelector: {matchLabels: {app: zk}}, policyTypes: [Ingress], ingress: [{ports: [{port: 2000, endPort: 2200}]}]}
END
run /usr/bin/python3 -B "$check" "$BALLAST" isolated.yaml
expect_rc 1
expect_out_contains "cut: Deployment/manager can no longer reach zk:2181 (ingress of zk without endPort)"
