"""The cache: what it runs, where it saves, whom it answers, and how fast."""

import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import as_json, is_ready
from acceptance.base.waiting import POD_READY, eventually
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.pods import PodClient, delete_now, kill, ready_again, volume_at
from acceptance.drivers.services import Service

DATA = "/data"
HINT = "kubectl get pods -l app=redis; kubectl logs redis-0"
EXPIRES = 3600
REFUSALS = ("NOAUTH", "WRONGPASS")


@dataclass
class Cache:
    """Redis as scenarios see it: commands from a pod, with the URL that services have."""

    namespace: Namespace
    client: PodClient
    url: str
    keys: list[str] = field(default_factory=list)

    def __call__(self, *command, url="env:REDIS_URL"):
        """The reply to one command. Raises AssertionError with what the server said if it refuses."""
        return as_json(self.client("redis", url, *command))

    def pod(self):
        """The pod that Redis runs in."""
        pods = [pod for pod in self.namespace.pods("app=redis") if is_ready(pod)]
        assert len(pods) == 1, f"expected one pod of Redis Ready, saw {len(pods)}. Try: {HINT}"
        return pods[0]

    def setting(self, name):
        """One setting of the server."""
        return self("CONFIG", "GET", name)[1]

    def counters(self):
        """All keys that hold a number, with it."""
        found, cursor = {}, "0"
        while True:
            cursor, keys = self("SCAN", cursor, "TYPE", "string", "COUNT", "1000")
            values = self("MGET", *keys) if keys else []
            found.update({key: int(value) for key, value in zip(keys, values, strict=True) if (value or "").isdigit()})
            if cursor == "0":
                return found

    def information(self, section):
        """What INFO says of a section."""
        lines = [line for line in self("INFO", section).splitlines() if ":" in line]
        return dict(line.split(":", 1) for line in lines)


@pytest.fixture
def cache(redis, default, platform_secrets, data_client):
    """Redis, and what scenarios put into it, removed afterwards."""
    cache = Cache(default, data_client, platform_secrets.values["redis-credentials"]["REDIS_URL"])
    yield cache
    if cache.keys:
        cache("DEL", *cache.keys)


@given("Redis is deployed")
def redis_deployed(cache):
    cache.pod()


@then(parsers.parse("the server says that it is Redis {floor:d} or newer"))
def redis_version(cache, floor, evidence):
    version = cache.information("server")["redis_version"]
    evidence.add("version", version)
    assert int(version.partition(".")[0]) >= floor, f"expected Redis {floor} or newer, saw {version}"


@then(f"the pod has a persistent volume at {DATA}")
def redis_volume(cache, evidence):
    evidence.add("volume", volume_at(cache.namespace, cache.pod(), DATA))


@then("what Redis saves lies there")
def redis_saves(cache, evidence):
    assert cache("SAVE") == "OK"
    path = f"{cache.setting('dir')}/{cache.setting('dbfilename')}"
    command = f"readlink -e {path}; df --output=target {path} | tail -n 1"
    real, mount = cache.namespace.execute(cache.pod().metadata.name, "sh", "-ec", command).split()
    evidence.add("saved", f"{real} on {mount}")
    assert mount == DATA, f"expected {path} on {DATA}, it is on {mount}"


@then(parsers.parse("a pod reaches Redis at {service}:{port:d}"))
def redis_service(cache, service, port):
    parts = urlsplit(cache.url)
    assert (parts.hostname, parts.port or 6379) == (service, port), f"REDIS_URL names {parts.hostname}:{parts.port}"
    seen = cache.namespace.cluster.core.read_namespaced_service(service, cache.namespace.name).spec
    assert port in [item.port for item in seen.ports], f"Service {service} has the ports {seen.ports}"
    reply = cache("PING")
    assert reply == "PONG", f"expected PONG from {service}:{port}, saw {reply}"


@then("nothing outside the cluster is told of it")
def redis_inside_only(cache):
    core = cache.namespace.cluster.core
    services = core.list_namespaced_service(cache.namespace.name, label_selector="app=redis").items
    open_ones = [service.metadata.name for service in services if service.spec.type != "ClusterIP"]
    assert services and not open_ones, f"expected Services inside the cluster only, {open_ones} are not"


@then("a pod that has REDIS_URL from the Secret reaches a server on the port that the URL names")
def redis_port(cache, evidence):
    port = urlsplit(cache.url).port or 6379
    listening = cache.setting("port")
    evidence.add("ports", {"REDIS_URL": port, "server": listening})
    assert listening == str(port), f"REDIS_URL names port {port}, the server that answers there listens on {listening}"


