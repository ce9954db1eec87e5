"""Where the cache is reached, how many clients it serves, and whom it refuses."""

from urllib.parse import urlsplit

from pytest_bdd import parsers, then

from acceptance.drivers.data import cache_clients
from acceptance.drivers.data.cache import own_ports
from acceptance.drivers.ingress.exposure import ways_in
from acceptance.drivers.services import service_ports

FRESH = 10
"""New connections, for each of which a Service chooses a server."""


@then(parsers.parse("a pod reaches Redis at {service}:{port:d}, and always the same server"))
def redis_service(cache, service, port, evidence):
    service_ports.check(cache.namespace, service, port)
    assert cache.address == (service, port), f"expected {service}:{port} in REDIS_URL, saw {cache.address}"
    own = cache.own_run_id()
    seen = {cache.run_id() for _ in range(FRESH)}
    evidence.add("servers behind the Service", sorted(seen))
    assert seen == {own}, f"expected the Service {service} to lead to the server with run_id {own}, saw {seen}"
    leader = cache.follows()
    assert not leader, f"expected Redis to follow no other server, which replaces all its data, saw {leader}"


@then(parsers.parse("it allows {count:d} concurrent clients"))
def redis_takes_clients(cache, count, evidence):
    most = int(cache.setting("maxclients"))
    evidence.add("clients that it takes at once", most)
    assert most >= count, (
        f"expected Redis to accept {count} concurrent clients, saw a limit of {most}. Try: ulimit -n in its pod"
    )
    found = cache_clients.turned_away(cache, count)
    assert not found, f"expected Redis to serve {count} concurrent clients, but {found}. Try: redis-cli info stats"


@then("it is not exposed outside the cluster")
def redis_inside_only(cache):
    found = ways_in(cache.namespace.cluster, cache.namespace.pods("app=redis"))
    assert not found, f"expected Redis to be reachable only inside the cluster, but {'; '.join(found)}"


@then("a pod with REDIS_URL from the Secret reaches Redis on the port in that URL, and Redis listens on no other port")
def redis_port(cache, evidence):
    port = urlsplit(cache.client("env", "REDIS_URL")).port or 6379
    seen = {"REDIS_URL": port, "server": cache.setting("port"), "listened at in the pod": sorted(own_ports(cache))}
    evidence.add("ports", seen)
    assert cache("PING") == "PONG", "expected PONG at the URL that the Secret names"
    assert seen["server"] == str(port), f"expected the server at REDIS_URL to report port {port}, saw {seen['server']}"
    assert seen["listened at in the pod"] == [port], f"expected Redis to listen on port {port} only, saw {seen}"


@then(parsers.parse("Redis rejects a client with {kind}, through its Service and at its pod"))
def redis_refuses(cache, kind, evidence):
    for who, url in cache.wrong_urls(kind).items():
        for command in (("PING",), ("GET", "anything"), ("SET", "anything", "1"), ("CONFIG", "GET", "port")):
            evidence.add(f"{command[0]} with {kind} at {who}", cache.refusal(url, *command))


@then("no other port gives its data to a client without a password")
def no_other_port_serves(cache):
    found = cache_clients.serving_anybody(cache)
    assert not found, f"expected Redis' data to need the password at every port, but these need none: {found}"


@then("only the user and password in REDIS_URL can log in")
def redis_users(cache):
    found = cache.other_logins()
    assert not found, f"expected the user and password of REDIS_URL to be the only Redis login, saw {found}"


@then("Redis accepts a client with the right password")
def redis_answers(cache):
    reply = cache("PING")
    assert reply == "PONG", f"expected PONG from Redis with the right password, saw {reply}"
