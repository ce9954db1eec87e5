"""The cache: its version, where it saves, what it keeps, and how fast it answers."""

import secrets

import pytest
from pytest_bdd import given, parsers, then, when

from acceptance.base.deadlines import LOGS_READABLE, POD_READY
from acceptance.base.waiting import eventually
from acceptance.drivers.api.shown_tokens import keys_that_show
from acceptance.drivers.data import cache_capacity, cache_start, production_redis
from acceptance.drivers.data.cache import DATA, HINT, ON_DISK, Cache, evicting
from acceptance.drivers.services import latency
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.killed_pods import kill
from acceptance.drivers.workloads.pods import delete_now, ready_again, volume_at

EXPIRES = 3600


@pytest.fixture
def cache(redis, default, platform_secrets, data_client):
    """Redis; what scenarios store in it is removed afterwards."""
    cache = Cache(default, data_client, platform_secrets.values["redis-credentials"]["REDIS_URL"])
    yield cache
    cache.close()


@given("Redis is deployed")
def redis_deployed(cache):
    cache.pod()


@then(parsers.parse("the server reports Redis {floor:d} or newer"))
def redis_version(cache, floor, evidence):
    version = cache.information("server")["redis_version"]
    evidence.add("version", version)
    assert int(version.partition(".")[0]) >= floor, f"expected Redis {floor} or newer, saw {version}"


@then(parsers.parse("production has Redis {floor:d} or newer"))
def production_redis_version(platform, floor):
    found = production_redis.too_old(platform.rendering.production("redis"), floor)
    hint = "Try: kubectl kustomize --load-restrictor LoadRestrictionsNone k8s/redis/overlays/production"
    assert not found, f"expected Redis {floor} or newer in production, but {'; '.join(found)}. {hint}"


@then("the pod has a persistent volume at /data")
def redis_volume(cache, evidence):
    evidence.add("volume", volume_at(cache.namespace, cache.pod(), DATA))


@then("every file that Redis saves is stored there")
def redis_saves(cache, evidence):
    assert cache("SAVE") == "OK", "expected Redis to answer OK to SAVE"
    seen = cache.files()
    evidence.add("saved", seen)
    elsewhere = {path: mount for path, (_, mount) in seen.items() if mount != DATA}
    assert seen and not elsewhere, (
        f"expected the files that Redis saves on its volume at {DATA}, saw {elsewhere or 'none'}"
    )


@given(parsers.parse("a counter with the value {count:d}"), target_fixture="counter")
def count_up(cache, count):
    key = f"scenario:{secrets.token_hex(4)}"
    cache.keys.append(key)
    cache("INCRBY", key, str(count))
    cache("EXPIRE", key, str(EXPIRES))
    return key


@given(parsers.parse("a rate-limit counter that auth incremented {count:d} times"), target_fixture="counter")
def auth_counts(cache, rate_clients, count, evidence):
    caller, before = rate_clients(), cache.counters()
    evidence.add("statuses of the calls", [caller.call() for _ in range(count)])
    growth = cache.counters().get(caller.key, 0) - before.get(caller.key, 0)
    assert growth == count, f"expected the counter {caller.key} to go up by {count}, it went up by {growth}"
    # Its time window must not end while Redis is down.
    cache("EXPIRE", caller.key, str(EXPIRES))
    return caller.key


@pytest.fixture
def stood(cache, counter):
    """The value of a counter before anything happened to Redis."""
    return cache("GET", counter)


@then("it is held in memory, and no key is evicted")
def in_memory(cache, counter, stood, evidence):
    used, evicted = cache("MEMORY", "USAGE", counter), cache.information("stats")["evicted_keys"]
    evidence.add("counter", {"value": stood, "bytes in memory": used, "keys evicted": evicted})
    assert used, f"expected the counter {counter} in Redis' memory, but MEMORY USAGE does not find it"
    found = evicting(cache)
    assert evicted == "0" and not found, (
        f"expected every key to stay in memory, saw {evicted} keys evicted and the settings {found}"
    )


@then("there is room for many more counters, here and in production")
def room_for_more(cache, platform, evidence):
    found = cache_capacity.too_little(cache) + cache_capacity.log_without_end(cache)
    found += cache_capacity.too_little_in_production(platform.rendering.production("redis"))
    assert not found, f"expected room for many more counters, but {'; '.join(found)}. Try: redis-cli info memory"
    evidence.add("bytes in use with more in it", cache_capacity.take_more(cache))


@then("no client has emptied the cache")
def not_emptied(cache, evidence):
    age, found = cache.information("server")["uptime_in_seconds"], cache.emptied()
    evidence.add("how often the cache was emptied", {**found, "seconds since its start": age})
    hint = "Try: redis-cli MONITOR, to find the client that empties it; CONFIG RESETSTAT once it has stopped"
    assert not found, f"expected counters to be kept until they expire, but the cache was emptied by {found}. {hint}"


