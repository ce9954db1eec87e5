terraform {
  required_version = ">= 1.10"

  required_providers {
    docker = {
      source  = "kreuzwerker/docker"
      version = "4.5.1-0.20260916201441-96d331c98ff4"
    }
  }

  backend "local" {}

  # The state holds no secret of the platform but says where everything is, so it is encrypted anyway.
  encryption {
    key_provider "pbkdf2" "passphrase" {
      passphrase = var.state_passphrase
      # The passphrase is already random: stretching it would only add a second to each command. This is the minimum.
      iterations = 200000
    }
    method "aes_gcm" "passphrase" {
      keys = key_provider.pbkdf2.passphrase
    }
    state {
      method   = method.aes_gcm.passphrase
      enforced = true
    }
    plan {
      method   = method.aes_gcm.passphrase
      enforced = true
    }
  }
}
