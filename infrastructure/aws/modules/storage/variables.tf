variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "zone" {
  description = "Availability zone of the volumes."
  type        = string
}

variable "key_arn" {
  description = "KMS key that encrypts the volumes."
  type        = string
}

variable "protected" {
  description = "Whether the volumes are protected from being destroyed."
  type        = bool
}

variable "sizes" {
  description = "Size in GB, by purpose of the volume."
  type        = map(number)
}
