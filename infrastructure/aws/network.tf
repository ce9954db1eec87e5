# VPC, subnets, NAT and security groups.
module "networking" {
  source = "./modules/networking"

  name           = var.name
  region         = var.region
  subnet         = var.subnet
  zones          = var.zones
  nat_per_zone   = var.nat_per_zone
  administrators = var.administrators
  key_arn        = local.key_arn
  boundary       = var.permissions_boundary

  ingress_health_port = local.ingress_health_port
}
