# The platform's DNS records: created in Route 53 if its zone is given, otherwise printed; apply waits for them, because ACME needs them.
resource "aws_route53_record" "host" {
  for_each = var.dns_zone_id == null ? toset([]) : toset(var.hosts)

  zone_id = var.dns_zone_id
  name    = "${each.key}.${var.domain}"
  type    = "A"

  alias {
    name                   = module.load_balancer.dns_name
    zone_id                = module.load_balancer.dns_zone_id
    evaluate_target_health = false
  }
}

resource "terraform_data" "dns" {
  triggers_replace = [var.domain, var.hosts, module.load_balancer.addresses]

  provisioner "local-exec" {
    command = "${path.module}/scripts/await-dns.sh"
    environment = {
      NAMES     = join(" ", [for host in var.hosts : "${host}.${var.domain}"])
      ADDRESSES = join(" ", module.load_balancer.addresses)
      MINUTES   = var.dns_wait_minutes
    }
  }

  depends_on = [aws_route53_record.host]
}
