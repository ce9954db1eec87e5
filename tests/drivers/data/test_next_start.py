"""What Patroni's file says, which is read when a member starts."""

from types import SimpleNamespace as Thing

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers.data.next_start import elsewhere, files, unasked_rules

OWN = yaml.safe_load((ROOT / "k8s/database/overlays/kind/patroni.yaml").read_text())


def settings(**postgresql):
    return {"postgresql": postgresql}


def test_the_platforms_own_file_is_let_be():
    assert unasked_rules(OWN) == [] and not elsewhere(OWN)
    assert OWN["postgresql"]["pg_hba"]


@pytest.mark.parametrize(
    ("rule", "is_told"),
    [
        ("host all all 10.0.0.0/8 trust", True),
        ("host all all 10.0.0.0 255.0.0.0 trust", True),
        ("local all all peer map=own", True),
        ("host all all all scram-sha-256", False),
        ("hostssl all all all cert clientcert=verify-full", False),
        ("host all all all reject  # no more trust", False),
        ("# host all all all trust", False),
        ("include_if_exists more.conf", False),
    ],
)
def test_a_rule_that_will_ask_for_nothing_is_told(rule, is_told):
    assert unasked_rules(settings(pg_hba=[rule])) == ([rule] if is_told else [])


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("/mnt/disk0/pg_data", ""),
        ("/mnt/disk0", ""),
        ("/tmp/pg_data", "/tmp/pg_data"),
        ("/mnt/disk0/../other", "/mnt/other"),
        ("/mnt/disk01", "/mnt/disk01"),
        (None, ""),
    ],
)
def test_data_beside_the_volume_is_told(folder, found):
    assert elsewhere(settings(data_dir=folder)) == found
    assert not elsewhere({}) and unasked_rules({}) == []


def test_patronis_file_is_found_whatever_its_configmap_is_called():
    def item(name, data, labels=None):
        return Thing(metadata=Thing(name=name, labels=labels), data=data)

    text = "postgresql: {data_dir: /tmp}"
    items = [
        item("patroni", {"patroni.yaml": text}),
        item("other", None),
        item("copy", {"patroni.yaml": text}, {"alternate-futures.dev/scenario": "true"}),
    ]
    core = Thing(list_namespaced_config_map=lambda _: Thing(items=items))
    assert files(Thing(core=core)) == {"patroni": {"postgresql": {"data_dir": "/tmp"}}}
