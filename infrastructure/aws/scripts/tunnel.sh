#!/bin/sh
# Forwards 127.0.0.1:6443 to a control plane of $CLUSTER while it runs. Arguments are further ssh options.
set -eu
SSH_OPTIONS="-N -L 127.0.0.1:6443:127.0.0.1:6443 -o ExitOnForwardFailure=yes $*" exec "$(dirname "$0")/on-server.sh"
