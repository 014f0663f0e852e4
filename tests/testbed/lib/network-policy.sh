# shellcheck shell=bash
# shellcheck disable=SC2154 # dir, network_policy: set by use_dir and testbed.sh
# NetworkPolicies that are enforced: the first packet of each connection waits in a queue for a verdict.

QUEUE=100
PODS=10.244.0.0/16

# enforce_network_policies: before there is any pod. While nobody gives verdicts, nothing passes from pod to pod.
enforce_network_policies() {
    local hook

    [ -n "$network_policy" ] || return 0
    # After a Service's address has become that of a pod: to pods, and to what listens on the nodes' own addresses.
    for hook in POSTROUTING INPUT; do
        first_packets "$hook" -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    done
    # The nodes themselves: kubelet's probes, the API server that calls webhooks, what `exec` runs.
    first_packets POSTROUTING -m owner --uid-owner 0 -j ACCEPT
    first_packets POSTROUTING -s "$PODS" -j NFQUEUE --queue-num "$QUEUE"
    first_packets POSTROUTING -d "$PODS" -j NFQUEUE --queue-num "$QUEUE"
    first_packets INPUT -s "$PODS" -j NFQUEUE --queue-num "$QUEUE"
    start network-policy "$dir/bin/network-policy" --kubeconfig "$dir/kubeconfig" --queue "$QUEUE"
    wait_for network-policy 60 verdicts_are_given
}

first_packets() {
    in_testbed iptables -t mangle -A "$@"
}

verdicts_are_given() {
    in_testbed grep -q "^ *$QUEUE " /proc/net/netfilter/nfnetlink_queue
}

# still_enforced: or it never was.
still_enforced() {
    ! grep -q network-policy "$dir/.testbed" || is_running network-policy
}
