"""The routes from host names to services, as users take them."""

import time

from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import as_json
from acceptance.clients.web import url
from acceptance.drivers import routing
from acceptance.drivers.routing import HINT, answered


@given("the services are routed", target_fixture="users")
def services_are_routed(routes, web):
    return web


@when(parsers.parse('requests with marks of their own are sent to the host "{host}"'), target_fixture="marked")
def send_marked(users, environment, host):
    since = time.time()
    return routing.send_marks(users, environment, host), since


@then(parsers.parse('each of them is answered by a pod of "{name}", and by no other'))
def only_answered_by(marked, platform, cluster, name, evidence):
    platform.get(name)
    own = routing.pods_of(cluster, name)
    asked = routing.wait_asked(cluster, *marked)
    evidence.add("pods that Traefik asked, by address", {address: own.get(address) for address in asked.values()})
    others = sorted({address or "nobody" for address in asked.values()} - set(own))
    assert own and not others, f"expected requests for pods of {name} alone ({own}), they went to {others}. {HINT}"


@when(parsers.parse('a GraphQL query is sent to the host "{host}"'), target_fixture="graphql_answer")
def send_graphql(users, environment, host, evidence):
    address = url(environment.domain, host, environment.services.graphql_path)
    answer = answered(users, "POST", address, json={"query": "{ __typename }"})
    evidence.add(f"POST {address}", {"status": answer.status_code, "body": answer.text[:300]})
    return answer


@then("the answer is a GraphQL answer with data")
def is_graphql(graphql_answer):
    said = f"POST {graphql_answer.url}: {graphql_answer.status_code} {graphql_answer.text[:200]}"
    assert graphql_answer.status_code == 200, f"expected 200, saw {said}. Try: {HINT}"
    body = as_json(graphql_answer.text)
    data = body.get("data") if isinstance(body, dict) else None
    assert data and data.get("__typename") and not body.get("errors"), f"no GraphQL answer: {said}"


@then(parsers.parse('the host "{host}" answers the path of its health with {status:d}'))
def health_of_host(users, environment, host, status, evidence):
    address = url(environment.domain, host, environment.services.auth_health_path)
    answer = answered(users, "GET", address)
    said = f"GET {address}: {answer.status_code} {answer.text[:200]}"
    evidence.add("health", said)
    assert answer.status_code == status, f"expected {status}, saw {said}. Try: {HINT}"
    if environment.services.auth_health_path != "/api/health":
        evidence.substitute("GET /api/health", f"GET {environment.services.auth_health_path}")


@when(parsers.parse('"{path}" of the host "{host}" is asked for over plain HTTP'), target_fixture="redirected")
def ask_over_http(users, environment, host, path, evidence):
    address = url(environment.domain, host, path).replace("https://", "http://", 1)
    answer = users.get(address, allow_redirects=False)
    evidence.add(f"GET {address}", {"status": answer.status_code, "headers": dict(answer.headers)})
    return answer


@then("the answer is 301 to the same page over HTTPS")
def redirected_to_https(redirected):
    wrong = routing.is_same_page_over_https(redirected)
    assert not wrong, f"expected 301 to the same page over HTTPS, saw {wrong}"
