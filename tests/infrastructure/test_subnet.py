"""The nodes' network has a subnet that no other network uses."""

import ipaddress

import pytest

from acceptance.base.errors import UserError
from acceptance.infrastructure import subnet

NAMES = iter(f"platform-{number}" for number in range(100))


@pytest.fixture
def used(monkeypatch):
    """The engine's networks, as given by a test."""
    networks = {}
    monkeypatch.setattr(subnet, "subnets_in_use", lambda: dict(networks))
    subnet.subnet_of.cache_clear()
    return lambda **more: networks.update({k: [ipaddress.IPv4Network(v)] for k, v in more.items()})


def test_what_a_file_sets_is_taken(used):
    used(other="10.7.0.0/16")
    assert subnet.subnet_of(next(NAMES), "10.7.0.0/16") == "10.7.0.0/16"
    assert "other has 10.7.0.0/16" in subnet.overlap("10.7.0.0/17", "x")


def test_the_first_free_one_is_chosen(used):
    used(bridge="172.17.0.0/16")
    assert subnet.subnet_of(next(NAMES), None) == "172.30.0.0/16"
    used(staging="172.30.0.0/16", narrow="172.29.128.0/24")
    subnet.subnet_of.cache_clear()
    assert subnet.subnet_of(next(NAMES), None) == "172.28.0.0/16"


def test_a_platform_that_is_there_keeps_its_own(used):
    used(mine="10.9.0.0/16")
    assert subnet.subnet_of("mine", None) == "10.9.0.0/16"
    assert subnet.overlap("10.9.0.0/16", "mine") is None


def test_none_that_is_free_is_said_with_a_remedy(used):
    used(all="172.16.0.0/12")
    with pytest.raises(UserError, match=r"infrastructure\.subnet"):
        subnet.subnet_of(next(NAMES), None)


def test_the_engine_is_asked():
    assert all(
        isinstance(network, ipaddress.IPv4Network) for found in subnet.subnets_in_use().values() for network in found
    )
