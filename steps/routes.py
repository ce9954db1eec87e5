"""The routes from host names to services, as users take them."""

import secrets
from urllib.parse import urlsplit

from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import as_json
from acceptance.base.waiting import CERTIFICATE_ISSUED, LOGS_READABLE, eventually
from acceptance.clients.web import url
from acceptance.drivers.services import Service, now
from acceptance.platform.routes import SERVICES

LOGS = "kubectl get ingressroutes; kubectl -n traefik logs deploy/traefik"


@given("the services are routed", target_fixture="users")
def services_are_routed(routes, web):
    return web


def answered(users, method, address, **settings):
    """The answer at an address, once its host has a certificate that the environment's authority issued."""
    what = f"an answer at {address}"
    return eventually(
        lambda: users.request(method, address, **settings), within=CERTIFICATE_ISSUED, what=what, hint=LOGS
    )


@when(parsers.parse('a request with a mark of its own is sent to the host "{host}"'), target_fixture="marked")
def send_marked(users, environment, host, evidence):
    since, mark = now(), f"/mark-{secrets.token_hex(8)}"
    answer = answered(users, "GET", url(environment.domain, host, mark))
    evidence.add(f"GET {answer.url}", {"status": answer.status_code, "headers": dict(answer.headers)})
    return mark, since


@then(parsers.parse('the log of "{name}" shows it, and that of no other service'))
def only_in_log(marked, platform, default, name, evidence):
    mark, since = marked
    platform.get(name)
    services = {service: Service(default, service) for service in SERVICES}

    def lines_of(service):
        return [line for lines in service.log(since).values() for line in lines if mark in line]

    def shown():
        lines = lines_of(services[name])
        others = [other for other, service in services.items() if other != name and lines_of(service)]
        assert not others, f"it reached {others}"
        assert lines, "no line of it"
        return lines

    hint = f"kubectl logs -l app={name}; {LOGS}"
    evidence.add(
        f"log of {name}", eventually(shown, within=LOGS_READABLE, what=f"{mark} in the log of {name}", hint=hint)
    )
    others = [other for other, service in services.items() if other != name and lines_of(service)]
    assert not others, f"the request for {name} reached {others}"


@when(parsers.parse('a GraphQL query is sent to the host "{host}"'), target_fixture="graphql_answer")
def send_graphql(users, environment, host, evidence):
    address = url(environment.domain, host, environment.services.graphql_path)
    answer = answered(users, "POST", address, json={"query": "{ __typename }"})
    evidence.add(f"POST {address}", {"status": answer.status_code, "body": answer.text[:300]})
    return answer


@then("the answer is a GraphQL answer with data")
def is_graphql(graphql_answer):
    status = graphql_answer.status_code
    assert status == 200, f"expected 200, saw {status}: {graphql_answer.text[:200]}. Try: {LOGS}"
    body = as_json(graphql_answer.text)
    assert body.get("data", {}).get("__typename") and not body.get("errors"), f"no GraphQL answer: {body}"


@then(parsers.parse('the host "{host}" answers the path of its health with {status:d}'))
def health_of_host(users, environment, host, status, evidence):
    address = url(environment.domain, host, environment.services.auth_health_path)
    answer = answered(users, "GET", address)
    evidence.add(f"GET {address}", {"status": answer.status_code, "body": answer.text[:300]})
    assert answer.status_code == status, (
        f"expected {status} for {address}, saw {answer.status_code}: {answer.text[:200]}. Try: {LOGS}"
    )


@when(parsers.parse('"{path}" of the host "{host}" is asked for over plain HTTP'), target_fixture="redirected")
def ask_over_http(users, environment, host, path, evidence):
    address = url(environment.domain, host, path).replace("https://", "http://", 1)
    answer = users.get(address, allow_redirects=False)
    evidence.add(f"GET {address}", {"status": answer.status_code, "headers": dict(answer.headers)})
    return answer


@then("the answer is 301 to the same page over HTTPS")
def redirected_to_https(redirected):
    assert redirected.status_code == 301, f"expected 301 for GET {redirected.url}, saw {redirected.status_code}"
    told, asked = urlsplit(redirected.headers.get("Location", "")), urlsplit(redirected.url)
    seen = (told.scheme, told.hostname, told.path, told.port or 443)
    assert seen == ("https", asked.hostname, asked.path, 443), f"expected the same page, saw {told.geturl()}"
