# Requirement 2 in kubectl and shell: one function for each criterion that is judged without disturbing anybody.
#
# floor.sh and requirement_2.bats run the functions; chainsaw's scripts borrow the small ones at the top. A function
# ends with 0, or with 1 after a line that says what was expected and seen. From the environment (compare.py sets it):
#   NODES        file of the infrastructure's machines, a line each: ROLE NAME ADDRESS
#   PROBE_IMAGE  image of the pods (images/probe)
#   NAMESPACE    the check's own; `own_namespace` makes one
# and kubectl on the PATH, with KUBECONFIG. What each must show is written in steps/{machines,storage,workloads}.py.

SCENARIO=alternate-futures.dev/scenario
RUN=alternate-futures.dev/run=peers

fail() { echo "$*" >&2; exit 1; }
k() { kubectl -n "$NAMESPACE" "$@"; }
machines() { awk '{print $2}' "$NODES"; }
workers() { awk '$1 == "worker" {print $2}' "$NODES"; }

# within SECONDS COMMAND...: run it until it succeeds
within() {
  seconds=$1; shift; end=$(($(date +%s) + seconds))
  until "$@"; do
    [ "$(date +%s)" -lt "$end" ] || fail "expected \`$*\` within $seconds s"
    sleep 0.2
  done
}

# A namespace of the check's own, once pods can be made in it.
own_namespace() {
  NAMESPACE=peer-$1-$$
  echo "{apiVersion: v1, kind: Namespace, metadata: {name: $NAMESPACE, labels: {$SCENARIO: 'true', ${RUN%=*}: ${RUN#*=}}}}" |
    kubectl create -f -
  k wait --for=create serviceaccount/default --timeout=90s
}

remove_namespace() { [ -z "${NAMESPACE:-}" ] || kubectl delete namespace "$NAMESPACE" --wait=false; }
all_gone() { kubectl wait --for=delete namespace -l "$RUN" --timeout=120s; }

container() { # ARGUMENTS as a YAML list, more fields
  cat <<END
{name: probe, image: $PROBE_IMAGE, args: $1, resources: {requests: {cpu: 5m, memory: 8Mi}, limits: {memory: 64Mi}},
        env: [{name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}],
        securityContext: {runAsNonRoot: true, runAsUser: 65532, allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}${2:+, $2}}
END
}

SPEC='terminationGracePeriodSeconds: 1, automountServiceAccountToken: false, enableServiceLinks: false'

pod() { # NAME ARGUMENTS, more fields of its container, more fields of its spec
  cat <<END
---
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {app: $1, $SCENARIO: 'true'}}
spec: {$SPEC${4:+, $4},
      containers: [$(container "$2" "${3:-}")]}
END
}

on_node() { echo "nodeSelector: {kubernetes.io/hostname: $1}"; }
ready() { k wait --for=condition=Ready --timeout=90s "$@"; }

# ask CLIENT TARGET: the server's pod answers
ask() { k exec "$1" -- /probe get "http://$2/" 1s | grep -q '"pod":"server"'; }

reach_from_workers() { # ADDRESS: each worker's client reaches the Service by address and names, each look-up a fresh one
  name=server.$NAMESPACE.svc.cluster.local
  within 90 ask server "$1" # the pod behind the Service, too
  for worker in $(workers); do
    ready "pod/client-$worker"
    for target in "$1" "$name" server; do within 90 ask "client-$worker" "$target"; done
    for _ in 1 2 3 4 5 6 7 8 9 10; do ask "client-$worker" "$name" || fail "client-$worker did not reach $name"; done
  done
}

asker() { echo "asks-$1" | tr .: --; }
dns_servers() { kubectl -n kube-system get pods -l k8s-app=kube-dns -o jsonpath='{range .items[*]}{.status.podIP}{"\n"}{end}'; }

ask_dns_servers() { # each of the cluster's DNS servers, queried individually, resolves the Service
  kubectl -n kube-system wait --for=condition=Ready pods -l k8s-app=kube-dns --timeout=5s
  dns_servers | while read -r dns; do
    pod "$(asker "$dns")" '[serve]' '' "dnsPolicy: None, dnsConfig: {nameservers: [$dns]}"
  done | k create -f -
  for dns in $(dns_servers); do
    ready "pod/$(asker "$dns")"
    ask "$(asker "$dns")" "server.$NAMESPACE.svc.cluster.local" || fail "DNS server $dns does not know the Service"
  done
}

