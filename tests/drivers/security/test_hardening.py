"""Hardening, as far as it shows without a cluster: manifests, the key that kind's API servers get, the benchmark."""

import base64
import os
import stat
import subprocess
from types import SimpleNamespace

import pytest
import yaml
from tests_support import kustomized

from acceptance.base.labels import CLIENT, NAME_LABEL, SCENARIO_LABEL
from acceptance.base.paths import INFRASTRUCTURE, ROOT
from acceptance.cluster.probe import Probe
from acceptance.drivers.cluster import cis_benchmark
from acceptance.drivers.network.pod_connections import reaches
from acceptance.drivers.security.developer_rights import LEADS_ON, READ_ONLY
from acceptance.drivers.security.network_policies import SERVICES, let_in_from_elsewhere
from acceptance.drivers.security.unauthenticated_access import HEALTH, NEEDS_CREDENTIALS
from acceptance.drivers.services.copies import copy_of
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.pods import client_pod
from acceptance.platform.applications import APPLICATIONS

PLACES = ("kind", "production")
PORTS = {name: port for name, (_, port) in SERVICES.items()}
DEFAULT = {"kubernetes.io/metadata.name": "default"}
TRAEFIK = ({"app": "traefik"}, {"kubernetes.io/metadata.name": "traefik"})
BACKEND_ELSEWHERE = ({NAME_LABEL: "backend-service"}, {"kubernetes.io/metadata.name": "scenario-1"})


@pytest.fixture(scope="module")
def build():
    """Builds a kustomization as Argo CD does: its objects."""
    return kustomized


@pytest.fixture
def deployed(build):
    """All objects of the Applications and of k8s/access, of one place."""
    return lambda place: [
        *build("access"),
        *(item for name in APPLICATIONS for item in build(f"{name}/overlays/{place}")),
    ]


def templates(objects):
    """The pods that workloads make: labels and spec, by kind and name."""
    return {
        (item["kind"], item["metadata"]["name"]): (
            item["spec"]["template"]["metadata"]["labels"], item["spec"]["template"]["spec"],
        )
        for item in objects if item["kind"] in ("Deployment", "StatefulSet", "Job")
    }  # fmt: skip


def covers(selector, labels):
    """Whether a selector, of labels alone, covers something."""
    assert set(selector) <= {"matchLabels"}, selector
    return selector.get("matchLabels", {}).items() <= labels.items()


def admits(objects, source, target, port):
    """Whether the policies among `objects` let a pod (its labels, and its namespace's) reach a pod of `default`."""
    specs = [item["spec"] for item in objects if item["kind"] == "NetworkPolicy"]
    specs = [spec for spec in specs if covers(spec["podSelector"], target)]
    assert specs, f"no policy covers {target}"
    labels, namespace = source
    for rule in (rule for spec in specs for rule in spec.get("ingress", [])):
        ports = {item["port"] for item in rule.get("ports", [])}
        peers = rule.get("from", [])
        assert peers, "a rule without peers admits everyone"
        for peer in peers:
            assert set(peer) <= {"podSelector", "namespaceSelector"} and peer.get("podSelector"), peer
            inside = covers(peer.get("namespaceSelector", {"matchLabels": DEFAULT}), namespace)
            if inside and covers(peer["podSelector"], labels) and (not ports or port in ports):
                return True
    return False


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("target", "admitted"),
    [
        ("auth-service", {"auth-service", "backend-service", "Traefik"}),
        ("backend-service", {"backend-service", "Traefik"}),
        ("frontend-service", {"frontend-service", "Traefik"}),
        ("database", {"auth-service", "backend-service", "database"}),
        ("redis", {"auth-service", "redis"}),
    ],
)
def test_policies_admit_those_who_need_a_service_and_nobody_else(deployed, place, target, admitted):
    objects = deployed(place)
    sources = {name: ({NAME_LABEL: name}, DEFAULT) for name in PORTS}
    sources |= {"Traefik": TRAEFIK, "a stranger": ({}, DEFAULT), "a backend elsewhere": BACKEND_ELSEWHERE}
    sources["Traefik's label here"] = ({"app": "traefik"}, DEFAULT)
    seen = {who for who, source in sources.items() if admits(objects, source, {NAME_LABEL: target}, PORTS[target])}
    assert seen == admitted
    if target != "database":
        assert not any(admits(objects, source, {NAME_LABEL: target}, 22) for source in sources.values())


