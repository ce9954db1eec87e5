# Fixed public addresses, so that records at any DNS provider stay valid.
resource "aws_eip" "this" {
  #checkov:skip=CKV2_AWS_19:They belong to the load balancer, by its subnet mappings, and to no machine
  for_each = var.subnet_ids

  domain = "vpc"

  tags = { Name = "${var.name}-${each.key}" }
}

# A load balancer created without security groups can never get one, so it has its own from the start.
resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:Network load balancers write access logs of TLS listeners only; TLS ends in Traefik, whose access log is kept
  name                             = var.name
  load_balancer_type               = "network"
  internal                         = false
  security_groups                  = [var.security_group_id]
  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = var.protected

  dynamic "subnet_mapping" {
    for_each = var.subnet_ids
    content {
      subnet_id     = subnet_mapping.value
      allocation_id = aws_eip.this[subnet_mapping.key].id
    }
  }
}
