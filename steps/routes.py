"""The routes from host names to services, as users reach them."""

import contextlib

from pytest_bdd import given, parsers, then, when

from acceptance.clients.web import url
from acceptance.drivers.api import idle_connections, many_at_once, slow_requests
from acceptance.drivers.api.graphql import TYPENAME, is_data, wrong_media_type
from acceptance.drivers.ingress import (
    access_log,
    http2_requests,
    redirects,
    route_middlewares,
    route_rules,
    tls_options,
)
from acceptance.drivers.ingress.scenario_routes import FRESH, HINT, answered
from acceptance.drivers.services.service import Service, in_words
from acceptance.drivers.workloads.pods import PodClient


@given("the services' routes are deployed", target_fixture="users")
def services_are_routed(routes, web):
    return web


@when(
    parsers.parse('uniquely marked requests are sent to each path of the host "{host}"'),
    target_fixture="marked",
)
def send_marked(users, environment, cluster, host):
    return access_log.send_everywhere(users, environment, host, route_rules.all_rules(cluster))


@then(parsers.parse('old and new browsers that use HTTP/2 for the host "{host}" are answered by a pod of "{name}"'))
def browser_is_answered(users, environment, outputs, platform, cluster, host, name, evidence):
    platform.get(name)
    both = http2_requests.ask_both(users, environment, outputs, host)
    counts, others = access_log.by_pod(cluster, both, access_log.pods_of(cluster, name))
    evidence.add("asked for, and the pods that were asked", {"requests": sorted(both.asked.values()), "pods": counts})
    wrong = others or http2_requests.unlike(both)
    assert not wrong, f"expected a pod of {name} to answer the same over HTTP/1.1 and HTTP/2, saw {wrong}. Try: {HINT}"


@then(parsers.parse('the requests are answered only by pods of "{name}"'))
def only_answered_by(marked, platform, cluster, name, evidence):
    platform.get(name)
    own = access_log.pods_of(cluster, name)
    counts, others = access_log.by_pod(cluster, marked, own)
    evidence.add("requests that Traefik sent to each pod", counts)
    assert own and not others, (
        f"expected only pods of {name} to receive the requests, saw {others or 'no pod of it'}. Try: {HINT}"
    )


@then(parsers.parse('every route that matches the host "{host}" leads only to the Service "{name}"'))
def routes_lead_to(platform, cluster, environment, host, name, evidence):
    address, service = f"{host}.{environment.domain}", f"default/{name}"
    there = route_rules.production_rules(platform)
    here = route_rules.all_rules(cluster)
    evidence.add(f"rules that take {address}", [rule.match for rule in here + there if rule.may_take(address)])
    wrong = [text for rules in (here, there) for text in route_rules.leads_elsewhere(rules, address, service)]
    assert not wrong, (
        f"expected all requests for {address} to go to {service}, here and in production, saw {wrong}. Try: {HINT}"
    )


@then(parsers.parse('nothing along the way changes the requests for the host "{host}" or their responses'))
def nothing_changes_requests(platform, environment, host):
    wrong = route_middlewares.changed_everywhere(platform, f"{host}.{environment.domain}")
    wrong += tls_options.refused_everywhere(platform)
    harmless = ", ".join(route_middlewares.HARMLESS)
    assert not wrong, (
        f"expected unchanged requests for {host}, with no middleware but {harmless}, saw {wrong}. Try: {HINT}"
    )


@then(
    parsers.parse(
        'a request to the host "{host}" that takes {seconds:d} seconds to arrive gets the same status as a fast one'
    )
)
def slow_is_answered(users, environment, host, seconds, evidence):
    at_once, slowly = slow_requests.send_both(users, environment, host, seconds)
    evidence.add("answers", {"sent at once": in_words(at_once), f"sent within {seconds} s": in_words(slowly)})
    wrong = slow_requests.cut_off(at_once, slowly)
    hint = "Try: kubectl -n traefik get deployment traefik -o yaml | grep -i timeout"
    assert not wrong, f"expected {host} to answer a body that takes {seconds} s like a fast one, saw {wrong}. {hint}"


