"""How a pod resolves names other than through the cluster's DNS."""

from types import SimpleNamespace as Thing

import pytest
from kubernetes import client

from acceptance.base.errors import UserError
from acceptance.cluster.namespace import NotStarted
from acceptance.drivers.services.dns_names import addresses_by_file, hosts_of, own_names, resolved, written_into_dns

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


NAMESERVERS = client.V1PodDNSConfig(nameservers=["192.0.2.53"])
SEARCHES = client.V1PodDNSConfig(searches=["default.svc.cluster.local"])


def mounting(path):
    mount = client.V1VolumeMount(name="some", mount_path=path)
    return client.V1PodSpec(containers=[client.V1Container(name="backend", volume_mounts=[mount])])


def test_name_servers_of_a_pods_own_are_found():
    assert "192.0.2.53" in own_names(client.V1PodSpec(containers=[], dns_config=NAMESERVERS))
    assert own_names(client.V1PodSpec(containers=[], dns_config=SEARCHES)) == ""


@pytest.mark.parametrize(("path", "found"), [("/etc/hosts", True), ("/etc", True), ("/tmp", False), ("/etc/x", False)])
def test_a_file_in_place_of_the_one_that_kubernetes_writes_is_found(path, found):
    assert bool(own_names(mounting(path))) is found


MANAGED = """# Kubernetes-managed hosts file.
127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
fe00::0	ip6-mcastprefix
fe00::1	ip6-allnodes
fe00::2	ip6-allrouters
10.244.1.5	backend-1
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", ""),
        ("# 10.96.0.7 auth-service", ""),
        ("ff02::1 ip6-allnodes", ""),
        ("10.96.0.7\tauth-service auth # as of May", "10.96.0.7 auth-service auth"),
        ("fd00::7 auth-service", "fd00::7 auth-service"),
    ],
)
def test_an_address_in_a_pods_hosts_file_is_found(line, found):
    pod = Thing(
        metadata=POD.metadata, spec=POD.spec, status=Thing(pod_ip="10.244.1.5", pod_ips=[Thing(ip="10.244.1.5")])
    )
    assert addresses_by_file(service(MANAGED + line, "")[0], pod) == found


def test_a_hosts_file_is_read_on_the_machine_where_the_image_has_no_cat():
    there, commands = service(AssertionError("cat: not found"), MANAGED)
    assert hosts_of(there, POD) == MANAGED and commands[0][-1].endswith("/root/etc/hosts")


RULE = "rewrite stop name regex (.*)\\.example\\.org traefik.traefik.svc.cluster.local answer auto"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (RULE, False),
        ("# hosts { 10.96.0.7 auth-service }", False),
        ("10.96.0.7 auth-service-1a2b3c.scenario.svc", False),
        ("10.96.0.7 auth-service.default.svc.cluster.local", True),
        ("rewrite name auth-service.default.svc.cluster.local auth.old.example", True),
    ],
)
@pytest.mark.parametrize("name", ["coredns", "coredns-custom"])
def test_a_service_that_is_written_into_the_dns_servers_settings_is_found(name, line, found):
    maps = [
        Thing(metadata=Thing(name=name), data={"Corefile": f".:53 {{\n    {line}\n}}\n"}),
        Thing(metadata=Thing(name="coredns-empty"), data=None),
        Thing(metadata=Thing(name="other"), data={"a": "auth-service"}),
    ]
    core = Thing(list_namespaced_config_map=lambda _: Thing(items=maps))
    there = Thing(name="auth-service", namespace=Thing(cluster=Thing(core=core)))
    assert bool(written_into_dns(there)) is found
