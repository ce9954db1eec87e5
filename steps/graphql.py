"""GraphQL: what anyone may ask, what takes a token, and what happens when auth is out of reach."""

import json
import secrets
import time
from dataclasses import dataclass

import requests
from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import as_json
from acceptance.base.waiting import LOGS_READABLE, ROUTE_READY, eventually
from acceptance.drivers.services import NetworkPartition, fields, level, now
from acceptance.drivers.wallet import forged
from acceptance.platform.secrets import read_secret

LOGS = "kubectl logs -l app=backend-service"
TABLE = "backend.products"
PRODUCTS = "{ products { slug name } }"


@dataclass
class Asked:
    """An answer, and when it was asked for."""

    answer: requests.Response
    since: object
    seconds: float

    def describe(self):
        """What came back."""
        return {"status": self.answer.status_code, "seconds": round(self.seconds, 2), "body": self.answer.text[:500]}


def ask(api, environment, query, token=None):
    """Send a query to the backend."""
    since, began = now(), time.monotonic()
    answer = api.post(environment.services.graphql_path, {"query": query}, token=token)
    return Asked(answer, since, time.monotonic() - began)


def data_of(asked):
    """The data of an answer. Raises AssertionError if it is none without errors."""
    body = as_json(asked.answer.text)
    assert asked.answer.status_code == 200 and not body.get("errors") and body.get("data"), (
        f"expected data, saw {asked.answer.status_code}: {asked.answer.text[:300]}. Try: {LOGS}"
    )
    return body["data"]


@given("a product that was written to the database a moment ago", target_fixture="product")
def new_product(service, data_client):
    slug, name = f"scenario-{secrets.token_hex(4)}", f"Scenario {secrets.token_hex(4)}"
    statement = f"INSERT INTO {TABLE} (slug, name) VALUES ('{slug}', '{name}')"
    data_client("sql-query", "env:DATABASE_URL", statement)
    yield {"slug": slug, "name": name}
    data_client("sql-query", "env:DATABASE_URL", f"DELETE FROM {TABLE} WHERE slug = '{slug}'")


@when("the product is deleted from the database")
def delete_product(product, data_client):
    data_client("sql-query", "env:DATABASE_URL", f"DELETE FROM {TABLE} WHERE slug = '{product['slug']}'")


@then("a GraphQL query for the products finds it")
def finds_product(backend_api, environment, product, evidence):
    asked = ask(backend_api, environment, PRODUCTS)
    evidence.add(PRODUCTS, asked.describe())
    found = data_of(asked)["products"]
    assert product in found, f"expected {product} among the products, saw {found}"


@then("a GraphQL query for the products does not find it")
def finds_no_product(backend_api, environment, product):
    found = data_of(ask(backend_api, environment, PRODUCTS))["products"]
    assert product not in found, "the product is answered although the database does not have it any more"


@when("it asks for the protected query", target_fixture="asked")
def ask_protected(signed_in, backend_api, environment, evidence):
    asked = ask(backend_api, environment, environment.services.protected_query, signed_in["jwt"])
    evidence.add("answer to the protected query", asked.describe())
    return asked


@when(parsers.parse("the protected query is asked for with {kind}"), target_fixture="asked")
def ask_protected_with(signed_in, backend_api, environment, default, kind, evidence):
    secret = (read_secret(default.cluster, "jwt-secret", default.name) or {})["JWT_SECRET"]
    token = None if kind == "no JWT" else forged(kind, signed_in["jwt"], secret)
    asked = ask(backend_api, environment, environment.services.protected_query, token)
    evidence.add("answer to the protected query", asked.describe())
    return asked


@then("the answer has the query's data, without errors")
def has_data(asked):
    data = data_of(asked)
    assert all(value is not None for value in data.values()), f"expected data, saw {data}"


@then(parsers.parse('the answer is the GraphQL error "{message}", without data'))
def is_error(asked, message):
    body = as_json(asked.answer.text)
    errors = [error.get("message") for error in body.get("errors") or []]
    status = asked.answer.status_code
    assert status < 500 and errors == [message], (
        f"expected the error {message}, saw {status}: {asked.answer.text[:300]}"
    )
    data = body.get("data") or {}
    assert not any(data.values()), f"the refusal comes with data: {data}"


def logged(service, since, wanted, what, try_next=LOGS):
    """The lines for which `wanted` holds that a service wrote since a moment, once there are any."""

    def found():
        lines = [line for lines in service.log(since).values() for line in lines if wanted(line)]
        assert lines, "no such line"
        return lines

    return eventually(found, within=LOGS_READABLE, what=what, hint=try_next)


@then("auth was asked by the backend to validate its JWT")
def auth_was_asked(asked, auth, backend, environment, evidence):
    path = environment.services.validate_path
    addresses = [f"{pod.status.pod_ip}:" for pod in backend.running()]

    def wanted(line):
        return f"POST {path}" in line and any(address in line for address in addresses)

    what = f"auth's log to show POST {path} from a backend pod"
    evidence.add("auth's log", logged(auth, asked.since, wanted, what, "kubectl logs -l app=auth-service"))


