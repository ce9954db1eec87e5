# The two volumes, in the first zone: whoever mounts them runs there.
module "storage" {
  source = "./modules/storage"

  name      = var.name
  zone      = var.zones[0]
  key_arn   = local.key_arn
  protected = var.protected
  sizes     = { database = var.database_volume_gb, redis = var.redis_volume_gb }
}
