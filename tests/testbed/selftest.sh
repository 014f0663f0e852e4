#!/usr/bin/env bash
# Proves that the testbed does what README.md says. One line a check; the last line is "N passed, N failed".
#
#   sudo tests/testbed/selftest.sh     about three minutes, once the programs are built
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../scripts/lib.sh"
. "$here/lib/selftest-help.sh"

[ $# -eq 0 ] || {
    echo "usage: selftest.sh" >&2
    exit 2
}
[ "$(id -u)" -eq 0 ] || die "a testbed needs root: sudo -E $0"
work=$(mktemp -d)
first=$work/first second=$work/second
trap finish EXIT

build() {
    "$testbed" build --network-policy && "$testbed" build --version 1.36 && install_needs python3:python3
}

up_within() { # SECONDS VERB...
    local limit=$1 begin=$SECONDS

    shift
    "$testbed" "$@" || return 1
    echo "took $((SECONDS - begin)) s"
    [ $((SECONDS - begin)) -lt "$limit" ]
}

server_is() {
    run kubectl version | tee /dev/stderr | grep -q "Server Version: v$1\."
}

api_is_gone() {
    ! run kubectl get --raw /readyz
}

restart_keeps_objects() {
    run kubectl create configmap kept && "$testbed" stop-apiserver "$dir" && api_is_gone &&
        "$testbed" start-apiserver "$dir" && run kubectl get configmap kept
}

controllers_work_after_restart() {
    "$testbed" restart-control-plane "$dir" &&
        run kubectl create deployment restarted --image=none &&
        run kubectl wait --for=create pod -l app=restarted --timeout=20s
}

metrics_are_readable() {
    run kubectl get --raw /metrics | grep -c '^apiserver_admission'
}

# start_webhook: on the address that is the same inside and outside of pods.
start_webhook() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/tls.key" -out "$work/tls.crt" -days 2 \
        -subj /CN=webhook -addext "subjectAltName=IP:172.30.0.1,DNS:webhook.default.svc" 2>/dev/null
    run python3 "$here/selftest-webhook.py" 172.30.0.1 9443 "$work/tls.crt" "$work/tls.key" >"$work/webhook.log" 2>&1 &
    retry 10 run curl -sk https://172.30.0.1:9443/ -o /dev/null
}

# webhook_by NAME CLIENT-CONFIG: a ConfigMap labelled NAME goes through it and comes back changed.
webhook_by() {
    run kubectl apply -f - <<END || return 1
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: selftest}
webhooks:
  - name: selftest.ballast.dev
    admissionReviewVersions: [v1]
    sideEffects: None
    timeoutSeconds: 5
    objectSelector: {matchLabels: {by: $1}}
    rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [services]}]
    clientConfig: {caBundle: $(base64 -w0 "$work/tls.crt"), $2}
END
    # It takes the API server a moment to see the configuration.
    retry 20 webhook_called "$1"
}

webhook_called() {
    run kubectl delete service "by-$1" --ignore-not-found >/dev/null
    run kubectl apply -f - <<END >/dev/null || return 1
{apiVersion: v1, kind: Service, metadata: {name: by-$1, labels: {by: $1}}, spec: {ports: [{port: 1}]}}
END
    [ "$(run kubectl get service "by-$1" -o 'jsonpath={.metadata.labels.webhook}')" = called ]
}

audit_has_the_patch() {
    grep '"patch.webhook.admission.k8s.io/round_0_index_0"' "$dir/logs/audit.log" |
        grep -c '"level":"RequestResponse"'
}

nodes_ready_in_zones() {
    run kubectl get nodes -L topology.kubernetes.io/zone --no-headers | tee /dev/stderr |
        awk '$2 == "Ready" && $6 ~ /^us-central1-[abc]$/ {seen[$6]} END {exit length(seen) != 3}'
}

make_images() {
    for name in standin ballast; do
        "$here/image.sh" "$name" "$work/$name.tar" && "$testbed" image "$dir" "$work/$name.tar" "$name" || return 1
    done
}

