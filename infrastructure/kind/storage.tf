# The stand-ins for the two gp3 volumes; their sizes are the environment's disk.
resource "docker_volume" "data" {
  for_each = toset(["database", "redis"])
  name     = "${var.name}-${each.key}"

  labels {
    label = "alternate-futures.dev/run"
    value = var.run
  }
  labels {
    label = "alternate-futures.dev/platform"
    value = var.name
  }
  lifecycle {
    ignore_changes = [labels]
  }
}
