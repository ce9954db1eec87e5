# One customer-managed key for disks, secrets and logs, created by bootstrap/.
data "aws_kms_alias" "platform" {
  name = "alias/${var.name}"
}

locals {
  key_arn = data.aws_kms_alias.platform.target_key_arn
}
