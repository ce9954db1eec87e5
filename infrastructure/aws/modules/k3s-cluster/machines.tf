# What all machines have in common.
data "aws_ssm_parameter" "image" {
  # Amazon Linux 2023 has cloud-init, curl and the AWS command line, so nothing needs to be installed before K3s.
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

data "aws_ec2_instance_type" "control_plane" {
  instance_type = var.control_plane_type
}

data "aws_ec2_instance_type" "worker" {
  instance_type = var.worker_type
}

locals {
  # A machine's slot is its permanent name; its node's name also has the instance id, because a replaced machine is a
  # different node to Kubernetes and a different member to etcd.
  control_planes = { for index in range(var.control_planes) : "control-plane-${index + 1}" => var.zones[index % length(var.zones)] }
  workers        = { for index in range(var.workers) : "worker-${index + 1}" => var.zones[index % length(var.zones)] }
}

resource "aws_key_pair" "administrator" {
  key_name   = var.name
  public_key = var.ssh_public_key
}
