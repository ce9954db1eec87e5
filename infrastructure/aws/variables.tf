variable "name" {
  description = "Name of the cluster, and prefix of everything that belongs to it."
  type        = string
  default     = "alternate-futures-production"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,27}$", var.name))
    error_message = "The name must be 3 to 28 lower-case letters, digits and dashes, and start with a letter: a load balancer's has no room for more."
  }
}

variable "region" {
  description = "AWS region of everything."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region must be the name of an AWS region, such as eu-central-1."
  }
}

variable "account_id" {
  description = "The one AWS account that this may be applied to; null allows any."
  type        = string
  default     = null
  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An AWS account's id has 12 digits."
  }
}

variable "state_key" {
  description = "KMS key that encrypts state and plan; bootstrap/ creates it under this alias."
  type        = string
  default     = "alias/alternate-futures-state"
  validation {
    condition     = can(regex("^(alias/|arn:aws)", var.state_key))
    error_message = "The state's key must be given as alias/NAME or as an ARN."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the machines' roles, created by bootstrap/; null for none."
  type        = string
  default     = null
  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws[a-z-]*:iam::", var.permissions_boundary))
    error_message = "The permissions boundary must be the ARN of an IAM policy."
  }
}

variable "protected" {
  description = "Whether volumes and load balancer are protected from being destroyed. Pass -var protected=false to destroy them."
  type        = bool
  default     = true
}

variable "subnet" {
  description = "Address range of the VPC (criterion 1.5)."
  type        = string
  default     = "10.0.0.0/16"
  validation {
    condition     = can(regex("^(10|172\\.(1[6-9]|2[0-9]|3[01])|192\\.168)\\..*/(1[6-9]|20)$", var.subnet)) && can(cidrhost(var.subnet, 0))
    error_message = "The VPC's range must be a private IPv4 range between /16 and /20, such as 10.0.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones; machines are spread over them in turn."
  type        = list(string)
  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 4 && length(distinct(var.zones)) == length(var.zones)
    error_message = "There must be two to four different zones, or one failure takes everything."
  }
  validation {
    condition     = alltrue([for zone in var.zones : startswith(zone, var.region)])
    error_message = "Every zone must lie in the region."
  }
}

variable "nat_per_zone" {
  description = "Whether each zone has its own NAT gateway, which takes a quota of 6 Elastic IPs for three zones; with a single one, a failure of its zone cuts off the others."
  type        = bool
  default     = false
}

variable "administrators" {
  description = "Networks that may reach the Kubernetes API through the load balancer, by name."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for range in values(var.administrators) : can(cidrhost(range, 0)) && can(regex("/(2[4-9]|3[0-2])$", range))])
    error_message = "Every administrator's network must be an IPv4 range of /24 or smaller, such as 198.51.100.7/32."
  }
  validation {
    condition     = alltrue([for who in keys(var.administrators) : can(regex("^[a-z][a-z0-9-]{1,30}$", who))])
    error_message = "Administrators are named by 2 to 31 lower-case letters, digits and dashes."
  }
}

variable "ssh_public_key" {
  description = "Public key for SSH to the nodes, which goes through the EC2 Instance Connect endpoint only."
  type        = string
  validation {
    condition     = can(regex("^ssh-ed25519 [A-Za-z0-9+/=]+( .*)?$", var.ssh_public_key))
    error_message = "The SSH key must be the public half of an ed25519 key: `ssh-ed25519 AAAA... comment`."
  }
}

variable "control_planes" {
  description = "Number of control-plane machines (criterion 1.1); they also hold etcd."
  type        = number
  default     = 3
  validation {
    condition     = var.control_planes >= 3 && var.control_planes % 2 == 1
    error_message = "The number of control planes must be odd and at least 3, or etcd survives no loss."
  }
}

variable "control_plane_type" {
  description = "Instance type of the control planes; at least 2 CPUs and 4 GiB (criterion 1.3)."
  type        = string
  default     = "c6i.large"
}

variable "workers" {
  description = "Number of worker machines (criterion 1.2)."
  type        = number
  default     = 3
  validation {
    condition     = var.workers >= 2 && floor(var.workers) == var.workers
    error_message = "There must be at least two workers, or none may be lost."
  }
}

variable "worker_type" {
  description = "Instance type of the workers; at least 2 CPUs and 8 GiB (criterion 1.4)."
  type        = string
  default     = "m6i.xlarge"
}

variable "k3s" {
  description = "K3s: its release, and the SHA-256 of its amd64 binary and of its install.sh."
  type        = object({ version = string, binary_sha256 = string, installer_sha256 = string })
  validation {
    condition     = can(regex("^v1\\.(2[89]|[3-9][0-9])\\.[0-9]+\\+k3s[0-9]+$", var.k3s.version))
    error_message = "K3s must be v1.28.0 or newer, written as its release is: v1.36.4+k3s1."
  }
  validation {
    condition     = alltrue([for sum in [var.k3s.binary_sha256, var.k3s.installer_sha256] : can(regex("^[0-9a-f]{64}$", sum))])
    error_message = "A SHA-256 is written as 64 hexadecimal digits."
  }
}

variable "ebs_csi_chart" {
  description = "Version of the chart of the EBS CSI driver."
  type        = string
  default     = "2.66.0"
  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+$", var.ebs_csi_chart))
    error_message = "The chart's version must be exact, such as 2.66.0."
  }
}

variable "database_volume_gb" {
  description = "Size of the database's volume in GB (criterion 1.10)."
  type        = number
  default     = 100
  validation {
    condition     = var.database_volume_gb >= 100
    error_message = "The database's volume must have at least 100 GB."
  }
}

variable "redis_volume_gb" {
  description = "Size of Redis's volume in GB (criterion 1.10)."
  type        = number
  default     = 20
  validation {
    condition     = var.redis_volume_gb >= 20
    error_message = "Redis's volume must have at least 20 GB."
  }
}

variable "domain" {
  description = "Domain of the platform."
  type        = string
  default     = "alternatefutures.ai"
}

variable "hosts" {
  description = "Host names of the platform below its domain; scenarios make up theirs below the last one."
  type        = list(string)
  default     = ["www", "api", "auth", "argocd", "*.acceptance"]
}

variable "dns_zone_id" {
  description = "Route 53 zone of the domain, where the records are created; null prints them, for another DNS provider."
  type        = string
  default     = null
  validation {
    condition     = var.dns_zone_id == null || can(regex("^Z[A-Z0-9]+$", var.dns_zone_id))
    error_message = "A Route 53 zone's id is Z and capital letters and digits."
  }
}

variable "dns_wait_minutes" {
  description = "How long apply waits for the names to resolve to the load balancer; certificates cannot be issued before."
  type        = number
  default     = 60
}

variable "state_folder" {
  description = "Folder for the kubeconfig."
  type        = string
  validation {
    condition     = startswith(var.state_folder, "/")
    error_message = "The folder for the kubeconfig must be an absolute path."
  }
}
