"""What production's overlays may change about what was proven here, each with its reason.

A pattern is `KIND/NAME: PATH`, where `*` stands for any text and everything else for itself. Alone it allows any value.
`PATTERN = VALUE` allows this value in production, or none (`gone`); `PATTERN >=` no less than here, or no limit;
`PATTERN >= VALUE` no less than this, or no limit; `PATTERN in LOW..HIGH` a whole number between these;
`PATTERN with NUMBER` numbers, and this one among them.
An object that only production has is `KIND/NAME: added`, one that it lacks `KIND/NAME: gone`. What is allowed here and
still matters has a rule of its own, which the reason names. Source: the plan's 11 to 17; infrastructure/aws.
"""

from __future__ import annotations

Patterns = dict[str, str]
"""Reasons by pattern."""

SIZES = "sizes are for the machines"
JUDGED = "another scenario judges it in production, too: "

ANYWHERE: Patterns = {
    "*/annotations/prometheus.io/*": "a monitoring system reads them, nothing else",
    "*/annotations/checksum/*": "it only starts pods again",
    **{
        f"{kind}/*: added": "it changes no object that was proven"
        for kind in ("PodMonitor", "ServiceMonitor", "PrometheusRule", "PriorityClass", "ServiceAccount")
    },
    "ConfigMap/*: added": "what reads it names it, which is a difference",
    "SealedSecret/*: added": "values of an environment",
    "PodDisruptionBudget/*: added": JUDGED + "disruption_budgets.py",
    "HorizontalPodAutoscaler/*: added": JUDGED + "replicas.py; 4.5, acme_store.py",
}
"""For every component."""
OF_UPSTREAM: Patterns = {
    "Deployment/*: */image": "production pulls from its own registry, pinned to a digest",
    "Deployment/*: */resources/limits/memory >=": SIZES,
    "Deployment/*: */resources/limits/cpu": SIZES,
    "Deployment/*: */resources/requests/*": SIZES,
    "NetworkPolicy/*: added": "its namespace may be closed; production_policies.py judges whom that cuts off",
}
OF_SERVICE: Patterns = {
    "Job/*-synced: */image = *probe*": "production pulls from its own registry",
    "Deployment/*: spec/replicas >=": "production may have more; 8.1, 9.1 and 10.1 judge how many are left",
    "Deployment/*: */resources/limits/memory >=": f"{SIZES}; 3.5 judges the plan's minimum",
    "Deployment/*: */resources/limits/cpu >= 250m": f"{SIZES}; the plan's least is the frontend's",
    "Deployment/*: */resources/requests/*": SIZES,
    "Deployment/*: *Probe/httpGet/path": JUDGED + "3.5, production_pods.py",
    "ConfigMap/*: data/NODE_ENV": JUDGED + "15.4",
    "ConfigMap/*: data/LOG_LEVEL": JUDGED + "15.4",
}
PINNED = "production pulls from its own registry, by a tag or digest of its own"

