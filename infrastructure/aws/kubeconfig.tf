# The kubeconfig leaves the nodes through Secrets Manager and is written to a file with mode 600, never to the state.
resource "terraform_data" "kubeconfig" {
  # Each operator gets a file in their own folder.
  triggers_replace = [module.k3s_cluster.kubeconfig_secret_arn, module.load_balancer.dns_name, var.state_folder]

  input = {
    path   = "${var.state_folder}/kubeconfig"
    nodes  = var.control_planes + var.workers
    secret = module.k3s_cluster.kubeconfig_secret_arn
    region = var.region
  }

  provisioner "local-exec" {
    command = "${path.module}/scripts/fetch-kubeconfig.sh"
    environment = {
      KUBECONFIG_PATH = self.input.path
      SECRET          = self.input.secret
      NODES           = self.input.nodes
      AWS_REGION      = self.input.region
      LISTENER        = length(var.administrators) > 0 ? "open" : "tunnel"
    }
  }
  provisioner "local-exec" {
    when    = destroy
    command = "rm -f '${self.input.path}'"
  }

  depends_on = [module.load_balancer, module.k3s_cluster]
}
