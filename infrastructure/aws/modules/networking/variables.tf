variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "subnet" {
  description = "Address range of the VPC."
  type        = string
}

variable "zones" {
  description = "Availability zones; each gets a private and a public subnet."
  type        = list(string)
}

variable "nat_per_zone" {
  description = "Whether each zone has a NAT gateway of its own."
  type        = bool
}

variable "administrators" {
  description = "Networks that may reach the Kubernetes API, by name."
  type        = map(string)
}

variable "key_arn" {
  description = "KMS key of the flow logs."
  type        = string
}

variable "boundary" {
  description = "ARN of the policy that bounds roles; null for none."
  type        = string
}

variable "ingress_health_port" {
  description = "Port on which workers report to the load balancer whether Traefik runs on them."
  type        = number
}
