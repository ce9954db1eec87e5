output "arn" {
  value = aws_lb.this.arn
}

output "dns_name" {
  value = aws_lb.this.dns_name
}

output "dns_zone_id" {
  value = aws_lb.this.zone_id
}

output "addresses" {
  value = [for address in aws_eip.this : address.public_ip]
}
