"""How a pod resolves names other than through the cluster's DNS."""

import pytest
from kubernetes import client

from acceptance.drivers.services.dns_names import own_names

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
