# The machines and K3s on them.
module "k3s_cluster" {
  source = "./modules/k3s-cluster"

  name                 = var.name
  region               = var.region
  zones                = var.zones
  vpc_id               = module.networking.vpc_id
  subnet_ids           = module.networking.private_subnet_ids
  security_group_ids   = module.networking.security_group_ids
  key_arn              = local.key_arn
  permissions_boundary = var.permissions_boundary
  ssh_public_key       = var.ssh_public_key
  control_planes       = var.control_planes
  control_plane_type   = var.control_plane_type
  workers              = var.workers
  worker_type          = var.worker_type
  k3s                  = var.k3s
  ebs_csi_chart        = var.ebs_csi_chart
  api_host             = module.load_balancer.dns_name
  api_addresses        = module.load_balancer.addresses
  volumes              = module.storage.volumes
}
