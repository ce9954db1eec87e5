#!/bin/sh
# Leads 127.0.0.1:6443 to a control plane of $CLUSTER, through the EC2 Instance Connect endpoint. IAM says who may.
set -eu
CLUSTER=${CLUSTER:-alternate-futures-production}
instance=$(aws ec2 describe-instances --query 'Reservations[0].Instances[0].InstanceId' --output text --filters \
  "Name=tag:Name,Values=$CLUSTER-control-plane-*" "Name=instance-state-name,Values=running")
[ "$instance" != None ] || { echo "no control plane of $CLUSTER runs" >&2; exit 1; }
exec aws ec2-instance-connect ssh --instance-id "$instance" --os-user ec2-user --connection-type eice \
  --local-forwarding 6443:127.0.0.1:6443 "$@"
