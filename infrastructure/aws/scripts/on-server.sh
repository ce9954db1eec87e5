#!/bin/sh
# Runs a command on a control plane of $CLUSTER ($MACHINE, or any running one), through the EC2 Instance Connect endpoint;
# standard input and output are the command's. $SSH_OPTIONS are ssh's own.
# IAM controls who may: each call creates a key, which the machine accepts for a minute.
set -eu
CLUSTER=${CLUSTER:-alternate-futures-production}
AWS_REGION=${AWS_REGION:-eu-central-1}
export AWS_REGION
instance=$(aws ec2 describe-instances --query 'Reservations[0].Instances[0].InstanceId' --output text --filters \
  "Name=tag:Name,Values=$CLUSTER-${MACHINE:-control-plane-*}" "Name=instance-state-name,Values=running")
[ "$instance" != None ] || { echo "no ${MACHINE:-control plane} of $CLUSTER is running" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
aws ec2-instance-connect send-ssh-public-key --instance-id "$instance" --instance-os-user ec2-user \
  --ssh-public-key "file://$folder/key.pub" >/dev/null
# The endpoint only connects to this instance, so there is no host key to compare.
# shellcheck disable=SC2086 # Several words.
ssh ${SSH_OPTIONS:-} -i "$folder/key" -o IdentitiesOnly=yes -o BatchMode=yes -o ServerAliveInterval=15 \
  -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile="$folder/known" -o LogLevel=ERROR \
  -o ProxyCommand="aws ec2-instance-connect open-tunnel --instance-id $instance" "ec2-user@$instance" "$@"
