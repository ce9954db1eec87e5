# Applied once per account by an administrator, who keeps its state, which is small and holds no secret.
terraform {
  required_version = ">= 1.12"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.25.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { ManagedBy = "OpenTofu", Project = "alternate-futures" }
  }
}
