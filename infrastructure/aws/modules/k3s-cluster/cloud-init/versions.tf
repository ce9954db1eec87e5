# No provider: the tests render it with OpenTofu alone.
terraform {
  required_version = ">= 1.12"
}
