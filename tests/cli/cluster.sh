#!/usr/bin/env bash
. "$SRC/tests/support/cli.sh"

# What they do in a cluster is in tests/integration. Nobody listens on port 1.
export KUBECONFIG=$PWD/kubeconfig
unset KUBERNETES_SERVICE_HOST
cat >kubeconfig <<'CONFIG'
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: me, namespace: kafka}}]
clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: me, user: {token: secret-token}}]
CONFIG

it "says what rollout takes"
run "$BALLAST" rollout
expect_rc 2
expect_err_contains "say what: status, pause, resume or abort"
run "$BALLAST" rollout undo
expect_rc 2
expect_err_contains 'unknown action "undo"'
run "$BALLAST" rollout status deployment/kafka
expect_rc 2
expect_err_contains '"deployment/kafka" is no StatefulSet'
run "$BALLAST" rollout status a b
expect_rc 2
run "$BALLAST" rollout status -A -n kafka
expect_rc 2
run "$BALLAST" rollout resume -m why
expect_rc 2
expect_err_contains "-m is for pause"
run "$BALLAST" rollout pause -w
expect_rc 2
run "$BALLAST" rollout status -o yaml
expect_rc 2
run "$BALLAST" rollout status --dry-run
expect_rc 2
run "$BALLAST" rollout status --timeout 1m
expect_rc 2
expect_err_contains "--timeout goes with --until-complete or -w"
run "$BALLAST" rollout status -w --next
expect_rc 2
expect_err_contains "--next goes with --until-complete"
for option in --until-complete "--timeout 1m"; do
    # shellcheck disable=SC2086 # words of a call
    run "$BALLAST" rollout pause $option
    expect_rc 2
    expect_err_contains "are for status"
done
run "$BALLAST" rollout status -w --timeout 10
expect_rc 2
expect_err_contains "takes a duration, as 10s"

run "$BALLAST" rollout status --controller-lease x
expect_rc 2
for lease in x x/ /x x/y/z; do
    run "$BALLAST" drain-check node-a --controller-lease "$lease"
    expect_rc 2
    expect_err_contains "--controller-lease takes NAMESPACE/NAME"
done

it "says what drain-check and leave take"
run "$BALLAST" drain-check
expect_rc 2
expect_err_contains "name a node"
run "$BALLAST" leave
expect_rc 2
expect_err_contains "name namespaces by -n, or all by -A"
run "$BALLAST" leave -A -n kafka
expect_rc 2
run "$BALLAST" leave -n kafka --webhook-config x
expect_rc 2
run "$BALLAST" leave -A --label x
expect_rc 2
run "$BALLAST" leave -A --controller x/
expect_rc 2
expect_err_contains "NAMESPACE/NAME"
run "$BALLAST" leave -A --controller x
expect_rc 2
expect_err_contains "NAMESPACE/NAME"
run "$BALLAST" leave kafka
expect_rc 2
run "$BALLAST" leave -n
expect_rc 2
expect_err_contains "needs a value"

it "says that no cluster answers, and gives no secret away"
for call in "rollout status" "rollout pause -n kafka" "drain-check node-a" "leave -n kafka" "leave -A"; do
    # shellcheck disable=SC2086 # words of a call
    run timeout 20 "$BALLAST" $call
    expect_rc 2
    expect_out_empty
    expect_err_contains "127.0.0.1"
    expect_err_lacks "secret-token"
done

it "finds the cluster as kubectl does"
run "$BALLAST" rollout status --kubeconfig missing
expect_rc 2
expect_err_contains "missing"
run "$BALLAST" rollout status --context elsewhere
expect_rc 2
expect_err_contains "elsewhere"
run env -u KUBECONFIG HOME="$PWD" "$BALLAST" rollout status
expect_rc 2
expect_err_contains ".kube/config"
run "$BALLAST" rollout status --in-cluster
expect_rc 2
expect_err_contains "KUBERNETES_SERVICE_HOST"