@pytest.mark.parametrize("place", PLACES)
def test_every_pod_of_the_applications_is_known_to_the_policies(deployed, build, place):
    objects = deployed(place)
    assert {kind for kind, _ in templates(objects)} == {"Deployment", "StatefulSet", "Job"}
    for application in APPLICATIONS:
        own = build(f"{application}/overlays/{place}")
        (policy,) = [item for item in own if item["kind"] == "NetworkPolicy"]
        assert policy["metadata"]["name"] == application
        assert policy["spec"]["policyTypes"] == ["Ingress"]
        for labels, _ in templates(own).values():
            assert covers(policy["spec"]["podSelector"], labels)
            # Jobs ask the Service of their own Application.
            assert admits(objects, (labels, DEFAULT), {NAME_LABEL: application}, PORTS[application])


def test_whom_no_policy_covers_nobody_reaches(build):
    (policy,) = [item for item in build("access") if item["kind"] == "NetworkPolicy"]
    assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert policy["metadata"]["namespace"] == "default"
    assert not admits([policy], ({NAME_LABEL: "auth-service"}, DEFAULT), {"app": "other"}, 80)


NAMESPACES = {name: {"kubernetes.io/metadata.name": name} for name in ("default", "traefik", "argocd", "kube-system")}
NAMED = {"namespaceSelector": {"matchLabels": NAMESPACES["argocd"]}, "podSelector": {"matchLabels": {"app": "x"}}}


@pytest.mark.parametrize("place", PLACES)
def test_policies_let_in_nobody_from_elsewhere_but_traefik(deployed, place):
    specs = {i["metadata"]["name"]: i["spec"] for i in deployed(place) if i["kind"] == "NetworkPolicy"}
    assert len(specs) == len(APPLICATIONS) + 1 and let_in_from_elsewhere(specs, NAMESPACES) == []


