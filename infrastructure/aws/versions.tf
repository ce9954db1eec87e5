terraform {
  # 1.12 is the first whose prevent_destroy accepts a variable.
  required_version = ">= 1.12"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.25.0"
    }
  }

  # Bucket, region and key come from the file that bootstrap/ writes (environments/*.s3.tfbackend).
  backend "s3" {
    key          = "alternate-futures/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }

  # On top of the bucket's own encryption: read access to the bucket is not enough to read the state without the key.
  encryption {
    key_provider "aws_kms" "state" {
      kms_key_id = var.state_key
      region     = var.region
      key_spec   = "AES_256"
    }
    method "aes_gcm" "state" {
      keys = key_provider.aws_kms.state
    }
    state {
      method   = method.aes_gcm.state
      enforced = true
    }
    plan {
      method   = method.aes_gcm.state
      enforced = true
    }
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = var.account_id == null ? null : [var.account_id]

  default_tags {
    tags = { Cluster = var.name, ManagedBy = "OpenTofu", Project = "alternate-futures" }
  }
}
