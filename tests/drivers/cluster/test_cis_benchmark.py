"""Settings of control planes and kubelets that violate the benchmark are found."""

from types import SimpleNamespace

import pytest

from acceptance.drivers.cluster import cis_benchmark

API_SERVER = {
    "authentication-config": "/etc/alternate-futures/authentication.yaml",
    "authorization-mode": "Node,RBAC",
    "client-ca-file": "ca.crt",
    "enable-admission-plugins": "NodeRestriction",
    "encryption-provider-config": "/etc/alternate-futures/encryption.yaml",
    "etcd-cafile": "ca.crt",
    "etcd-certfile": "etcd.crt",
    "etcd-keyfile": "etcd.key",
    "kubelet-client-certificate": "kubelet.crt",
    "kubelet-client-key": "kubelet.key",
    "profiling": "false",
    "service-account-key-file": "sa.pub",
    "tls-cert-file": "api.crt",
    "tls-private-key-file": "api.key",
}
"""The arguments that kubeadm gives an API server, with those of infrastructure/kind."""

MANAGER = {"bind-address": "127.0.0.1", "profiling": "false", "use-service-account-credentials": "true"}

SCHEDULER = {"bind-address": "127.0.0.1", "profiling": "false"}

KUBELET = {
    "authentication": {
        "anonymous": {"enabled": False},
        "webhook": {"enabled": True},
        "x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"},
    },
    "authorization": {"mode": "Webhook"},
    "streamingConnectionIdleTimeout": "4h0m0s",
    "makeIPTablesUtilChains": True,
    "rotateCertificates": True,
    "eventRecordQPS": 50,
    "podPidsLimit": -1,
}

WORDS = (
    "server --kube-apiserver-arg anonymous-auth=false --kube-apiserver-arg audit-log-path=/var/log/audit.log "
    "--kube-apiserver-arg audit-log-maxage=30 --kube-apiserver-arg audit-log-maxbackup=10 "
    "--kube-apiserver-arg audit-log-maxsize=100 --secrets-encryption true --token ********"
)


def of_kind(component=None, **changes):
    """The facts of a cluster of kubeadm, with changes to one component's."""
    found = {
        cis_benchmark.API: {"one": dict(API_SERVER), "two": dict(API_SERVER)},
        cis_benchmark.MANAGER: {"one": dict(MANAGER)},
        cis_benchmark.SCHEDULER: {"one": dict(SCHEDULER)},
        cis_benchmark.KUBELET: {"one": dict(KUBELET)},
    }
    if component:
        last = list(found[component])[-1]
        found[component][last] |= {name.replace("_", "-"): value for name, value in changes.items()}
    return found


def red(found, *, on_k3s=False):
    """The ids of the checks that have to pass but do not."""
    return {result.check.id for result in cis_benchmark.wanting(cis_benchmark.run(found), on_k3s=on_k3s)}


def test_a_cluster_as_kind_sets_it_up_passes():
    assert red(of_kind()) == set()
    assert red(of_kind(), on_k3s=True) == {"1.2.5", "1.2.16", "1.2.17", "1.2.18", "1.2.19", "4.2.6/1.8"}


