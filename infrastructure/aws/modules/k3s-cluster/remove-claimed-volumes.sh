#!/bin/sh
# Removes the volumes that the EBS CSI driver created for claims of the cluster $CLUSTER; its machines are already gone.
set -eu
ids=$(aws ec2 describe-volumes --region "$AWS_REGION" --query 'Volumes[].VolumeId' --output text --filters \
  "Name=tag:Cluster,Values=$CLUSTER" "Name=tag:ebs.csi.aws.com/cluster,Values=true")
for id in $ids; do
  echo "removing $id" >&2
  aws ec2 wait volume-available --region "$AWS_REGION" --volume-ids "$id"
  aws ec2 delete-volume --region "$AWS_REGION" --volume-id "$id"
done
