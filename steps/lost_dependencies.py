"""Services that lose a dependency, and what they report about their health."""

from pytest_bdd import given, parsers, then, when

from acceptance.drivers.api.lost_dependencies import HOW, Needy
from acceptance.drivers.services.copies import copy_of
from steps.tokens import SignIn, accepted


@given("a wallet that signed in from a pod", target_fixture="signed_in")
def signed_in_from_pod(auth, data_client, environment, evidence):
    # Over HTTPS it would need Traefik, which other scenarios disturb meanwhile.
    door, *_ = auth.doors(data_client).values()
    visitor = SignIn(door, environment)
    visitor.answer = visitor.send(*visitor.message("a good message"))
    return accepted(visitor, evidence)


@given("a healthy copy of it", target_fixture="needy")
def healthy_copy(service, signed_in, data_client, outputs, environment, evidence):
    service.namespace.cluster.needs_machines()  # where the copy will be cut off
    with copy_of(service, {}) as copy:
        nodes = [worker.name for worker in outputs.workers]
        needy = Needy(copy, data_client, nodes, environment, signed_in["jwt"])
        evidence.add("its health before", needy.wait_says(healthy=True))
        yield needy


@when(parsers.parse("the copy is cut off from {needed}, so that {how}"), target_fixture="heal")
def cut_off(needy, db, cache, needed, how):
    addresses = {"the database": db.addresses(), "Redis": {str(cache.pod().status.pod_ip)}}
    cut = set().union(*(found for name, found in addresses.items() if name in needed))
    with needy.cut_off(cut, HOW[how], stores="the database" in needed) as heal:
        yield heal


@then(parsers.parse("its clients get an error within {seconds:d} seconds when they need that dependency"))
def clients_are_told(needy, seconds, evidence):
    said, took = needy.serves()
    evidence.add("what a client was told", {"no error": said, "seconds": round(took, 1)})
    assert not said, f"expected an error from the copy {needy.copy.name} without its dependency, saw {said}"
    assert took < seconds, f"expected an answer from {needy.copy.name} within {seconds} s, saw one after {took:.0f} s"


@then("its health endpoint answers with a status other than 200")
def is_not_healthy(needy, evidence):
    evidence.add("its health meanwhile", needy.wait_says(healthy=False))


@when(parsers.parse("its process {does} meanwhile"))
def process_meanwhile(needy, does, evidence):
    if does == "starts anew":
        evidence.add("started anew", needy.start_anew())


@when("the copy is no longer cut off")
def heal_copy(heal):
    heal()


@then("its health endpoint answers with 200 again")
def is_healthy_again(needy, evidence):
    evidence.add("its health afterwards", needy.wait_says(healthy=True))


@then("it is ready")
def is_ready_again(needy):
    needy.copy.wait_ready()
    shown = needy.shown()
    assert not shown, f"expected no line with a JWT or signature of its clients in its log, saw some in {shown}"