@then(
    parsers.parse('a request to the host "{host}" is answered while {count:d} other requests are still being sent'),
    target_fixture="many",
)
def answers_beside_many(users, environment, outputs, host, count, evidence):
    many = many_at_once.ask_beside(users, environment, outputs, host, count)
    evidence.add(f"answers beside {count} others", many.describe() if many else f"{host} chooses no HTTP/2")
    wrong = many.wrong() if many else ""
    hint = "Try: look for a limit of connections, requests or workers in the service's settings"
    assert not wrong, (
        f"expected {host} to answer as usual while {count} other requests are in progress, saw {wrong}. {hint}"
    )
    return many


@then("it is still answered after half of those requests are aborted midway")
def answers_after_hang_up(many):
    wrong = many.left_behind() if many else ""
    hint = "Try: look for what the service takes for a request, and gives back only when it ends well"
    assert not wrong, f"expected the same answer after clients had disconnected as before, saw {wrong}. {hint}"


@then(parsers.parse('connections to each pod of "{name}" are left idle meanwhile'), target_fixture="idle")
def left_alone(platform, default, namespace, name):
    platform.get(name)
    # A client pod of its own: the common one has credentials, which not every run may read.
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(contextlib.closing(PodClient(namespace, "idle-client")))
        yield stack.enter_context(idle_connections.idle_to_each_pod(Service(default, name), client))


@then("each idle connection carries another request, as the connections that Traefik keeps alive must")
def idle_are_open(idle, evidence):
    found = idle_connections.closed(idle)
    evidence.add("connections that were idle, by pod", {pod: found.get(pod, "open") for pod in idle})
    assert not found, (
        f"expected a pod to keep connections for longer than Traefik, which reuses them for 90 s, saw {found}. "
        "Try: look for a keep-alive time-out in the service's settings"
    )


@when(parsers.parse('a GraphQL query is sent to the host "{host}" repeatedly'), target_fixture="graphql_answers")
def send_graphql(users, environment, host, evidence):
    address = url(environment.domain, host, environment.services.graphql_path)
    answered(users, "POST", address, json={"query": TYPENAME})
    answers = [access_log.fresh(users, "POST", address, json={"query": TYPENAME}) for _ in range(FRESH)]
    evidence.add(f"{FRESH} times POST {address}", sorted({in_words(answer) for answer in answers}))
    return answers


@then("each answer is a GraphQL answer with data")
def is_graphql(graphql_answers):
    wrong = [f"{in_words(one)}{wrong_media_type(one)}" for one in graphql_answers if not is_data(one)]
    assert not wrong, (
        f"expected GraphQL answers with data, but {len(wrong)} of {FRESH} are not: {wrong[:3]}. Try: {HINT}"
    )


@when(parsers.parse('the health path is requested from the host "{host}"'), target_fixture="marked")
def ask_health(users, environment, host, evidence):
    address = url(environment.domain, host, environment.services.auth_health_path)
    if environment.services.auth_health_path != "/api/health":
        evidence.substitute("GET /api/health", f"GET {environment.services.auth_health_path}")
    return access_log.send_often(users, address)


@then(parsers.parse("each answer is {status:d}"))
def each_answer_is(marked, status, evidence):
    answers = [in_words(answer) for answer in marked.answers.values()]
    evidence.add("answers", sorted(set(answers)))
    wrong = [in_words(answer) for answer in marked.answers.values() if answer.status_code != status]
    assert answers and not wrong, (
        f"expected {status} every time, but {len(wrong)} answers were not: {wrong[:3]}. Try: {HINT}"
    )


@when(parsers.parse('each path of the host "{host}" is requested over plain HTTP'), target_fixture="plain")
def ask_over_http(users, environment, cluster, host, evidence):
    addresses = redirects.pages_of(environment, route_rules.all_rules(cluster), host)
    evidence.add("asked for", {"methods": redirects.METHODS, "addresses": addresses})
    return redirects.judged(users, addresses)
