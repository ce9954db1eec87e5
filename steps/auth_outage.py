"""The backend and auth: how the backend reaches auth, how fast, and what happens when it cannot."""

from pytest_bdd import given, parsers, then, when

from acceptance.base.deadlines import LOGS_READABLE, ROUTE_READY, Deadline
from acceptance.base.waiting import consistently, eventually
from acceptance.drivers.api import auth_stub
from acceptance.drivers.api.asking_time import cost_of_asking, cost_of_new_tokens
from acceptance.drivers.api.expiring_tokens import new_like
from acceptance.drivers.api.graphql import LOGS, ask_everywhere
from acceptance.drivers.api.graphql_variants import not_answered, with_data
from acceptance.drivers.api.moving_auth import named_auth
from acceptance.drivers.api.sign_in import LOGS as AUTH_LOGS
from acceptance.drivers.api.token_validation import REFUSALS
from acceptance.drivers.api.wallet import forged
from acceptance.drivers.network.cuts import DROP, RESET
from acceptance.drivers.services import latency as measuring
from acceptance.drivers.services.configured_copy import LINK
from acceptance.drivers.services.copies import copy_of
from acceptance.drivers.services.dns_names import addresses_by_file, own_names, resolved, written_into_dns
from acceptance.drivers.services.log_lines import says_unreachable, showing
from acceptance.drivers.services.partitions import partitioned
from acceptance.drivers.services.restarts import without_restarts

FOUND = Deadline(45, "criterion 11.1: CoreDNS may keep an answer for 30 s, and a kept connection has to time out")
PAIRS = 15
"""How many pairs of queries, and of validate calls, are timed for a median: the difference is the time for auth."""
OUT_OF_REACH = Deadline(6, "criteria 9.11, 11.4: while auth cannot be reached")


@then("the name that the backend calls resolves to the Service auth-service in its pods")
def name_leads_to_service(backend, auth, cluster, evidence):
    address = cluster.core.read_namespaced_service(auth.name, auth.namespace.name).spec.cluster_ip
    seen = {pod.metadata.name: resolved(backend, pod, "AUTH_SERVICE_URL") for pod in backend.running()}
    evidence.add("what the name leads to", seen)
    wrong = {name: found for name, found in seen.items() if found != (auth.name, address)}
    assert seen and not wrong, f"expected each backend pod to call {auth.name} at {address}, saw {wrong}"


@then("its pods resolve names only through the cluster's DNS")
def names_by_dns(backend, auth, evidence):
    specs = {"its Deployment": backend.deployment().spec.template.spec}
    specs |= {pod.metadata.name: pod.spec for pod in backend.running()}
    evidence.add("dnsPolicy", {name: spec.dns_policy for name, spec in specs.items()})
    own = {name: own_names(spec) for name, spec in specs.items()}
    own |= {f"/etc/hosts of {pod.metadata.name}": addresses_by_file(backend, pod) for pod in backend.running()}
    own = {name: found for name, found in {**own, "CoreDNS": written_into_dns(auth)}.items() if found}
    assert not own, f"expected names to be resolved by the cluster's DNS alone, saw {own}"


@given("a copy of the backend that calls an auth service by its Service name", target_fixture="named")
def copy_by_name(backend, auth_api, data_client, environment):
    # Auth's own rejection of an invalid token: the copy gets it for this token only by asking the stub.
    no = auth_stub.no_of_auth(auth_api, environment.services)
    with (
        named_auth(data_client.namespace, *no) as found,
        copy_of(backend, {"AUTH_SERVICE_URL": found.url, **LINK}) as copy,
    ):
        yield found, copy


@when("that Service gets a new address")
def service_moves(named, evidence):
    before, after = named[0].address, named[0].move()
    evidence.add(f"addresses of {named[0].url}", [before, after])


@then("the copy calls the auth service at that name and answers accordingly: Unauthorized")
def copy_asks_by_name(named, data_client, signed_in, environment, evidence):
    found, copy = named

    def asked():
        return found.was_asked_by(copy, data_client, environment.services, signed_in["jwt"])

    what = f"the copy to send its request to {found.url} ({found.address})"
    seen = eventually(asked, within=FOUND, what=what, hint=LOGS)
    evidence.add("answer of the copy", seen.describe())


