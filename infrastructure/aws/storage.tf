# The two volumes, in the first zone, where the pods that mount them run.
module "storage" {
  source = "./modules/storage"

  name      = var.name
  zone      = var.zones[0]
  key_arn   = local.key_arn
  protected = var.protected
  sizes     = { database = var.database_volume_gb, redis = var.redis_volume_gb }
}
