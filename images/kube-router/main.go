// The network policy controller of kube-router, which K3s embeds, and nothing else of it: no routes, no proxy, no BGP.
// It takes kube-router's own options and needs NODE_NAME. GET /healthz says whether it is alive, to its node alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/signal"
	"strconv"
	"sync"
	"syscall"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/spf13/pflag"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// run starts the controller, and waits for a cluster that is only just coming up.
func run(config *options.KubeRouterConfig, stop <-chan struct{}, group *sync.WaitGroup) error {
	inside, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	cluster, err := kubernetes.NewForConfig(inside)
	if err != nil {
		return err
	}
	commands, sets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return err
	}
	watched := informers.NewSharedInformerFactory(cluster, 0)
	pods, namespaces := watched.Core().V1().Pods().Informer(), watched.Core().V1().Namespaces().Informer()
	policies := watched.Networking().V1().NetworkPolicies().Informer()
	watched.Start(stop)
	for kind, known := range watched.WaitForCacheSync(stop) {
		if !known {
			return fmt.Errorf("stopped before all of %v were known", kind)
		}
	}
	controller, err := netpol.NewNetworkPolicyController(cluster, config, pods, policies, namespaces, &sync.Mutex{}, commands, sets)
	if err != nil {
		return err
	}
	_, trouble := pods.AddEventHandler(controller.PodEventHandler)
	_, more := namespaces.AddEventHandler(controller.NamespaceEventHandler)
	_, most := policies.AddEventHandler(controller.NetworkPolicyEventHandler)
	if err := errors.Join(trouble, more, most); err != nil {
		return err
	}
	health, err := healthcheck.NewHealthController(config)
	if err != nil {
		return err
	}
	health.SetAlive()
	http.HandleFunc("/healthz", health.Handler)
	go func() {
		klog.Fatal(http.ListenAndServe(net.JoinHostPort("127.0.0.1", strconv.Itoa(int(config.HealthPort))), nil))
	}()
	beats := make(chan *healthcheck.ControllerHeartbeat, 10)
	group.Add(2)
	go health.RunCheck(beats, stop, group)
	go controller.Run(beats, stop, group)
	return nil
}

func main() {
	config := options.NewKubeRouterConfig()
	config.AddFlags(pflag.CommandLine)
	pflag.Parse()
	// Only the policies run; the health check waits for the beats of all that the options name.
	config.RunFirewall, config.RunRouter, config.RunServiceProxy, config.RunLoadBalancer = true, false, false, false
	config.MetricsEnabled = false
	ended, _ := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	group := &sync.WaitGroup{}
	if err := run(config, ended.Done(), group); err != nil {
		klog.Fatal(err)
	}
	<-ended.Done()
	group.Wait()
}
