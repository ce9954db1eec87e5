#!/bin/sh
# Makes this machine a node. The first server starts the cluster where there is none and puts the tokens that it issued
# into the secret store; all others, and a first server that was replaced, take them from there and join.
# `k3s-node publish` is what a timer runs on servers each day. ROOT is for tests: a folder that stands for the file system.
set -eu
ROOT=${ROOT:-}
CONFIG=$ROOT/etc/rancher/k3s
STATE=$ROOT/etc/alternate-futures
SERVER=$ROOT/var/lib/rancher/k3s/server
METADATA=${METADATA:-http://169.254.169.254/latest}
TOKEN_MINUTES=${TOKEN_MINUTES:-20}
PAUSE=${PAUSE:-10}
# shellcheck source=/dev/null
. "$STATE/node.env"

say() { echo "k3s-node: $*" >&2; }
fail() { say "$*"; exit 1; }

# Prints an answer from the instance metadata service, version 2. What is not answered is soon asked again: left alone,
# curl would wait for two minutes each time.
metadata() {
  session=$(curl -fsS --retry 5 --max-time 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$METADATA/api/token")
  curl -fsS --retry 5 --max-time 5 -H "X-aws-ec2-metadata-token: $session" "$METADATA/meta-data/$1"
}

# Prints the secret $1. Ends with 1 where nobody has put it there, and with 2 where the store gives no answer.
read_secret() {
  aws secretsmanager get-secret-value --region "$AWS_REGION" --secret-id "$1" --query SecretString --output text \
    2>"$STATE/aws.err" && return
  if grep -q ResourceNotFoundException "$STATE/aws.err"; then return 1; fi
  say "no answer from the secret store: $(tail -n 1 "$STATE/aws.err")"
  return 2
}

# The value comes by a file: arguments can be seen by every process.
write_secret() {
  aws secretsmanager put-secret-value --region "$AWS_REGION" --secret-id "$1" --secret-string "file://$2" >/dev/null
}

# Prints the secret $1 once somebody has put it there.
await_secret() {
  end=$(($(date +%s) + TOKEN_MINUTES * 60))
  until read_secret "$1"; do
    [ "$(date +%s)" -lt "$end" ] || fail "no token in $1 after $TOKEN_MINUTES minutes; look at control-plane-1: journalctl -u k3s-node"
    sleep "$PAUSE"
  done
}

# Writes standard input into the file $1, which only root can read from its first byte on.
keep() { (umask 077 && cat >"$1.part" && mv "$1.part" "$1"); }

# Downloads $1 to $2 unless it is there; refuses what does not have the checksum $3. Gives up a download that has stalled:
# nothing else would end it.
fetch() {
  if ! echo "$3  $2" | sha256sum --check --status 2>/dev/null; then
    curl -fsSL --retry 5 --connect-timeout 10 --speed-time 30 --speed-limit 1000 -o "$2.part" "$1" || fail "cannot download $1"
    echo "$3  $2.part" | sha256sum --check --status || { rm -f "$2.part"; fail "$1 is not what the checksum says"; }
    mv "$2.part" "$2"
  fi
  chmod 0755 "$2"
}

# Says how this machine comes in: start, or join. Said once, it stays.
decide() {
  [ ! -f "$STATE/way" ] || return 0
  way="join"
  if [ "$FIRST" = true ]; then
    answer=0
    read_secret "$SECRET_SERVER" >/dev/null || answer=$?
    # Only a clear no lets a new cluster start: else there may be one all the same.
    case $answer in
    1) way="start" ;;
    2) fail "whether there is a cluster cannot be told" ;;
    esac
  fi
  echo "$way" | keep "$STATE/way"
}

install_k3s() {
  INSTALL_K3S_SKIP_DOWNLOAD=true INSTALL_K3S_SKIP_SELINUX_RPM=true INSTALL_K3S_VERSION=$K3S_VERSION \
    INSTALL_K3S_BIN_DIR=$ROOT/usr/local/bin "$ROOT/usr/local/sbin/k3s-installer" "$@" ||
    fail "K3s did not start as: $*; see journalctl -u k3s -u k3s-agent"
}

kubectl() { "$ROOT/usr/local/bin/k3s" kubectl "$@"; }

start_cluster() {
  # Agents get a token of their own: with the servers' one could come in as a server.
  [ -f "$CONFIG/agent-token" ] || head -c 32 /dev/urandom | sha256sum | cut -d ' ' -f 1 | keep "$CONFIG/agent-token"
  install_k3s server --cluster-init
  # K3s wrote both with the hash of its CA, so that whoever joins knows whom it talks to.
  # The servers' goes last: where it is, a cluster is.
  write_secret "$SECRET_AGENT" "$SERVER/agent-token"
  write_secret "$SECRET_SERVER" "$SERVER/token"
}

