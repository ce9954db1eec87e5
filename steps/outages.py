"""Losing things on purpose: control planes, and in the end everything."""

import contextlib
import time

from kubernetes.client.exceptions import ConflictException
from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import describe, is_ready
from acceptance.base.waiting import API_RESUMES, POD_READY, eventually
from acceptance.cluster.probe import probe_pod
from acceptance.drivers.load import REQUEST_TIMEOUT, ApiWriter


@given("a client writes to the API all the time", target_fixture="writer")
def api_writer(cluster, namespace):
    writer = ApiWriter(cluster.api, namespace.name)
    writer.start()

    def began():
        assert len(writer.acknowledged) >= 10, f"{len(writer.acknowledged)} writes, refused {writer.refused[-1:]}"
        return True

    eventually(began, within=POD_READY, what="ten writes acknowledged before the loss")
    yield writer
    writer.stop()


@when(parsers.parse("a control plane is lost for {seconds:d} seconds under that load"), target_fixture="outage")
def lose_control_plane(cluster, namespace, writer, seconds, evidence):
    machine = cluster.leading_control_plane()
    with cluster.paused(machine):
        lost = time.monotonic()

        def create_pod():
            # A connection to the lost machine would hang for as long as the load balancer lets it.
            with contextlib.suppress(ConflictException):
                cluster.core.create_namespaced_pod(
                    namespace.name, probe_pod("meanwhile"), _request_timeout=REQUEST_TIMEOUT
                )
            return True

        def runs():
            pod = cluster.core.read_namespaced_pod("meanwhile", namespace.name, _request_timeout=REQUEST_TIMEOUT)
            assert is_ready(pod), describe(pod)
            return True

        def has_resumed():
            # A paused control plane may be noticed late: what counts is that writes are acknowledged in its absence.
            recent = [moment for moment, _ in writer.acknowledged if moment > max(lost + 2, time.monotonic() - 2)]
            assert len(recent) >= 5, (
                f"{len(recent)} writes acknowledged in the last 2 s; last refusal {writer.refused[-1:]}"
            )
            return True

        hint = "docker logs alternate-futures-external-load-balancer"
        eventually(has_resumed, within=API_RESUMES, what=f"writes without {machine.name}", hint=hint)
        eventually(create_pod, within=API_RESUMES, what="a pod created meanwhile", hint=hint)
        eventually(runs, within=POD_READY, what=f"a new pod Ready without {machine.name}", hint=hint)
        writer.stopping.wait(max(0.0, lost + seconds - time.monotonic()))
        ended = time.monotonic()
    writer.stop()
    refused = [text for moment, text in writer.refused if moment >= lost]
    gap = writer.longest_gap(lost, ended)
    evidence.add("outage", {
        "lost": machine.name, "seconds": round(ended - lost, 1), "longest gap between acknowledged": round(gap, 2),
        "acknowledged": len(writer.acknowledged), "refused": len(refused), "refusals": refused[:20],
    })  # fmt: skip
    return machine.name, gap


@then(parsers.parse("writes resume within {seconds:d} seconds"))
def writes_resume(outage, seconds):
    machine, gap = outage
    assert gap <= seconds, (
        f"expected writes to resume within {seconds} s of the loss of {machine}, the gap was {gap:.1f} s"
    )


@then("a pod that is created meanwhile runs")
def pod_meanwhile(namespace):
    namespace.wait_ready("meanwhile")


@then("every acknowledged write is there")
def writes_are_there(namespace, cluster, writer):
    there = {item.metadata.name for item in cluster.core.list_namespaced_config_map(namespace.name).items}
    lost = [name for _, name in writer.acknowledged if name not in there]
    assert not lost, f"{len(lost)} acknowledged writes are missing: {lost[:5]}"


@given("the engine lists what belongs to the platform")
def something_is_there(infrastructure, environment, evidence):
    found = infrastructure.leftovers()
    evidence.add("before", found)
    kinds = ("resources",) if environment.is_long_lived else ("containers", "networks", "volumes")
    for kind in kinds:
        assert found.get(kind), f"expected {kind} of {infrastructure.name} before destroy, there are none"


@when("the infrastructure is destroyed")
def destroy(infrastructure, evidence):
    began = time.monotonic()
    infrastructure.destroy()
    evidence.add("tofu destroy", f"{time.monotonic() - began:.1f} s")


@then("nothing of it is left")
def nothing_left(infrastructure):
    found = infrastructure.leftovers()
    assert not found, f"destroy left something behind: {found}. Try: make down"
    resources = infrastructure.resources()
    assert not resources, f"the state still names {resources}"
