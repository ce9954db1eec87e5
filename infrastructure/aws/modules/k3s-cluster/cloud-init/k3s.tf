# K3s's configuration file; k3s-node adds what is known only at run time (token, first server or joining).
locals {
  common = {
    protect-kernel-defaults = true
    node-label = concat(
      ["alternate-futures.dev/machine=${var.machine}", "topology.kubernetes.io/region=${var.cluster.region}", "topology.kubernetes.io/zone=${var.zone}"],
      # Only nodes with this label get servicelb's pods, which bind 80 and 443.
      local.server ? [] : ["svccontroller.k3s.cattle.io/enablelb=true"],
    )
    kubelet-arg = [
      "kube-reserved=cpu=100m,memory=${local.server ? 1024 : 256}Mi",
      "system-reserved=cpu=100m,memory=256Mi",
      "eviction-hard=memory.available<200Mi,nodefs.available<10%,imagefs.available<10%,nodefs.inodesFree<5%",
      "streaming-connection-idle-timeout=5m",
    ]
  }

  server_only = {
    write-kubeconfig-mode       = "0600"
    tls-san                     = concat([var.cluster.registration, var.cluster.api_host], var.cluster.api_addresses)
    secrets-encryption          = true
    agent-token-file            = "/etc/rancher/k3s/agent-token"
    node-taint                  = ["node-role.kubernetes.io/control-plane:NoSchedule"]
    etcd-snapshot-schedule-cron = "0 */6 * * *"
    etcd-snapshot-retention     = 28
    # Traefik comes from k8s/traefik, volumes from EBS. servicelb stays.
    disable = ["traefik", "local-storage"]
    kube-apiserver-arg = [
      "anonymous-auth=false",
      "audit-policy-file=/etc/alternate-futures/audit-policy.yaml",
      "audit-log-path=/var/lib/rancher/k3s/server/logs/audit.log",
      "audit-log-maxage=30",
      "audit-log-maxbackup=10",
      "audit-log-maxsize=100",
    ]
  }

  k3s = merge(local.common, { for key, value in local.server_only : key => value if local.server })
}
