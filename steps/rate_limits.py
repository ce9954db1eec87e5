"""Auth's rate limit, and its counters in Redis."""

import pytest
from pytest_bdd import given, parsers, then, when

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import consistently
from acceptance.drivers.api import caller_bursts, counter_starts, rate_limits
from acceptance.drivers.api.counting_time import cost_of_counting
from acceptance.drivers.api.rate_limit_excuses import call_with_excuses, excuses, nameless_client, served_at_other_paths
from acceptance.drivers.api.rate_limit_settings import not_as_set, unfit_in_production
from acceptance.drivers.api.rate_limits import MAXIMUM
from acceptance.drivers.api.sign_in import LOGS
from acceptance.drivers.ingress import traefik_options
from acceptance.drivers.services.service import in_words

PAIRS = 40
"""Pairs of requests whose times are compared at each pod of auth."""
OVER_THE_LIMIT = Deadline(3, "criterion 8.10: a client over the rate limit")


@pytest.fixture
def rate_clients(auth, auth_api, environment, data_client):
    """A factory of clients that the rate limit tells apart in this environment."""
    with rate_limits.rate_clients(auth_api, environment.services, data_client, (auth.name, auth.port)) as new:
        yield new


@given("a client that has never called before", target_fixture="client")
def new_client(rate_clients):
    client = rate_clients()
    assert client.counter() is None, f"expected no counter {client.key} in Redis before the first call, but it exists"
    return client


@when("it calls auth with a wrong signature until it is rate-limited")
def call_often(client):
    client.call_until_refused()


@then("it gets 429 with a Retry-After header", target_fixture="told")
def got_429(client, evidence):
    answer = client.last
    retry = answer.headers.get("Retry-After", "")
    evidence.add("the last call", {"calls": client.calls, "answer": in_words(answer), "Retry-After": retry})
    assert answer.status_code == 429, f"expected 429 within {MAXIMUM} calls, saw {in_words(answer)}. Try: {LOGS}"
    seconds = rate_limits.seconds_told(retry)
    assert seconds > 0, f"expected Retry-After with the 429, saw {retry!r}"
    return seconds


@then("the limit and its period are those that auth's pods are configured with")
def limit_as_set(client, auth, environment, evidence):
    seen, settings = {"served": client.served, "seconds": client.period}, environment.services
    evidence.add("the limit", seen if settings.rate_limit_variable else "its settings are not known here")
    wrong = {
        pod.metadata.name: found
        for pod in auth.running()
        if (found := not_as_set(client.served, client.period, auth.environment(pod), settings))
    }
    assert not wrong, f"expected the limit from auth's settings, saw by pod: {wrong}. Try: {LOGS}"


@then("its counter in Redis goes up with each call")
def counter_went_up(client, evidence):
    evidence.add("counter by calls", client.counted)
    wrong = {calls: seen for calls, seen in client.counted.items() if seen != calls}
    assert len(client.counted) > 1 and not wrong, (
        f"expected the counter {client.key} to equal the number of calls, saw by calls: {wrong or client.counted}"
    )


@then("a client's successful sign-in also counts and does not lower its counter")
def sign_in_counts(rate_clients, environment, evidence):
    client = rate_clients()
    client.call()
    before = client.counter()
    client.sign_in(environment)
    seen = {"before": before, "after": client.counter()}
    evidence.add("counter of a client that signed in", seen)
    wrong = rate_limits.forgiven(**seen)
    assert not wrong, f"expected the counter {client.key} to go up with each call, but {wrong}. Try: {LOGS}"


@then("it gets 429 every time, whichever pod answers")
def stays_refused(client):
    def refused():
        assert client.call() == 429, in_words(client.last)
        return True

    consistently(refused, during=OVER_THE_LIMIT, every=0.2, what="429 for a client over the limit", hint=LOGS)


@then("it also gets 429 when it claims to be the site, a health check, a user with a token, or internal")
def not_excused(client, signed_in, environment, evidence):
    site = f"www.{environment.domain}"
    seen = call_with_excuses(client, site, signed_in["jwt"])
    evidence.add("calls with excuses over the limit", seen)
    wrong = {whose: status for whose, status in seen.items() if status != 429}
    said = f"whatever it says in {', '.join(excuses(client, site))}, with any token"
    assert not wrong, f"expected 429 for a client over the limit, {said}, saw {wrong}. Try: {LOGS}"


@then("it also gets 429 with a query string, and is served at no other spelling of the path")
def not_served_elsewhere(client, evidence):
    wrong = served_at_other_paths(client)
    evidence.add("spellings of the path that serve a client over the limit", wrong or "none")
    assert not wrong, f"expected no spelling of the path to serve a client over the limit, saw {wrong}. Try: {LOGS}"


@then("a client that names itself by no header is also limited")
def nameless_is_limited(auth, data_client, environment, evidence):
    with nameless_client(environment.services, data_client, (auth.name, auth.port)) as client:
        client.call_until_refused()
    evidence.add("a client without a name", {"calls": client.calls, "answer": in_words(client.last)})
    assert client.last.status_code == 429, (
        f"expected 429 within {MAXIMUM} calls of a client without a name, saw {in_words(client.last)}. Try: {LOGS}"
    )


