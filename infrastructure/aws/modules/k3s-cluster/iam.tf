# What machines may do in the account: a worker reads the agents' token; a control plane writes the secrets and runs EBS CSI.
data "aws_iam_policy_document" "by_machines" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

locals {
  shelf = { for key, secret in aws_secretsmanager_secret.this : key => secret.arn }
  # Role: the secrets that it reads, and those that it writes.
  rights = {
    control-plane = { read = values(local.shelf), write = values(local.shelf) }
    worker        = { read = [local.shelf["agent-token"]], write = [] }
  }
}

data "aws_iam_policy_document" "node" {
  for_each = local.rights

  statement {
    sid       = "ReadSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = each.value.read
  }
  dynamic "statement" {
    for_each = length(each.value.write) > 0 ? [each.value.write] : []
    content {
      sid       = "WriteSecrets"
      actions   = ["secretsmanager:PutSecretValue"]
      resources = statement.value
    }
  }
  statement {
    sid       = "OpenSecrets"
    actions   = length(each.value.write) > 0 ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
    resources = [var.key_arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.rights

  name                 = "${var.name}-${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.by_machines.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "node" {
  for_each = local.rights

  name   = "node"
  role   = aws_iam_role.this[each.key].id
  policy = data.aws_iam_policy_document.node[each.key].json
}

resource "aws_iam_instance_profile" "this" {
  for_each = local.rights

  name = "${var.name}-${each.key}"
  role = aws_iam_role.this[each.key].name
}
