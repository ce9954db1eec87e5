"""Settings from ConfigMaps and the environment, which take effect after a restart."""

import datetime
import functools
import itertools
import secrets

import requests
from pytest_bdd import given, parsers, then, when

from acceptance.base.deadlines import HEALTHY_AGAIN, LOGS_READABLE, Deadline
from acceptance.base.waiting import consistently, eventually
from acceptance.drivers.api.auth_stub import NO_TOKEN, answering, no_of_auth
from acceptance.drivers.api.graphql import LOGS, ask, shows
from acceptance.drivers.api.graphql_variants import ask_wrongly
from acceptance.drivers.services import configmap_use, production_settings
from acceptance.drivers.services.configured_copy import copy_with_config, path_behind
from acceptance.drivers.services.copies import copy_of
from acceptance.drivers.services.last_lines import lines_until_end
from acceptance.drivers.services.log_lines import for_developers, printed, printed_while_serving, prints
from acceptance.drivers.services.service import debug_level, in_words

EPOCH = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
MARK = f"scenario-{secrets.token_hex(8)}"
"""A comment in the public query, which changes nothing about its answer.

A query that is refused has none: a service may say in plain text, without a level, which query it could not answer.
"""
ASKS_FOR_DEBUG = {"X-Debug": "1", "X-Log-Level": "debug", "X-Debug-Level": "debug"}
"""Headers by which developers turn debug lines on for one request, which anybody can send."""
STAYS = Deadline(5, "criterion 15.2: only a restart makes a change effective")
SUCCEED = 3
"""How often each query is sent that has to succeed."""
PRINTS_NONE = Deadline(2, "criterion 15.4: no debug lines that somebody printed and forgot")
WRITES_NONE = Deadline(3, "criterion 15.4: no debug lines, after requests that made some elsewhere")


@then(parsers.parse('the process in each of its pods runs with every value of the ConfigMap "{config}"'))
def values_reach_pods(service, cluster, config, evidence):
    config = configmap_use.named(service.deployment().spec.template.spec, config)
    data = configmap_use.values_of(cluster, config, service.namespace.name)
    evidence.add(f"ConfigMap {config}", data)
    for pod in service.running():
        started_with = service.environment(pod)
        other = {key: started_with.get(key) for key, value in data.items() if started_with.get(key) != value}
        assert not other, f"expected the values of {config} in the process of {pod.metadata.name}, saw {other}"


@then(parsers.parse('its Deployment and each of its pods take all of them from "{config}"'))
def pods_take_config(service, cluster, config, evidence):
    specs = {pod.metadata.name: pod.spec for pod in service.running()}
    specs["the Deployment"] = service.deployment().spec.template.spec
    keys_of = configmap_use.keys_in(cluster, service.namespace.name)
    config = configmap_use.named(specs["the Deployment"], config)
    wrong = configmap_use.elsewhere(specs, keys_of(configmap_use.CONFIG_MAP, config), config, keys_of)
    evidence.add("who takes them", {who: "not all" if who in wrong else "all" for who in specs})
    assert not wrong, f"expected each key of {config} to be taken from that ConfigMap, saw {wrong}"


@given("a copy of the backend whose ConfigMap names the real auth service", target_fixture="configured")
def real_copy(backend):
    with copy_with_config(backend, "backend-config") as configured:
        yield configured


@when(
    "the ConfigMap is changed to an auth service at another host and port, which says no", target_fixture="other_auth"
)
def change_config(configured, auth_api, data_client, environment, evidence):
    # Auth's own rejection of an invalid token: the copy gets it for this token only by asking the stub.
    no = no_of_auth(auth_api, environment.services)
    with answering(data_client.namespace, *no) as stub:
        changed = stub.url + environment.services.auth_url_end
        configured.set(changed)
        evidence.add("AUTH_SERVICE_URL", changed)
        yield stub


@when("the copy is restarted")
def restart_copy(configured):
    configured.copy.restart()


def ask_configured(configured, signed_in, data_client, environment):
    """The copy's answer to the protected query with the token of the wallet that signed in."""
    settings = environment.services
    return ask(configured.copy.api(data_client), settings, settings.protected_query, signed_in["jwt"])


def is_own(configured, signed_in, data_client, environment):
    """Raise AssertionError unless the copy answers with the data of the wallet that signed in."""
    shown = environment.services.protected_shows.format(address=signed_in["wallet"].wallet.address)
    data = ask_configured(configured, signed_in, data_client, environment).data()
    assert shows(data, shown), f"the copy's data does not show {shown}: {data}"
    return True


@then("the copy answers the protected query with this wallet's data")
def copy_answers(configured, signed_in, data_client, environment):
    asked = functools.partial(is_own, configured, signed_in, data_client, environment)
    eventually(asked, within=HEALTHY_AGAIN, what="this wallet's data from the copy", hint=LOGS)


@then("the copy keeps answering the protected query with this wallet's data")
def copy_stays(configured, signed_in, data_client, environment):
    asked = functools.partial(is_own, configured, signed_in, data_client, environment)
    consistently(asked, during=STAYS, what="this wallet's data from the copy", hint=LOGS)


@then("the copy calls that auth service and answers accordingly: Unauthorized")
def copy_uses_change(configured, other_auth, signed_in, data_client, environment, evidence):
    path = path_behind(environment.services.auth_url_end, environment.services.validate_path)
    before = [seen for seen in other_auth.requests() if seen["path"] == path]
    asked = ask_configured(configured, signed_in, data_client, environment)
    evidence.add("answer of the copy", asked.describe())
    asked.refused("Unauthorized")
    assert not before, f"expected no request to the new auth service before the restart, saw {before}"
    other_auth.wait_asked(path, signed_in["jwt"])


