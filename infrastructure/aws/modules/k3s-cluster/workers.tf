# Workers: K3s agents, one per zone in turn; the load balancer and ServiceLB send traffic here.
resource "aws_instance" "worker" {
  for_each = local.workers

  ami                         = data.aws_ssm_parameter.image.insecure_value
  instance_type               = var.worker_type
  availability_zone           = each.value
  subnet_id                   = var.subnet_ids[each.value]
  vpc_security_group_ids      = [var.security_group_ids["workers"]]
  associate_public_ip_address = false
  key_name                    = aws_key_pair.administrator.key_name
  iam_instance_profile        = aws_iam_instance_profile.this["worker"].name
  user_data_base64            = module.worker[each.key].user_data_base64
  ebs_optimized               = true
  monitoring                  = true

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # One hop, so that no pod can get the machine's credentials.
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 60
    encrypted   = true
    kms_key_id  = var.key_arn
  }

  tags = { Name = "${var.name}-${each.key}" }

  lifecycle {
    ignore_changes = [ami, user_data_base64]

    precondition {
      condition     = data.aws_ec2_instance_type.worker.default_vcpus >= 2 && data.aws_ec2_instance_type.worker.memory_size >= 8192
      error_message = "Workers need at least 2 CPUs and 8 GiB of memory, which ${var.worker_type} lacks."
    }
  }

  depends_on = [terraform_data.claimed_volumes, aws_iam_role_policy.node]
}

module "worker" {
  source   = "./cloud-init"
  for_each = local.workers

  role    = "agent"
  machine = each.key
  zone    = each.value
  cluster = local.cluster
}