@then("it is written to disk in the background")
def on_disk(cache, counter, evidence):
    found = cache.unlike(ON_DISK)
    assert not found, f"expected the settings {ON_DISK} of the running Redis, saw {found}"
    before = int(cache.information("persistence")["aof_current_size"])
    cache("EXPIRE", counter, str(EXPIRES))
    grown = eventually(lambda: appended(cache, before), within=LOGS_READABLE, what="the append-only file to grow")
    evidence.add("append-only file, in bytes", {"before a write": before, "after it": grown})


def appended(cache, before):
    """The size of the append-only file in bytes. Raises AssertionError unless it grew and its last write succeeded."""
    seen = cache.information("persistence")
    size = int(seen["aof_current_size"])
    assert size > before and seen["aof_last_write_status"] == "ok", (
        f"{size} bytes after {before}, last write {seen['aof_last_write_status']}"
    )
    return size


@then("that file could be read if Redis started again")
def file_is_readable(cache):
    found = cache_start.unreadable(cache)
    hint = "Try: kubectl exec redis-0 -- redis-cli BGREWRITEAOF, which writes a good one while Redis runs"
    assert not found, f"expected an append-only file that Redis can start with, but {found}. {hint}"


@then("the file that it is written to is rewritten on request")
def file_is_rewritten(cache):
    found = cache_capacity.not_rewritten(cache)
    hint = "Try: kubectl exec redis-0 -- ls -ld /data/*; kubectl logs redis-0"
    assert not found, (
        f"expected Redis to rewrite its append-only file, so that it does not grow without limit, but {found}. {hint}"
    )


@when("Redis is killed without a grace period and its pod is replaced")
def kill_redis(cache, evidence):
    before = cache.pod()
    kill(cache.namespace, before)
    # The pod is deleted, too, and with it everything that is not on its volume.
    delete_now(cache.namespace, before.metadata.name)
    replaced(cache, before, evidence)


def replaced(cache, before, evidence):
    """Wait until another pod has replaced the killed one."""
    name = before.metadata.name
    what = f"{name} to be Ready again"
    after = eventually(
        lambda: ready_again(cache.namespace, name, before), within=POD_READY, what=what, hint=HINT
    )  # fmt: skip
    evidence.add("pods", f"{before.metadata.uid} was killed, {after.metadata.uid} took its place")


@then("the counter has the same value as before and still expires")
def counter_survived(cache, counter, stood, evidence):
    eventually(lambda: cache("PING") == "PONG", within=POD_READY, what="an answer from Redis", hint=HINT)
    value, expires = cache("GET", counter), cache("TTL", counter)
    evidence.add("counter", {"before": stood, "after SIGKILL": value, "expires in seconds": expires})
    assert value == stood, f"expected the counter at {stood} after SIGKILL, saw {value}"
    assert 0 < expires <= EXPIRES, f"expected the counter to expire within {EXPIRES} s, saw {expires}"


@when(parsers.parse("a pod on each of auth's nodes reads it {count:d} times"), target_fixture="latency")
def measure_reads(cache, counter, default, auth_service, count, evidence):
    measured = latency.reads_at_once(cache.client, Service(default, "auth-service"), counter, count)
    evidence.add("time to read a counter, in milliseconds", measured)
    if any(item["count"] != count for item in measured.values()):
        raise RuntimeError(f"expected {count} reads from each machine, saw fewer: {measured}")
    return measured


@then(parsers.parse("{percent:d} percent of the reads took at most {limit:d} milliseconds on each node"))
def reads_are_fast(latency, percent, limit):
    slow = {node: item[f"p{percent}"] for node, item in latency.items() if item[f"p{percent}"] > limit}
    assert latency and not slow, f"expected {percent} of 100 reads within {limit} ms on each machine, saw {slow}"


@then(parsers.parse("fewer than {percent:d} percent of the reads had to wait for a stalled cache"))
def cache_goes_on(latency, percent):
    shares = {node: 100 * item["waited"] / item["count"] for node, item in latency.items()}
    wrong = {node: f"{share:.0f} of 100" for node, share in shares.items() if share >= percent}
    assert not wrong, f"expected fewer than {percent} of 100 reads to wait 50 ms or more for Redis, saw {wrong}"


@then("Redis does not contain it in plain text either")
def token_is_not_in_redis(signed_in, data_client, environment):
    found = keys_that_show(data_client, signed_in[environment.services.token_field])
    assert not found, f"expected Redis to have no personal access token, but these keys show it: {found}"
