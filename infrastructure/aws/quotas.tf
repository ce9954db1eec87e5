# The account's quotas. A new account may have lower ones, and would be refused in the middle of an apply.
locals {
  virtual_cpus = (var.control_planes * data.aws_ec2_instance_type.quota["control_plane"].default_vcpus
  + var.workers * data.aws_ec2_instance_type.quota["worker"].default_vcpus)
  # One for the load balancer in each zone, and one for each NAT gateway.
  addresses = length(var.zones) + (var.nat_per_zone ? length(var.zones) : 1)
}

data "aws_ec2_instance_type" "quota" {
  for_each = { control_plane = var.control_plane_type, worker = var.worker_type }

  instance_type = each.value
}

data "aws_servicequotas_service_quota" "virtual_cpus" {
  service_code = "ec2"
  quota_code   = "L-1216C47A"

  lifecycle {
    postcondition {
      condition     = self.value >= local.virtual_cpus
      error_message = "The machines have ${local.virtual_cpus} virtual CPUs and the account may run ${self.value} (quota L-1216C47A of ec2): ask AWS for more."
    }
  }
}

data "aws_servicequotas_service_quota" "addresses" {
  service_code = "ec2"
  quota_code   = "L-0263D0A3"

  lifecycle {
    postcondition {
      condition     = self.value >= local.addresses
      error_message = "The platform takes ${local.addresses} Elastic IPs and the account may have ${self.value} (quota L-0263D0A3 of ec2): ask AWS for more, or set nat_per_zone = false."
    }
  }
}
