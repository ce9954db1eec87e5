# The rights needed to provision, and no more. Attach both policies to each operator; GitHub's role has them.
locals {
  names = { account = local.account, partition = data.aws_partition.current.partition, region = var.region, name = var.name, bucket = aws_s3_bucket.state.id, key = aws_kms_key.state.arn, platform_key = aws_kms_key.platform.arn }
  # Two, because one would be longer than IAM allows.
  policies = {
    network  = templatefile("${path.module}/operator-network.json.tftpl", local.names)
    platform = templatefile("${path.module}/operator-platform.json.tftpl", local.names)
  }
}

resource "aws_iam_policy" "operator" {
  for_each = local.policies

  name        = "${var.name}-operator-${each.key}"
  description = "Provisioning of ${var.name}: ${each.key}"
  policy      = each.value
}

# The maximum rights that a machine's role can ever have.
resource "aws_iam_policy" "boundary" {
  name        = "${var.name}-boundary"
  description = "Bounds the roles of ${var.name}"
  policy      = templatefile("${path.module}/boundary.json.tftpl", local.names)
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.repository == null ? 0 : 1

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "by_github" {
  count = var.repository == null ? 0 : 1

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github[0].arn]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:${var.repository}:environment:${var.environment}"]
    }
  }
}

resource "aws_iam_role" "github" {
  count = var.repository == null ? 0 : 1

  name                 = "${var.name}-github"
  assume_role_policy   = data.aws_iam_policy_document.by_github[0].json
  max_session_duration = 7200
}

resource "aws_iam_role_policy_attachment" "github" {
  for_each = var.repository == null ? {} : aws_iam_policy.operator

  role       = aws_iam_role.github[0].name
  policy_arn = each.value.arn
}
