# What servers deploy on start-up: the EBS CSI driver, the storage classes, and the two static volumes with their claims.
locals {
  parameters = { type = "gp3", encrypted = "true", kmsKeyId = var.key_arn }
  # A claim bound to a volume is placed in its zone; others of the same kind avoid that zone.
  other_zones = setsubtract(toset(var.zones), toset([for volume in var.volumes : volume.zone]))

  # The claims that mount the static volumes, by volume: the first tserver's and Redis's.
  claims = { database = "disk0-yb-tserver-0", redis = "data-redis-0" }

  classes = {
    gp3      = { default = true, reclaim = "Delete", zones = [] }
    database = { default = false, reclaim = "Retain", zones = length(local.other_zones) > 1 ? sort(local.other_zones) : [] }
    redis    = { default = false, reclaim = "Retain", zones = [] }
    # Traefik's. Workers are assigned starting with the first zone, so if one is lost there, another can still reach the volume.
    ingress = { default = false, reclaim = "Retain", zones = slice(var.zones, 0, min(1, length(var.zones))) }
  }

  driver = {
    apiVersion = "helm.cattle.io/v1"
    kind       = "HelmChart"
    metadata   = { name = "aws-ebs-csi-driver", namespace = "kube-system" }
    spec = {
      repo            = "https://kubernetes-sigs.github.io/aws-ebs-csi-driver"
      chart           = "aws-ebs-csi-driver"
      version         = var.ebs_chart
      targetNamespace = "kube-system"
      valuesContent = yamlencode({
        controller = {
          region          = var.cluster.region
          k8sTagClusterId = var.cluster.name
          extraVolumeTags = { Cluster = var.cluster.name }
          nodeSelector    = { "node-role.kubernetes.io/control-plane" = "true" }
          tolerations     = [{ key = "node-role.kubernetes.io/control-plane", operator = "Exists", effect = "NoSchedule" }]
        }
        # On workers, only pods on the host network can reach the instance metadata.
        node = { hostNetwork = true, tolerateAllTaints = true }
      })
    }
  }

  storage_classes = [for name, class in local.classes : merge(
    {
      apiVersion           = "storage.k8s.io/v1"
      kind                 = "StorageClass"
      metadata             = { name = name, annotations = { "storageclass.kubernetes.io/is-default-class" = tostring(class.default) } }
      provisioner          = "ebs.csi.aws.com"
      parameters           = local.parameters
      reclaimPolicy        = class.reclaim
      allowVolumeExpansion = true
      volumeBindingMode    = "WaitForFirstConsumer"
    },
    length(class.zones) == 0 ? {} : {
      allowedTopologies = [{ matchLabelExpressions = [{ key = "topology.kubernetes.io/zone", values = class.zones }] }]
    },
  )]

  static_volumes = [for key, volume in var.volumes : {
    apiVersion = "v1"
    kind       = "PersistentVolume"
    metadata   = { name = key }
    spec = {
      capacity                      = { storage = "${volume.size}Gi" }
      accessModes                   = ["ReadWriteOnce"]
      persistentVolumeReclaimPolicy = "Retain"
      storageClassName              = key
      claimRef                      = { apiVersion = "v1", kind = "PersistentVolumeClaim", namespace = "default", name = local.claims[key] }
      csi                           = { driver = "ebs.csi.aws.com", volumeHandle = volume.id, fsType = "ext4" }
      nodeAffinity = { required = { nodeSelectorTerms = [{ matchExpressions = [
        { key = "topology.kubernetes.io/zone", operator = "In", values = [volume.zone] },
      ] }] } }
    }
  }]

  storage = join("---\n", [for object in concat([local.driver], local.storage_classes, local.static_volumes) : yamlencode(object)])
}