@then("the backend logged that auth said yes")
def backend_logged_yes(asked, backend, signed_in, evidence):
    address = signed_in["wallet"].wallet.address
    what = "a line of the backend on the validation of this wallet's JWT"
    evidence.add("the backend's log", logged(backend, asked.since, lambda line: address in line, what))


@then(parsers.parse('the backend logged that it asked "{url}"'))
def backend_logged_url(asked, backend, signed_in, url, evidence):
    address = signed_in["wallet"].wallet.address

    def wanted(line):
        return address in line and url in line

    what = f"a line of the backend on this wallet's JWT with {url}"
    evidence.add("the backend's log", logged(backend, asked.since, wanted, what))


@then("the name that the backend calls leads its pods to the Service auth-service")
def name_leads_to_service(backend, auth, cluster, evidence):
    address = cluster.core.read_namespaced_service(auth.name, auth.namespace.name).spec.cluster_ip
    seen = {}
    for pod in backend.running():
        url = backend.environment(pod).get("AUTH_SERVICE_URL", "")
        name = url.partition("://")[2].partition(":")[0]
        assert name == auth.name, f"expected {pod.metadata.name} to call {auth.name}, it calls {url!r}"
        resolved = backend.namespace.execute(pod.metadata.name, "getent", "hosts", name).split()
        seen[pod.metadata.name] = resolved
        assert resolved[:1] == [address], f"{name} leads {pod.metadata.name} to {resolved}, the Service is at {address}"
    evidence.add("what the name leads to", seen)


@when(parsers.parse("a pod has its JWT validated {count:d} times"), target_fixture="latency")
def validate_often(auth, data_client, signed_in, environment, count, evidence):
    url = f"http://{auth.name}:{auth.port}{environment.services.validate_path}"
    bearer = f"Authorization: Bearer {signed_in['jwt']}"
    seen = as_json(data_client("http-latency", "POST", url, str(count), "", bearer))
    evidence.add(f"{count} validate calls from a pod, one after another", seen)
    return seen


@then(parsers.parse("each call was answered with 200, and {share:d} of 100 within {limit:d} milliseconds"))
def fast_enough(latency, share, limit):
    assert latency["statuses"] == {"200": latency["count"]}, f"expected 200 for each call, saw {latency['statuses']}"
    seen = latency[f"p{share}"]
    assert seen <= limit, f"expected {share} of 100 calls within {limit} ms, saw {seen} ms (median {latency['p50']} ms)"


def cut_off(backend, auth, outputs, verdict):
    """Cut the backend's pods off from auth's, until the scenario ends or mends it."""
    cut = NetworkPartition(backend, auth, [worker.name for worker in outputs.workers], verdict)
    try:
        cut.make()
        yield cut, now()
    finally:
        cut.heal()


@when("auth refuses connections from the backend", target_fixture="cut")
def auth_refuses_connections(backend, auth, outputs):
    yield from cut_off(backend, auth, outputs, "REJECT --reject-with tcp-reset")


@when("the network between backend and auth is cut", target_fixture="cut")
def network_is_cut(backend, auth, outputs):
    yield from cut_off(backend, auth, outputs, "DROP")


@when("auth takes connections again")
@when("the network is mended")
def mended(cut):
    cut[0].heal()


@then(parsers.parse("the protected query is answered with {status:d}"))
def protected_is_answered(signed_in, backend_api, environment, status, evidence):
    def answered():
        asked = ask(backend_api, environment, environment.services.protected_query, signed_in["jwt"])
        evidence.add("answer to the protected query", asked.describe())
        assert asked.answer.status_code == status, f"{asked.answer.status_code}: {asked.answer.text[:200]}"
        return asked

    if status == 200:
        eventually(answered, within=ROUTE_READY, what="the protected query answered with 200 again", hint=LOGS)
        return
    # Whoever remembers an old yes answers wrongly now, and perhaps not later: asked once.
    try:
        answered()
    except AssertionError as error:
        raise AssertionError(
            f"expected {status} for the protected query while auth is out of reach, saw {error}"
        ) from None


@then(parsers.parse("a query that needs no authentication is answered with {status:d}"))
def public_is_answered(backend_api, environment, status):
    seen = ask(backend_api, environment, PRODUCTS).answer.status_code
    assert seen == status, f"expected {status} for a public query, saw {seen}"


@then("the backend logged that it cannot reach auth")
def logged_unreachable(cut, backend, evidence):
    def wanted(line):
        return level(line) in ("ERROR", "WARN", "WARNING") and "auth" in json.dumps(fields(line))

    what = "a line of the backend that auth cannot be reached"
    evidence.add("the backend's log", logged(backend, cut[1], wanted, what))
