"""Whether production's YugabyteDB masters find each other."""

import copy

import pytest
from manifest_changes import flag, service
from tests_support import kustomized

from acceptance.drivers.data.production_database import servers
from acceptance.drivers.data.production_quorum import astray

RENDERED = kustomized("database/overlays/production")


def told(change):
    """What is said of production's manifests after a change, which gets Services and servers by name."""
    items = copy.deepcopy(RENDERED)
    named = {item["metadata"]["name"]: item["spec"] for item in items if item["kind"] == "Service"}
    change(named, {kind: found[0] for kind, found in servers(items).items()})
    return astray([item for item in items if item["spec" if item["kind"] == "Service" else "kind"]])


def of_set(kind, **spec):
    """Changes the spec of a server's StatefulSet."""
    return lambda _, there: there[kind]["spec"].update(spec)


def without_variables(_, there):
    there["tserver"]["spec"]["template"]["spec"]["containers"][0]["env"].pop(0)


def by_one_name(_, there):
    """All masters by a Service."""
    for kind, name in (("master", "master_addresses"), ("tserver", "tserver_master_addrs")):
        container = there[kind]["spec"]["template"]["spec"]["containers"][0]
        container["args"] = [text for text in container["args"] if name not in text] + [f"--{name}=yb-masters:7100"]


@pytest.mark.parametrize(
    "change",
    [
        lambda *_: None,
        by_one_name,
        flag("tserver", "--tserver_master_addrs=yb-master-0", "--tserver_master_addrs=$(FIRST) --x=yb-master-0"),
        flag("tserver", "--fs_data_dirs=/mnt/disk0", "--flagfile=/etc/flags"),
        flag("master", "--rpc_bind_addresses=0.0.0.0:7100", "--rpc_bind_addresses=0.0.0.0"),
        flag("master", "--rpc_bind_addresses=0.0.0.0:7100", "--rpc_bind_addresses=$(POD_IP):$(PORT)"),
        service("yb-masters", selector={"app.kubernetes.io/name": "database"}),
    ],
    ids=range(7),
)
def test_what_finds_each_other_is_let_be(change):
    found = told(change)
    assert [text for text in found if "has no variable" not in text] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (flag("tserver", "yb-master-0.", "yb-master-3."), "yb-tserver names yb-master-3.yb-masters"),
        (flag("master", "yb-master-0.yb-masters", "yb-master-1.yb-masters"), "twice as a master"),
        (flag("tserver", "yb-master-0.", "master-0."), "as a master, which there is not"),
        (flag("tserver", "yb-master-0.yb-masters", "yb-master-0.yb-master"), "are named by the Service yb-masters"),
        (flag("tserver", "cluster.local:7100", "cluster.local:7000"), "at the port 7000, on which it does not listen"),
        (flag("tserver", "--tserver_master_addrs", "--other"), "has no --tserver_master_addrs"),
        (flag("master", "--rpc_bind_addresses=0.0.0.0", "--rpc_bind_addresses=127.0.0.1"), "only in its own pod"),
        (flag("tserver", "$(POD_NAME).yb-tserver", "yb-tserver-0.yb-tserver"), "the same name for each of its pods"),
        (flag("tserver", "$(POD_NAME).yb-tserver", "$(POD_NAME).yb-masters"), "not by its serviceName yb-tserver"),
        (flag("tserver", "local:9100", "local:9000"), "tells the others the port 9000"),
        (without_variables, "yb-tserver has no variable POD_NAME"),
        (of_set("master", podManagementPolicy="OrderedReady"), "starts its pods one by one"),
        (of_set("master", serviceName="yb-master"), "are named by the Service yb-master"),
        (lambda services, _: services["yb-masters"].clear(), "by the Service yb-masters, which there is not"),
        (service("yb-masters", selector={"app": "yb-masters"}), "the Service yb-masters does not select them"),
        (service("yb-masters", clusterIP=None), "the Service yb-masters is not headless"),
        (service("yb-tserver", publishNotReadyAddresses=False), "publishNotReadyAddresses of the Service yb-tserver"),
    ],
    ids=range(17),
)
def test_what_keeps_them_apart_is_told(change, said):
    found = told(change)
    assert any(said in text for text in found), found


def test_another_database_is_not_judged():
    assert astray(kustomized("database/overlays/kind")) == []
    assert astray(kustomized("database/overlays/kind-yugabytedb")) == []
