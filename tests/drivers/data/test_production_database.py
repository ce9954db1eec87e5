"""What production renders of YugabyteDB."""

import copy

import pytest
from tests_support import kustomized

from acceptance.drivers.data.production_database import flags, off_volume, servers, too_few, too_few_copies, unasked

RENDERED = kustomized("database/overlays/production")
LOOKS = (lambda items: too_few(items, "2024.2"), off_volume, unasked, too_few_copies)


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


@pytest.mark.parametrize(
    "change",
    [
        lambda *_: None,
        shell,
        in_a_file,
        replaced("--ysql_enable_auth=true", "--ysql_enable_auth"),
        replaced("--ysql_enable_auth=true", "--ysql_hba_conf_csv=host all all 0.0.0.0/0 scram-sha-256"),
        replaced("=/mnt/disk0", "=/mnt/disk0/data"),
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
    ],
)
def test_what_breaks_a_promise_is_told(kind, change, word):
    (said,) = dict.fromkeys(text for text in told(change, kind) if word in text)
    assert word in said


def test_another_database_is_not_judged():
    items = kustomized("database/overlays/kind")
    assert servers(items) == {} and [text for look in LOOKS for text in look(items)] == []


def test_the_last_value_of_a_flag_counts():
    container = {
        "image": "yugabyte",
        "args": ["--replication_factor=1", "--replication_factor=3", "-enable_ysql", "true"],
    }
    item = {"spec": {"template": {"spec": {"containers": [container]}}}}
    assert flags(item) == {"replication_factor": "3", "enable_ysql": "true"}
