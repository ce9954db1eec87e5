# Production. An administrator's own settings come from -var or TF_VAR_: account_id, ssh_public_key, administrators,
# dns_zone_id, permissions_boundary and state_folder.
name   = "alternate-futures-production"
region = "eu-central-1"
zones  = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
subnet = "10.0.0.0/16"
domain = "alternatefutures.ai"

# The plan asks for 3 x (2 CPUs, 4 GiB) and 2 x (2 CPUs, 8 GiB). Three tservers with anti-affinity that request 2 CPUs and
# 4 GiB each need three workers with more than 2 CPUs, and a fourth so that one may be lost:
# tests/roots/test_aws_capacity.py adds it up.
control_planes     = 3
control_plane_type = "c6i.large"
workers            = 4
worker_type        = "m6i.xlarge"

database_volume_gb = 100
redis_volume_gb    = 20

# https://github.com/k3s-io/k3s/releases: sha256sum-amd64.txt of the release, and install.sh at its tag.
k3s = {
  version          = "v1.36.4+k3s1"
  binary_sha256    = "835873f37245fc615f547a2fe2af9402a347875f13fa64a1f136de644955ea3f"
  installer_sha256 = "46177d4c99440b4c0311b67233823a8e8a2fc09693f6c89af1a7161e152fbfad"
}