# Deletes the node of the machine that this one replaces, with kubectl's options $*.
delete_predecessor() {
  kubectl "$@" --request-timeout 60s delete node --selector "alternate-futures.dev/machine=$MACHINE" \
    --field-selector "metadata.name!=$node" --ignore-not-found --timeout 120s
}

# The same before this machine is known to the cluster, by another server and with the administrators' kubeconfig. K3s takes
# a deleted node's member out of etcd, which takes nobody in while one of its members is lost.
make_room() {
  answer=0
  config=$(read_secret "$SECRET_CONFIG") || answer=$?
  case $answer in
  # The cluster has only just been started.
  1) return 0 ;;
  2) fail "whether there was a machine before this one cannot be told" ;;
  esac
  printf '%s\n' "$config" | keep "$STATE/kubeconfig"
  gone=0
  delete_predecessor --kubeconfig "$STATE/kubeconfig" --server "https://$REGISTRATION:6443" || gone=$?
  rm -f "$STATE/kubeconfig"
  [ "$gone" = 0 ] || fail "cannot delete the node of the machine before this one; as long as it is there, etcd takes nobody in"
}

join_as_server() {
  token=$(await_secret "$SECRET_SERVER")
  printf '%s' "$token" | keep "$CONFIG/token"
  token=$(await_secret "$SECRET_AGENT")
  printf '%s' "${token##*:}" | keep "$CONFIG/agent-token"
  make_room
  install_k3s server --server "https://$REGISTRATION:6443" --token-file "$CONFIG/token"
}

join_as_agent() {
  token=$(await_secret "$SECRET_AGENT")
  printf '%s' "$token" | keep "$CONFIG/token"
  install_k3s agent --server "https://$REGISTRATION:6443" --token-file "$CONFIG/token"
}

publish_kubeconfig() {
  sed "s#server: https://127.0.0.1:6443#server: https://$API_HOST:6443#" "$CONFIG/k3s.yaml" | keep "$STATE/kubeconfig"
  write_secret "$SECRET_CONFIG" "$STATE/kubeconfig"
  rm -f "$STATE/kubeconfig"
}

# Whether the certificate in a kubeconfig (standard input) is valid for another 90 days.
is_fresh() {
  sed -n 's/^ *client-certificate-data: *//p' | base64 -d | openssl x509 -noout -checkend $((90 * 86400)) >/dev/null 2>&1
}

# Each day: another kubeconfig if the one in the store is about to expire and ours, which K3s renews as it starts, is not.
renew_kubeconfig() {
  [ -f "$STATE/joined" ] || return 0
  if read_secret "$SECRET_CONFIG" | is_fresh; then return 0; fi
  is_fresh <"$CONFIG/k3s.yaml" || fail "K3s's own certificate is about to expire: restart k3s on the servers, one by one"
  publish_kubeconfig
}

# K3s starts one DNS server, which may be on the machine that is lost, and leaves the number to whoever scales it.
spread_dns() {
  kubectl --namespace kube-system scale deployment coredns --replicas=2 ||
    say "there is one DNS server still: kubectl -n kube-system scale deployment coredns --replicas=2"
}

# What only a server can do once it runs: the kubeconfig for administrators, and names found whichever machine is lost.
after_server() {
  if [ "$1" = start ] || ! read_secret "$SECRET_CONFIG" >/dev/null; then
    publish_kubeconfig
  fi
  # A cluster that was restored from a snapshot has its old servers' nodes.
  if [ "$1" = start ]; then delete_predecessor; else spread_dns; fi
}

if [ "${1:-}" = publish ]; then
  renew_kubeconfig
  exit 0
fi

mkdir -p "$CONFIG/config.yaml.d" "$ROOT/usr/local/bin"
instance=$(metadata instance-id)
address=$(metadata local-ipv4)
node=$MACHINE-$instance
printf 'node-name: %s\nnode-ip: %s\n' "$node" "$address" | keep "$CONFIG/config.yaml.d/10-node.yaml"

release=$(echo "$K3S_VERSION" | sed 's/+/%2B/')
fetch "https://github.com/k3s-io/k3s/releases/download/$release/k3s" "$ROOT/usr/local/bin/k3s" "$BINARY_SHA256"
fetch "https://raw.githubusercontent.com/k3s-io/k3s/$release/install.sh" "$ROOT/usr/local/sbin/k3s-installer" "$INSTALLER_SHA256"

case $ROLE in
server)
  decide
  way=$(cat "$STATE/way")
  if [ "$way" = start ]; then start_cluster; else join_as_server; fi
  after_server "$way"
  ;;
agent) join_as_agent ;;
*) fail "no role $ROLE" ;;
esac
date -u >"$STATE/joined"
say "$node is a node"