@pytest.mark.parametrize(
    ("component", "changes", "expected"),
    [
        (cis_benchmark.API, {"authentication_config": None}, {"1.2.1"}),
        (cis_benchmark.API, {"token_auth_file": "tokens"}, {"1.2.2"}),
        (cis_benchmark.API, {"kubelet_client_key": None}, {"1.2.4"}),
        (cis_benchmark.API, {"authorization_mode": "AlwaysAllow"}, {"1.2.6", "1.2.7", "1.2.8"}),
        (cis_benchmark.API, {"authorization_mode": None}, {"1.2.6", "1.2.7", "1.2.8"}),
        (cis_benchmark.API, {"enable_admission_plugins": "AlwaysAdmit"}, {"1.2.10", "1.2.14"}),
        (cis_benchmark.API, {"disable_admission_plugins": "ServiceAccount,NamespaceLifecycle"}, {"1.2.12", "1.2.13"}),
        (cis_benchmark.API, {"profiling": None}, {"1.2.15"}),
        (cis_benchmark.API, {"service_account_lookup": "false"}, {"1.2.21"}),
        (cis_benchmark.API, {"etcd_cafile": None}, {"1.2.26"}),
        (cis_benchmark.API, {"encryption_provider_config": None}, {"1.2.27"}),
        (cis_benchmark.MANAGER, {"bind_address": "0.0.0.0"}, {"1.3.7"}),
        (cis_benchmark.SCHEDULER, {"profiling": "true"}, {"1.4.1"}),
        (cis_benchmark.KUBELET, {"authentication": {"anonymous": {"enabled": True}}}, {"4.2.1", "4.2.3"}),
        (cis_benchmark.KUBELET, {"authorization": {"mode": "AlwaysAllow"}}, {"4.2.2"}),
        (cis_benchmark.KUBELET, {"readOnlyPort": 10255}, {"4.2.4"}),
        (cis_benchmark.KUBELET, {"streamingConnectionIdleTimeout": "0s"}, {"4.2.5"}),
        (cis_benchmark.KUBELET, {"podPidsLimit": 100}, {"4.2.13/512"}),
        (cis_benchmark.KUBELET, {"podPidsLimit": 4096}, set()),
        (cis_benchmark.KUBELET, {"podPidsLimit": None}, set()),
    ],
)
def test_one_node_that_is_set_up_otherwise_is_enough(component, changes, expected):
    found = of_kind(component, **changes)
    assert red(found) == expected
    node = list(found[component])[-1]
    assert all(result.bad == (node,) for result in cis_benchmark.run(found) if result.check.id in expected)


def test_what_nobody_shows_has_not_passed():
    found = {**of_kind(), cis_benchmark.KUBELET: {}}
    assert {"4.2.1", "4.2.2", "4.2.4"} <= red(found)
    assert "not seen" in {result.outcome for result in cis_benchmark.run(found)}


def test_arguments_are_read_from_static_pods_and_from_the_annotation_of_k3s():
    container = SimpleNamespace(command=["kube-apiserver", "--profiling=false", "--allow-privileged"], args=None)
    pod = SimpleNamespace(spec=SimpleNamespace(containers=[container]))
    assert cis_benchmark.of_pod(pod) == {"profiling": "false", "allow-privileged": "true"}

    def node(words):
        text = str(words.split()).replace("'", '"')
        return SimpleNamespace(
            metadata=SimpleNamespace(annotations={cis_benchmark.K3S_ARGUMENTS: text} if words else None)
        )

    kubelet = {**KUBELET, "protectKernelDefaults": True}
    found = {name: {"one": cis_benchmark.of_k3s(node(WORDS), name)} for name in cis_benchmark.K3S_DEFAULTS}
    assert red({**found, cis_benchmark.KUBELET: {"one": kubelet}}, on_k3s=True) == set()
    without = WORDS.replace("--secrets-encryption true ", "").replace("anonymous-auth=false", "anonymous-auth=true")
    found[cis_benchmark.API]["one"] = cis_benchmark.of_k3s(node(without), cis_benchmark.API)
    assert red({**found, cis_benchmark.KUBELET: {"one": kubelet}}, on_k3s=True) == {"1.2.1", "1.2.27"}
    for words in ("", "agent --server https://api:6443"):
        assert cis_benchmark.of_k3s(node(words), cis_benchmark.API) == {}


def test_every_check_has_its_own_id_and_is_a_line_of_the_table():
    ids = [check.id for check in cis_benchmark.CHECKS]
    assert len(set(ids)) == len(ids)
    for result in cis_benchmark.run(of_kind()):
        assert result.check.id in result.line() and result.outcome in result.line()
