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
    Check("1.2.1", "anonymous requests are refused, or limited to paths", API,
          ("anonymous-auth", "authentication-config"), lambda anonymous, limits: is_false(anonymous) or bool(limits)),
    Check("1.2.2", "no file of tokens", API, ("token-auth-file",), not_set),
    Check("1.2.3", "Services may not name external addresses", API, PLUGINS, has("DenyServiceExternalIPs"), NOWHERE),
    Check("1.2.4", "a certificate of its own for kubelets", API,
          ("kubelet-client-certificate", "kubelet-client-key"), is_set),
    Check("1.2.5", "kubelets' certificates are verified", API, ("kubelet-certificate-authority",), is_set, ON_K3S),
    # Without this flag everything is allowed.
    Check("1.2.6", "not everything is allowed", API, MODE, lambda mode: bool(mode) and lacks("AlwaysAllow")(mode)),
    Check("1.2.7", "kubelets are limited to their node", API, MODE, has("Node")),
    Check("1.2.8", "rights are by role", API, MODE, has("RBAC")),
    Check("1.2.9", "events are limited", API, PLUGINS, has("EventRateLimit"), NOWHERE),
    Check("1.2.10", "not everything is admitted", API, PLUGINS, lacks("AlwaysAdmit")),
    Check("1.2.11", "images are pulled anew with each pod's rights", API, PLUGINS, has("AlwaysPullImages"), NOWHERE),
    Check("1.2.12", "pods get their ServiceAccount", API, DISABLED, lacks("ServiceAccount")),
    Check("1.2.13", "nothing is made in a namespace that is going", API, DISABLED, lacks("NamespaceLifecycle")),
    Check("1.2.14", "kubelets change their own node alone", API, PLUGINS, has("NodeRestriction")),
    Check("1.2.15", "no profiling", API, ("profiling",), is_false),
    Check("1.2.16", "an audit log", API, ("audit-log-path",), is_set, ON_K3S),
    Check("1.2.17", "its files are kept for 30 days", API, ("audit-log-maxage",), at_least(30), ON_K3S),
    Check("1.2.18", "ten of them", API, ("audit-log-maxbackup",), at_least(10), ON_K3S),
    Check("1.2.19", "of 100 MB each", API, ("audit-log-maxsize",), at_least(100), ON_K3S),
    Check("1.2.21", "tokens of accounts that are gone are refused", API, ("service-account-lookup",),
          lambda value: not is_false(value)),
    Check("1.2.22", "a key of its own for accounts", API, ("service-account-key-file",), is_set),
    Check("1.2.23", "a certificate of its own for etcd", API, ("etcd-certfile", "etcd-keyfile"), is_set),
    Check("1.2.24", "a certificate of its own", API, ("tls-cert-file", "tls-private-key-file"), is_set),
    Check("1.2.25", "clients by certificate", API, ("client-ca-file",), is_set),
    Check("1.2.26", "etcd's certificate is verified", API, ("etcd-cafile",), is_set),
    Check("1.2.27", "Secrets are encrypted in etcd", API, ("encryption-provider-config",), is_set),
    Check("1.2.29", "ciphers are named", API, ("tls-cipher-suites",), is_set, NOWHERE),
    Check("1.3.2", "no profiling", MANAGER, ("profiling",), is_false),
    Check("1.3.3", "an account for each controller", MANAGER, ("use-service-account-credentials",), is_true),
    Check("1.3.7", "heard on the node alone", MANAGER, ("bind-address",), lambda value: value == "127.0.0.1"),
    Check("1.4.1", "no profiling", SCHEDULER, ("profiling",), is_false),
    Check("1.4.2", "heard on the node alone", SCHEDULER, ("bind-address",), lambda value: value == "127.0.0.1"),
    Check("4.2.1", "anonymous requests are refused", KUBELET, ("authentication.anonymous.enabled",), is_false),
    Check("4.2.2", "not everything is allowed", KUBELET, ("authorization.mode",), lambda mode: mode == "Webhook"),
    Check("4.2.3", "clients by certificate", KUBELET, ("authentication.x509.clientCAFile",), is_set),
    Check("4.2.4", "no port without credentials", KUBELET, ("readOnlyPort",), not_set),
    Check("4.2.5", "idle connections end", KUBELET, ("streamingConnectionIdleTimeout",),
          lambda value: value not in ("0", "0s")),
    Check("4.2.6", "it keeps its chains of iptables", KUBELET, ("makeIPTablesUtilChains",),
          lambda value: not is_false(value)),
    Check("4.2.6/1.8", "the kernel is as it expects (of the benchmark until 1.8)", KUBELET,
          ("protectKernelDefaults",), is_true, ON_K3S),
    Check("4.2.8", "events are recorded", KUBELET, ("eventRecordQPS",), lambda value: value is None or value >= 0),
    Check("4.2.10", "its certificate is renewed", KUBELET, ("rotateCertificates",), is_true, NOWHERE),
    Check("4.2.11", "its server's certificate, too", KUBELET, ("serverTLSBootstrap",), is_true, NOWHERE),
    Check("4.2.12", "ciphers are named", KUBELET, ("tlsCipherSuites",), is_set, NOWHERE),
    Check("4.2.13", "processes of a pod are limited", KUBELET, ("podPidsLimit",), lambda limit: (limit or -1) > 0,
          NOWHERE),
)  # fmt: skip
