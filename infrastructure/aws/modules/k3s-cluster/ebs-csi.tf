# Rights of the EBS CSI controller, which runs on the control planes: volumes and machines of this cluster only.
locals {
  mine = { test = "StringEquals", variable = "aws:ResourceTag/Cluster", values = [var.name] }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "ebs_csi" {
  #checkov:skip=CKV_AWS_356:EC2's describe calls know no resources
  statement {
    sid = "Look"
    actions = [
      "ec2:DescribeAvailabilityZones", "ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeTags",
      "ec2:DescribeVolumes", "ec2:DescribeVolumesModifications", "ec2:DescribeVolumeStatus",
    ]
    resources = ["*"]
  }
  statement {
    sid       = "Make"
    actions   = ["ec2:CreateVolume"]
    resources = ["arn:${data.aws_partition.current.partition}:ec2:${var.region}:${data.aws_caller_identity.current.account_id}:volume/*"]
    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/Cluster"
      values   = [var.name]
    }
  }
  statement {
    sid       = "TagWhatIsMade"
    actions   = ["ec2:CreateTags"]
    resources = ["arn:${data.aws_partition.current.partition}:ec2:${var.region}:${data.aws_caller_identity.current.account_id}:volume/*"]
    condition {
      test     = "StringEquals"
      variable = "ec2:CreateAction"
      values   = ["CreateVolume"]
    }
  }
  statement {
    sid     = "Use"
    actions = ["ec2:AttachVolume", "ec2:DetachVolume", "ec2:ModifyVolume"]
    resources = [
      "arn:${data.aws_partition.current.partition}:ec2:${var.region}:${data.aws_caller_identity.current.account_id}:volume/*",
      "arn:${data.aws_partition.current.partition}:ec2:${var.region}:${data.aws_caller_identity.current.account_id}:instance/*",
    ]
    condition {
      test     = local.mine.test
      variable = local.mine.variable
      values   = local.mine.values
    }
  }
  statement {
    sid       = "RemoveWhatItMade"
    actions   = ["ec2:DeleteVolume"]
    resources = ["arn:${data.aws_partition.current.partition}:ec2:${var.region}:${data.aws_caller_identity.current.account_id}:volume/*"]
    condition {
      test     = local.mine.test
      variable = local.mine.variable
      values   = local.mine.values
    }
    # The static volumes do not have this tag.
    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/ebs.csi.aws.com/cluster"
      values   = ["true"]
    }
  }
  statement {
    sid       = "Encrypt"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    resources = [var.key_arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ec2.${var.region}.amazonaws.com"]
    }
  }
  statement {
    sid       = "LendTheKeyToEc2"
    actions   = ["kms:CreateGrant"]
    resources = [var.key_arn]
    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }
}

resource "aws_iam_role_policy" "ebs_csi" {
  name   = "ebs-csi"
  role   = aws_iam_role.this["control-plane"].id
  policy = data.aws_iam_policy_document.ebs_csi.json
}

# Volumes that the driver created for claims are in no state: destroy removes them once the machines are gone.
resource "terraform_data" "claimed_volumes" {
  # Destroy provisioners can only read `self`, so everything they need is here.
  input = { cluster = var.name, region = var.region, script = abspath("${path.module}/remove-claimed-volumes.sh") }

  provisioner "local-exec" {
    when        = destroy
    command     = self.input.script
    environment = { CLUSTER = self.input.cluster, AWS_REGION = self.input.region }
  }
}