@when(
    parsers.parse("its JWT is validated {count:d} times from each backend pod's node, sequentially and concurrently"),
    target_fixture="calls",
)
def validate_often(backend, auth, data_client, signed_in, environment, count, evidence):
    path, field = environment.services.validate_path, environment.services.validate_field
    with without_restarts(auth, backend):
        seen = measuring.validate_calls(backend, auth, data_client, path, signed_in["jwt"], count, field=field)
    evidence.add(f"{count} validate calls, one after another and some at once, by machine and by who was asked", seen)
    return seen


@then(parsers.parse("each call was answered with 200, and {share:d} percent within {limit:d} milliseconds at each pod"))
def fast_enough(calls, share, limit):
    wrong = measuring.with_others(calls, [200])
    assert calls and not wrong, f"expected 200 for each validate call, saw {wrong}"
    slow = measuring.slower(calls, share, limit)
    assert not slow, (
        f"expected {share} of 100 validate calls within {limit} ms from each machine to each pod, saw {slow}"
    )


@then(parsers.parse("{share:d} percent of all calls were answered within {limit:d} milliseconds at each pod"))
def almost_all_fast_enough(calls, share, limit):
    slow = measuring.slower(calls, share, limit)
    assert not slow, f"expected {share} of 100 validate calls within {limit} ms from each machine, saw {slow}"


@then(parsers.parse("the backend itself needs at most {limit:d} milliseconds more for a query that auth has to allow"))
def backend_asks_quickly(backend, data_client, signed_in, environment, limit, evidence):
    doors = backend.pod_doors(data_client)
    seen = cost_of_asking(doors, environment.services, signed_in["jwt"], PAIRS)
    evidence.add("milliseconds that a protected query takes longer than the public one, by pod", seen)
    slow = {pod: more for pod, more in seen.items() if more > limit}
    assert seen and not slow, f"expected the backend to ask auth within {limit} ms, saw {slow}. Try: {LOGS}"


@then(parsers.parse("auth needs at most {limit:d} milliseconds more for a JWT that it has never seen before"))
def auth_knows_new_tokens(auth, data_client, signed_in, jwt_secret, environment, limit, evidence):
    doors, good = auth.pod_doors(data_client), signed_in["jwt"]
    seen = cost_of_new_tokens(doors, environment.services, good, lambda: new_like(good, jwt_secret), PAIRS)
    evidence.add("milliseconds that auth takes longer for a new JWT than for a known one, by pod", seen)
    slow = {pod: more for pod, more in seen.items() if more > limit}
    assert seen and not slow, f"expected auth to validate a new JWT within {limit} ms, saw {slow}. Try: {AUTH_LOGS}"


@when(
    parsers.parse("an expired JWT is validated {count:d} times from there, sequentially"),
    target_fixture="noes",
)
def validate_expired(backend, auth, data_client, signed_in, jwt_secret, environment, count, evidence):
    settings, token = environment.services, forged("a JWT that expired", signed_in["jwt"], jwt_secret)
    how = {"at_once": [1], "field": settings.validate_field}
    seen = measuring.validate_calls(backend, auth, data_client, settings.validate_path, token, count, **how)
    evidence.add(f"{count} validate calls with a JWT that expired, by machine and by who was asked", seen)
    return seen


@then(
    parsers.parse(
        "each of these calls was also answered, and {share:d} percent within {limit:d} milliseconds at each pod"
    )
)
def refused_fast_enough(noes, share, limit):
    # A rejection may be a status of its own, or part of an answer with 200.
    wrong = measuring.with_others(noes, [200, *REFUSALS])
    assert noes and not wrong, f"expected an answer to each validate call with an expired JWT, saw {wrong}"
    slow = measuring.slower(noes, share, limit)
    assert not slow, f"expected auth to reject {share} of 100 expired JWTs within {limit} ms, saw {slow}"


@when("auth refuses the backend's connections", target_fixture="cut")
def auth_refuses_connections(backend, auth, outputs):
    workers = [worker.name for worker in outputs.workers]
    with partitioned(backend, auth, workers, RESET) as cut:
        yield cut


@when("the network between backend and auth is cut", target_fixture="cut")
def network_is_cut(backend, auth, outputs):
    with partitioned(backend, auth, [worker.name for worker in outputs.workers], DROP) as cut:
        yield cut