@given(parsers.parse("a copy of auth with PORT={port:d}"), target_fixture="copy")
def auth_on_port(auth, port):
    with copy_of(auth, {"PORT": str(port)}, port=port) as copy:
        yield copy


@given("a copy of auth with no PORT at all", target_fixture="copy")
def auth_without_port(auth):
    with copy_of(auth, {"PORT": None}) as copy:
        yield copy


@then(parsers.parse("the copy answers on port {port:d}, and not on port {other:d}"))
def answers_on_port(copy, data_client, port, other, evidence):
    answer = copy.api(data_client, port).get("/health")
    evidence.add(f"GET /health on port {port}", in_words(answer))
    assert answer.status_code == 200, f"expected 200 on port {port} of the copy, saw {in_words(answer)}"
    refusal = refusal_of(copy, data_client, other)
    assert "connection refused" in refusal, f"expected port {other} of the copy to refuse connections, saw {refusal}"


def refusal_of(copy, data_client, port):
    """Why the client pod cannot reach a copy on a port. Raises AssertionError if it can."""
    host = copy.pod().status.pod_ip
    try:
        answer = copy.api(data_client, port).get("/health")
    except requests.ConnectionError:
        return data_client.said(host, port)
    raise AssertionError(f"expected the copy not to answer on port {port}, saw {in_words(answer)}")


@given(parsers.parse('a copy of the backend with NODE_ENV "{value}"'), target_fixture="copy")
def backend_with_node_env(backend, value):
    with copy_of(backend, {"NODE_ENV": value}) as copy:
        yield copy


@when("the copy handles some requests")
def ask_copy(copy, data_client, environment, signed_in):
    settings, api = environment.services, copy.api(data_client)
    queries = (f"# {MARK}\n{settings.public_query}", settings.protected_query)
    for query, token, asks in itertools.product(queries, (NO_TOKEN, signed_in["jwt"]), ({}, ASKS_FOR_DEBUG)):
        asked = ask(api, settings, query, token, headers=asks)
        # Other criteria judge 503 (auth cannot be reached) and the status of a rejection.
        is_answer = asked.status < 500 or asked.status == 503
        assert is_answer, f"expected 503, or less than 500, for {query}, saw {in_words(asked.answer)}"
    ask_wrongly(api, settings)


@then("it writes debug lines")
def writes_debug_lines(copy, evidence):
    def some():
        found = [line for line in copy.log() if debug_level(line)]
        assert found, (
            "expected debug lines outside production, saw none: their absence in production would prove nothing"
        )
        return found

    evidence.add("debug lines", eventually(some, within=LOGS_READABLE, what="debug lines outside production"))


def is_for_developers(line, token):
    """Whether a line of a copy that handled some requests is meant for developers."""
    return for_developers(line, [NO_TOKEN, token]) or prints(line, MARK)


@then("it writes no debug lines")
def writes_no_debug_lines(copy, evidence, signed_in):
    def none():
        # A line with a client's token is a debug line, too, or with a request's body that no logger wrote.
        found = [line for line in copy.log() if is_for_developers(line, signed_in["jwt"])]
        assert not found, f"{len(found)} debug lines, the first: {found[0][:200]}"
        return True

    consistently(none, during=WRITES_NONE, what="no debug lines with NODE_ENV=production")
    evidence.add("last lines", copy.log()[-20:])


@when("it answers queries that succeed", target_fixture="lines_before")
def answer_queries(copy, data_client, environment, signed_in):
    # What it says of queries that fail may be in plain text: libraries write that, nobody forgot it there.
    before, settings, api = len(copy.log()), environment.services, copy.api(data_client)
    for query in (settings.public_query, settings.protected_query) * SUCCEED:
        ask(api, settings, query, signed_in["jwt"])
    return before


@then("it prints nothing about them beside its log")
def prints_nothing(copy, lines_before):
    def none():
        found = printed(copy.log(), lines_before)
        assert not found, f"{len(found)} lines beside its log, the first: {found[0][:200]}"
        return True

    consistently(none, during=PRINTS_NONE, what="no debug lines with NODE_ENV=production", hint=LOGS)


@then("it writes none while it ends, either")
def ends_without_debug(copy, signed_in, evidence):
    lines = lines_until_end(copy)
    evidence.add("last lines of a copy that ends", lines[-20:])
    found = [line for line in lines if is_for_developers(line, signed_in["jwt"])]
    assert not found, f"expected no debug lines from a copy that ends, saw {len(found)}, the last: {found[-1][:200]}"


@then("the deployed backend has not written any either")
def deployed_without_debug(backend, evidence):
    values = {pod.metadata.name: backend.environment(pod).get("NODE_ENV") for pod in backend.running()}
    assert set(values.values()) == {"production"}, f"expected NODE_ENV=production in each pod, saw {values}"
    logs = backend.log(EPOCH)
    found = {name: [*filter(for_developers, lines), *printed_while_serving(lines)] for name, lines in logs.items()}
    evidence.add("debug lines by pod", {name: f"{len(found[name])} of {len(logs[name])} lines" for name in logs})
    saw = [lines[0][:200] for lines in found.values() if lines]
    assert logs and not saw, f"expected no debug lines in production, nor any printed beside the log, saw {saw}"


@then("production's overlay sets NODE_ENV to production and asks for no debug lines")
def production_without_debug(backend, platform, evidence):
    seen = production_settings.in_production(platform, backend.name)
    evidence.add("NODE_ENV in production", seen.get("NODE_ENV"))
    assert seen.get("NODE_ENV") == "production", f"expected NODE_ENV=production, saw {seen.get('NODE_ENV')}"
    asked = production_settings.talkative(seen)
    assert not asked, f"expected no variable that asks for debug lines in production's overlay, saw {asked}"
