"""infrastructure/aws planned, applied and destroyed by OpenTofu itself, with a stand-in for the provider.

The stand-in (aws_provider.py) has the real provider's schema, so types, references, conditions and counts are the
real thing; AWS is not.
"""

import ipaddress
import json

import pytest
from aws_tools import AWS, PRODUCTION, SSH_KEY, Tofu, stand_in_provider, variables

NOTICED = 30
"""Seconds after which the load balancer leads users to where Traefik has moved, at most."""
NODES = ("control_planes", "workers")
K3S = {"version": "v1.34.1+k3s1", "binary_sha256": "0" * 64, "installer_sha256": "0" * 64}


@pytest.fixture(scope="module")
def tofu(provider, tmp_path_factory):
    """The root for production."""
    return Tofu(AWS, tmp_path_factory.mktemp("aws") / "root", provider)


def plan(tofu, *arguments, check=True, **values):
    """The plan for production as JSON, or the refusal if not `check`."""
    values = {"ssh_public_key": SSH_KEY, "state_folder": "/nowhere", **values}
    file = tofu.folder / "plan"
    done = tofu.run("plan", *PRODUCTION, *variables(**values), f"-out={file}", *arguments, check=check)
    return json.loads(tofu.run("show", "-json", str(file)).stdout) if check else done.stdout + done.stderr


def planned(document, kind):
    """The planned values of each resource of a kind, by address."""
    changes = document["resource_changes"]
    return {
        found["address"]: found["change"]["after"]
        for found in changes
        if found["type"] == kind and found["mode"] == "managed"
    }


@pytest.fixture(scope="module")
def production(tofu):
    """The plan for production, with one administrator."""
    return plan(tofu, administrators={"alice": "198.51.100.7/32"})


def test_the_configuration_is_valid(tofu):
    assert "The configuration is valid" in tofu.run("validate").stdout


def test_the_bootstrap_is_valid_and_its_policies_fit_into_iam(tmp_path):
    with stand_in_provider(AWS / "bootstrap") as environment:
        tofu = Tofu(AWS / "bootstrap", tmp_path / "bootstrap", environment)
        tofu.run("apply", "-auto-approve", "-input=false", "-var=repository=some/platform")
        state = json.loads(tofu.run("show", "-json").stdout)["values"]
    policies = [
        found["values"]["policy"] for found in state["root_module"]["resources"] if found["type"] == "aws_iam_policy"
    ]
    assert len(policies) == 3
    assert [found for found in state["root_module"]["resources"] if found["address"] == "aws_kms_alias.platform"]
    for policy in policies:
        # IAM counts no white space.
        assert len("".join(policy.split())) <= 6144
        assert json.loads(policy)["Version"] == "2012-10-17"
    assert "bucket" in state["outputs"]["backend"]["value"]


def test_five_or_more_machines_one_vpc_one_load_balancer_two_volumes(production):
    # The plan says five; three tservers that stay apart need a third worker, and a fourth so that one may be lost.
    assert len(planned(production, "aws_instance")) == 7
    assert len(planned(production, "aws_vpc")) == 1
    assert len(planned(production, "aws_lb")) == 1
    volumes = planned(production, "aws_ebs_volume")
    assert sorted(volume["size"] for volume in volumes.values()) == [20, 100]
    for volume in volumes.values():
        assert volume["type"] == "gp3"
        assert volume["encrypted"] is True


def test_the_vpc_is_the_plans_and_machines_are_private(production):
    (vpc,) = planned(production, "aws_vpc").values()
    assert vpc["cidr_block"] == "10.0.0.0/16"
    subnets = planned(production, "aws_subnet")
    ranges = [ipaddress.ip_network(subnet["cidr_block"]) for subnet in subnets.values()]
    assert not any(one.overlaps(other) for one in ranges for other in ranges if one is not other)
    assert all(found.subnet_of(ipaddress.ip_network(vpc["cidr_block"])) for found in ranges)
    assert len({subnet["availability_zone"] for subnet in subnets.values()}) == 3
    for machine in planned(production, "aws_instance").values():
        assert machine["associate_public_ip_address"] is False
        assert machine["metadata_options"][0]["http_tokens"] == "required"
        assert machine["root_block_device"][0]["encrypted"] is True
        assert machine["root_block_device"][0]["volume_type"] == "gp3"


