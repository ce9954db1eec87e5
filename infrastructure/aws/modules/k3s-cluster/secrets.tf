# Empty secrets in Secrets Manager. The machines write the values: none is in the state or in user data.
locals {
  secrets = {
    server-token = "K3s's token for servers, put here by the server that issued it"
    agent-token  = "K3s's token for agents, put here by the server that issued it"
    kubeconfig   = "Administrator's kubeconfig, put here by a server"
  }
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:The values are K3s's; K3s rotates them on request (k3s token rotate), not a function in the secret store
  for_each = local.secrets

  name        = "${var.name}/${each.key}"
  description = each.value
  kms_key_id  = var.key_arn
  # A recreated cluster must not find its predecessor's token.
  recovery_window_in_days = 0
}
