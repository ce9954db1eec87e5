"""The load balancer in front of the workers."""

import functools

from pytest_bdd import given, parsers, then

from acceptance.base.deadlines import LOAD_BALANCER_READY
from acceptance.base.waiting import eventually
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.cluster import connection_tracking
from acceptance.drivers.network.load_balancer import (
    HELD,
    LIMIT,
    MANY,
    SCHEMES,
    ask_behind,
    ask_beside_others,
    late_answers,
    listens,
    server_behind,
    takes_another,
)
from acceptance.infrastructure import haproxy_settings
from acceptance.infrastructure.haproxy import (
    LEAST_CORES,
    connections_by_server,
    cores,
    leads_past_workers,
    limited,
    only_behind_load_balancer,
    passed_over,
    scarce,
    servers_up,
    share_otherwise,
)

LOGS = "docker logs alternate-futures-load-balancer"


@then("the load balancer is running and accepts connections on both ports")
def accepts_connections(infrastructure, outputs, evidence):
    evidence.add("load balancer", outputs.load_balancer.model_dump())
    assert infrastructure.balancer_runs(), (
        f"expected the load balancer {outputs.load_balancer.id} to run, but it does not. Try: {LOGS}"
    )
    for scheme in SCHEMES:
        connect = functools.partial(listens, infrastructure, outputs, scheme)
        eventually(connect, within=LOAD_BALANCER_READY, what=f"a connection over {scheme}", hint=LOGS)


@given("every worker has a server on ports 80 and 443", target_fixture="answering")
def answering_workers(namespace, outputs, platform, environment):
    """Traefik if it is deployed, because it then owns the workers' ports 80 and 443; otherwise the scenario's pods."""
    if environment.is_long_lived:
        raise Unverifiable("this load balancer cannot be told to take a worker out")
    if "traefik" in platform.futures:
        platform.get("traefik")
    return server_behind(namespace, outputs)


@then("each worker answers over HTTP and HTTPS as the load balancer's only backend")
def each_worker_answers(answering, outputs, environment, evidence):
    for worker in outputs.workers:
        with only_behind_load_balancer(outputs, worker):
            for scheme in SCHEMES:
                answer = functools.partial(ask_behind, answering, outputs, scheme, worker, f"www.{environment.domain}")
                what = f"{worker.name} to answer over {scheme} through the load balancer"
                seen = eventually(answer, within=LOAD_BALANCER_READY, what=what, hint=LOGS)
                evidence.add(f"{worker.name} over {scheme}, answered by {answering}", seen)


@then("each still answers while other clients hold connections open")
def answers_beside_others(answering, outputs, environment):
    for worker in outputs.workers:
        with only_behind_load_balancer(outputs, worker):
            for scheme in SCHEMES:
                answer = functools.partial(
                    ask_beside_others, answering, outputs, scheme, worker, f"www.{environment.domain}"
                )
                what = f"{worker.name} to answer over {scheme} while {HELD} other connections are open"
                eventually(answer, within=LOAD_BALANCER_READY, what=what, hint=LOGS)


@then("the load balancer's container is not limited to less than half a core")
def has_time(outputs):
    allowed = cores(outputs)
    assert allowed is None or allowed >= LEAST_CORES, (
        f"expected {LEAST_CORES} cores for the load balancer, saw a limit of {allowed:g}. Try: {LOGS}"
    )


@then("the load balancer sets no low limit on connections")
def no_low_limit(cluster, outputs, environment):
    low = limited(outputs, LIMIT) | scarce(outputs, LIMIT) | connection_tracking.crowded(cluster, 2 * LIMIT)
    low |= haproxy_settings.short_queues(haproxy_settings.running(outputs))
    assert not low, f"expected no load balancer limit below {LIMIT} connections, saw {low}. Try: {LOGS}"
    refused = [scheme for scheme in SCHEMES if not takes_another(outputs, scheme, f"www.{environment.domain}")]
    assert not refused, (
        f"expected an answer while one address holds {MANY} connections, saw none over {refused}. Try: {LOGS}"
    )


@then(parsers.parse("it keeps connections open that are idle for less than {seconds:d} seconds, as Traefik does"))
def waits_for_who_pauses(cluster, outputs, seconds):
    short = haproxy_settings.hangs_up(haproxy_settings.running(outputs), seconds)
    assert not short, (
        f"expected the load balancer to keep idle connections open for {seconds} s, saw {short}. Try: {LOGS}"
    )
    forgetful = connection_tracking.forgetful(cluster, seconds)
    hint = f"Try there: sysctl {connection_tracking.SETTING}"
    assert not forgetful, f"expected workers to remember idle connections for {seconds} s, saw {forgetful}. {hint}"


@then(
    parsers.parse(
        "it takes a lost worker out of rotation within {seconds:d} seconds and redispatches connections until then"
    )
)
def misses_workers(outputs, seconds):
    late = haproxy_settings.misses_late(haproxy_settings.running(outputs), seconds)
    assert not late, f"expected the load balancer to stop using a lost worker in time, saw {late}. Try: {LOGS}"


@then("all workers are back in the load balancer's rotation")
def all_workers_back(outputs):
    def all_up():
        servers = servers_up(outputs)
        assert set(servers.values()) == {"UP"}, f"the servers {servers}"
        return True

    eventually(all_up, within=LOAD_BALANCER_READY, what="every worker to be UP in the load balancer", hint=LOGS)


@then("it refuses nobody, and leads everybody to each worker alike")
def tells_nobody_apart(outputs):
    text = haproxy_settings.running(outputs)
    rules = haproxy_settings.tells_apart(text) + haproxy_settings.answers_itself(text)
    assert not rules, (
        f"expected no load balancer rules for some clients or hosts, and no answer of its own, saw {rules}. Try: {LOGS}"
    )
    past = leads_past_workers(outputs)
    assert not past, f"expected each worker once behind every port of the load balancer, saw {past}. Try: {LOGS}"


@then(
    parsers.parse("of {count:d} new connections at most {most:d} wait a second for an answer"),
    target_fixture="passed_before",
)
def loses_no_packets(outputs, environment, count, most, evidence):
    passed_before = connections_by_server(outputs)
    late = late_answers(outputs, count, f"www.{environment.domain}")
    evidence.add(f"answers to {count} new connections that were late", late)
    assert len(late) <= most, (
        f"expected at most {most} of {count} new connections to wait, {len(late)} did, as if packets were lost: "
        f"{', '.join(late[:10])}. Try: {LOGS}"
    )
    return passed_before


@then("each worker gets an equal share of the connections")
def equal_shares(outputs, passed_before, evidence):
    after = connections_by_server(outputs)
    evidence.add("connections that the load balancer has passed on to each worker", after)
    wrong = share_otherwise(outputs) | passed_over(passed_before, after)
    assert not wrong, (
        f"expected the load balancer to give workers equal shares, none a backup, saw {wrong}. Try: {LOGS}"
    )
