# The two volumes, in the first zone: whoever mounts them runs there.
module "storage" {
  source = "./modules/storage"

  name      = var.name
  zone      = var.zones[0]
  key_arn   = aws_kms_key.platform.arn
  protected = var.protected
  sizes     = { database = var.database_volume_gb, redis = var.redis_volume_gb }
}

# Volumes that the EBS CSI driver made for claims belong to no state: destroy removes them once the machines are gone.
resource "terraform_data" "claimed_volumes" {
  # Destroy provisioners see only `self`: whatever they need is in here.
  input = { cluster = var.name, region = var.region, script = abspath("${path.module}/scripts/remove-claimed-volumes.sh") }

  provisioner "local-exec" {
    when        = destroy
    command     = self.input.script
    environment = { CLUSTER = self.input.cluster, AWS_REGION = self.input.region }
  }
}
