"""Which clients can log in to Redis."""

import hashlib

import pytest
from kubernetes import client

from acceptance.drivers.data.cache import (
    Cache,
    emptied_by,
    evicting,
    logins_beside,
    own_ports,
    ports_in,
    ports_of_others,
)

URL = "redis://:right%2Fone@redis:6379"
OWN = "#" + hashlib.sha256(b"right/one").hexdigest()
OTHER = "#" + hashlib.sha256(b"letmein").hexdigest()
EVERYTHING = "~* &* +@all"


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([f"user default on {OWN} {EVERYTHING}"], []),
        ([f"user default on sanitize-payload {OWN} {EVERYTHING}", f"user old off {OTHER} -@all"], []),
        ([f"user default on {OWN} {OTHER} {EVERYTHING}"], ["default has 1 passwords"]),
        ([f"user default on nopass {EVERYTHING}"], ["default needs no password"]),
        ([f"user default on {OWN} {EVERYTHING}", f"user monitor on {OWN} +ping"], ["monitor can log in"]),
        ([f"user guest on nopass {EVERYTHING}"], ["guest can log in", "guest needs no password"]),
    ],
)
def test_each_way_in_beside_the_urls_is_named(rules, words):
    found = logins_beside(URL, rules)
    assert len(found) == len(words)
    assert all(said.startswith(word) for said, word in zip(found, words, strict=True))


def test_the_url_may_name_a_user():
    assert logins_beside("redis://app:right%2Fone@redis:6379", [f"user app on {OWN} +@all", "user default off"]) == []


def test_a_common_password_is_told():
    common = "redis://:letmein@redis:6379"
    assert logins_beside(common, [f"user default on {OTHER} +@all"]) == ["default has a common password"]


def test_a_cache_that_was_emptied_says_how_often():
    said = "calls={},usec=90,usec_per_call=30.00,rejected_calls=2,failed_calls={}"
    assert emptied_by({"cmdstat_flushdb": said.format(3, 1), "cmdstat_get": said.format(9, 0)}) == {"flushdb": 2}
    # Redis before 6.2 says nothing of calls that failed.
    assert emptied_by({"cmdstat_flushall": "calls=1,usec=9,usec_per_call=9.00"}) == {"flushall": 1}


def test_a_cache_that_nobody_emptied_is_let_be():
    refused = "calls=2,usec=9,usec_per_call=4.50,rejected_calls=7,failed_calls=2"
    assert emptied_by({}) == {} == emptied_by({"cmdstat_flushdb": refused, "cmdstat_incr": "calls=5,usec=1"})


def test_ports_that_are_listened_at():
    table = """  sl  local_address rem_address   st
   0: 00000000:18EB 00000000:0000 0A 00000000:00000000
   1: 0100007F:18EC 0100007F:9999 01 00000000:00000000"""
    assert ports_in(table) == {6379}


def container(name, *ports):
    return client.V1Container(name=name, ports=[client.V1ContainerPort(container_port=port) for port in ports] or None)


def test_an_exporter_beside_redis_has_ports_of_its_own():
    exporter, sidecar = container("exporter", 9121), container("sidecar", 9000)
    assert ports_of_others(client.V1PodSpec(containers=[container("redis", 6379)])) == set()
    spec = client.V1PodSpec(
        containers=[container("redis", 6379), exporter, container("quiet")], init_containers=[sidecar]
    )
    assert ports_of_others(spec) == {9121, 9000}
    assert ports_of_others(
        client.V1PodSpec(containers=[container("linkerd-proxy", 4143), container("redis", 6379)])
    ) == {4143}


@pytest.mark.parametrize(
    ("most", "policy", "evicts"),
    [
        ("0", "allkeys-random", False),
        ("0", "noeviction", False),
        ("9", "noeviction", False),
        ("9", "volatile-ttl", True),
    ],
)
def test_a_policy_evicts_nothing_without_a_limit(most, policy, evicts):
    cache = Cache(None, lambda *_: "", URL)
    cache.setting = {"maxmemory": most, "maxmemory-policy": policy}.__getitem__
    assert bool(evicting(cache)) is evicts


def test_only_a_port_that_another_container_declares_is_left_out():
    spec = client.V1PodSpec(containers=[container("redis", 6379), container("exporter", 9121)])
    cache = Cache(None, lambda *_: "", URL)
    cache.pod = lambda: client.V1Pod(spec=spec)
    cache.listening = lambda: {6379, 6380, 9121}
    assert own_ports(cache) == {6379, 6380}


@pytest.mark.parametrize(
    ("said", "leader"),
    [
        ("# Replication\r\nrole:master\r\nconnected_slaves:0\r\n", ""),
        ("role:slave\r\nmaster_host:old-redis.example\r\nmaster_port:6379\r\n", "old-redis.example:6379"),
    ],
)
def test_the_server_that_it_follows_is_told(said, leader):
    assert Cache(None, lambda *_: f'"{said}"'.replace("\r\n", "\\r\\n"), URL).follows() == leader
