# shellcheck shell=bash
# shellcheck disable=SC2154 # OUT, keep: set by demo.sh
# Ballast in a real cluster of three zones: installed by its chart, and met with kubectl.

CLUSTER=$PWD/build/demo-cluster
SAMPLES=manifests/samples
COLUMNS='POD:.metadata.name,READY:.status.containerStatuses[*].ready,NODE:.spec.nodeName'

# testbed VERB...: as root, and with the programs that this user has built. What it starts goes on without our output.
testbed() {
    as_root env "HOME=$HOME" "PATH=$PATH" tests/testbed/testbed.sh "$@" 9>&-
}

kubectl() {
    testbed exec "$CLUSTER" -- kubectl "$@"
}

helm() {
    testbed exec "$CLUSTER" -- helm "$@"
}

# quietly WHAT COMMAND...: says what it does, and what the command said only if it failed.
quietly() {
    echo "$1"
    shift
    "$@" >"$OUT/log" 2>&1 || {
        cat "$OUT/log"
        die "\"$*\" failed"
    }
}

# It may be called in the middle of a command whose output goes elsewhere.
# shellcheck disable=SC2317 # called by the trap
take_down() {
    trap '' INT
    exec >&9 2>&1
    rm -f "$OUT/shown" "$OUT/log"
    printf '\ntaking the cluster down\n'
    if testbed down "$CLUSTER"; then
        rm -rf "$CLUSTER" 2>/dev/null || as_root rm -rf "$CLUSTER"
        echo "the cluster is gone"
    fi
}

give_images() {
    testbed image "$CLUSTER" "$OUT/ballast.tar" ballast &&
        testbed image "$CLUSTER" "$OUT/kafka.tar" docker.io/apache/kafka
}

# template_in NAMESPACE: the pod template that the API server would store of the sample's StatefulSet.
template_in() {
    kubectl apply --dry-run=server -n "$1" -f "$OUT/statefulset.yaml" -o yaml 2>/dev/null |
        sed -n '/^  template:/,/^  updateStrategy:/p'
}

heading "Building Kubernetes, once"
install_needs "$NEEDS_BUILD $NEEDS_TESTBED"
tests/testbed/testbed.sh build 2>&1 | { grep -v '^go: ' || true; }
echo "the programs of Kubernetes are there"

heading "Building Ballast's image"
quietly "ballast:dev, from this tree" tests/testbed/image.sh ballast "$OUT/ballast.tar"
quietly "a stand-in for Kafka's image, as there is no registry: it listens, and holds no data" \
    tests/testbed/image.sh standin "$OUT/kafka.tar" 3.9.1

heading "Starting a cluster of three zones"
exec 9>&1
trap take_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
quietly "etcd, the control plane, three nodes" testbed up "$CLUSTER"
quietly "images, on every node" give_images
say "What follows is typed in a shell of that cluster:"
echo "    tests/testbed/testbed.sh exec build/demo-cluster -- bash"
show 0 kubectl get nodes -L topology.kubernetes.io/zone

heading "1. Install Ballast"
show 0 helm install ballast manifests/chart -n ballast-system --create-namespace --wait \
    --set image.repository=local/ballast --set image.tag=dev
show 0 kubectl get pods -n ballast-system -o "custom-columns=$COLUMNS"

heading "2. Opt a namespace in, and apply a Kafka"
say "Ballast looks only at namespaces with a label. The manifest is one as people write it: three brokers, a" \
    "Service, a budget; no word of zones, probes or how long a broker needs to stop."
show 0 kubectl create namespace kafka
show 0 kubectl label namespace kafka ballast.dev/enforce=true
show 0 kubectl apply -n kafka -f $SAMPLES/kafka.yaml

heading "3. What was completed"
say "The pod template as it is stored, against the same manifest in a namespace without the label."
sed -n '/^kind: StatefulSet/,$p' $SAMPLES/kafka.yaml | sed '1i apiVersion: apps/v1' >"$OUT/statefulset.yaml"
template_in default >"$OUT/before"
template_in kafka >"$OUT/after"
diff -U 2 "$OUT/before" "$OUT/after" | tail -n +3 || true
show 0 kubectl rollout status statefulset/kafka -n kafka --timeout=120s
show 0 kubectl get pods -n kafka -o "custom-columns=$COLUMNS"
say "One broker a zone. To apply it again changes nothing that would restart a broker: the generation stays 1."
kubectl apply -n kafka -f $SAMPLES/kafka.yaml >"$OUT/log" 2>&1 || die "could not apply it again: $(cat "$OUT/log")"
show 0 kubectl get statefulset kafka -n kafka -o custom-columns=NAME:.metadata.name,GENERATION:.metadata.generation

heading "4. Apply one that breaks the policy"
show 1 kubectl apply -n kafka -f $SAMPLES/kafka-risky.yaml

heading "5. Take protection away from brokers that run"
show 1 kubectl delete poddisruptionbudget kafka -n kafka
show 1 kubectl scale statefulset kafka -n kafka --replicas=1
show 1 kubectl delete statefulset kafka -n kafka

if [ "$keep" = yes ]; then
    trap - EXIT
    rm -f "$OUT/shown" "$OUT/log"
    heading "The cluster is yours"
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo -E "
    echo "use it:     ${sudo}tests/testbed/testbed.sh exec build/demo-cluster -- bash      (kubectl and helm are there)"
    echo "remove it:  ${sudo}tests/testbed/testbed.sh down build/demo-cluster"
fi