@then(parsers.parse("Redis turns away a client with {kind}"))
def redis_refuses(cache, kind, evidence):
    parts = urlsplit(cache.url)
    password = {"no password": "", "a wrong password": f":{secrets.token_urlsafe(16)}@"}[kind]
    url = f"redis://{password}{parts.hostname}:{parts.port or 6379}"
    for command in (("PING",), ("GET", "anything"), ("SET", "anything", "1")):
        try:
            reply = cache(*command, url=url)
        except AssertionError as refusal:
            said = str(refusal)
            if not any(text in said for text in REFUSALS):
                raise RuntimeError(f"Redis was not reached, so nothing can be judged: {said}") from refusal
            evidence.add(f"{command[0]} with {kind}", next(text for text in REFUSALS if text in said))
        else:
            raise AssertionError(f"expected a refusal of {command[0]} with {kind}, saw {reply}")


@then("Redis answers a client with the right password")
def redis_answers(cache):
    reply = cache("PING")
    assert reply == "PONG", f"expected PONG, saw {reply}"


@given(parsers.parse("a counter that counted to {count:d}"), target_fixture="counter")
def count_up(cache, count):
    key = f"scenario:{secrets.token_hex(4)}"
    cache.keys.append(key)
    cache("INCRBY", key, str(count))
    cache("EXPIRE", key, str(EXPIRES))
    return key


@given(parsers.parse("a rate-limit counter that auth counted up {count:d} times"), target_fixture="counter")
def auth_counts(cache, auth_service, environment, count, evidence):
    before = cache.counters()
    api = Service(cache.namespace, auth_service.name).api()
    for _ in range(count):
        # A sign-in that is refused is counted like any other.
        api.post(environment.services.siwe_path, {"message": "", "signature": ""})
    after = cache.counters()
    grown = [key for key, value in after.items() if value - before.get(key, 0) == count]
    evidence.add("counters of auth", {"before": before, "after": after})
    assert len(grown) == 1, f"expected one counter that went up by {count}, saw {before} become {after}"
    # Its window of time must not end while Redis is away.
    cache("EXPIRE", grown[0], str(EXPIRES))
    cache.keys.append(grown[0])
    return grown[0]


@pytest.fixture
def stood(cache, counter):
    """Where a counter stood before anything happened to Redis."""
    return cache("GET", counter)


@then("it is read from memory and goes to disk in the background")
def in_memory_and_on_disk(cache, counter, stood, evidence):
    seen = {
        "value": stood,
        "bytes in memory": cache("MEMORY", "USAGE", counter),
        "append-only file": cache.information("persistence")["aof_enabled"],
        "synced to disk": cache.setting("appendfsync"),
    }
    evidence.add("counter", seen)
    assert seen["bytes in memory"], f"expected the counter in memory, saw {seen}"
    assert seen["append-only file"] == "1", "expected the append-only file to be on, it is off"
    assert seen["synced to disk"] == "everysec", f"expected a sync in the background, saw {seen['synced to disk']}"


@when("Redis is killed without grace and its pod replaced")
def kill_redis(cache, evidence):
    before = cache.pod()
    name = before.metadata.name
    kill(cache.namespace, before)
    # The pod goes, too: what is not on its volume goes with it.
    delete_now(cache.namespace, name)

    after = eventually(
        lambda: ready_again(cache.namespace, name, before), within=POD_READY, what=f"{name} Ready again", hint=HINT
    )
    evidence.add("pods", f"{before.metadata.uid} was killed, {after.metadata.uid} took its place")


@then("the counter stands where it stood, and still expires")
def counter_survived(cache, counter, stood, evidence):
    def answers():
        return cache("PING") == "PONG"

    eventually(answers, within=POD_READY, what="an answer from Redis", hint=HINT)
    value, expires = cache("GET", counter), cache("TTL", counter)
    evidence.add("counter", {"before": stood, "after SIGKILL": value, "expires in seconds": expires})
    assert value == stood, f"expected the counter at {stood} after SIGKILL, saw {value}"
    assert 0 < expires <= EXPIRES, f"expected the counter to expire within {EXPIRES} s, saw {expires}"


@when(parsers.parse("a pod reads it {count:d} times"), target_fixture="latency")
def measure_reads(cache, counter, count, evidence):
    measured = as_json(cache.client("redis-latency", "env:REDIS_URL", counter, str(count)))
    evidence.add("time to read a counter, in milliseconds", measured)
    if measured["count"] != count:
        raise RuntimeError(f"{measured['count']} of {count} reads were made")
    return measured


@then(parsers.parse("{percent:d} of 100 reads took no more than {limit:d} milliseconds"))
def reads_are_fast(latency, percent, limit):
    took = latency[f"p{percent}"]
    assert took <= limit, f"expected {percent} of 100 reads within {limit} ms, it took {took:.2f} ms"
