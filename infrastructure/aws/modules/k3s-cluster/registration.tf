# The name under which nodes find the control planes, inside the VPC only: any live one will do.
resource "aws_route53_zone" "internal" {
  name          = "${var.name}.internal"
  comment       = "Nodes of ${var.name}"
  force_destroy = true

  vpc {
    vpc_id = var.vpc_id
  }
}

resource "aws_route53_record" "api" {
  zone_id = aws_route53_zone.internal.zone_id
  name    = "api.${aws_route53_zone.internal.name}"
  type    = "A"
  ttl     = 30
  records = [for machine in aws_instance.control_plane : machine.private_ip]
}

locals {
  # Cluster settings that every machine gets: no secrets, only where they are.
  cluster = {
    name          = var.name
    region        = var.region
    registration  = "api.${var.name}.internal"
    api_host      = var.api_host
    api_addresses = var.api_addresses
    secrets       = { for key in keys(local.secrets) : key => "${var.name}/${key}" }
    k3s           = var.k3s
  }
}
