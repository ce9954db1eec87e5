# Egress, and ingress for SSH: machines have no public addresses.
resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_eip" "nat" {
  for_each = local.nat_zones

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${each.key}" }
}

resource "aws_nat_gateway" "this" {
  for_each = local.nat_zones

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_internet_gateway.this]
}

# Many registries keep image layers in S3; through the endpoint, downloading them is free.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.private : table.id]

  tags = { Name = "${var.name}-s3" }
}

# IAM controls who may connect to it; none of our addresses is reachable from outside.
resource "aws_ec2_instance_connect_endpoint" "ssh" {
  subnet_id          = aws_subnet.private[var.zones[0]].id
  security_group_ids = [aws_security_group.this["ssh"].id]
  preserve_client_ip = false

  tags = { Name = "${var.name}-ssh" }
}
