variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Public subnets by zone."
  type        = map(string)
}

variable "security_group_id" {
  description = "Security group of the load balancer."
  type        = string
}

variable "protected" {
  description = "Whether the load balancer is protected from being destroyed."
  type        = bool
}

variable "workers" {
  description = "Instance ids of the workers by name: they serve 80 and 443."
  type        = map(string)
}

variable "control_planes" {
  description = "Instance ids of the control planes by name: they serve 6443."
  type        = map(string)
}

variable "ingress_health_port" {
  description = "Port on which workers report whether Traefik runs on them."
  type        = number
}
