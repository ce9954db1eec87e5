"""What production renders of YugabyteDB."""

import copy

import pytest
from tests_support import kustomized

from acceptance.base.environment import load_environment
from acceptance.drivers.data.production_database import (
    flags,
    missing,
    off_volume,
    servers,
    too_few,
    too_few_copies,
    too_slow,
    unasked,
)
from acceptance.drivers.data.production_memory import beyond_limits

RENDERED = kustomized("database/overlays/production")
LOOKS = (
    lambda items: too_few(items, "2024.2"),
    off_volume,
    unasked,
    too_few_copies,
    beyond_limits,
    lambda items: too_slow(items, 3),
)
HEARTBEATS = "--leader_failure_max_missed_heartbeat_periods="
KIND = load_environment("kind")


def told(change, kind="tserver"):
    """All that is said of production's manifests once `change` was made to the StatefulSet of this kind."""
    items = copy.deepcopy(RENDERED)
    (item,) = servers(items)[kind]
    change(item, item["spec"]["template"]["spec"]["containers"][0])
    return [text for look in LOOKS for text in look(items)]


def replaced(before, after):
    """Replaces a text in a server's arguments."""

    def change(_, container):
        assert any(before in text for text in container["args"])
        container["args"] = [text.replace(before, after) for text in container["args"]]

    return change


def shell(_, container):
    """The same flags in a shell's command, with blanks in place of some equals signs, as charts have them."""
    words = " \\\n  ".join(container["args"]).replace("--fs_data_dirs=", "--fs_data_dirs ")
    container["command"], container["args"] = ["/bin/sh", "-c"], [f"exec /home/yugabyte/bin/yb-tserver \\\n  {words}"]


def in_a_file(_, container):
    """All flags in a file."""
    container["args"] = ["--flagfile=/etc/yugabyte/flags"]


def on_no_claim(item, _):
    item["spec"]["volumeClaimTemplates"] = []
    item["spec"]["template"]["spec"]["volumes"].append({"name": "disk0", "emptyDir": {}})


def apart(affinity=None, **spec):
    """Replaces what keeps the pods apart."""

    def change(item, _):
        pod = item["spec"]["template"]["spec"]
        pod["affinity"] = {"podAntiAffinity": affinity or {}}
        pod.update(spec)

    return change


def preferring(labels):
    """An anti-affinity that is only a preference."""
    term = {"topologyKey": "zone", "labelSelector": {"matchLabels": labels}}
    return apart({"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": term}]})


def spread(**constraint):
    """A topology spread constraint in place of an anti-affinity."""
    return apart(topologySpreadConstraints=[{"topologyKey": "zone", "maxSkew": 1, **constraint}])


def renamed(change):
    """The same for an image whose name does not say what it is."""

    def both(item, container):
        container["image"] = "registry.example/database:2024.1.6.0-b53"
        change(item, container)

    return both


@pytest.mark.parametrize(
    "change",
    [
        lambda *_: None,
        preferring({"app": "yb-tserver"}),
        spread(labelSelector={"matchExpressions": [{"key": "app", "operator": "In", "values": ["yb-tserver"]}]}),
        apart(hostNetwork=True),
        replaced(f"{HEARTBEATS}3", "--logtostderr"),
        replaced(f"{HEARTBEATS}3", f"{HEARTBEATS}10 --raft_heartbeat_interval_ms=300"),
        replaced(f"{HEARTBEATS}3", f"{HEARTBEATS}$(PERIODS)"),
        lambda _, container: container.update(image="registry.example/database:1.4"),
        shell,
        in_a_file,
        replaced("--ysql_enable_auth=true", "--ysql_enable_auth"),
        replaced("--ysql_enable_auth=true", "--ysql_hba_conf_csv=host all all 0.0.0.0/0 scram-sha-256"),
        replaced("=/mnt/disk0", "=/mnt/disk0/data"),
        replaced("--start_cql_proxy=false", "--use_cassandra_authentication=true"),
        replaced("hard_bytes=2147483648", "hard_bytes=4000000000"),
        replaced("hard_bytes=2147483648", "hard_bytes=$(MEMORY)"),
        lambda item, _: item["spec"].update(replicas=5),
        lambda _, container: container.update(image="registry.example/yugabyte@sha256:0123"),
    ],
)
def test_what_serves_as_well_is_let_be(change):
    assert told(change) == []


