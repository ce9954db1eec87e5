# The network load balancer: ports 80 and 443 of the workers for everyone, 6443 of the control planes for administrators.
locals {
  # healthCheckNodePort of Traefik's Service (k8s/traefik/overlays/production).
  ingress_health_port = 32080
}

module "load_balancer" {
  source = "./modules/load-balancer"

  name              = var.name
  vpc_id            = module.networking.vpc_id
  subnet_ids        = module.networking.public_subnet_ids
  security_group_id = module.networking.security_group_ids["load_balancer"]
  protected         = var.protected

  ingress_health_port = local.ingress_health_port
  workers             = { for name, machine in module.k3s_cluster.workers : name => machine.id }
  control_planes      = { for name, machine in module.k3s_cluster.control_planes : name => machine.id }
}
