# User data of one machine: files, then one service that makes it a node. No secrets: anyone on the machine may read it.
locals {
  server = var.role == "server"

  files = concat(
    [
      { path = "/etc/sysctl.d/90-kubelet.conf", content = file("${path.module}/files/kubelet.sysctl"), permissions = "0644" },
      { path = "/etc/rancher/k3s/config.yaml", content = yamlencode(local.k3s), permissions = "0600" },
      { path = "/etc/alternate-futures/node.env", content = local.node_env, permissions = "0644" },
      { path = "/usr/local/sbin/k3s-node", content = file("${path.module}/files/k3s-node.sh"), permissions = "0755" },
      { path = "/etc/systemd/system/k3s-node.service", content = file("${path.module}/files/k3s-node.service"), permissions = "0644" },
    ],
    local.server ? [
      { path = "/etc/alternate-futures/audit-policy.yaml", content = file("${path.module}/files/audit-policy.yaml"), permissions = "0600" },
      { path = "/etc/systemd/system/k3s-kubeconfig.service", content = file("${path.module}/files/k3s-kubeconfig.service"), permissions = "0644" },
      { path = "/etc/systemd/system/k3s-kubeconfig.timer", content = file("${path.module}/files/k3s-kubeconfig.timer"), permissions = "0644" },
      { path = "/var/lib/rancher/k3s/server/manifests/storage.yaml", content = local.storage, permissions = "0600" },
    ] : [],
  )

  node_env = join("\n", concat([for key, value in {
    ROLE             = var.role
    FIRST            = var.first
    MACHINE          = var.machine
    REGISTRATION     = var.cluster.registration
    API_HOST         = var.cluster.api_host
    AWS_REGION       = var.cluster.region
    SECRET_SERVER    = var.cluster.secrets["server-token"]
    SECRET_AGENT     = var.cluster.secrets["agent-token"]
    SECRET_CONFIG    = var.cluster.secrets["kubeconfig"]
    K3S_VERSION      = var.cluster.k3s.version
    BINARY_SHA256    = var.cluster.k3s.binary_sha256
    INSTALLER_SHA256 = var.cluster.k3s.installer_sha256
  } : "${key}=${value}"], [""]))

  user_data = join("\n", ["#cloud-config", yamlencode({
    write_files = [for file in local.files : merge(file, { owner = "root:root" })]
    runcmd = concat([
      # Before K3s: its kubelet may not change kernel settings, and refuses to start if they differ.
      ["sysctl", "--system"],
      ["systemctl", "enable", "--now", "--no-block", "k3s-node.service"],
    ], local.server ? [["systemctl", "enable", "--now", "--no-block", "k3s-kubeconfig.timer"]] : [])
  })])
}

output "user_data" {
  value = local.user_data
}

output "user_data_base64" {
  value = base64gzip(local.user_data)
  precondition {
    condition     = length(base64gzip(local.user_data)) <= 16384 * 4 / 3
    error_message = "The user data of ${var.machine} is larger than the 16 KiB that AWS takes."
  }
}
