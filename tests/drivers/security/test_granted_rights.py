"""Who holds rights that lead to Secrets or to syncs, by bindings of all kinds."""

from types import SimpleNamespace

import pytest

from acceptance.drivers.security import granted_rights, sync_rights
from acceptance.drivers.security.granted_rights import BOOTSTRAP
from acceptance.drivers.security.powerful_rights import BY_PODS

ADMIN = {"apiGroups": [""], "resources": ["pods/attach", "secrets"], "verbs": ["get", "list", "watch"]}
VIEW = {"apiGroups": ["", "apps", "batch"], "resources": ["pods", "pods/log", "deployments"], "verbs": ["get", "list"]}
ALL = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
ROLES = {"admin": [ADMIN], "view": [VIEW], "cluster-admin": [ALL]}


def binding(role, *subjects, name="b", kind="ClusterRole"):
    """A binding as the API writes it."""
    return {"metadata": {"name": name}, "roleRef": {"kind": kind, "name": role}, "subjects": [*subjects]}


def subject(kind, name, namespace=None):
    """A subject as the API writes it."""
    return {"kind": kind, "name": name} | ({"namespace": namespace} if namespace else {})


def objects(bindings=(), cluster_bindings=(), roles=()):
    """Roles and bindings by kind."""
    return {
        "ClusterRole": [{"metadata": {"name": name}, "rules": rules} for name, rules in ROLES.items()],
        "Role": [*roles], "RoleBinding": [*bindings], "ClusterRoleBinding": [*cluster_bindings],
    }  # fmt: skip


def strangers(monkeypatch, found, *, attached=False, rendered=(), namespace="default"):
    """Who is told of, where these objects are in the cluster and these grants in the manifests."""
    monkeypatch.setattr(granted_rights, "granted", lambda *asked: granted_rights.among(found, namespace, asked[2]))
    monkeypatch.setattr(granted_rights, "rendered_grants", lambda _: {*rendered})
    platform = SimpleNamespace(cluster=SimpleNamespace(is_attached=attached))
    return granted_rights.strangers(platform, namespace)


DEVS = subject("Group", "developers")


def test_developers_with_rights_of_their_own_are_told_wherever_the_cluster_is(monkeypatch):
    found = objects([binding("admin", DEVS, name="devs")])
    told = ["Group developers (role admin, RoleBinding devs)"]
    assert strangers(monkeypatch, found) == told and strangers(monkeypatch, found, attached=True) == told
    assert strangers(monkeypatch, objects([binding("view", DEVS)])) == []
    monkeypatch.setitem(ROLES, granted_rights.OF_SUITE, [ADMIN])
    own = objects([binding(granted_rights.OF_SUITE, subject("User", "whoever-runs-the-suite"))])
    assert strangers(monkeypatch, own, attached=True) == [] and strangers(monkeypatch, own)


@pytest.mark.parametrize(
    ("who", "here", "attached"),
    [
        (DEVS, True, False),
        (subject("User", "jane"), True, False),
        (subject("Group", "system:authenticated"), True, True),
        (subject("Group", "system:serviceaccounts:default"), True, True),
        (subject("ServiceAccount", "tool", "tools"), True, False),
        (subject("User", "system:serviceaccount:tools:tool"), True, False),
        (subject("ServiceAccount", "default", "kube-system"), True, False),
        (subject("ServiceAccount", "helm-traefik", "kube-system"), False, False),
        (subject("Group", "system:masters"), False, False),
        (subject("User", "system:kube-controller-manager"), True, False),
        (subject("Group", "system:nodes"), True, False),
        (subject("User", "kube-apiserver"), True, False),
        (subject("Group", "kubeadm:cluster-admins"), False, False),
        (subject("ServiceAccount", "acceptance", "acceptance"), False, False),
    ],
)
def test_who_may_have_all_rights_of_the_cluster(monkeypatch, who, here, attached):
    found = objects(cluster_bindings=[binding("cluster-admin", who)])
    assert bool(strangers(monkeypatch, found)) is here
    assert bool(strangers(monkeypatch, found, attached=True)) is attached


def test_what_the_manifests_bind_is_known_and_the_same_account_bound_by_hand_is_not(monkeypatch):
    argo = subject("ServiceAccount", "argocd-application-controller", "argocd")
    own = binding("cluster-admin", argo, name="argocd-application-controller")
    rendered = granted_rights.grants_of(own, "ClusterRoleBinding", "default")
    assert strangers(monkeypatch, objects(cluster_bindings=[own]), rendered=rendered) == []
    other = binding("cluster-admin", argo, name="by-hand")
    assert strangers(monkeypatch, objects(cluster_bindings=[own, other]), rendered=rendered)


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (subject("ServiceAccount", "sealed-secrets", "sealed-secrets"), False),
        (subject("ServiceAccount", "database"), True),
        (subject("User", "system:serviceaccount:default:developer"), True),
        (DEVS, True),
        (subject("User", "jane"), True),
    ],
)
def test_the_manifests_themselves_bind_the_tools_accounts_only(monkeypatch, who, told):
    own = binding("admin", who, name="of-the-platform")
    rendered = granted_rights.grants_of(own, "RoleBinding", "default")
    assert bool(strangers(monkeypatch, objects([own]), rendered=rendered)) is told


