variable "state_passphrase" {
  description = "Encrypts state and plan. The suite keeps it in a file of mode 600 outside the checkout."
  type        = string
  sensitive   = true
  validation {
    condition     = length(var.state_passphrase) >= 16
    error_message = "The state passphrase must have at least 16 characters."
  }
}

variable "name" {
  description = "Name of the cluster, and prefix of everything that belongs to it."
  type        = string
  default     = "alternate-futures"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,40}$", var.name))
    error_message = "The name must be 3 to 41 lower-case letters, digits and dashes, and start with a letter."
  }
}

variable "run" {
  description = "Id of the run, put as a label on every resource."
  type        = string
}

variable "user" {
  description = "Owner of the platform, put as a label on its network."
  type        = string
}

variable "control_planes" {
  description = "Number of control-plane nodes (criterion 1.1)."
  type        = number
  default     = 3
  validation {
    condition     = var.control_planes >= 1 && var.control_planes % 2 == 1
    error_message = "The number of control planes must be odd, or etcd gains nothing from the last one."
  }
}

variable "workers" {
  description = "Number of worker nodes (criterion 1.2)."
  type        = number
  default     = 2
  validation {
    condition     = var.workers >= 1 && floor(var.workers) == var.workers
    error_message = "There must be at least one worker."
  }
}

variable "subnet" {
  description = "Address range of the nodes' network (criterion 1.5)."
  type        = string
  default     = "172.30.0.0/16"
  validation {
    condition     = can(cidrhost(var.subnet, 250)) && can(regex("^(10|172\\.(1[6-9]|2[0-9]|3[01])|192\\.168)\\.", var.subnet))
    error_message = "The subnet must be a private IPv4 range with room for 250 addresses, such as 172.30.0.0/16."
  }
}

variable "http_port" {
  description = "Port of 127.0.0.1 that is forwarded to port 80 of the workers."
  type        = number
  default     = 80
  validation {
    condition     = var.http_port > 0 && var.http_port < 65536
    error_message = "The HTTP port must lie between 1 and 65535."
  }
}

variable "https_port" {
  description = "Port of 127.0.0.1 that is forwarded to port 443 of the workers."
  type        = number
  default     = 443
  validation {
    condition     = var.https_port > 0 && var.https_port < 65536
    error_message = "The HTTPS port must lie between 1 and 65535."
  }
}

variable "node_image" {
  description = "kind's node image."
  type        = string
}

variable "load_balancer_image" {
  description = "Image of HAProxy with a shell and socat."
  type        = string
}

variable "coredns_tag" {
  description = "Tag of the CoreDNS image that kubeadm deploys."
  type        = string
}

variable "restricted_host" {
  description = "Whether the host withholds CAP_SYS_RESOURCE, so that nothing may lower oom_score_adj."
  type        = bool
  default     = false
}

variable "tools" {
  description = "Paths of the programs that create the cluster."
  type        = object({ kind = string, kubectl = string, docker = string })
}

variable "state_folder" {
  description = "Folder for the kubeconfig and the list of nodes."
  type        = string
}

variable "registry" {
  description = "Name of the registry container that nodes pull from."
  type        = string
}
