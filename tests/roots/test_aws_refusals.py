"""What AWS refuses during an apply or a destroy of infrastructure/aws, and what the operator sees of it."""

import json
import re

import pytest
from aws_account import ADDRESSES, CPUS, UNIQUE
from aws_like import resources
from iam_simulation import NAME, operators_policies, simulator

from acceptance.base.errors import UserError
from acceptance.infrastructure.aws import LOAD_BALANCER


@pytest.fixture
def account(aws_like):
    """A new account."""
    aws_like.begin()
    return aws_like.account


@pytest.fixture
def made(account, aws_like):
    """An operator in it."""
    return aws_like.operator()


def refused(act):
    """The error of what AWS refuses."""
    with pytest.raises(UserError) as error:
        act()
    return error.value


def summary(made):
    """What the last apply did: added, changed and destroyed."""
    return [int(n) for n in re.findall(r"(\d+) added, (\d+) changed, (\d+) destroyed", made.log.read_text())[-1]]


def test_what_was_deleted_or_changed_behind_opentofus_back_is_mended(provisioned, aws_like):
    there = len(aws_like.account.all())
    ((_, balancer),) = aws_like.account.all("aws_lb")
    aws_like.account.put("aws_lb", balancer | {"enable_deletion_protection": False})
    volume = next(found for _, found in aws_like.account.all("aws_ebs_volume") if found["size"] == 20)
    aws_like.account.path("aws_ebs_volume", volume["id"]).unlink()
    provisioned.apply()
    assert summary(provisioned)[0] == 1
    assert aws_like.account.get("aws_lb", balancer["id"])["enable_deletion_protection"] is True
    assert len(resources(provisioned)) == len(aws_like.account.all()) == there
    provisioned.apply()
    assert summary(provisioned) == [0, 0, 0]


def test_a_security_group_in_use_is_said_and_goes_once_it_is_free(provisioned, aws_like):
    group = next(found for _, found in aws_like.account.all("aws_security_group") if found["name"].endswith("workers"))
    other = {"id": "i-other", "instance_type": "m6i.large", "vpc_security_group_ids": [group["id"]]}
    aws_like.account.put("aws_instance", other)
    error = refused(provisioned.destroy)
    assert f"DependencyViolation: resource {group['id']}" in provisioned.log.read_text().replace("\n", " ")
    assert "describe-network-interfaces" in error.remedy
    aws_like.account.path("aws_instance", "i-other").unlink()
    provisioned.destroy()
    assert aws_like.account.all() == []


def test_names_that_are_taken_are_said_with_the_way_to_take_in_what_a_killed_run_made(made, account):
    names = {
        "aws_cloudwatch_log_group": f"/{NAME}/flows", "aws_iam_instance_profile": f"{NAME}-worker",
        "aws_iam_role": f"{NAME}-flows", "aws_key_pair": NAME, "aws_lb": NAME,
        "aws_lb_target_group": f"{NAME[:26]}-http", "aws_secretsmanager_secret": f"{NAME}/kubeconfig",
    }  # fmt: skip
    assert set(names) == set(UNIQUE)
    for kind, name in names.items():
        account.put(kind, {"id": f"another-{kind}", UNIQUE[kind][0]: name})
    # What needs one that is refused is not tried: its own turn comes once that one is free.
    for _ in range(4):
        error = refused(made.apply)
        assert "An apply was killed" in error.remedy
        for kind in [*names]:
            if f"creating {kind}: {UNIQUE[kind][1].format(names[kind])}" in made.log.read_text():
                account.path(kind, f"another-{kind}").unlink()
                del names[kind]
        if not names:
            return
    raise AssertionError(f"made although the name was taken: {names}")


def test_a_quota_that_others_use_up_is_said(made, account):
    """A plan sees the quota, but not what the account uses of it."""
    for number in range(3):
        account.put("aws_instance", {"id": f"i-other-{number}", "instance_type": "m6i.xlarge"})
        account.put("aws_eip", {"id": f"eipalloc-other-{number}"})
    error = refused(made.apply)
    text = made.log.read_text()
    assert "VcpuLimitExceeded" in text or "AddressLimitExceeded" in text
    assert "higher quota" in error.remedy
    account.set(quotas={CPUS: 34, ADDRESSES: 7})
    made.apply()


def test_a_balancer_that_the_account_protects_is_not_destroyed_whatever_the_state_says(made):
    made.init()
    made.tofu("apply", "-auto-approve", f"-target={LOAD_BALANCER}")
    error = refused(lambda: made.tofu("destroy", "-auto-approve", "-var=protected=false", f"-target={LOAD_BALANCER}"))
    assert "OperationNotPermitted" in error.problem
    assert "--destroy --confirm=production" in error.remedy


def changed(old, new):
    """The operators' policies with another text in place of one."""
    return json.loads(json.dumps(operators_policies()).replace(old, new))


def without(action):
    """The operators' policies without an action."""
    return changed(f'"{action}"', '"ec2:DescribeVpcs"')


@pytest.mark.parametrize(
    ("policies", "missing"),
    [
        (operators_policies(), None),
        (without("ec2:CreateNatGateway"), "ec2:CreateNatGateway"),
        (without("route53:ChangeTagsForResource"), "route53:ChangeTagsForResource"),
        # Every action is granted, but for what has another tag.
        (changed(f'Cluster": "{NAME}"', 'Cluster": "other"'), "ec2:CreateVpc"),
    ],
    ids=["all of them", "EC2", "Route 53", "another platform"],
)  # fmt: skip
def test_a_right_that_the_operator_lacks_is_said(made, account, policies, missing):
    account.set(policies=policies, simulator=str(simulator()))
    if not missing:
        made.apply()
        made.destroy()
        assert account.all() == []
        return
    error = refused(made.apply)
    assert f"is not authorized to perform: {missing}" in re.sub(r"\s+", " ", made.log.read_text())
    assert "operators' policies" in error.remedy
