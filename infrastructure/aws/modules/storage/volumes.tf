# Static volumes: the claims of the first tserver and of Redis are bound to them (k3s-cluster/cloud-init/storage.tf).
resource "aws_ebs_volume" "this" {
  for_each = var.sizes

  availability_zone = var.zone
  size              = each.value
  type              = "gp3"
  encrypted         = true
  kms_key_id        = var.key_arn

  tags = { Name = "${var.name}-${each.key}" }

  lifecycle {
    prevent_destroy = var.protected
  }
}
