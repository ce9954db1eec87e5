#!/bin/sh
# Stands in for K3s's program, of which the machines call kubectl only.
[ "$1" = kubectl ] || exit 2
shift
KUBECONFIG=/etc/rancher/k3s/k3s.yaml exec /usr/bin/kubectl "$@"
