"""A table of the CIS Kubernetes Benchmark's checks visible through the API. Source: CIS 1.10, parts 1 and 4."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Demand(StrEnum):
    """Where a check must pass: everywhere, only on K3s itself, or nowhere."""

    EVERYWHERE = "has to pass"
    ON_K3S = "has to pass on K3s"
    NOWHERE = "only listed"


@dataclass(frozen=True)
class Check:
    """One check: `good` gets the values of `settings` (None if not set), separately for each node's `component`."""

    id: str
    text: str
    component: str
    settings: tuple[str, ...]
    good: Callable[..., bool]
    demand: Demand = Demand.EVERYWHERE


def is_set(*values: Any) -> bool:
    """Whether all are set."""
    return all(values)


def not_set(value: Any) -> bool:
    """Whether it is unset or empty."""
    return not value


def is_false(value: Any) -> bool:
    """Whether it is set to false."""
    return str(value).lower() == "false"


def is_true(value: Any) -> bool:
    """Whether it is set to true."""
    return str(value).lower() == "true"


def has(word: str) -> Callable[[Any], bool]:
    """A check whether a comma-separated list contains a word."""
    return lambda value: word in (value or "").split(",")


def lacks(word: str) -> Callable[[Any], bool]:
    """A check whether a comma-separated list lacks a word."""
    return lambda value: word not in (value or "").split(",")


def at_least(number: int) -> Callable[[Any], bool]:
    """A check whether a value is a number, and large enough."""
    return lambda value: (value or "").isdigit() and int(value) >= number


API, MANAGER, SCHEDULER, KUBELET = "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"
EVERYWHERE, ON_K3S, NOWHERE = Demand
PLUGINS = ("enable-admission-plugins",)
DISABLED = ("disable-admission-plugins",)
MODE = ("authorization-mode",)
CHECKS = (
    Check("1.2.1", "anonymous requests are refused or limited to certain paths", API,
          ("anonymous-auth", "authentication-config"), lambda anonymous, limits: is_false(anonymous) or bool(limits)),
    Check("1.2.2", "no static token file", API, ("token-auth-file",), not_set),
    Check("1.2.3", "Services may not set external IPs", API, PLUGINS, has("DenyServiceExternalIPs"), NOWHERE),
    Check("1.2.4", "a client certificate for kubelets", API,
          ("kubelet-client-certificate", "kubelet-client-key"), is_set),
    Check("1.2.5", "kubelets' certificates are verified", API, ("kubelet-certificate-authority",), is_set, ON_K3S),
    # Without this flag everything is allowed.
    Check("1.2.6", "AlwaysAllow is off", API, MODE, lambda mode: bool(mode) and lacks("AlwaysAllow")(mode)),
    Check("1.2.7", "Node authorization is on", API, MODE, has("Node")),
    Check("1.2.8", "RBAC is on", API, MODE, has("RBAC")),
    Check("1.2.9", "the rate of events is limited", API, PLUGINS, has("EventRateLimit"), NOWHERE),
    Check("1.2.10", "AlwaysAdmit is off", API, PLUGINS, lacks("AlwaysAdmit")),
    Check("1.2.11", "AlwaysPullImages is on", API, PLUGINS, has("AlwaysPullImages"), NOWHERE),
    Check("1.2.12", "ServiceAccount admission is on", API, DISABLED, lacks("ServiceAccount")),
    Check("1.2.13", "NamespaceLifecycle is on", API, DISABLED, lacks("NamespaceLifecycle")),
    Check("1.2.14", "NodeRestriction is on", API, PLUGINS, has("NodeRestriction")),
    Check("1.2.15", "no profiling", API, ("profiling",), is_false),
    Check("1.2.16", "an audit log", API, ("audit-log-path",), is_set, ON_K3S),
    Check("1.2.17", "audit logs are kept for 30 days", API, ("audit-log-maxage",), at_least(30), ON_K3S),
    Check("1.2.18", "ten audit logs are kept", API, ("audit-log-maxbackup",), at_least(10), ON_K3S),
    Check("1.2.19", "audit logs grow to 100 MB", API, ("audit-log-maxsize",), at_least(100), ON_K3S),
    Check("1.2.21", "tokens of deleted ServiceAccounts are refused", API, ("service-account-lookup",),
          lambda value: not is_false(value)),
    Check("1.2.22", "a key for ServiceAccount tokens", API, ("service-account-key-file",), is_set),
    Check("1.2.23", "a client certificate for etcd", API, ("etcd-certfile", "etcd-keyfile"), is_set),
    Check("1.2.24", "a serving certificate", API, ("tls-cert-file", "tls-private-key-file"), is_set),
    Check("1.2.25", "clients authenticate by certificate", API, ("client-ca-file",), is_set),
    Check("1.2.26", "etcd's certificate is verified", API, ("etcd-cafile",), is_set),
    Check("1.2.27", "Secrets are encrypted in etcd", API, ("encryption-provider-config",), is_set),
    Check("1.2.29", "cipher suites are restricted", API, ("tls-cipher-suites",), is_set, NOWHERE),
    Check("1.3.2", "no profiling", MANAGER, ("profiling",), is_false),
    Check("1.3.3", "a ServiceAccount for each controller", MANAGER, ("use-service-account-credentials",), is_true),
    Check("1.3.7", "listens on localhost only", MANAGER, ("bind-address",), lambda value: value == "127.0.0.1"),
    Check("1.4.1", "no profiling", SCHEDULER, ("profiling",), is_false),
    Check("1.4.2", "listens on localhost only", SCHEDULER, ("bind-address",), lambda value: value == "127.0.0.1"),
    Check("4.2.1", "anonymous requests are refused", KUBELET, ("authentication.anonymous.enabled",), is_false),
    Check("4.2.2", "AlwaysAllow is off", KUBELET, ("authorization.mode",), lambda mode: mode == "Webhook"),
    Check("4.2.3", "clients authenticate by certificate", KUBELET, ("authentication.x509.clientCAFile",), is_set),
    Check("4.2.4", "no unauthenticated port", KUBELET, ("readOnlyPort",), not_set),
    Check("4.2.5", "idle connections time out", KUBELET, ("streamingConnectionIdleTimeout",),
          lambda value: value not in ("0", "0s")),
    Check("4.2.6", "it maintains its iptables chains", KUBELET, ("makeIPTablesUtilChains",),
          lambda value: not is_false(value)),
    Check("4.2.6/1.8", "kernel defaults are protected (in the benchmark until 1.8)", KUBELET,
          ("protectKernelDefaults",), is_true, ON_K3S),
    Check("4.2.8", "events are recorded", KUBELET, ("eventRecordQPS",), lambda value: value is None or value >= 0),
    Check("4.2.10", "its client certificate is rotated", KUBELET, ("rotateCertificates",), is_true, NOWHERE),
    Check("4.2.11", "its serving certificate is rotated", KUBELET, ("serverTLSBootstrap",), is_true, NOWHERE),
    Check("4.2.12", "cipher suites are restricted", KUBELET, ("tlsCipherSuites",), is_set, NOWHERE),
    Check("4.2.13", "processes of a pod are limited", KUBELET, ("podPidsLimit",), lambda limit: (limit or -1) > 0,
          NOWHERE),
    # With too low a limit a database cannot serve more clients; guides for hardened clusters say 1024 to 4096.
    Check("4.2.13/512", "a pod may have 512 processes", KUBELET, ("podPidsLimit",),
          lambda limit: (limit or -1) < 0 or limit >= 512),
)  # fmt: skip