@pytest.mark.parametrize(
    ("name", "labels", "who", "told"),
    [
        ("system:kube-controller-manager", dict([BOOTSTRAP]), "system:kube-controller-manager", False),
        ("kubeadm:node-autoapprove-bootstrap", {}, "system:bootstrappers:kubeadm:default-node-token", False),
        ("system:k3s-controller", {}, "system:k3s-controller", False),
        ("kube-apiserver-kubelet-admin", {}, "kube-apiserver", False),
        ("k3s-cloud-controller-manager", {}, "k3s-cloud-controller-manager", False),
        ("legacy-nodes", {}, "system:nodes", True),
        ("kubeadm:more", {}, "system:authenticated", True),
        ("kubeadm:more", {}, "jane", True),
    ],
)
def test_who_is_called_like_the_system_is_bound_by_the_system(monkeypatch, name, labels, who, told):
    made = binding("cluster-admin", subject("User", who), name=name)
    made["metadata"]["labels"] = labels
    assert bool(strangers(monkeypatch, objects(cluster_bindings=[made]))) is told


def test_every_namespace_of_the_platform_is_judged(monkeypatch):
    monkeypatch.setattr(granted_rights, "cluster_wide", lambda _: {})
    namespaces = [{"metadata": {"name": name}} for name in ("sealed-secrets", "kube-system")]
    monkeypatch.setattr(granted_rights, "rendered_objects", lambda *_: namespaces)
    monkeypatch.setattr(granted_rights, "strangers", lambda _, name, *__: ["jane"] * (name != "default"))
    platform = SimpleNamespace(cluster=SimpleNamespace(is_attached=False))
    assert granted_rights.strangers_anywhere(platform) == ["jane in sealed-secrets"]
    assert granted_rights.strangers_anywhere(SimpleNamespace(cluster=SimpleNamespace(is_attached=True))) == []


MANIFESTS = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: database}
roleRef: {kind: Role, name: database}
subjects: [{kind: ServiceAccount, name: database}]
---
kind: ConfigMap
metadata: {name: kind}
---
kind: StatefulSet
metadata: {name: argocd-application-controller, namespace: argocd}
---
kind: StatefulSet
metadata: {name: yb-tserver}
"""


def test_what_the_manifests_have():
    asked = []

    def text(folder):
        asked.append(folder)
        return MANIFESTS

    class Stub:
        """A platform of one component."""

        def __init__(self):
            self.components = {"a": SimpleNamespace(manifests=("database",))}
            self.rendering = SimpleNamespace(text=text)

    platform = Stub()
    # A binding may leave out its namespace, which Argo CD knows.
    (grant,) = granted_rights.rendered_grants(platform)
    assert grant.subject == ("ServiceAccount", "default", "database")
    assert sync_rights.rendered_programs(platform) == {("StatefulSet", "argocd-application-controller")}
    assert asked == ["database"]


PATROLS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["patch"]}


def test_who_may_change_pods_is_told_but_for_the_manifests_own_accounts(monkeypatch):
    monkeypatch.setitem(ROLES, "pods", [PATROLS])
    own, jane = (binding("pods", who) for who in (subject("ServiceAccount", "database"), subject("User", "jane")))
    rendered = granted_rights.grants_of(own, "RoleBinding", "default")
    assert len(granted_rights.among(objects([own, jane]), "default", BY_PODS)) == 2
    assert strangers(monkeypatch, objects([own, jane]), rendered=rendered) == ["User jane (role pods, RoleBinding b)"]
    assert len(strangers(monkeypatch, objects([own, jane]))) == 2


@pytest.mark.parametrize(
    ("namespace", "told"), [("argocd", False), ("traefik", False), ("kube-system", True), ("monitoring", True)]
)
def test_of_the_manifests_accounts_only_the_tools_have_a_way(monkeypatch, namespace, told):
    own = binding("admin", subject("ServiceAccount", "metrics-server", namespace), name="metrics-server")
    rendered = granted_rights.grants_of(own, "ClusterRoleBinding", "default")
    assert bool(strangers(monkeypatch, objects(cluster_bindings=[own]), rendered=rendered)) is told


LEADS_ASTRAY = {"apiGroups": [""], "resources": ["endpoints"], "verbs": ["patch"]}
DEPLOYS = {"apiGroups": ["argoproj.io"], "resources": ["appprojects"], "verbs": ["patch"]}


def test_who_may_lead_traffic_elsewhere_is_told_but_for_the_manifests_own_accounts(monkeypatch):
    monkeypatch.setitem(ROLES, "routes", [LEADS_ASTRAY])
    own, devs = (binding("routes", who) for who in (subject("ServiceAccount", "database"), DEVS))
    rendered = granted_rights.grants_of(own, "RoleBinding", "default")
    told = strangers(monkeypatch, objects([own, devs]), rendered=rendered)
    assert told == ["Group developers (role routes, RoleBinding b)"]


@pytest.mark.parametrize(("namespace", "told"), [("argocd", True), ("default", False)])
def test_who_may_have_argo_cd_deploy_anything_is_told_where_argo_cd_is(monkeypatch, namespace, told):
    monkeypatch.setitem(ROLES, "deploys", [DEPLOYS])
    server = binding("deploys", subject("ServiceAccount", "argocd-server", "argocd"), name="argocd-server")
    rendered = granted_rights.grants_of(server, "RoleBinding", "argocd")
    found = objects([server, binding("deploys", DEVS)])
    seen = strangers(monkeypatch, found, rendered=rendered, namespace=namespace)
    assert seen == (["Group developers (role deploys, RoleBinding b)"] if told else [])
