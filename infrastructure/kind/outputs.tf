# The contract of infrastructure/outputs.md.
locals {
  # Written while the cluster is created, so the path depends on it.
  nodes_file = terraform_data.cluster.id == "" ? "" : "${var.state_folder}/nodes"
  lines      = try([for line in split("\n", trimspace(file(local.nodes_file))) : split(" ", line)], [])
  nodes      = [for line in local.lines : { role = line[0], name = line[1], address = line[2] }]
}

output "cluster_name" {
  value = var.name
}

output "kubeconfig_path" {
  value = terraform_data.cluster.id == "" ? "" : "${var.state_folder}/kubeconfig"
}

output "load_balancer" {
  value = { address = "127.0.0.1", http_port = var.http_port, https_port = var.https_port, id = docker_container.load_balancer.name }
}

output "control_planes" {
  value = [for node in local.nodes : { name = node.name, address = node.address } if node.role == "control-plane"]
}

output "workers" {
  value = [for node in local.nodes : { name = node.name, address = node.address } if node.role == "worker"]
}

output "network" {
  value = { id = docker_network.nodes.id, name = docker_network.nodes.name, subnet = var.subnet }
}

output "volumes" {
  value = { for name, volume in docker_volume.data : name => { id = volume.name, storage_class = name } }
}
