#!/bin/sh
# Fetches the kubeconfig from Secrets Manager to $KUBECONFIG_PATH (mode 600), then waits until all $NODES nodes are Ready.
set -eu
MINUTES=${MINUTES:-20}
PAUSE=${PAUSE:-10}
end=$(($(date +%s) + MINUTES * 60))

# await MESSAGE COMMAND: until it succeeds, or time is up.
await() {
  message=$1
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$end" ] || { echo "$message after $MINUTES minutes" >&2; exit 1; }
    sleep "$PAUSE"
  done
}

take() {
  (umask 077 && aws secretsmanager get-secret-value --region "$AWS_REGION" --secret-id "$SECRET" \
    --query SecretString --output text 2>/dev/null >"$KUBECONFIG_PATH.part") && mv "$KUBECONFIG_PATH.part" "$KUBECONFIG_PATH"
}

reached() { kubectl --kubeconfig "$KUBECONFIG_PATH" --request-timeout 10s get --raw /readyz >/dev/null 2>&1; }

all_ready() {
  ready=$(kubectl --kubeconfig "$KUBECONFIG_PATH" --request-timeout 10s get nodes --no-headers 2>/dev/null | awk '$2 == "Ready"' | wc -l)
  [ "$ready" -ge "$NODES" ]
}

for tool in aws kubectl; do
  command -v "$tool" >/dev/null || { echo "$tool is needed to fetch the kubeconfig" >&2; exit 1; }
done
mkdir -p "$(dirname "$KUBECONFIG_PATH")"
await "no server has put a kubeconfig into Secrets Manager: see journalctl -u k3s-node on control-plane-1" take
if [ "$LISTENER" = tunnel ]; then
  # Nobody may connect to the load balancer's 6443: the API is reached through scripts/tunnel.sh.
  sed -i 's#server: https://.*:6443#server: https://127.0.0.1:6443#' "$KUBECONFIG_PATH"
  echo "no administrators are named: run infrastructure/aws/scripts/tunnel.sh in another terminal now, and leave it open" >&2
  await "the API does not answer on 127.0.0.1:6443 because scripts/tunnel.sh does not run," reached
fi
await "fewer than $NODES nodes are Ready: see kubectl --kubeconfig $KUBECONFIG_PATH get nodes" all_ready
