"""Deliberate losses: of control planes, and in the end of everything."""

import time
from urllib.parse import urlsplit

from pytest_bdd import given, parsers, then, when

from acceptance.base.deadlines import SETTLED, STANDS
from acceptance.base.waiting import eventually
from acceptance.drivers.cluster.api_server_duties import neglected
from acceptance.drivers.cluster.control_plane_keys import mismatched
from acceptance.drivers.cluster.control_plane_outage import HINT, ControlPlaneOutage, begin_writing
from acceptance.drivers.cluster.control_planes import (
    all_complete,
    all_led_to_common_address,
    dns_is_spread,
    frail_stores,
    set_up_otherwise,
    slow_to_take_over,
    stored_elsewhere,
)
from acceptance.drivers.cluster.etcd import all_connected
from acceptance.drivers.cluster.etcd_quotas import full_stores
from acceptance.drivers.cluster.machine_certificates import short_lived
from acceptance.drivers.cluster.machines import LASTS, control_planes_at_api, days_left, not_for_host
from acceptance.drivers.cluster.reboots import common_server
from acceptance.infrastructure.strays import strays


@given("every control plane answers at the API's address", target_fixture="shown")
def every_control_plane_answers(cluster, outputs, evidence):
    cluster.needs_machines()
    seen = control_planes_at_api(cluster, outputs)
    evidence.add("fresh connections to the API's address, by who answered", {name: len(seen[name]) for name in seen})
    silent = [name for name, chains in seen.items() if not chains]
    assert not silent, (
        f"expected every control plane to answer at the API's address, but {silent} never did. Try: {HINT}"
    )
    return seen


@given("each API server's certificate is for the address at which machines join")
def certificates_are_for_address(cluster, shown):
    host = urlsplit(common_server(cluster)).hostname or ""
    others = not_for_host(shown, host) if host else []
    assert not others, (
        f"expected each API server to show a certificate for {host}, where machines join, but {others} show one that "
        "is not. Try: apiServer.certSANs in kubeadm-config"
    )


@given("no API server's certificate is about to expire")
def certificates_last(shown, evidence):
    left = days_left(shown)
    evidence.add("days left of the certificate of each API server", left)
    short = {name: days for name, days in left.items() if days < LASTS}
    assert not short, (
        f"expected {LASTS} days left of each API server's certificate, saw {short}. Try: kubeadm certs check-expiration"
    )


@given("none of the control planes' other certificates is about to expire")
def own_certificates_last(cluster):
    short = short_lived(cluster)
    assert not short, f"expected {LASTS} days left of each certificate of the control planes, saw {short}"


@given("each etcd member stores its data on disk and soon elects a new leader")
def stores_last(cluster):
    frail = frail_stores(cluster) + full_stores(cluster)
    assert not frail, (
        f"expected each etcd member to store its data on disk and soon elect a new leader, but {'; '.join(frail)}"
    )


@given("every control plane runs the same components")
def control_planes_are_complete(cluster):
    complete = lambda: all_complete(cluster)  # noqa: E731
    what = "every control plane to run the same components"
    eventually(
        complete, within=SETTLED, what=what, hint="kubectl -n kube-system get pods -l tier=control-plane -o wide"
    )


@given("all control planes are configured alike, so that any of them can take over")
def control_planes_are_alike(cluster):
    cluster.needs_machines()
    found = [*set_up_otherwise(cluster), *slow_to_take_over(cluster), *mismatched(cluster), *neglected(cluster)]
    hint = "Try, on each: grep -- -- /etc/kubernetes/manifests/*.yaml; sha256sum /etc/kubernetes/pki/*"
    assert not found, f"expected control planes that can all take over, saw {'; '.join(found)}. {hint}"


@given("each control plane has its own etcd, which is a voting member")
def nothing_is_stored_elsewhere(cluster):
    cluster.needs_machines()
    found = stored_elsewhere(cluster)
    assert not found, (
        f"expected each control plane to have its own etcd, so that any can be lost, but {'; '.join(found)}"
    )