@then("it also gets 429 when it requests a nonce")
def gets_no_nonce(client, environment, evidence):
    limited = environment.services.nonces_are_limited
    status = client.ask_nonce() if limited else None
    evidence.add("a nonce for a client over the limit", in_words(client.last) if limited else "unlimited here")
    assert status in (429, None), f"expected 429 for a nonce of a client over the limit, saw {in_words(client.last)}"


@then("another client over the limit gets 429 even for a valid sign-in")
def signs_in_in_vain(rate_clients, environment, evidence):
    client = rate_clients()
    status = client.sign_in_refused(environment)
    evidence.add("a good sign-in over the limit", {"calls before": client.calls, "status": status})
    assert status == 429, f"expected 429 for a valid sign-in over the limit, saw {in_words(client.last)}. Try: {LOGS}"


@then("a limited client cannot evade the limit or charge another client by forging its address")
def forged_headers(rate_clients, evidence):
    liar = rate_clients()
    liar.call_until_refused()
    wrong = liar.forge(rate_clients())
    evidence.add("headers that a refused client made up", list(rate_limits.FORGED) if liar.headers else "none")
    assert not wrong, (
        f"expected 429 for a limited client regardless of its {', '.join(rate_limits.FORGED)}, but {wrong}. Try: {LOGS}"
    )


@then("Traefik trusts no external client about its address, here and in production")
def nobody_is_believed(platform):
    found = traefik_options.who_is_believed(platform)
    assert not found, f"expected Traefik to set the client address itself, but {found}"


@then("production's auth tells clients apart, and by nothing that they say themselves")
def nobody_is_believed_by_auth(platform):
    found = unfit_in_production(platform, "auth-service")
    hint = "Try: kubectl kustomize --load-restrictor LoadRestrictionsNone k8s/auth-service/overlays/production"
    assert not found, (
        f"expected production to limit each client by what it cannot forge, but {'; '.join(found)}. {hint}"
    )


@then("its counter expires by the time in Retry-After, however often it has called since")
def counter_ends(client, told, evidence):
    later = client.end()
    seen = {"told": told, "when it was refused": vars(client.refused), "later": vars(later)}
    evidence.add("end of the counter", seen)
    wrong = rate_limits.wrong_end(told, client.refused, later)
    expected = f"expected the counter {client.key} to expire at the time that its client was told"
    assert not wrong, f"{expected}, but {wrong}. Try: {rate_limits.REDIS_CLI} ttl {client.key}"


@then("another client is still served", target_fixture="other")
def another_client(rate_clients):
    other = rate_clients()
    status = other.call()
    assert status < 500 and status != 429, f"expected another client to be served, saw {in_words(other.last)}"
    return other


@then("that client is served no more often when it makes many concurrent calls")
def calls_at_once(client, other, evidence):
    limit = client.served
    served = 1 + other.call_at_once(2 * limit)
    seen = {"limit": limit, "calls": other.calls, "served": served, "counter": other.counter()}
    evidence.add("calls at once", seen)
    wrong = rate_limits.wrong_count(**seen)
    expected = f"expected the counter {other.key} to count concurrent calls"
    assert not wrong, f"{expected}, but {wrong}. Try: {rate_limits.REDIS_CLI} get {other.key}"


@then("each pod answers many calls at once without an error of its own")
def pods_answer_bursts(auth, rate_clients, evidence):
    client = rate_clients()
    seen = caller_bursts.burst(auth, client) if client.headers else {}
    evidence.add(f"{caller_bursts.AT_ONCE} calls at once, by pod and status", seen or "told apart by address here")
    wrong = caller_bursts.broken(seen)
    assert not wrong, f"expected no 5xx for {caller_bursts.AT_ONCE} calls at once, saw {wrong}. Try: {LOGS}"


@then("no counter is without an end, even if auth is killed at that moment")
def counters_begin_with_end(default, environment, rate_clients, evidence):
    # Nobody reads along where others work with it.
    wrong = "" if environment.is_long_lived else counter_starts.left_without_end(default, rate_clients)
    evidence.add("counters of new clients", wrong or "made with their end")
    assert not wrong, f"expected a counter to have its end from its first moment, but {wrong}. Try: redis-cli monitor"


@when("the limited client's counter is removed")
def remove_counter(client):
    client.clear()


@then("the limited client is served again, and counted in a window that ends")
def answered_again(client, evidence):
    status = client.call()
    assert status < 500 and status != 429, (
        f"expected the client to be served after its counter was removed, saw {in_words(client.last)}"
    )
    end = client.end()
    evidence.add("end of its second counter", vars(end))
    hint = f"Try: {rate_limits.REDIS_CLI} ttl {client.key}"
    assert not rate_limits.never_ends(end), f"expected the second counter {client.key} to expire, it never does. {hint}"


@then(parsers.parse("auth itself needs less than {limit:d} milliseconds more for a call that it only counts"))
def auth_counts_quickly(auth, data_client, environment, limit, evidence):
    seen = cost_of_counting(auth.pod_doors(data_client), environment.services, data_client, PAIRS)
    evidence.add("milliseconds that a refused call takes longer than a missing path, by pod", seen or "not told here")
    slow = {pod: more for pod, more in seen.items() if more >= limit}
    assert not slow, f"expected auth to count a call within {limit} ms, saw {slow}. Try: {LOGS}"
