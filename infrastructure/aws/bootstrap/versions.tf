# Applied once per account by someone with administrator's rights; its own state is small, has no secret, and stays with them.
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
