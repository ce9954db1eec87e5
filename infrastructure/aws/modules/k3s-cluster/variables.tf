variable "name" {
  description = "Name of the cluster, and prefix of all names."
  type        = string
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "zones" {
  description = "Availability zones; machines are spread over them in turn."
  type        = list(string)
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets by zone."
  type        = map(string)
}

variable "security_group_ids" {
  description = "Security groups; control_planes and workers are used."
  type        = map(string)
}

variable "key_arn" {
  description = "KMS key of disks and secrets."
  type        = string
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the machines' roles; null for none."
  type        = string
}

variable "ssh_public_key" {
  description = "Public key for SSH."
  type        = string
}

variable "control_planes" {
  description = "Number of control planes."
  type        = number
}

variable "control_plane_type" {
  description = "Instance type of the control planes."
  type        = string
}

variable "workers" {
  description = "Number of workers."
  type        = number
}

variable "worker_type" {
  description = "Instance type of the workers."
  type        = string
}

variable "k3s" {
  description = "K3s: release and checksums."
  type        = object({ version = string, binary_sha256 = string, installer_sha256 = string })
}

variable "ebs_csi_chart" {
  description = "Version of the EBS CSI driver's chart."
  type        = string
}

variable "api_host" {
  description = "Name under which administrators reach the API from outside."
  type        = string
}

variable "api_addresses" {
  description = "Addresses of that name."
  type        = list(string)
}

variable "volumes" {
  description = "The static volumes: id, size and zone by what they are for."
  type        = map(object({ id = string, size = number, zone = string }))
}
