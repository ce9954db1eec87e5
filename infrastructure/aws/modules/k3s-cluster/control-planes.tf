# Control planes: K3s servers with etcd, one per zone in turn.
resource "aws_instance" "control_plane" {
  for_each = local.control_planes

  ami                         = data.aws_ssm_parameter.image.insecure_value
  instance_type               = var.control_plane_type
  availability_zone           = each.value
  subnet_id                   = var.subnet_ids[each.value]
  vpc_security_group_ids      = [var.security_group_ids["control_planes"]]
  associate_public_ip_address = false
  key_name                    = aws_key_pair.administrator.key_name
  iam_instance_profile        = aws_iam_instance_profile.this["control-plane"].name
  user_data_base64            = module.control_plane[each.key].user_data_base64
  ebs_optimized               = true
  monitoring                  = true

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # The EBS CSI controller gets its credentials from within a pod, only here: the taint keeps other pods away.
    http_put_response_hop_limit = 2
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 40
    encrypted   = true
    kms_key_id  = var.key_arn
  }

  tags = { Name = "${var.name}-${each.key}" }

  lifecycle {
    # A new image or release reaches machines one by one: tofu apply -replace=ADDRESS.
    ignore_changes = [ami, user_data_base64]

    precondition {
      condition     = data.aws_ec2_instance_type.control_plane.default_vcpus >= 2 && data.aws_ec2_instance_type.control_plane.memory_size >= 4096
      error_message = "Control planes need at least 2 CPUs and 4 GiB of memory, which ${var.control_plane_type} lacks."
    }
  }

  # Also the order of destruction: machines first, then volumes left by claims, then the right to read the token.
  depends_on = [terraform_data.claimed_volumes, aws_iam_role_policy.node, aws_iam_role_policy.ebs_csi]
}

module "control_plane" {
  source   = "./cloud-init"
  for_each = local.control_planes

  role      = "server"
  machine   = each.key
  first     = each.key == "control-plane-1"
  zone      = each.value
  cluster   = local.cluster
  ebs_chart = var.ebs_csi_chart
  zones     = var.zones
  key_arn   = var.key_arn
  volumes   = var.volumes
}