service() { echo '{apiVersion: v1, kind: Service, metadata: {name: server}, spec: {selector: {app: server}, ports: [{port: 80, targetPort: 8080}]}}'; }
service_address() { k get service server -o jsonpath='{.spec.clusterIP}'; }

check_2_1() { # every provisioned node is listed as Ready, and no other
  kubectl wait --for=condition=Ready nodes --all --timeout=180s
  listed=$(kubectl get nodes --no-headers | awk '{sub(/,.*/, "", $2); print $1, $2}' | sort)
  [ "$listed" = "$(machines | sed 's/$/ Ready/' | sort)" ] || fail "expected each of $(machines) Ready, saw $listed"
}

check_2_2() { # the server is K3s v1.28.0 or newer, where it is K3s
  version=$(kubectl get --raw /version | sed -n 's/.*"gitVersion": *"\([^"]*\)".*/\1/p')
  case $version in
    *+k3s*) [ "$(printf 'v1.28.0\n%s\n' "$version" | sort -V | head -n 1)" = v1.28.0 ] || fail "saw K3s $version" ;;
    v*) echo "not to be judged here: the cluster runs Kubernetes $version" ;;
    *) fail "the server has no version" ;;
  esac
}

check_2_3() { # a PersistentVolumeClaim that a pod requests is Bound within 30 seconds
  own_namespace 2-3
  began=$(date +%s)
  for worker in $(workers); do
    name=asked-$worker
    echo "---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: $name},
 spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}"
    pod "$name" "[write, /data/marker, text]" 'volumeMounts: [{name: data, mountPath: /data}]' "$(on_node "$worker"),
      volumes: [{name: data, persistentVolumeClaim: {claimName: $name}}],
      securityContext: {fsGroup: 65532, fsGroupChangePolicy: OnRootMismatch}"
  done | k create -f -
  k wait --for=jsonpath='{.status.phase}'=Bound pvc --all --timeout=30s
  took=$(($(date +%s) - began))
  [ "$took" -le 30 ] || fail "expected each claim Bound within 30 s, it took $took s"
  ready pods --all
  for worker in $(workers); do k logs "asked-$worker" | grep -q written || fail "asked-$worker did not write"; done
}

check_2_4() { # the pods of a Deployment are spread over the workers
  own_namespace 2-4
  k create -f - <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: spread}
spec:
  replicas: 3
  selector: {matchLabels: {app: spread}}
  template:
    metadata: {labels: {app: spread, $SCENARIO: 'true'}}
    spec: {$SPEC, containers: [$(container '[serve]')]}
END
  k wait --for=jsonpath='{.status.readyReplicas}'=3 deployment/spread --timeout=90s
  k get pods -l app=spread -o jsonpath='{range .items[*]}{.spec.nodeName}{"\n"}{end}' | spread_over_workers
}

spread_over_workers() { # standard input: the node of each of three pods
  nodes=$(cat)
  [ "$(echo "$nodes" | wc -l)" = 3 ] || fail "expected three pods, saw them on $nodes"
  for node in $nodes; do workers | grep -qx "$node" || fail "expected pods on workers only, saw $nodes"; done
  [ "$(echo "$nodes" | sort -u | wc -l)" -gt 1 ] || fail "expected more than one worker, saw $nodes"
}

check_2_5() { # a Service has one stable address that every pod can reach
  own_namespace 2-5
  { service; pod server '[serve]'
    for worker in $(workers); do pod "client-$worker" '[serve]' '' "$(on_node "$worker")"; done; } | k create -f -
  ready pod/server
  address=$(service_address)
  reach_from_workers "$address"
  ask_dns_servers
  k delete pod server --grace-period=0 --force
  pod server '[serve]' | k create -f -
  ready pod/server
  [ "$(service_address)" = "$address" ] || fail "expected the Service at $address, saw $(service_address)"
  reach_from_workers "$address"
}

restarts() { k get pod probed -o jsonpath='{.status.containerStatuses[0].restartCount}'; }
make_unhealthy() { echo | kubectl create --raw "/api/v1/namespaces/$NAMESPACE/pods/probed:8080/proxy/unhealthy" -f -; }

three_failures() {
  k get events --field-selector involvedObject.name=probed,reason=Unhealthy \
    -o jsonpath='{range .items[*]}{.count}{"\n"}{end}' | awk '{sum += $1 ? $1 : 1} END {exit sum < 3}'
}

