"""Where production's YugabyteDB listens, and its Services."""

import copy

import pytest
from manifest_changes import flag, service
from tests_support import kustomized

from acceptance.drivers.data.production_database import servers
from acceptance.drivers.data.production_listeners import wrong_services

RENDERED = kustomized("database/overlays/production")
BIND = "--pgsql_proxy_bind_address="


def told(*changes):
    """What is said of production's manifests after changes, each of which gets the Services and the servers."""
    items = copy.deepcopy(RENDERED)
    services = {item["metadata"]["name"]: item["spec"] for item in items if item["kind"] == "Service"}
    for change in changes:
        change(services, {kind: found[0] for kind, found in servers(items).items()})
    return wrong_services([item for item in items if item["kind"] != "Service" or item["spec"]])


def removed(name):
    """Removes a Service."""
    return lambda services, _: services[name].clear()


def port(number, target=None):
    """The ports of a Service."""
    return [{"name": "it", "port": number, **({"targetPort": target} if target else {})}]


def probed(port):
    """Has the tservers' readiness probe open a port."""

    def change(_, there):
        there["tserver"]["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["tcpSocket"]["port"] = port

    return change


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [service("yb-tservers", ports=port(5433, "ysql"), type="ClusterIP")],
        [service("yb-master-ui", ports=[*port(80), *port(7000, "ui")])],
        [flag("tserver", f"{BIND}0.0.0.0:5433", f"{BIND}[::]:5433,127.0.0.1:5433")],
        [flag("tserver", f"{BIND}0.0.0.0:5433", f"{BIND}0.0.0.0")],
        [flag("tserver", f"{BIND}0.0.0.0:5433", f"{BIND}$(POD_IP):$(PORT)"), service("yb-tservers", ports=port(5433))],
        [flag("tserver", f"{BIND}0.0.0.0:5433", f"{BIND}:::5433")],
        [flag("tserver", f"{BIND}0.0.0.0:5433", "--flagfile=/etc/flags"), service("yb-tservers", ports=port(5433, 6))],
        [
            flag("tserver", f"{BIND}0.0.0.0:5433", f"{BIND}0.0.0.0:6000"),
            service("yb-tservers", ports=port(5433, 6000)),
            probed(6000),
        ],
        [probed(5433)],
        [flag("master", "--enable_ysql=true", "--enable_ysql --webserver_port=7000")],
    ],
    ids=range(11),
)
def test_what_serves_as_well_is_let_be(changes):
    assert told(*changes) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (removed("yb-master-ui"), "there is no Service yb-master-ui"),
        (service("yb-master-ui", ports=port(7001)), "yb-master-ui has no port 7000"),
        (service("yb-master-ui", selector={"app": "yb-tserver"}), "yb-master-ui leads to no pod of yb-master"),
        (service("yb-tservers", selector={}), "yb-tservers leads to no pod of yb-tserver"),
        (
            service("yb-master-ui", selector={"app.kubernetes.io/name": "database"}),
            "yb-master-ui leads to pods of yb-tserver, too",
        ),
        (service("yb-tservers", type="NodePort"), "yb-tservers is of type NodePort"),
        (service("yb-tservers", ports=port(5433, 5432)), "leads to the port 5432 of yb-tserver, on which it does not"),
        (service("yb-tservers", ports=port(5433, "rpc")), "leads to the port rpc of yb-tserver"),
        (service("yb-tservers", ports=port(5433, "sql")), "leads to the port sql of yb-tserver"),
        (flag("tserver", "0.0.0.0:5433", "0.0.0.0:5434"), "leads to the port 5433 of yb-tserver"),
        (flag("tserver", "0.0.0.0:5433", "127.0.0.1:5433"), "yb-tserver listens only to its own pod"),
        (probed("rpc"), "yb-tserver is ready before it serves SQL: its probe opens the port rpc"),
        (probed(9100), "its probe opens the port 9100"),
        (flag("tserver", "--enable_ysql=true", "--enable_ysql=false"), "and serves no SQL"),
        (flag("master", "--webserver_interface=0.0.0.0", "--webserver_interface=localhost"), "only to its own pod"),
        (flag("master", "--enable_ysql=true", "--webserver_port=7001"), "leads to the port 7000 of yb-master"),
    ],
    ids=range(16),
)
def test_what_keeps_clients_away_is_told(change, said):
    text, *others = told(change)
    assert said in text
    # On another port than its probe opens, it would never be ready.
    assert not others or "is ready before it serves SQL" in others[0]


def test_another_database_is_not_judged():
    assert wrong_services(kustomized("database/overlays/kind")) == []
