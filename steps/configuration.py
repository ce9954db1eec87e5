"""Settings: from ConfigMaps and the environment, used after a restart."""

import contextlib
import datetime
import json
import secrets

from kubernetes.client import ApiException
from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import as_json
from acceptance.base.waiting import LOGS_READABLE, eventually
from acceptance.drivers.services import debug_level

NOBODY = "http://127.0.0.1:9"
EPOCH = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@then(parsers.parse('the process in each of its pods runs with every value of the ConfigMap "{config}"'))
def values_reach_pods(service, cluster, config, evidence):
    data = cluster.core.read_namespaced_config_map(config, service.namespace.name).data
    assert data, f"the ConfigMap {config} is empty"
    evidence.add(f"ConfigMap {config}", data)
    for pod in service.running():
        started_with = service.environment(pod)
        other = {key: started_with.get(key) for key, value in data.items() if started_with.get(key) != value}
        assert not other, f"expected the values of {config} in {pod.metadata.name}, saw {other}"


@given("a copy of the backend whose ConfigMap names an auth service that is not there", target_fixture="configured")
def copy_with_config(backend, cluster):
    name, place = f"backend-config-{secrets.token_hex(3)}", backend.namespace.name
    data = dict(cluster.core.read_namespaced_config_map("backend-config", place).data)
    real = data["AUTH_SERVICE_URL"]
    body = {"metadata": {"name": name}, "data": {**data, "AUTH_SERVICE_URL": NOBODY}}
    cluster.core.create_namespaced_config_map(place, body)
    try:
        with backend.copy({}, config=name) as copy:
            yield copy, name, real
    finally:
        with contextlib.suppress(ApiException):
            cluster.core.delete_namespaced_config_map(name, place)


@when("the ConfigMap names the real auth service")
def change_config(configured, cluster):
    copy, name, real = configured
    cluster.core.patch_namespaced_config_map(name, copy.namespace.name, {"data": {"AUTH_SERVICE_URL": real}})


@when("the copy is restarted")
def restart_copy(configured):
    configured[0].restart()


@then(parsers.parse("the copy answers the protected query with {status:d}"))
def copy_answers(configured, signed_in, data_client, environment, status, evidence):
    settings = environment.services
    body = json.dumps({"query": settings.protected_query})
    bearer = f"Authorization: Bearer {signed_in['jwt']}"
    answer = as_json(data_client("http", "POST", configured[0].url(settings.graphql_path), body, bearer))
    evidence.add("answer of the copy", {"status": answer["status"], "body": answer["body"]})
    assert answer["status"] == status, (
        f"expected {status} from the copy, saw {answer['status']}: {answer['body'][:200]}"
    )


@given(parsers.parse("a copy of auth with PORT={port:d}"), target_fixture="copy")
def auth_on_port(auth, port):
    with auth.copy({"PORT": str(port)}, port=port) as copy:
        yield copy


@given("a copy of auth with no PORT at all", target_fixture="copy")
def auth_without_port(auth):
    with auth.copy({"PORT": None}) as copy:
        yield copy


@then(parsers.parse("the copy answers on port {port:d}, and not on port {other:d}"))
def answers_on_port(copy, data_client, port, other, evidence):
    answer = as_json(data_client("http", "GET", copy.url("/health", port)))
    evidence.add(f"GET /health on port {port}", answer)
    assert answer["status"] == 200, f"expected 200 on port {port}, saw {answer['status']}"
    try:
        seen = data_client("http", "GET", copy.url("/health", other))
    except AssertionError as error:
        refusal = str(error)
    else:
        raise AssertionError(f"it answers on port {other}, too: {seen[:200]}")
    assert "connection refused" in refusal, f"expected nobody on port {other}, saw {refusal}"


@given(parsers.parse('a copy of the backend with NODE_ENV "{value}"'), target_fixture="copy")
def backend_with_node_env(backend, value):
    with backend.copy({"NODE_ENV": value}) as copy:
        yield copy


@when("the copy is asked for something")
def ask_copy(copy, data_client, environment):
    settings = environment.services
    for query in ("{ products { slug } }", settings.protected_query):
        body = json.dumps({"query": query})
        bearer = "Authorization: Bearer no.such-token"
        answer = as_json(data_client("http", "POST", copy.url(settings.graphql_path), body, bearer))
        # 503 is the answer where auth cannot be reached, which other criteria judge.
        assert answer["status"] in (200, 503), f"no answer to {query}: {answer['status']} {answer['body'][:200]}"


def log_with_request(copy, environment):
    """The copy's log, once the requests are in it."""

    def complete():
        lines = copy.log()
        shown = [line for line in lines if environment.services.graphql_path in line]
        assert len(shown) >= 2, f"{len(shown)} lines on requests, of {len(lines)}"
        return lines

    return eventually(complete, within=LOGS_READABLE, what="the requests in the log of the copy")


@then("it writes debug lines")
def writes_debug_lines(copy, environment, evidence):
    found = [line for line in log_with_request(copy, environment) if debug_level(line)]
    evidence.add("debug lines", found[:10])
    assert found, "expected debug lines outside production, or their absence would mean nothing; saw none"


@then("it writes no debug lines")
def writes_no_debug_lines(copy, environment, evidence):
    lines = log_with_request(copy, environment)
    evidence.add("all lines", lines[-20:])
    found = [line for line in lines if debug_level(line)]
    assert not found, f"expected no debug lines with NODE_ENV=production, saw {len(found)}, the first: {found[0][:200]}"


@then("the backend as it is deployed has written none either")
def deployed_without_debug(backend, evidence):
    seen = {}
    for pod in backend.running():
        value = backend.environment(pod).get("NODE_ENV")
        assert value == "production", f"{pod.metadata.name} runs with NODE_ENV={value}"
    for name, lines in backend.log(EPOCH).items():
        found = [line for line in lines if debug_level(line)]
        seen[name] = f"{len(found)} of {len(lines)} lines"
        assert not found, f"{name} writes debug lines in production: {found[0][:200]}"
    evidence.add("debug lines by pod", seen)