ALLOWED: dict[str, Patterns] = {
    "sealed-secrets": OF_UPSTREAM,
    "metrics-server": OF_UPSTREAM
    | {
        "Deployment/*: */args[--kubelet-insecure-tls]": "kind's kubelets have certificates that nobody signed",
        "Deployment/*: */readinessProbe/*Seconds": "a run waits for the first metrics",
        "Deployment/*: spec/replicas >=": "production may have a spare one",
    },
    "traefik": {
        "Deployment/traefik: */image = *traefik*": PINNED + "; production_versions.py",
        "Deployment/traefik: */resources/limits/memory >=": SIZES,
        "Deployment/traefik: */resources/limits/cpu": JUDGED + "4.1, traefik_means.py",
        "Deployment/traefik: */resources/requests/*": SIZES,
        "Deployment/traefik: */args[--certificatesresolvers.shortlived.*] = gone": "a run renews with it",
        "Deployment/traefik: */args[--certificatesresolvers.*.acme.profile=*]": JUDGED + "traefik_authority.py",
        "Deployment/traefik: */LEGO_CA_CERTIFICATES/* = gone": "only Pebble's own certificate needs it",
        "Deployment/traefik: */pebble-ca/* = gone": "only Pebble's own certificate needs it",
        "Deployment/traefik: */args[--log.level=*]": "its log, not the access log, which stays as here",
        "Service/traefik: spec/externalTrafficPolicy": JUDGED + "traefik_service.py",
        "Service/traefik: spec/healthCheckNodePort": JUDGED + "traefik_service.py",
        "Service/traefik: metadata/annotations/*": "a cloud's load balancer is set up by them",
        "PersistentVolumeClaim/*: spec/storageClassName": JUDGED + "1.10, production_pods.py",
        "PersistentVolumeClaim/*: */storage >=": SIZES,
        "TLSOption/default: added": JUDGED + "traefik_authority.py; 4.8 judges whom it refuses",
    },
    "ingress": {
        "IngressRoute/*: */middlewares/*": JUDGED + "4.8, route_middlewares.py",
        "Middleware/*: added": JUDGED + "4.8, route_middlewares.py",
        "TLSOption/default: added": JUDGED + "traefik_authority.py; 4.8 judges whom it refuses",
    },
    "auth-service": OF_SERVICE
    | {
        "Deployment/*: */image = *auth*": PINNED,
        "ConfigMap/auth-config: data/RATE_LIMIT in 5..100": "an operator's number; a sign-in takes two calls",
        "ConfigMap/auth-config: data/RATE_LIMIT_SECONDS in 30..3600": "an operator's number",
        "ConfigMap/auth-config: data/SIWE_CHAINS with 1": "more chains than Ethereum's own; that one stays",
        "ConfigMap/auth-config: data/RATE_LIMIT_BY": "all clients share one address here",
    },
    "backend-service": OF_SERVICE | {"Deployment/*: */image = *backend*": PINNED},
    "frontend-service": OF_SERVICE
    | {"Deployment/*: */image = *home*": PINNED, "Deployment/*: */image = *frontend*": PINNED},
    "redis": {
        "StatefulSet/redis: */image = *redis*": PINNED,
        "StatefulSet/redis: */image = *valkey*": PINNED,
        "Job/redis-synced: */image = *redis*": f"{PINNED}; it is only a client",
        "Job/redis-synced: */image = *valkey*": f"{PINNED}; it is only a client",
        "StatefulSet/redis: */resources/limits/memory >=": SIZES,
        "StatefulSet/redis: */resources/limits/cpu >= 250m": f"{SIZES}; with less, reads wait for their turn (7.7)",
        "StatefulSet/redis: */resources/requests/storage >=": SIZES,
        "StatefulSet/redis: spec/template/*/resources/requests/*": SIZES,
        "StatefulSet/redis: */storageClassName": JUDGED + "1.10, production_pods.py",
    },
    "database": {
        **{
            f"{kind}/*: *": "YugabyteDB in place of PostgreSQL with Patroni; 3.4, 3.5 and 6 judge it"
            for kind in ("StatefulSet", "Job", "ConfigMap", "Role", "RoleBinding", "ServiceAccount")
        },
        "PodDisruptionBudget/*": JUDGED + "disruption_budgets.py",
        "Service/yb-master*: *": "the masters of YugabyteDB; Patroni has none",
        "Service/yb-tserver: spec/ports/*": "the members of the one have other ports than those of the other",
        "Service/yb-tservers-config: gone": "Patroni keeps its settings in its Endpoints",
        "Service/yb-tservers: spec/selector/app = yb-tserver": "Patroni writes the Endpoints itself",
    },
    "argocd/applications": {
        "Application/*: spec/source/path": JUDGED + "3.3, production_applications.py",
        "Application/*: spec/syncPolicy/retry/*": JUDGED + "3.6, sync_retries.py",
    },
    "argocd/projects": {},
    "argocd": {
        "*/argocd-redis*: *": "released for high availability: three copies of its cache behind a proxy",
        "ConfigMap/argocd-cmd-params-cm: data/redis.server = argocd-redis-ha-haproxy:6379": "its cache's proxy",
        "ConfigMap/argocd-cm: data/timeout.reconciliation*": JUDGED + "3.2, polling.py",
        "ConfigMap/argocd-cm: data/*": "an environment's url and logins; SETTINGS says what has to be as here",
        "ConfigMap/argocd-rbac-cm: data/*": "an environment's people; SETTINGS says what has to be as here",
        "*: spec/replicas >=": "production has spare ones; production_argocd.py judges who may have",
        "*/argocd-application-controller: */env/ARGOCD_CONTROLLER_REPLICAS/*": "production_argocd.py judges it",
        "*/argocd-applicationset-controller: spec/replicas": "not needed, and so off here",
        "*/argocd-notifications-controller: spec/replicas": "not needed, and so off here",
        "*/argocd-dex-server: spec/replicas": "people may log in otherwise",
        "*/argocd-*: */affinity/*": "its copies are on different machines; production_argocd.py judges which",
        "*/argocd-*: */startupProbe/*": "a run waits for its start, on a busy machine",
        "*/argocd-*: */resources/requests/*": SIZES,
        "*/argocd-*: */resources/limits/memory": "sizes are for the machines; production_argocd.py judges the least",
        "*/argocd-*: */resources/limits/cpu >= 250m": SIZES,
        "*/argocd-*: */resources/limits/ephemeral-storage >= 1Gi": SIZES,
        "*/argocd-*: */image": "production may pull from its own registry, pinned to a digest",
        "*/argocd-*: */env/GOGC/name": SIZES,
        "*/argocd-*: */env/GOGC/value >= 20": SIZES,
        "*/argocd-server: */env/ARGOCD_API_SERVER_REPLICAS/*": "how many servers share the limit of logins",
    },
}  # fmt: skip
"""By component; each also has what is ANYWHERE."""
