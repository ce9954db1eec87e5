# Who may talk to whom: every row is one egress rule at the sender and one ingress rule at the receiver; there are no others.
locals {
  groups = {
    load_balancer  = "Users and administrators come in here"
    control_planes = "Kubernetes API and etcd"
    workers        = "Whatever the platform runs"
    ssh            = "EC2 Instance Connect endpoint"
  }

  nodes = ["control_planes", "workers"]

  # Ports between nodes, by the group that listens on them.
  between_nodes = {
    kubelet = { ports = [10250, 10250], protocol = "tcp", to = local.nodes, from = local.nodes }
    vxlan   = { ports = [8472, 8472], protocol = "udp", to = local.nodes, from = local.nodes }
    api     = { ports = [6443, 6443], protocol = "tcp", to = ["control_planes"], from = local.nodes }
    etcd    = { ports = [2379, 2380], protocol = "tcp", to = ["control_planes"], from = ["control_planes"] }
    http    = { ports = [80, 80], protocol = "tcp", to = ["workers"], from = ["load_balancer"] }
    https   = { ports = [443, 443], protocol = "tcp", to = ["workers"], from = ["load_balancer"] }
    health  = { ports = [var.ingress_health_port, var.ingress_health_port], protocol = "tcp", to = ["workers"], from = ["load_balancer"] }
    public  = { ports = [6443, 6443], protocol = "tcp", to = ["control_planes"], from = ["load_balancer"] }
    ssh     = { ports = [22, 22], protocol = "tcp", to = local.nodes, from = ["ssh"] }
  }

  flows = merge([
    for service, rule in local.between_nodes : {
      for pair in setproduct(rule.from, rule.to) : "${service}-${pair[0]}-${pair[1]}" => {
        from = pair[0], to = pair[1], first = rule.ports[0], last = rule.ports[1], protocol = rule.protocol
      }
    }
  ]...)
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:They are attached by the modules that make machines and load balancer, and by the SSH endpoint
  for_each = local.groups

  name        = "${var.name}-${replace(each.key, "_", "-")}"
  description = each.value
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-${replace(each.key, "_", "-")}" }
}

resource "aws_vpc_security_group_ingress_rule" "flow" {
  for_each = local.flows

  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  description                  = each.key
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.first
  to_port                      = each.value.last
}

resource "aws_vpc_security_group_egress_rule" "flow" {
  for_each = local.flows

  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  description                  = each.key
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.first
  to_port                      = each.value.last
}

# The only place that is open to the world.
resource "aws_vpc_security_group_ingress_rule" "users" {
  #checkov:skip=CKV_AWS_260:Port 80 of the load balancer has to be open, for it is where Traefik redirects from to HTTPS
  for_each = { http = 80, https = 443 }

  security_group_id = aws_security_group.this["load_balancer"].id
  description       = "${each.key} from everywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

resource "aws_vpc_security_group_ingress_rule" "administrators" {
  for_each = var.administrators

  security_group_id = aws_security_group.this["load_balancer"].id
  description       = "Kubernetes API from ${each.key}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 6443
  to_port           = 6443
}

# Registries, AWS's own API and ACME.
resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = toset(local.nodes)

  security_group_id = aws_security_group.this[each.key].id
  description       = "HTTPS to everywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
