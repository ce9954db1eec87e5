#!/bin/sh
# Starts the machine. The engine lets nothing out of the network, not even to the metadata service's address, so what is
# sent there goes to the account, which lies where a VPC's router lies.
set -eu
case ${1:-} in
'')
  ip route replace default via "$GATEWAY"
  # Without CAP_SYS_RESOURCE containers may not get a lower oom_score_adj.
  [ "$RESTRICTED" = false ] || sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' /etc/containerd/config.toml
  # It sets up the engine's DNS and chooses the kind of iptables; then it calls this script again.
  exec /usr/local/bin/entrypoint "$0" init
  ;;
init)
  for chain in OUTPUT PREROUTING; do
    iptables --table nat --append "$chain" --destination 169.254.169.254 --protocol tcp --jump DNAT --to-destination "$GATEWAY"
  done
  exec /sbin/init
  ;;
esac
