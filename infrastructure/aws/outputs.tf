# The contract of infrastructure/outputs.md.
output "cluster_name" {
  value = var.name
}

output "kubeconfig_path" {
  value = terraform_data.kubeconfig.output.path
}

output "load_balancer" {
  value = { address = module.load_balancer.dns_name, http_port = 80, https_port = 443, id = module.load_balancer.arn }
}

output "control_planes" {
  value = [for machine in values(module.k3s_cluster.control_planes) : { name = machine.name, address = machine.address }]
}

output "workers" {
  value = [for machine in values(module.k3s_cluster.workers) : { name = machine.name, address = machine.address }]
}

output "network" {
  value = { id = module.networking.vpc_id, name = var.name, subnet = var.subnet }
}

output "volumes" {
  value = { for key, volume in module.storage.volumes : key => { id = volume.id, storage_class = key } }
}
