"""What the operators' policies allow, conditions evaluated: all calls of an apply, a tunnel and a destroy.

AWS asks for each resource that a call touches; a call is allowed if every one is. `new` marks what the call makes,
which has no tags yet but those of the request; `ours` and `theirs` are there already, with ours or another's
tag.
"""

import fnmatch

import pytest
from aws_account import ACCOUNT, KEY, REGION, STATE_KEY
from aws_actions import ACTIONS
from iam_simulation import NAME, operators_policies, simulate

from acceptance.infrastructure.aws_calls import CHANGES, MAKES, AwsPlatform

BUCKET = "arn:aws:s3:::the-bucket"

OURS = AwsPlatform(NAME, ACCOUNT, REGION, "the-bucket", STATE_KEY, KEY)
ROLE = OURS.role("worker")
# Rights without a call in the list, and why.
NOT_SIMULATED = {
    "ssm:GetParameter": "the image's ARN names no account; preflight makes this call itself",
}
SECRET = OURS.arn("secretsmanager", f"secret:{NAME}")
BALANCER = OURS.arn("elasticloadbalancing", "loadbalancer/net/x/1")
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role"


def listed(actions):
    """A statement's actions; a single one is written without a list."""
    return [actions] if isinstance(actions, str) else actions


def forbidden():
    """What operators must not be able to do: touch resources of others, or get more rights than necessary."""
    for action, (made, needed) in MAKES.items():
        for kind in needed.split():
            yield OURS.ec2(kind, OURS.tagged("theirs"), action)
        if action != "RunInstances":
            yield OURS.ec2(made, OURS.tagged("new", "another"), action)
    yield OURS.ec2("instance", OURS.tagged("new", "another"), "RunInstances")
    for action, kinds in CHANGES.items():
        yield from (OURS.ec2(kind, OURS.tagged("theirs", None), action) for kind in kinds.split())
    yield OURS.ec2("security-group", OURS.tagged("theirs"), "CreateTags")
    yield OURS.ec2("security-group", OURS.tagged("new", "another"), "CreateTags")
    yield ("elasticloadbalancing:CreateListener", BALANCER, OURS.tagged("theirs"))
    yield ("elasticloadbalancing:DeleteLoadBalancer", BALANCER, OURS.tagged("theirs", None))
    (opened, key) = OURS.tunnel_calls()
    for action, resource, context in (opened, key):
        yield (action, resource, context | OURS.tagged("theirs", None))
    yield (opened[0], opened[1], opened[2] | {"ec2-instance-connect:remotePort": "6443"})
    yield ("iam:CreateRole", ROLE, {})
    yield ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/administrator",
           {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/{NAME}-boundary"})  # fmt: skip
    yield ("iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"})
    yield ("iam:CreateServiceLinkedRole", f"{LINKED}/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
           {"iam:AWSServiceName": "eks.amazonaws.com"})  # fmt: skip
    yield ("secretsmanager:GetSecretValue", f"{SECRET}/server-token-AbCdEf", {})
    yield ("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/another", {})
    for action in ("ScheduleKeyDeletion", "PutKeyPolicy"):
        yield (f"kms:{action}", KEY, {})
    yield ("s3:GetObject", f"{BUCKET}/another.tfstate", {})
    yield ("s3:DeleteObjectVersion", f"{BUCKET}/alternate-futures/terraform.tfstate", {})


@pytest.fixture(scope="module")
def policies():
    """The operators' policies as bootstrap/ makes them."""
    return operators_policies()


def test_operators_may_make_what_there_is_reach_it_and_remove_it(policies):
    requests = OURS.every_call()
    assert len(requests) > 140
    answers = simulate(policies, requests)
    assert not [request for request, answer in zip(requests, answers, strict=True) if answer != "Allowed"]


def test_operators_may_do_nothing_else(policies):
    requests = list(forbidden())
    assert len(requests) > 60
    answers = simulate(policies, requests)
    assert not [request for request, answer in zip(requests, answers, strict=True) if answer == "Allowed"]


def test_the_calls_are_those_that_operators_are_granted(policies):
    """Right by right: what nobody calls is not granted, and what is called is asked for before it is needed."""
    asked = {request[0] for request in OURS.every_call()}
    given = {action for policy in policies for found in policy["Statement"] for action in listed(found["Action"])}
    exact = {action for action in given if "*" not in action}
    assert exact - asked - set(NOT_SIMULATED) == set()
    assert not asked & set(NOT_SIMULATED)
    patterns = {action for action in given if "*" in action}
    assert not [action for action in patterns if not fnmatch.filter(asked, action)]


def test_the_calls_are_those_of_everything_that_is_made():
    """What is listed for each kind of resource is evaluated here."""
    asked = {request[0] for request in OURS.every_call()}
    needed = {action for actions in ACTIONS.values() for action in actions.split()}
    assert needed - asked == set()
