# shellcheck shell=bash
# shellcheck disable=SC2154 # here, dir, netns: set by testbed.sh and use_dir
# The control plane: its network, its certificates, its four processes.

make_network() {
    local last

    # The API server and the nodes have their addresses on one bridge, and all nodes share its namespace.
    ip netns add "$netns"
    in_testbed ip link set lo up
    in_testbed ip link add nodes type bridge
    in_testbed ip link set nodes up
    for last in 1 11 12 13; do
        in_testbed ip address add "172.30.0.$last/24" dev nodes
    done
    # Addresses of Services need a route, whichever, before kube-proxy rewrites them. Nothing else leaves.
    in_testbed ip route add 10.96.0.0/16 dev nodes
    in_testbed sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

make_certificates() {
    local zone

    mkdir -p "$dir/pki"
    new_key "$dir/pki/ca.key"
    openssl req -x509 -new -key "$dir/pki/ca.key" -out "$dir/pki/ca.crt" -subj /CN=testbed -days 10
    new_key "$dir/pki/service-accounts.key"
    issue apiserver /CN=kube-apiserver "IP:127.0.0.1,IP:$ADDRESS,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,\
DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
    issue admin /O=system:masters/CN=admin
    write_kubeconfig admin "$dir/kubeconfig"
    for zone in $ZONES; do
        issue "node-$zone" "/O=system:nodes/CN=system:node:node-$zone"
        write_kubeconfig "node-$zone" "$dir/pki/node-$zone.kubeconfig"
    done
}

# In the older of the two formats, as kube-apiserver reads no other for service accounts.
new_key() {
    openssl ecparam -genkey -noout -name prime256v1 -out "$1"
}

# issue NAME SUBJECT [ALTERNATIVE-NAMES]
issue() {
    new_key "$dir/pki/$1.key"
    openssl req -new -key "$dir/pki/$1.key" -subj "$2" ${3:+-addext "subjectAltName=$3"} -out "$dir/pki/$1.csr"
    openssl x509 -req -in "$dir/pki/$1.csr" -CA "$dir/pki/ca.crt" -CAkey "$dir/pki/ca.key" -CAcreateserial \
        -copy_extensions copy -days 10 -out "$dir/pki/$1.crt" 2>/dev/null
}

# write_kubeconfig NAME FILE: with everything inside, so that it can be copied.
write_kubeconfig() {
    install -m 600 /dev/null "$2"
    cat >"$2" <<END
apiVersion: v1
kind: Config
current-context: testbed
contexts: [{name: testbed, context: {cluster: testbed, user: $1}}]
clusters:
  - name: testbed
    cluster: {server: "https://$ADDRESS:6443", certificate-authority-data: $(base64 -w0 "$dir/pki/ca.crt")}
users:
  - name: $1
    user:
      client-certificate-data: $(base64 -w0 "$dir/pki/$1.crt")
      client-key-data: $(base64 -w0 "$dir/pki/$1.key")
END
}

start_etcd() {
    # Nothing here outlives the machine, so nothing needs to be on its disk.
    start etcd "$dir/bin/etcd" --data-dir "$dir/etcd" --unsafe-no-fsync \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
        --initial-cluster default=http://127.0.0.1:2380
}

start_apiserver() {
    ! is_running apiserver || return 0
    start apiserver "$dir/bin/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 \
        --bind-address=0.0.0.0 --secure-port=6443 --advertise-address="$ADDRESS" \
        --tls-cert-file="$dir/pki/apiserver.crt" --tls-private-key-file="$dir/pki/apiserver.key" \
        --client-ca-file="$dir/pki/ca.crt" --service-account-issuer=https://kubernetes.default.svc \
        --service-account-key-file="$dir/pki/service-accounts.key" \
        --service-account-signing-key-file="$dir/pki/service-accounts.key" \
        --service-cluster-ip-range=10.96.0.0/16 --authorization-mode=Node,RBAC \
        --enable-admission-plugins=NodeRestriction --allow-privileged=true \
        --kubelet-preferred-address-types=InternalIP \
        --audit-policy-file="$here/audit-policy.yaml" --audit-log-path="$dir/logs/audit.log" \
        --audit-log-maxsize=1000
    wait_for apiserver 60 kubectl get --raw /readyz
}

stop_apiserver() {
    stop KILL apiserver
}

restart_apiserver() {
    stop_apiserver
    start_apiserver
}

start_controllers() {
    start controller-manager "$dir/bin/kube-controller-manager" --kubeconfig="$dir/kubeconfig" \
        --service-account-private-key-file="$dir/pki/service-accounts.key" --root-ca-file="$dir/pki/ca.crt" \
        --use-service-account-credentials --leader-elect=false
    start scheduler "$dir/bin/kube-scheduler" --kubeconfig="$dir/kubeconfig" --leader-elect=false
}

restart_control_plane() {
    stop KILL apiserver controller-manager scheduler
    start_apiserver
    start_controllers
    wait_for controller-manager 60 controllers_answer
}

controllers_answer() {
    in_testbed curl -fsk https://127.0.0.1:10257/healthz && in_testbed curl -fsk https://127.0.0.1:10259/healthz
}

start_control_plane() {
    make_network
    make_certificates
    start_etcd
    start_apiserver
    start_controllers
    # Pods are refused until this is there; it also shows that controllers work.
    wait_for controller-manager 60 kubectl get serviceaccount default
}