spread_set_runs() {
    run kubectl apply -f "$here/selftest.yaml" &&
        run kubectl rollout status statefulset/kafka --timeout=60s &&
        [ "$(run kubectl get pods -l app=kafka -o 'jsonpath={.items[*].spec.nodeName}' | tr ' ' '\n' | sort | xargs)" = \
            "node-a node-b node-c" ]
}

# Its volumes are free again, and its images still there.
cleaned_is_as_new() {
    "$testbed" clean "$dir" || return 1
    [ -z "$(run kubectl get statefulsets,pods,pvc,mutatingwebhookconfigurations -A -o name)" ] && spread_set_runs
}

in_pod() { # POD COMMAND...
    run kubectl exec "$1" -- "${@:2}"
}

exec_works() {
    [ "$(in_pod kafka-1 hostname)" = kafka-1 ]
}

# A pod may be looked up before it exists, and then DNS remembers for a while that it does not.
headless_name_resolves() {
    local ip

    ip=$(run kubectl get pod kafka-2 -o 'jsonpath={.status.podIP}')
    retry 30 name_is kafka-2.kafka-headless.default.svc.cluster.local "$ip" && retry 30 name_is kafka-2.kafka-headless "$ip"
}

name_is() {
    in_pod kafka-0 ping -c 1 -W 2 "$1" | grep -F "($2)"
}

# says POD SERVICE: what is sent comes back.
says() {
    [ "$(in_pod "$1" sh -c "echo hello | nc -w 3 $2 9092")" = hello ]
}

service_works() {
    says kafka-0 kafka && says kafka-1 kafka && says kafka-2 kafka
}

pods_reach_the_api() {
    in_pod kafka-0 nc -w 3 kubernetes.default.svc 443 </dev/null
}

ballast_runs_in_pod() {
    run kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/ballast --timeout=30s || {
        run kubectl describe pod ballast
        return 1
    }
    run kubectl logs ballast | tee /dev/stderr | grep -q '^ballast [0-9]'
}

webhook_by_service() {
    run kubectl wait --for=condition=Ready pod/webhook --timeout=30s &&
        webhook_by service 'service: {namespace: default, name: webhook, path: /}'
}

pods_outlive_control_plane() {
    local before after

    before=$(run kubectl get pods -l app=kafka -o 'jsonpath={.items[*].status.containerStatuses[*].containerID}')
    "$testbed" restart-control-plane "$dir" && run kubectl delete pod kafka-1 --wait=false &&
        run kubectl wait --for=delete pod/kafka-1 --timeout=60s &&
        run kubectl rollout status statefulset/kafka --timeout=60s || return 1
    after=$(run kubectl get pods -l app=kafka -o 'jsonpath={.items[*].status.containerStatuses[*].containerID}')
    # Only the one that was deleted is new.
    [ "${before%% *}" = "${after%% *}" ] && [ "${before##* }" = "${after##* }" ] && [ "$before" != "$after" ]
}

# closes_one: a policy closes kafka-1, and nobody else.
closes_one() {
    says kafka-0 kafka-1.kafka-headless && says kafka-0 kafka-2.kafka-headless && run kubectl apply -f - <<'END' &&
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {matchLabels: {statefulset.kubernetes.io/pod-name: kafka-1}}, policyTypes: [Ingress]}
END
        retry 20 is_silent kafka-0 kafka-1.kafka-headless && says kafka-0 kafka-2.kafka-headless &&
        says kafka-1 kafka-2.kafka-headless && run kubectl delete networkpolicy closed &&
        retry 20 says kafka-0 kafka-1.kafka-headless
}

is_silent() {
    ! says "$@"
}

# fails_closed: without verdicts nothing passes but what the node sends, and nobody takes that for a clean testbed.
fails_closed() {
    kill -KILL "$(cat "$dir/run/network-policy.pid")" && retry 10 is_silent kafka-0 kafka-2.kafka-headless &&
        ! in_pod kafka-0 nc -w 3 10.96.0.1 443 </dev/null && exec_works && ! "$testbed" clean "$dir"
}

stand_side_by_side() {
    "$testbed" control-plane up "$second" &&
        [ "$(KUBECONFIG='' "$testbed" exec "$second" -- kubectl get nodes -o name | wc -l)" -eq 0 ] &&
        "$testbed" down "$second" && nothing_is_left "$second" && nodes_ready_in_zones
}

