variable "region" {
  description = "AWS region of state and cluster."
  type        = string
  default     = "eu-central-1"
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region must be the name of an AWS region, such as eu-central-1."
  }
}

variable "name" {
  description = "Name of the cluster that operators may provision; their rights are limited to it."
  type        = string
  default     = "alternate-futures-production"
}

variable "repository" {
  description = "GitHub repository whose protected environment may deploy, as OWNER/NAME; null for none."
  type        = string
  default     = null
  validation {
    condition     = var.repository == null || can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.repository))
    error_message = "The repository must be written as OWNER/NAME."
  }
}

variable "environment" {
  description = "Protected environment of that repository; only jobs that it approved may deploy."
  type        = string
  default     = "production"
}

variable "protected" {
  description = "Whether the state bucket is protected from being destroyed. Pass -var protected=false, first to apply and then to destroy."
  type        = bool
  default     = true
}
