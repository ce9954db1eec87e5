# The kind cluster, created with kind's own command. Nodes pull images from the registry container, which joins the network.
locals {
  # kind's own names: NAME-worker, NAME-worker2, ...
  workers = [for index in range(var.workers) : "${var.name}-worker${index == 0 ? "" : index + 1}"]

  patches = "/etc/kubeadm-patches"
  mounts = [
    { hostPath = abspath("${path.module}/registry"), containerPath = "/etc/containerd/certs.d", readOnly = true },
    { hostPath = abspath("${path.module}/patches"), containerPath = local.patches, readOnly = true },
  ]
  # All control planes share the files from cluster.sh, so each can decrypt what another encrypted.
  api_server_files  = "/etc/alternate-futures"
  api_server_mounts = [{ hostPath = "${var.state_folder}/api-server", containerPath = local.api_server_files, readOnly = true }]
  volume_mounts     = [for name, volume in docker_volume.data : { hostPath = volume.mountpoint, containerPath = "/mnt/${name}" }]

  kind_config = yamlencode({
    kind       = "Cluster"
    apiVersion = "kind.x-k8s.io/v1alpha4"
    networking = { disableDefaultCNI = true }
    # Without CAP_SYS_RESOURCE the kubelet may not lower oom_score_adj, as in a user namespace.
    featureGates = var.restricted_host ? { KubeletInUserNamespace = true } : {}
    containerdConfigPatches = [<<-TOML
      [plugins."io.containerd.grpc.v1.cri"]
        restrict_oom_score_adj = ${var.restricted_host}
      [plugins."io.containerd.grpc.v1.cri".registry]
        config_path = "/etc/containerd/certs.d"
    TOML
    ]
    kubeadmConfigPatches = concat([for kind in ["InitConfiguration", "JoinConfiguration"] : yamlencode({
      kind    = kind
      patches = { directory = local.patches }
      })], [yamlencode({
      kind = "ClusterConfiguration"
      dns  = { imageTag = var.coredns_tag }
      apiServer = {
        extraArgs = {
          encryption-provider-config = "${local.api_server_files}/encryption.yaml"
          authentication-config      = "${local.api_server_files}/authentication.yaml"
          profiling                  = "false"
        }
        extraVolumes = [
          { name = "alternate-futures", hostPath = local.api_server_files, mountPath = local.api_server_files, readOnly = true, pathType = "Directory" },
        ]
      }
      # As in K3s: RSA key operations took a fifteenth of the work of API servers and etcd.
      featureGates = { PublicKeysECDSA = true }
      # Three members on a few cores: by default each would get ten heartbeats a second from the leader, and check the
      # lease every two seconds. The log on disk is flushed to the database file once a second, not ten times.
      etcd = { local = { extraArgs = {
        heartbeat-interval = "250", election-timeout = "2500", backend-batch-interval = "1s"
      } } }
      controllerManager = { extraArgs = { profiling = "false", leader-elect-retry-period = "5s" } }
      scheduler         = { extraArgs = { profiling = "false", leader-elect-retry-period = "5s" } }
    })])
    nodes = concat(
      [for index in range(var.control_planes) : { role = "control-plane", image = var.node_image, extraMounts = concat(local.mounts, local.api_server_mounts) }],
      [for index in range(var.workers) : { role = "worker", image = var.node_image, extraMounts = concat(local.mounts, local.volume_mounts) }],
    )
  })
}

resource "terraform_data" "cluster" {
  triggers_replace = concat(
    [local.kind_config, filesha256("${path.module}/authentication.yaml"), docker_network.nodes.id, var.name],
    [for file in sort(fileset("${path.module}/patches", "*")) : filesha256("${path.module}/patches/${file}")],
  )

  # Destroy provisioners can only read `self`, so everything they need is here.
  input = {
    name     = var.name
    network  = docker_network.nodes.name
    registry = var.registry
    folder   = var.state_folder
    kind     = var.tools.kind
    kubectl  = var.tools.kubectl
    docker   = var.tools.docker
  }

  provisioner "local-exec" {
    command     = "${path.module}/cluster.sh create"
    environment = merge(self.input, { config = local.kind_config })
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "${path.module}/cluster.sh destroy"
    environment = self.input
  }
}
