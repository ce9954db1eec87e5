# The plan's 11.14 to 11.16 and 11.23: masters, tservers, replication factor, and no tablet short of a replica.
set -eu
addresses=yb-master-0.yb-masters:7100,yb-master-1.yb-masters:7100,yb-master-2.yb-masters:7100
admin() { /home/yugabyte/bin/yb-admin --master_addresses "$addresses" "$@"; }
ask() { curl --fail --silent --location --max-time 5 "http://yb-master-ui:7000/$1"; }
check() {
  [ "$(admin list_all_masters | grep -c -w ALIVE)" = 3 ] || { echo "fewer than three masters ALIVE"; return 1; }
  [ "$(admin list_all_tablet_servers | grep -c -w ALIVE)" = 3 ] || { echo "fewer than three tservers ALIVE"; return 1; }
  ask varz?raw | grep -q -- --replication_factor=3 || { echo "the replication factor is not 3"; return 1; }
  health=$(ask api/v1/health-check) || return 1
  case $health in
  *'"dead_nodes":[]'*'"under_replicated_tablets":[]'*) ;;
  *) echo "not healthy: $health"; return 1 ;;
  esac
}
until check; do sleep 2; done
echo "three masters, three tservers, replication factor 3, nothing under-replicated"
