"""How a pod resolves names other than through the cluster's DNS."""

from types import SimpleNamespace as Thing

import pytest
from kubernetes import client

from acceptance.base.errors import UserError
from acceptance.cluster.namespace import NotStarted
from acceptance.drivers.services.dns_names import own_names, resolved

ALIASES = [client.V1HostAlias(ip="10.96.0.7", hostnames=["auth-service"])]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, ""),
        ({"dns_policy": "ClusterFirst"}, ""),
        ({"dns_policy": "Default"}, "dnsPolicy Default"),
        ({"dns_policy": "ClusterFirst", "host_aliases": ALIASES}, "hostAliases: ['auth-service']"),
    ],
)
def test_what_finds_names_without_the_clusters_dns_is_found(settings, said):
    assert own_names(client.V1PodSpec(containers=[], **settings)) == said


POD = Thing(
    metadata=Thing(name="backend-1"),
    spec=Thing(node_name="worker"),
    status=Thing(container_statuses=[Thing(container_id="containerd://c1")]),
)


def service(in_pod, on_node):
    """A service whose pod's command, or whose pod's machine, answers this or raises it."""

    def reply(answer):
        if isinstance(answer, Exception):
            raise answer
        return answer

    commands = []
    cluster = Thing(on_node=lambda *command: commands.append(command) or reply(on_node))
    namespace = Thing(execute=lambda *_: reply(in_pod), cluster=cluster)
    found = Thing(namespace=namespace, environment=lambda _: {"AUTH_SERVICE_URL": "http://auth-service:3001"})
    return found, commands


def test_a_name_is_looked_up_in_the_pod():
    found, commands = service("10.96.0.7  auth-service\n", "10.96.0.8  auth-service\n")
    assert resolved(found, POD, "AUTH_SERVICE_URL") == ("auth-service", "10.96.0.7") and not commands


def test_a_name_is_looked_up_on_the_machine_where_the_image_has_no_program_for_it():
    found, commands = service(NotStarted("getent"), "10.96.0.7  auth-service\n")
    assert resolved(found, POD, "AUTH_SERVICE_URL") == ("auth-service", "10.96.0.7")
    ((node, *_, script),) = commands
    assert node == "worker" and '"c1"' in script and script.endswith(" $pid auth-service")


@pytest.mark.parametrize(
    ("in_pod", "on_node", "said"),
    [
        (AssertionError("getent hosts auth-service: "), "10.96.0.7 auth-service", "getent hosts auth-service"),
        (NotStarted("getent"), UserError("docker\nno such name", "look"), "to resolve auth-service, .*no such name"),
    ],
)
def test_a_name_without_an_address_is_told(in_pod, on_node, said):
    with pytest.raises(AssertionError, match=said):
        resolved(service(in_pod, on_node)[0], POD, "AUTH_SERVICE_URL")