@pytest.mark.parametrize(
    ("kind", "change", "word"),
    [
        ("tserver", replaced("--ysql_enable_auth=true", "--ysql_enable_auth=false"), "asks for no password"),
        ("tserver", replaced("--ysql_enable_auth=true", "--noysql_enable_auth"), "asks for no password"),
        ("tserver", replaced("--ysql_enable_auth=true", "--logtostderr"), "asks for no password"),
        ("tserver", replaced("--ysql_enable_auth=true", "--ysql_hba_conf_csv=host all all all trust"), "with trust"),
        ("tserver", replaced("--start_cql_proxy=false", "--logtostderr"), "serves YCQL"),
        ("tserver", replaced("--start_cql_proxy=false", "--start_cql_proxy=true"), "serves YCQL"),
        ("tserver", replaced("--start_redis_proxy=false", "--start_redis_proxy"), "serves Redis' protocol"),
        ("tserver", replaced("hard_bytes=2147483648", "hard_bytes=8589934592"), "is limited to 4Gi"),
        ("tserver", replaced("--memory_limit_hard_bytes=2147483648", "--logtostderr"), "has no --memory_limit"),
        ("master", replaced("hard_bytes=1610612736", "hard_bytes=0"), "yb-master has no --memory_limit_hard_bytes"),
        ("master", replaced("--logtostderr", "--enable_load_balancing=false"), "no lost copy is made anew"),
        ("master", replaced("--logtostderr", "--noenable_load_balancing"), "no lost copy is made anew"),
        ("master", replaced(f"{HEARTBEATS}3", f"{HEARTBEATS}60"), "yb-master replaces a lost leader after 30000 ms"),
        ("tserver", replaced("--fs_data_dirs=/mnt/disk0", "--fs_data_dirs=/tmp"), "keeps data in /tmp"),
        ("tserver", replaced("--fs_data_dirs=/mnt/disk0", "--fs_data_dirs=/mnt/disk01"), "keeps data in /mnt/disk01"),
        ("tserver", replaced("--fs_data_dirs=/mnt/disk0", "--logtostderr"), "no --fs_data_dirs"),
        ("master", replaced("--fs_data_dirs=/mnt/disk0", "--fs_data_dirs=/tmp"), "yb-master keeps data in /tmp"),
        ("tserver", on_no_claim, "no claim at /mnt/disk0"),
        ("master", replaced("factor=3", "factor=1"), "--replication_factor of yb-master is 1"),
        ("tserver", lambda item, _: item["spec"].update(replicas=1), "1 of yb-tserver, not 3"),
        ("master", lambda item, _: item["spec"].update(replicas=2), "2 of yb-master, not 3"),
        (
            "tserver",
            replaced(",yb-master-2.yb-masters.$(NAMESPACE).svc.cluster.local:7100", ""),
            "tserver_master_addrs of yb-tserver names 2 masters",
        ),
        ("tserver", lambda _, container: container.update(image="yugabytedb/yugabyte:2024.1.9.0-b1"), "older than"),
        ("master", lambda _, container: container.update(image="yugabytedb/yugabyte:2.20.1.0-b97"), "older than"),
        ("tserver", renamed(lambda item, _: item["spec"].update(replicas=2)), "2 of yb-tserver, not 3"),
        ("tserver", renamed(lambda *_: None), "older than"),
        ("tserver", renamed(on_no_claim), "no claim at /mnt/disk0"),
        ("tserver", apart(), "may share one machine"),
        ("master", preferring({"app": "yb-tserver"}), "may share one machine"),
        ("tserver", spread(), "may share one machine"),
        ("tserver", replaced(f"{HEARTBEATS}3", f"{HEARTBEATS}60"), "after 30000 ms"),
        ("tserver", replaced(f"{HEARTBEATS}3", "--raft_heartbeat_interval_ms=5000"), "after 30000 ms"),
    ],
)
def test_what_breaks_a_promise_is_told(kind, change, word):
    (said,) = dict.fromkeys(text for text in told(change, kind) if word in text)
    assert word in said


def test_another_database_is_not_judged():
    items = kustomized("database/overlays/kind")
    assert servers(items) == {} and [text for look in LOOKS for text in look(items)] == []


def test_a_pod_that_only_names_the_servers_is_none_of_them():
    container = {"image": "busybox", "command": ["sh", "-c", "nc -z yb-master 7100"], "args": ["/var/log/yb-tserver"]}
    item = {"kind": "StatefulSet", "spec": {"template": {"spec": {"containers": [container]}}}}
    assert servers([item]) == {}


CLIENT = {"template": {"spec": {"containers": [{"image": "yugabytedb/yugabyte", "command": ["ysqlsh"]}]}}}


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (RENDERED, []),
        ([{"apiVersion": "yugabyte.com/v1", "kind": "YBCluster", "spec": {}}], []),
        ([{"apiVersion": "operator.yugabyte.io/v1alpha1", "kind": "YBUniverse", "spec": {}}], []),
        ([{"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "spec": {"chart": "yugabyte"}}], []),
        ([{"apiVersion": "v1", "kind": "Service", "spec": {"externalName": "a.aws.yugabyte.cloud"}}], []),
        ([{"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": CLIENT}], []),
        ([{"apiVersion": "v1", "kind": "Pod", "spec": CLIENT["template"]["spec"]}], []),
        ([{"apiVersion": "batch/v1", "kind": "Job", "spec": CLIENT}], ["production renders no YugabyteDB"]),
        (kustomized("database/overlays/kind"), ["production renders no YugabyteDB"]),
    ],
    ids=["ours", "old operator", "operator", "chart", "elsewhere", "image", "pod", "client", "PostgreSQL"],
)
def test_production_has_the_database_that_is_promised(items, said):
    assert missing(items, KIND) == said


def test_production_may_say_what_stands_in_for_it():
    assert missing([], KIND.model_copy(update={"overlay": "production"})) == []
    production = load_environment("production")
    assert missing([], production) == ["production renders no YugabyteDB"]


def test_the_last_value_of_a_flag_counts():
    container = {
        "image": "yugabyte",
        "args": ["--replication_factor=1", "--replication_factor=3", "-enable_ysql", "true"],
    }
    item = {"spec": {"template": {"spec": {"containers": [container]}}}}
    assert flags(item) == {"replication_factor": "3", "enable_ysql": "true"}
