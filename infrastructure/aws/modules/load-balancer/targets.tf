# The targets of each port.
locals {
  # kube-proxy answers 200 where Traefik runs and 503 elsewhere. Its port is the Service's healthCheckNodePort: other workers
  # would accept connections, too, but forward them with their own source address.
  ingress_health = { protocol = "HTTP", port = tostring(var.ingress_health_port), path = "/healthz" }

  services = {
    http  = { port = 80, machines = var.workers, preserve_client_ip = true, health = local.ingress_health }
    https = { port = 443, machines = var.workers, preserve_client_ip = true, health = local.ingress_health }
    # Otherwise a control plane that calls its own cluster through here would get answers from itself under another address.
    api = { port = 6443, machines = var.control_planes, preserve_client_ip = false, health = { protocol = "TCP", port = "traffic-port", path = null } }
  }

  targets = merge([
    for service, rule in local.services : {
      for name, id in rule.machines : "${service}-${name}" => { service = service, id = id }
    }
  ]...)
}

resource "aws_lb_target_group" "this" {
  for_each = local.services

  name                   = "${substr(var.name, 0, 26)}-${each.key}"
  vpc_id                 = var.vpc_id
  target_type            = "instance"
  protocol               = "TCP"
  port                   = each.value.port
  preserve_client_ip     = each.value.preserve_client_ip
  connection_termination = true
  deregistration_delay   = 30

  health_check {
    protocol            = each.value.health.protocol
    port                = each.value.health.port
    path                = each.value.health.path
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_target_group_attachment" "this" {
  for_each = local.targets

  target_group_arn = aws_lb_target_group.this[each.value.service].arn
  target_id        = each.value.id
}

resource "aws_lb_listener" "this" {
  for_each = local.services

  load_balancer_arn = aws_lb.this.arn
  protocol          = "TCP"
  port              = each.value.port

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }
}
