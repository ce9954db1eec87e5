"""What an apply prints while it runs: its progress, and the cost of what exists."""

import re

import pytest

from acceptance.base.paths import INFRASTRUCTURE, ROOT
from acceptance.infrastructure.aws_prices import EACH, GIGABYTE, MACHINES, ROOT_DISKS, Apply
from acceptance.infrastructure.tfvars import variables

VARIABLES = variables(INFRASTRUCTURE / "aws", "environments/production.tfvars")
SERVER = 'module.k3s_cluster.aws_instance.control_plane["control-plane-1"]'
LOG = f"""Plan: 96 to add, 0 to change, 0 to destroy.
module.networking.aws_nat_gateway.this["eu-central-1a"]: Refreshing state... [id=nat-1]
module.networking.aws_vpc.this: Creating...
module.networking.aws_vpc.this: Creation complete after 2s [id=vpc-1]
{SERVER}: Creating...
{SERVER}: Still creating... [10s elapsed]
{SERVER}: Creation complete after 32s [id=i-1]
"""


def test_it_says_how_far_it_is_and_what_is_there_costs():
    apply = Apply(VARIABLES)
    apply.read(LOG)
    # 0.052 of the gateway that was there, 0.097 of the machine, 40 GB of its disk.
    assert apply.describe() == "2 of 96 resources created, costing about 0.15 US dollars an hour"


def test_what_was_removed_costs_nothing_more():
    apply = Apply(VARIABLES)
    apply.read(LOG)
    apply.read(f"{SERVER}: Destruction complete after 31s\n")
    assert apply.describe().endswith("about 0.05 US dollars an hour")


def test_a_type_without_a_price_is_said():
    apply = Apply(VARIABLES | {"control_plane_type": "x9.huge"})
    apply.read(LOG)
    assert apply.describe().endswith(
        "about 0.05 US dollars an hour, not counting 1 machines of types without a known price"
    )


def test_the_whole_costs_what_the_handbook_says():
    addresses = [f'module.k3s_cluster.aws_instance.control_plane["{n}"]' for n in range(VARIABLES["control_planes"])]
    addresses += [f'module.k3s_cluster.aws_instance.worker["{n}"]' for n in range(VARIABLES["workers"])]
    addresses += [f'module.storage.aws_ebs_volume.this["{name}"]' for name in ("database", "redis")]
    addresses += [f'module.load_balancer.aws_eip.this["{zone}"]' for zone in "abc"]
    addresses += ["module.load_balancer.aws_lb.this", 'module.networking.aws_nat_gateway.this["a"]']
    addresses += ['module.networking.aws_eip.nat["a"]']
    apply = Apply(VARIABLES)
    apply.read("".join(f"{address}: Creation complete after 1s [id=1]\n" for address in addresses))
    total = sum(apply.price(address) for address in apply.there)
    claims = 231 * GIGABYTE
    handbook = (ROOT / "docs" / "first-deployment.md").read_text()
    said = float(re.search(r"about (\d\.\d+) US dollars an hour", handbook)[1])
    assert total + claims == pytest.approx(said, abs=0.05)


def test_prices_are_of_what_the_root_makes():
    root = INFRASTRUCTURE / "aws"
    text = "".join(path.read_text() for path in root.rglob("*.tf"))
    for kind in (*EACH, "aws_instance", "aws_ebs_volume"):
        assert f'resource "{kind}"' in text
    for role, size in ROOT_DISKS.items():
        file = root / "modules" / "k3s-cluster" / f"{role.replace('_', '-')}s.tf"
        assert re.search(r"volume_size = (\d+)", file.read_text())[1] == str(size)
    for role in ("control_plane", "worker"):
        assert VARIABLES[f"{role}_type"] in MACHINES
