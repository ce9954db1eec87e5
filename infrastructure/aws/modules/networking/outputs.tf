output "vpc_id" {
  value = aws_vpc.this.id
}

output "private_subnet_ids" {
  value = { for zone, subnet in aws_subnet.private : zone => subnet.id }
  # A machine started there must reach the registries and its neighbours.
  depends_on = [
    aws_route.nat, aws_route.out, aws_route_table_association.private, aws_route_table_association.public,
    aws_vpc_security_group_ingress_rule.flow, aws_vpc_security_group_egress_rule.flow, aws_vpc_security_group_egress_rule.https,
  ]
}

output "public_subnet_ids" {
  value = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "security_group_ids" {
  value = { for key, group in aws_security_group.this : key => group.id }
}