def test_machines_are_spread_over_the_zones(production):
    for role in ("control_plane", "worker"):
        zones = [
            machine["availability_zone"]
            for address, machine in planned(production, "aws_instance").items()
            if f".{role}[" in address
        ]
        assert len(set(zones)) == 3


def test_names_of_secrets_are_free_again_once_they_are_deleted(production):
    """AWS keeps a name for 30 days by default, and would refuse the apply that recovers the platform (24.5)."""
    secrets = planned(production, "aws_secretsmanager_secret")
    assert secrets and {secret["recovery_window_in_days"] for secret in secrets.values()} == {0}


def test_listeners_and_targets(production):
    assert sorted(found["port"] for found in planned(production, "aws_lb_listener").values()) == [80, 443, 6443]
    groups = {found["port"]: found for found in planned(production, "aws_lb_target_group").values()}
    # Services limit and log users by their address; a control plane would get answers from itself.
    assert {port: group["preserve_client_ip"] for port, group in groups.items()} == {
        80: "true", 443: "true", 6443: "false",
    }  # fmt: skip
    # Connections to a machine that is gone, or leaves, end at once.
    assert {group["connection_termination"] for group in groups.values()} == {True}
    assert all(group["health_check"] for group in groups.values())
    attached = planned(production, "aws_lb_target_group_attachment")
    for service in ("http", "https"):
        assert [address for address in attached if f'"{service}-' in address] == [
            f'module.load_balancer.aws_lb_target_group_attachment.this["{service}-worker-{number}"]'
            for number in (1, 2, 3, 4)
        ]
    assert len([address for address in attached if '"api-control-plane-' in address]) == 3


def test_only_80_and_443_are_open_to_the_world(production):
    rules = planned(production, "aws_vpc_security_group_ingress_rule")
    by_range = {
        (rule["cidr_ipv4"], rule["from_port"], rule["to_port"]) for rule in rules.values() if rule.get("cidr_ipv4")
    }
    assert by_range == {("0.0.0.0/0", 80, 80), ("0.0.0.0/0", 443, 443), ("198.51.100.7/32", 6443, 6443)}
    for address, rule in rules.items():
        assert not rule.get("cidr_ipv6"), address
        # Neither do nodes take anything from a range of addresses: only from a group.
        if rule.get("cidr_ipv4"):
            assert "users" in address or "administrators" in address


def test_the_ports_are_the_plans(production):
    rules = planned(production, "aws_vpc_security_group_ingress_rule")
    assert {22, 80, 443, 6443, 10250} <= {rule["from_port"] for rule in rules.values()}
    widest = max(rule["to_port"] - rule["from_port"] for rule in rules.values())
    assert widest == 1


FLOWS = {
    *(("kubelet", one, other, "tcp", 10250, 10250) for one in NODES for other in NODES),
    *(("vxlan", one, other, "udp", 8472, 8472) for one in NODES for other in NODES),
    *(("api", one, "control_planes", "tcp", 6443, 6443) for one in NODES),
    ("etcd", "control_planes", "control_planes", "tcp", 2379, 2380),
    ("public", "load_balancer", "control_planes", "tcp", 6443, 6443),
    ("http", "load_balancer", "workers", "tcp", 80, 80),
    ("https", "load_balancer", "workers", "tcp", 443, 443),
    ("health", "load_balancer", "workers", "tcp", 32080, 32080),
    *(("ssh", "ssh", node, "tcp", 22, 22) for node in NODES),
}
"""Who talks to whom: what for, from, to, protocol, first and last port."""


def test_every_flow_has_a_rule_at_both_ends_and_there_is_no_other(production):
    for way in ("ingress", "egress"):
        rules = planned(production, f"aws_vpc_security_group_{way}_rule")
        found = {address: rule for address, rule in rules.items() if ".flow[" in address}
        said = {
            (rule["description"], rule["ip_protocol"], rule["from_port"], rule["to_port"]) for rule in found.values()
        }
        assert said == {(f"{what}-{one}-{other}", *ports) for what, one, other, *ports in FLOWS}
        assert len(found) == 17


