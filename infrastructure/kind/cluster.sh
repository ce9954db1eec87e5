#!/bin/sh
# Creates or destroys the kind cluster. All settings come from the environment, set by cluster.tf:
# name, network, registry, folder, kind, kubectl, docker; config (create only).
set -eu
export KIND_EXPERIMENTAL_DOCKER_NETWORK="$network"
PATH="$(dirname "$docker"):$PATH"
kubeconfig=$folder/kubeconfig
k8s=$(dirname "$0")/../../k8s

remove() {
  "$kind" delete cluster --name "$name" --kubeconfig "$kubeconfig"
  # kind may not know what an interrupted run left, but the label finds it.
  leftovers=$("$docker" ps --all --quiet --filter "label=io.x-k8s.kind.cluster=$name")
  [ -z "$leftovers" ] || "$docker" rm --force --volumes $leftovers
  "$docker" network disconnect --force "$network" "$registry" 2>/dev/null || true
  rm -f "$kubeconfig" "$folder/nodes"
  rm -rf "$folder/api-server"
}

# Files that the API servers read. The key that encrypts Secrets is generated here for each cluster: it is in no
# argument, log or OpenTofu state, and only its owner can read it.
api_server_files() {
  umask 077
  mkdir -p "$folder/api-server"
  {
    printf '%s\n' 'apiVersion: apiserver.config.k8s.io/v1' 'kind: EncryptionConfiguration' 'resources:' \
      '  - resources: [secrets]' '    providers:' '      - secretbox:' '          keys:' '            - name: key1'
    printf '              secret: '
    head -c 32 /dev/urandom | base64
  } >"$folder/api-server/encryption.yaml"
  cp "$(dirname "$0")/authentication.yaml" "$folder/api-server/authentication.yaml"
}

# The API may be briefly unavailable: etcd members have only just joined.
again() {
  for _ in 1 2 3 4 5; do
    "$@" >/dev/null && return
    sleep 3
  done
  return 1
}

apply() {
  manifests=$("$kubectl" kustomize --load-restrictor LoadRestrictionsNone "$k8s/$1")
  again apply_once
}

apply_once() {
  printf '%s\n' "$manifests" | "$kubectl" --kubeconfig "$kubeconfig" apply --server-side --filename -
}

spread_dns() {
  again "$kubectl" --kubeconfig "$kubeconfig" --namespace kube-system patch deployment coredns --patch-file "$(dirname "$0")/dns.yaml"
}

case $1 in
create)
  mkdir -p "$folder"
  remove
  (api_server_files)
  "$docker" network connect --alias registry "$network" "$registry"
  printf '%s\n' "$config" | "$kind" create cluster --name "$name" --kubeconfig "$kubeconfig" --config - --wait 0s
  chmod 600 "$kubeconfig"
  # Before any machine is Ready, none of them has started.
  spread_dns
  apply flannel
  apply kube-router
  apply local-path-provisioner
  "$kubectl" --kubeconfig "$kubeconfig" wait node --all --for condition=Ready --timeout 180s >/dev/null
  # One line per node: role, name, address.
  address='{range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}'
  label=node-role.kubernetes.io/control-plane
  {
    "$kubectl" --kubeconfig "$kubeconfig" get nodes --selector "$label" --output jsonpath="$address" | sed 's/^/control-plane /'
    "$kubectl" --kubeconfig "$kubeconfig" get nodes --selector "!$label" --output jsonpath="$address" | sed 's/^/worker /'
  } >"$folder/nodes"
  ;;
destroy)
  remove
  ;;
esac
