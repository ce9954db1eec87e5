variable "role" {
  description = "What K3s runs as: server or agent."
  type        = string
  validation {
    condition     = contains(["server", "agent"], var.role)
    error_message = "A machine runs K3s as server or as agent."
  }
}

variable "machine" {
  description = "The machine's slot, such as worker-2."
  type        = string
}

variable "first" {
  description = "Whether this machine may start a new cluster if there is none."
  type        = bool
  default     = false
}

variable "zone" {
  description = "Availability zone of the machine."
  type        = string
}

variable "cluster" {
  description = "Cluster settings that every machine gets."
  type = object({
    name          = string
    region        = string
    registration  = string
    api_host      = string
    api_addresses = list(string)
    secrets       = map(string)
    k3s           = object({ version = string, binary_sha256 = string, installer_sha256 = string })
  })
}

variable "ebs_chart" {
  description = "Version of the EBS CSI driver's chart; servers only."
  type        = string
  default     = ""
}

variable "zones" {
  description = "All availability zones; servers only."
  type        = list(string)
  default     = []
}

variable "key_arn" {
  description = "KMS key of claimed volumes; servers only."
  type        = string
  default     = ""
}

variable "volumes" {
  description = "The static volumes; servers only."
  type        = map(object({ id = string, size = number, zone = string }))
  default     = {}
}