def test_nobody_named_means_6443_is_closed(tofu):
    rules = planned(plan(tofu), "aws_vpc_security_group_ingress_rule")
    assert not [rule for rule in rules.values() if rule.get("cidr_ipv4") and rule["from_port"] == 6443]


def test_one_nat_gateway_is_enough_where_no_more_is_wanted(production):
    assert len(planned(production, "aws_nat_gateway")) == 1
    assert len(planned(production, "aws_route")) == 4


def test_the_addresses_fit_into_the_quota_that_every_account_has(production):
    assert len(planned(production, "aws_eip")) <= 5


def test_the_load_balancer_sends_users_only_to_workers_that_have_traefik(production):
    groups = {found["port"]: found["health_check"][0] for found in planned(production, "aws_lb_target_group").values()}
    for port in (80, 443):
        assert (groups[port]["protocol"], groups[port]["port"], groups[port]["path"]) == ("HTTP", "32080", "/healthz")
        late = groups[port]["interval"] * max(groups[port]["healthy_threshold"], groups[port]["unhealthy_threshold"])
        assert late <= NOTICED, f"expected a moved Traefik to be noticed after {NOTICED} s, saw {late} s at {port}"
    assert (groups[6443]["protocol"], groups[6443]["port"]) == ("TCP", "traffic-port")
    rules = planned(production, "aws_vpc_security_group_ingress_rule")
    assert "health-load_balancer-workers" in {
        rule["description"] for rule in rules.values() if rule["from_port"] == 32080
    }


def test_traefik_sees_who_asks_and_nothing_before_it(production):
    groups = {found["port"]: found for found in planned(production, "aws_lb_target_group").values()}
    for port in (80, 443):
        # Traefik reads no PROXY protocol: every connection would fail.
        assert str(groups[port]["preserve_client_ip"]).lower() == "true" and not groups[port].get("proxy_protocol_v2")


def test_records_are_made_where_the_zone_is_given(tofu):
    records = planned(plan(tofu, dns_zone_id="Z0123456789"), "aws_route53_record")
    names = {record["name"] for record in records.values() if record.get("zone_id") == "Z0123456789"}
    assert names == {f"{host}.alternatefutures.ai" for host in ("www", "api", "auth", "argocd", "*.acceptance")}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("name", "Alternate_Futures", "lower-case letters"),
        ("name", "a-name-that-no-load-balancer-has-room-for", "3 to 28"),
        ("region", "somewhere", "name of an AWS region"),
        ("account_id", "1234", "12 digits"),
        ("subnet", "8.8.0.0/16", "private IPv4 range"),
        ("zones", ["eu-central-1a"], "two to four different zones"),
        ("zones", ["eu-central-1a", "us-east-1b"], "lie in the region"),
        ("administrators", {"everyone": "0.0.0.0/0"}, "/24 or smaller"),
        ("administrators", {"Alice B": "198.51.100.7/32"}, "named by"),
        ("ssh_public_key", "-----BEGIN OPENSSH PRIVATE KEY-----", "public half"),
        ("control_planes", 2, "odd and at least 3"),
        ("workers", 1, "at least two workers"),
        ("control_plane_type", "t3.nano", "at least 2 CPUs and 4 GiB"),
        ("worker_type", "c6i.large", "at least 2 CPUs and 8 GiB"),
        ("k3s", {**K3S, "version": "v1.27.9+k3s1"}, "v1.28.0 or newer"),
        ("k3s", {**K3S, "binary_sha256": "abc"}, "64 hexadecimal digits"),
        ("database_volume_gb", 50, "at least 100 GB"),
        ("redis_volume_gb", 10, "at least 20 GB"),
        ("dns_zone_id", "alternatefutures.ai", "Route 53 zone"),
        ("state_folder", "here", "absolute path"),
        ("nat_per_zone", True, "takes 6 Elastic IPs and the account may have 5"),
        ("workers", 7, "have 34 virtual CPUs and the account may run 32"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_a_sentence(tofu, name, value, message):
    text = " ".join(plan(tofu, check=False, **{name: value}).replace("│", " ").split())
    assert message in text
