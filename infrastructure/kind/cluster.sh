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
  # What an interrupted run left may be unknown to kind: its label is not.
  leftovers=$("$docker" ps --all --quiet --filter "label=io.x-k8s.kind.cluster=$name")
  [ -z "$leftovers" ] || "$docker" rm --force --volumes $leftovers
  "$docker" network disconnect --force "$network" "$registry" 2>/dev/null || true
  rm -f "$kubeconfig" "$folder/nodes"
  rm -rf "$folder/api-server"
}

# What the API servers read besides their arguments. The key that Secrets are encrypted with is made here for each
# cluster: it is in no argument, no log and no state of OpenTofu, and only its owner may read it.
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

# The API may be away for a moment: members of etcd have only just joined.
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
  # Before a machine is Ready: none of them has begun.
  spread_dns
  apply flannel
  apply kube-router
  apply local-path-provisioner
  "$kubectl" --kubeconfig "$kubeconfig" wait node --all --for condition=Ready --timeout 180s >/dev/null
  # One line a node: role, name, address.
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
