# The stand-in for the VPC.
resource "docker_network" "nodes" {
  name   = var.name
  driver = "bridge"

  ipam_config {
    subnet = var.subnet
  }
  labels {
    label = "alternate-futures.dev/run"
    value = var.run
  }
  labels {
    label = "alternate-futures.dev/platform"
    value = var.name
  }
  labels {
    label = "alternate-futures.dev/user"
    value = var.user
  }
  lifecycle {
    # The run's id is that of the run that created it; later runs leave it unchanged.
    ignore_changes = [labels]
  }
}
