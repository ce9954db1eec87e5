# The stand-in for the VPC.
resource "docker_network" "nodes" {
  name   = var.name
  driver = "bridge"

  ipam_config {
    subnet = var.subnet
  }
  labels {
    label = "dev.alternate-futures.run"
    value = var.run
  }
  labels {
    label = "dev.alternate-futures.platform"
    value = var.name
  }
  lifecycle {
    # The run's id is that of the run that made it; a later one leaves what is there as it is.
    ignore_changes = [labels]
  }
}