@pytest.mark.parametrize(
    ("name", "rule", "told"),
    [
        ("redis", {"from": [NAMED]}, ["redis: pods of argocd"]),
        ("redis", {"from": [{"namespaceSelector": {"matchLabels": NAMESPACES["traefik"]}, "podSelector": {"a": "b"}}]},
         ["redis: pods of traefik"]),
        ("auth-service", {"from": [{"namespaceSelector": {"matchLabels": NAMESPACES["traefik"]}}]},
         ["auth-service: pods of traefik"]),
        ("auth-service", {"from": [{"namespaceSelector": {"matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["traefik", "argocd"]}]}}]},
         ["auth-service: pods of kube-system"]),
        ("auth-service", {"ports": [{"port": 3001}]}, ["auth-service: any source"]),
        ("database", {"from": [{"ipBlock": {"cidr": "172.30.0.0/16"}}]}, ["database: the addresses 172.30.0.0/16"]),
    ],
)  # fmt: skip
def test_whom_a_policy_lets_in_from_elsewhere_is_told(name, rule, told):
    assert let_in_from_elsewhere({name: {"ingress": [rule]}}, NAMESPACES) == told


def test_clients_of_scenarios_are_let_in_on_any_port_and_copies_count_as_the_service(deployed, monkeypatch):
    objects = deployed("kind")
    labels = client_pod(Probe("probe:1"), "data-client")["metadata"]["labels"]
    assert labels.items() >= CLIENT.items() and labels["app"] == "data-client"
    for name in PORTS:
        for port in (PORTS[name], 3999):
            assert admits(objects, (labels, {SCENARIO_LABEL: "true"}), {NAME_LABEL: name}, port)
            assert not admits(objects, (labels, DEFAULT), {NAME_LABEL: name}, port)
    made = []
    template = SimpleNamespace(spec=SimpleNamespace(template={}))
    spec = {"spec": {"containers": [{"ports": [{}]}]}}
    cluster = SimpleNamespace(
        api=SimpleNamespace(sanitize_for_serialization=lambda _: spec),
        apps=SimpleNamespace(
            read_namespaced_deployment=lambda *_: template, delete_namespaced_deployment=lambda *_, **__: None
        ),
    )
    namespace = SimpleNamespace(cluster=cluster, name="default", create=made.append, pods=lambda _: [])
    monkeypatch.setattr("acceptance.drivers.services.copies.Copy.wait_ready", lambda _: None)
    with copy_of(Service(namespace, "backend-service"), {}):
        pass
    labels = made[0]["spec"]["template"]["metadata"]["labels"]
    assert labels[NAME_LABEL] == "backend-service" and labels["app"] != "backend-service"
    assert admits(objects, (labels, DEFAULT), {NAME_LABEL: "auth-service"}, 3001)


@pytest.mark.parametrize("place", PLACES)
def test_pods_have_a_token_only_where_they_call_the_api(deployed, place):
    holders = {
        name for (_, name), (_, spec) in templates(deployed(place)).items()
        if spec.get("automountServiceAccountToken") is not False
    }  # fmt: skip
    # Patroni keeps its state in the API; YugabyteDB does not.
    assert holders == ({"yb-tserver"} if place == "kind" else set())


def test_developers_read_and_see_no_secrets(build):
    objects = {(item["kind"], item["metadata"]["name"]): item for item in build("access")}
    assert not [kind for kind, _ in objects if kind.startswith("Cluster")]
    for rule in objects["Role", "developer"]["rules"]:
        assert set(rule["verbs"]) <= READ_ONLY
        assert not set(rule["resources"]) & LEADS_ON
        assert "*" not in rule["apiGroups"]
    may = {resource for rule in objects["Role", "developer"]["rules"] for resource in rule["resources"]}
    assert {"pods", "pods/log", "services", "events", "deployments"} <= may
    binding = objects["RoleBinding", "developer"]
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "developer"}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "developer", "namespace": "default"}]
    for name in ("developer", "default"):
        assert objects["ServiceAccount", name]["automountServiceAccountToken"] is False


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("access", "baseline"),
        *((path, "restricted") for path in ("argocd/base", "sealed-secrets/base", "traefik/base", "git", "pebble")),
    ],
)
def test_namespaces_enforce_a_pod_security_standard(path, level):
    labels = yaml.safe_load((ROOT / "k8s" / path / "namespace.yaml").read_text())["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == level
    if path == "access":
        assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("warn", "audit")} == {"restricted"}


def test_the_platforms_project_is_limited_to_what_it_consists_of():
    projects = yaml.safe_load_all((ROOT / "k8s/argocd/projects/base/projects.yaml").read_text())
    ours = next(item["spec"] for item in projects if item["metadata"]["name"] == "alternate-futures")
    assert len(ours["sourceRepos"]) == 1 and "*" not in ours["sourceRepos"][0]
    assert ours["destinations"] == [{"server": "https://kubernetes.default.svc", "namespace": "default"}]
    assert ours["clusterResourceWhitelist"] == []
    kinds = {item["kind"] for item in ours["namespaceResourceWhitelist"]}
    assert "NetworkPolicy" in kinds and not kinds & {"Secret", "*"}


# The key that Secrets are encrypted with.

PROGRAM = '#!/bin/sh\necho "$0 $*" >>"$WORLD/calls"\ncat >/dev/null\n'
KIND = PROGRAM + 'case $1 in create) : >"$folder/kubeconfig" ;; esac\n'


