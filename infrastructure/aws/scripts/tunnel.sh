#!/bin/sh
# Leads 127.0.0.1:6443 to a control plane of $CLUSTER for as long as it runs. Arguments are more options of ssh.
set -eu
SSH_OPTIONS="-N -L 127.0.0.1:6443:127.0.0.1:6443 -o ExitOnForwardFailure=yes $*" exec "$(dirname "$0")/on-server.sh"