@when("auth accepts connections again")
@when("the network is restored")
def healed(cut):
    cut[0].heal()


def protected_is(status, signed_in, doors, environment):
    """The statuses of the protected query by endpoint. Raises AssertionError unless all are it, errors without data."""
    settings = environment.services
    answers = ask_everywhere(doors, settings, settings.protected_query, signed_in["jwt"])
    wrong = {door: said for door, asked in answers.items() if (said := not_answered(status, asked))}
    assert answers and not wrong, f"other answers: {wrong}"
    return dict.fromkeys(answers, status)


@then(parsers.parse("the protected query is consistently answered with {status:d} at every endpoint"))
def protected_stays(signed_in, backend_doors, environment, status):
    # A backend that has cached an earlier acceptance is wrong only at first: the first wrong answer counts.
    def answered():
        return protected_is(status, signed_in, backend_doors, environment)

    consistently(answered, during=OUT_OF_REACH, what=f"{status} for the protected query", hint=LOGS)


@then(parsers.parse("the protected query is answered with {status:d} by each backend pod"))
def protected_at_pods(backend, data_client, signed_in, environment, status):
    doors = backend.pod_doors(data_client)
    answers = ask_everywhere(doors, environment.services, environment.services.protected_query, signed_in["jwt"])
    wrong = {pod: said for pod, asked in answers.items() if (said := not_answered(status, asked))}
    assert answers and not wrong, f"expected {status} from each backend pod, saw {wrong}. Try: {LOGS}"


@then(parsers.parse("the protected query is answered with {status:d} again"))
def protected_is_back(signed_in, backend_doors, environment, status):
    def answered():
        return protected_is(status, signed_in, backend_doors, environment)

    eventually(answered, within=ROUTE_READY, what=f"{status} for the protected query everywhere", hint=LOGS)


@then(
    parsers.parse(
        "a copy of the backend whose auth returns {busy:d} or {broken:d}, never answers, or hangs up responds with "
        "{status:d}"
    ),
    target_fixture="answers_of_copies",
)
def copy_without_a_word(signed_in, backend, data_client, environment, busy, broken, status, evidence):
    settings, said = environment.services, (busy, broken, *auth_stub.NO_ANSWER, *auth_stub.OPEN)
    says = auth_stub.answers_of_copies(backend, data_client, settings, said, signed_in["jwt"])
    evidence.add("answers of copies, by what auth answers", {said: asked.describe() for said, asked in says.items()})
    # Auth neither accepts nor rejects the token here: a client told Unauthorized would sign in again for nothing.
    without = {said: asked for said, asked in says.items() if said not in auth_stub.OPEN}
    wrong = {said: other for said, asked in without.items() if (other := not_answered(status, asked))}
    assert not wrong, f"expected {status} where auth neither accepts nor rejects the token, saw {wrong}"
    return says


@then("a copy whose auth neither accepts nor rejects the token returns no protected data")
def copy_with_an_unclear_word(answers_of_copies):
    said = [text for status in auth_stub.OPEN if (text := with_data(answers_of_copies[status]))]
    assert not said, f"expected no data where auth neither accepts nor rejects the token, but {said}. Try: {LOGS}"


@then(parsers.parse("the public query is answered with {status:d} at every endpoint"))
def public_is_answered(backend_doors, environment, status):
    settings = environment.services
    answers = ask_everywhere(backend_doors, settings, settings.public_query)
    seen = {door: asked.status for door, asked in answers.items()}
    assert set(seen.values()) == {status}, f"expected {status} for the public query at each endpoint, saw {seen}"


@then("each backend pod logged that it cannot reach auth")
def logged_unreachable(cut, backend, signed_in, evidence):
    def logged():
        return backend.each_logged(cut[1], lambda line: says_unreachable(line, "auth"))

    what = "a log line of each backend pod which says that auth cannot be reached"
    evidence.add("the backend's log", eventually(logged, within=LOGS_READABLE, what=what, hint=LOGS))
    # Lines about failures are those to which people add the whole request.
    shown = showing(backend.log(cut[1]), [signed_in["jwt"]])
    assert not shown, f"expected no line with the client's JWT in the backend's log, saw some in {shown}"
