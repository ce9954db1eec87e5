output "vpc_id" {
  value = aws_vpc.this.id
}

output "private_subnet_ids" {
  value = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "public_subnet_ids" {
  value = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "security_group_ids" {
  value = { for key, group in aws_security_group.this : key => group.id }
}
