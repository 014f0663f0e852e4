// Enforces NetworkPolicies for all three nodes at once: verdicts on packets that iptables queues go by the addresses of
// pods, whichever node they are on. The controller's own program wants to run in a pod, and this is none.
package main

import (
	"context"
	"flag"
	"os/signal"
	"syscall"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

func main() {
	klog.InitFlags(nil)
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	queue := flag.Int("queue", 100, "number of the NFQUEUE")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kubeconfig, *queue); err != nil {
		klog.Fatal(err)
	}
}

func run(ctx context.Context, kubeconfig string, queue int) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	watched := informers.NewSharedInformerFactory(client, 0)
	// No node has the name, so it leaves nftables alone: not every kernel has its queues.
	controller, err := networkpolicy.NewController(client, watched.Networking().V1().NetworkPolicies(),
		watched.Core().V1().Namespaces(), watched.Core().V1().Pods(), nil, nil, nil, nil,
		networkpolicy.Config{QueueID: queue, NodeName: "none"})
	if err != nil {
		return err
	}
	watched.Start(ctx.Done())
	return controller.Run(ctx)
}