check_2_6() { # a container that fails three probes in a row is restarted
  own_namespace 2-6
  pod probed '[serve]' 'livenessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1, failureThreshold: 3}' |
    k create -f -
  ready pod/probed
  [ "$(restarts)" = 0 ] || fail "the container was restarted before its probe failed"
  make_unhealthy
  k wait --for=jsonpath='{.status.containerStatuses[0].restartCount}'=1 pod/probed --timeout=60s
  within 30 three_failures
  ready pod/probed
  [ "$(restarts)" = 1 ] || fail "expected one restart, saw $(restarts)"
  services_have_probes
  nothing_restarts_again
}

# KIND_OF_OWNER/true: of a job's pod Job/, of a scenario's pod /true, of others neither
OWNER='{{range .metadata.ownerReferences}}{{.kind}}{{end}}/{{with .metadata.labels}}{{with index . "'$SCENARIO'"}}{{.}}{{end}}{{end}}'
THRESHOLDS='{{range .spec.containers}} {{.name}} {{with .livenessProbe}}{{.failureThreshold}}{{else}}no{{end}}{{end}}'

services_have_probes() { # each container of the services' pods, those of jobs and of scenarios left out
  kubectl -n default get pods -o go-template="{{range .items}}$OWNER {{.metadata.name}} {{.metadata.labels.app}}$THRESHOLDS
{{end}}" | awk '
    $1 ~ /^Job/ || $1 ~ /true$/ {next}
    {
      wanted = ($3 == "yb-tserver" || $3 == "yb-master") ? 6 : 3; seen++
      for (i = 4; i < NF; i += 2) if ($(i + 1) != wanted) {
        print "container " $i " of " $2 ": " $(i + 1) " failures, not " wanted; bad = 1
      }
    }
    END {exit bad || !seen}' || fail "expected a liveness probe of each container"
}

nothing_restarts_again() { # no pod but scenarios' is killed by its liveness probe twice within the hour that events last
  pods=$(kubectl get pods -A -l 'tier!=control-plane' -o go-template="{{range .items}}$OWNER {{.metadata.uid}} {{.metadata.name}}
{{end}}" | awk '$1 !~ /^Job/ && $1 !~ /true$/ {print $2, $3}')
  kubectl get events -A --field-selector reason=Killing -o go-template='{{range .items}}{{.involvedObject.uid}} {{.count}} {{.message}}
{{end}}' | awk '/failed liveness probe/ {print $1, $2 > 0 ? $2 : 1}' | { echo "$pods"; echo events; cat; } | awk '
    $1 == "events" {events = 1; next}
    !events {names[$1] = $2; next}
    $1 in names {count[$1] += $2}
    END {for (uid in count) if (count[uid] >= 2) {print names[uid] " restarted " count[uid] " times"; bad = 1} exit bad}
  ' || fail "expected liveness probes that hold"
}

all_lines() { [ "$(k logs "$1")" = "$(numbered 1)" ]; }
numbered() { seq -f 'line %g of 1200' "$1" 1200; }

check_2_7() { # the logs of a pod can be read through the API
  own_namespace 2-7
  for worker in $(workers); do pod "talking-$worker" "[log, '1200']" '' "$(on_node "$worker")"; done | k create -f -
  for worker in $(workers); do
    ready "pod/talking-$worker"
    within 30 all_lines "talking-$worker"
    [ "$(k logs "talking-$worker" --tail=1000)" = "$(numbered 201)" ] || fail "expected the last 1000 lines of talking-$worker"
  done
  logs_of_every_node
}

logs_of_every_node() { # of one pod of the system on each node, Ready, the API returns a log
  silent=$(machines)
  system=$(for namespace in kube-system kube-flannel local-path-storage; do
    kubectl -n $namespace get pods -o go-template='{{range .items}}{{.spec.nodeName}} {{.metadata.namespace}} {{.metadata.name}} {{(index .spec.containers 0).name}} {{range .status.conditions}}{{if eq .type "Ready"}}{{.status}}{{end}}{{end}}
{{end}}'; done)
  while read -r node namespace name container is_ready; do
    if [ "$is_ready" = True ] && echo "$silent" | grep -qx "$node" &&
      [ -n "$(kubectl -n "$namespace" logs "$name" -c "$container" --tail=1)" ]; then
      silent=$(echo "$silent" | grep -vx "$node" || true)
    fi
  done <<END
$system
END
  [ -z "$silent" ] || fail "expected the log of a pod on every node, saw none of $silent"
}
