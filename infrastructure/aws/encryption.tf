# One key of our own for disks, secrets and logs, which bootstrap/ makes.
data "aws_kms_alias" "platform" {
  name = "alias/${var.name}"
}

locals {
  key_arn = data.aws_kms_alias.platform.target_key_arn
}