@given("all etcd members are connected to each other")
def members_are_connected(cluster):
    connected = lambda: all_connected(cluster)  # noqa: E731
    hint = "on each control plane: curl -vk https://ANOTHER:2380"
    eventually(connected, within=SETTLED, what="every member of etcd to be connected to every other one", hint=hint)


@given("no machine depends solely on another machine's API server")
def machines_know_common_address(cluster, evidence):
    know = lambda: all_led_to_common_address(cluster)  # noqa: E731
    hint = "grep server: /etc/kubernetes/kubelet.conf there; kubectl -n kube-system get configmap kube-proxy -o yaml"
    seen = eventually(know, within=STANDS, what="every machine to use the API's common address", hint=hint)
    evidence.add("where the programs of each machine have the API", {name: str(found) for name, found in seen.items()})


@given("the cluster's DNS servers run on more than one machine")
def dns_servers_are_spread(cluster, evidence):
    spread = lambda: dns_is_spread(cluster)  # noqa: E731
    hint = "kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide"
    seen = eventually(spread, within=STANDS, what="DNS servers on more than one machine", hint=hint)
    evidence.add("DNS servers and their machines", seen)


@given("a client continuously writes to the API", target_fixture="writer")
def api_writer(cluster, namespace):
    writer = begin_writing(cluster, namespace)
    yield writer
    writer.stop()


@when(parsers.parse("a control plane is lost for {seconds:d} seconds under that load"), target_fixture="outage")
def lose_control_plane(cluster, namespace, writer, seconds, evidence):
    outage = ControlPlaneOutage(cluster, namespace, writer)
    outage.lose(seconds, evidence)
    return outage


@then(parsers.parse("writes resume within {seconds:d} seconds"))
def writes_resume(outage, seconds):
    what = f"writes to resume within {seconds} s of the loss of {outage.machine}"
    assert outage.gap <= seconds, f"expected {what}, saw a gap of {outage.gap:.1f} s"


@then("a Deployment created during the outage has a running pod that resolves a Service by name")
def pod_meanwhile(outage):
    outage.stays()


@then("no acknowledged write is lost")
def writes_are_there(outage):
    lost = outage.lost_writes()
    assert not lost, f"expected every acknowledged write in the API, but {len(lost)} ConfigMaps are missing: {lost[:5]}"


@given("the platform's resources are listed", target_fixture="belonging")
def something_is_there(infrastructure, environment, evidence):
    found = infrastructure.leftovers()
    evidence.add("before", found)
    kinds = ("resources",) if environment.is_long_lived else ("containers", "networks", "volumes", "files")
    for kind in kinds:
        assert found.get(kind), f"expected {kind} of {infrastructure.name} before destroy, saw none"
    return found


@when("the infrastructure is destroyed")
def destroy(infrastructure, evidence):
    began = time.monotonic()
    infrastructure.destroy()
    evidence.add("tofu destroy", f"{time.monotonic() - began:.1f} s")


@then("none of its resources are left")
def nothing_left(infrastructure, belonging):
    found = infrastructure.leftovers()
    assert not found, f"expected destroy to leave nothing behind, saw {found}. Try: make down"
    stayed = infrastructure.still_there(belonging)
    assert not stayed, f"expected destroy to remove everything that existed before, saw {stayed}. Try: make down"
    resources = infrastructure.resources()
    assert not resources, f"expected no resources in OpenTofu's state after destroy, saw {resources}"


@then("nothing without a label is left that is named after it, and no context of a kubeconfig")
def no_strays(infrastructure):
    found = strays(infrastructure)
    hint = "Try: docker volume rm, docker network rm, kubectl config delete-context"
    assert not found, f"expected nothing named after {infrastructure.name} after destroy, saw {found}. {hint}"