@pytest.fixture
def cluster_sh(tmp_path):
    """Runs infrastructure/kind/cluster.sh with programs that do nothing but write down how they were called."""
    environment = {**os.environ, "WORLD": str(tmp_path), "folder": str(tmp_path / "state"), "config": "kind: Cluster"}
    for name, text in (("kind", KIND), ("kubectl", PROGRAM), ("docker", PROGRAM)):
        program = tmp_path / name
        program.write_text(text)
        program.chmod(0o755)
        environment[name] = str(program)
    environment |= {"name": "some-cluster", "network": "some-cluster", "registry": "some-registry"}

    def run(action):
        command = ["sh", INFRASTRUCTURE / "kind" / "cluster.sh", action]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return done.stdout + done.stderr + (tmp_path / "calls").read_text()

    run.folder = tmp_path / "state" / "api-server"
    return run


def key_of(folder):
    """The key of an EncryptionConfiguration that encrypts Secrets, and with it alone."""
    (resource,) = yaml.safe_load((folder / "encryption.yaml").read_text())["resources"]
    assert resource["resources"] == ["secrets"]
    (provider,) = resource["providers"]
    (key,) = provider["secretbox"]["keys"]
    assert len(base64.b64decode(key["secret"], validate=True)) == 32
    return key["secret"]


def test_each_cluster_gets_a_key_of_its_own_that_only_its_owner_reads(cluster_sh):
    said = cluster_sh("create")
    key = key_of(cluster_sh.folder)
    assert key not in said
    assert stat.S_IMODE(cluster_sh.folder.stat().st_mode) == 0o700
    for path in cluster_sh.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    cluster_sh("create")
    assert key_of(cluster_sh.folder) != key
    cluster_sh("destroy")
    assert not cluster_sh.folder.exists()


def test_without_credentials_the_api_tells_its_health_alone(cluster_sh):
    cluster_sh("create")
    document = yaml.safe_load((cluster_sh.folder / "authentication.yaml").read_text())
    assert document["kind"] == "AuthenticationConfiguration"
    paths = {condition["path"] for condition in document["anonymous"]["conditions"]}
    assert paths == {*HEALTH, "/api/v1/namespaces/kube-public/configmaps/cluster-info"}
    assert not paths & set(NEEDS_CREDENTIALS)


def test_all_control_planes_are_given_those_files():
    text = (INFRASTRUCTURE / "kind" / "cluster.tf").read_text()
    assert 'role = "control-plane", image = var.node_image, extraMounts = concat(local.mounts, local.api_server' in text
    for argument in ("encryption-provider-config", "authentication-config"):
        assert f"{argument} " in text
    # The key's folder is an input; the key itself is none.
    assert "random" not in text


# Who reaches whom, as a client says it.


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (None, True),
        ("http://a:1/ answered 404 Not Found", True),
        ('Get "http://a:1/": EOF', True),
        ('Get "http://a:1/": net/http: HTTP/1.x transport connection broken: malformed HTTP response "-NOAUTH"', True),
        ('Get "http://a:1/": read tcp 10.0.0.1:5->10.0.0.2:1: read: connection reset by peer', True),
        ('Get "http://a:1/": dial tcp 10.0.0.2:1: i/o timeout (Client.Timeout exceeded while awaiting headers)', False),
        ('Get "http://a:1/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)', False),
        ('Get "http://a:1/": dial tcp 10.0.0.2:1: connect: connection refused', False),
        ('Get "http://a:1/": dial tcp: lookup a on 10.96.0.10:53: i/o timeout', None),
        ("unable to upgrade connection: container not found", None),
    ],
)
def test_who_is_kept_out_shows_and_is_not_guessed(said, answer):
    def execute(pod, *command):
        if said is not None:
            raise AssertionError(f"{' '.join(command)} in pod {pod}: {said}")

    namespace = SimpleNamespace(execute=execute)
    if answer is None:
        with pytest.raises(RuntimeError, match="cannot tell"):
            reaches(namespace, "caller", "a:1")
    else:
        assert reaches(namespace, "caller", "a:1") is answer


# The benchmark.

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
    """The ids of the checks that have to pass and do not."""
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
