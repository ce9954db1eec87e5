output "control_planes" {
  value = {
    for name, machine in aws_instance.control_plane : name => { id = machine.id, name = "${name}-${machine.id}", address = machine.private_ip }
  }
}

output "workers" {
  value = {
    for name, machine in aws_instance.worker : name => { id = machine.id, name = "${name}-${machine.id}", address = machine.private_ip }
  }
}

output "kubeconfig_secret_arn" {
  value = aws_secretsmanager_secret.this["kubeconfig"].arn
}
