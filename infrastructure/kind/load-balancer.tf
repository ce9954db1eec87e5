# The stand-in for the network load balancer: TCP, ports 80 and 443 of the workers, published on 127.0.0.1 only.
resource "docker_container" "load_balancer" {
  name    = "${var.name}-load-balancer"
  image   = var.load_balancer_image
  restart = "no"

  networks_advanced {
    name = docker_network.nodes.name
  }
  ports {
    internal = 80
    external = var.http_port
    ip       = "127.0.0.1"
  }
  ports {
    internal = 443
    external = var.https_port
    ip       = "127.0.0.1"
  }
  upload {
    file    = "/usr/local/etc/haproxy/haproxy.cfg"
    content = templatefile("${path.module}/haproxy.cfg.tftpl", { workers = local.workers })
  }
  labels {
    label = "alternate-futures.dev/run"
    value = var.run
  }
  labels {
    label = "alternate-futures.dev/platform"
    value = var.name
  }
  lifecycle {
    ignore_changes = [labels, network_mode, log_opts]
  }
}