cleans_up_after_ctrl_c() { # SECONDS
    ! timeout --signal=INT "$1" "$testbed" up "$dir" && nothing_is_left "$dir"
}

# killed SIGNAL SECONDS: `up` gets the signal when it has run that long.
killed() {
    local pid

    "$testbed" up "$dir" &
    pid=$!
    sleep "$2"
    kill "-$1" "$pid"
    ! wait "$pid"
}

cleans_up_after_term() { # SECONDS
    killed TERM "$1" && nothing_is_left "$dir"
}

down_cleans_up_after_kill() { # SECONDS
    killed KILL "$1" && "$testbed" down "$dir" && nothing_is_left "$dir"
}

still_there() {
    ! is_gone "$dir"
}

down_twice() {
    "$testbed" down "$dir" && "$testbed" down "$dir" && nothing_is_left "$dir"
}

leaves_other_folders_alone() {
    mkdir -p "$work/other" && touch "$work/other/precious"
    ! "$testbed" up "$work/other" && ! "$testbed" down "$work/other" && [ -e "$work/other/precious" ]
}

heading "programs"
check "the programs are there, or built" build || exit

machine_before=$(machine)
for version in 1.34 1.36; do
    heading "control plane $version"
    dir=$first
    check "it is up in less than 15 s" up_within 15 control-plane up "$dir" --version "$version" || continue
    check "it says that it is $version" server_is "$version"
    check "the admin reads its metrics" metrics_are_readable
    check "a webhook beside it is up" start_webhook
    check "a webhook by URL changes an object" webhook_by url 'url: "https://172.30.0.1:9443/"'
    check "the audit log has the webhook's patch" audit_has_the_patch
    check "objects outlive a stop and start of the API server" restart_keeps_objects
    check "controllers work after all but etcd was killed" controllers_work_after_restart
    check "down leaves nothing, and can be said twice" down_twice
done

heading "cluster"
check "it is up in less than 60 s" up_within 60 up "$dir"
check "three nodes are Ready in three zones" nodes_ready_in_zones
check "helm talks to it" run helm list
check "helm4 talks to it" run helm4 list
check "images are made without an engine and imported" make_images
check "a StatefulSet of 3 runs, one pod a zone" spread_set_runs
check "kubectl exec works" exec_works
check "names of a headless Service resolve" headless_name_resolves
check "a ClusterIP Service works from every pod" service_works
check "a pod reaches itself by its Service" says kafka-0 only-kafka-0
check "pods reach the API server by its Service" pods_reach_the_api
check "ballast runs in a locked-down pod from its image" ballast_runs_in_pod
check "a webhook beside it is up" start_webhook
check "a webhook by URL changes an object" webhook_by url 'url: "https://172.30.0.1:9443/"'
check "a webhook by Service, through a pod, changes an object" webhook_by_service
check "pods outlive a killed control plane, and are replaced after it" pods_outlive_control_plane
check "it is as new when it was cleaned, and a StatefulSet runs again" cleaned_is_as_new
check "a second testbed runs beside it and goes" stand_side_by_side
echo "memory: $(memory) MiB"
check "what looks for leftovers would see them" still_there
check "down leaves nothing, and can be said twice" down_twice

heading "network policies"
check "it is up with them enforced, in less than 60 s" up_within 60 up "$dir" --network-policy
check "images are imported" make_images
check "a StatefulSet of 3 runs, one pod a zone" spread_set_runs
check "names of a headless Service resolve" headless_name_resolves
check "a policy closes a pod, and no other" closes_one
check "nothing passes where nobody gives verdicts" fails_closed
check "down leaves nothing, and can be said twice" down_twice

heading "interrupted"
for seconds in 1 4 10; do
    check "up leaves nothing after Ctrl-C at $seconds s" cleans_up_after_ctrl_c "$seconds"
    check "down leaves nothing after an up that was killed at $seconds s" down_cleans_up_after_kill "$seconds"
done
check "up leaves nothing after SIGTERM" cleans_up_after_term 8
check "folders of others are left alone" leaves_other_folders_alone
check "the machine is as it was" machine_is_as_it_was
