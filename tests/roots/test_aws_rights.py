"""What the operators' policies allow, conditions evaluated: all calls of an apply, a tunnel and a destroy.

AWS asks for each resource that a call touches; a call is allowed if every one is. `new` marks what the call makes,
which has no tags yet but those of the request; `ours` and `theirs` are there already, with ours or another's
tag.
"""

import json
import re

import pytest
from aws_tools import AWS
from iam_simulation import simulate

from tests.roots.test_aws_security import ACTIONS

NAME = "alternate-futures-production"
ACCOUNT = "123456789012"
REGION = "eu-central-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/platform"
STATE_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/state"
BUCKET = "arn:aws:s3:::the-bucket"
VALUES = {
    "account": ACCOUNT, "partition": "aws", "region": REGION, "name": NAME, "bucket": "the-bucket", "key": STATE_KEY,
    "platform_key": KEY,
}  # fmt: skip

ROLE = f"arn:aws:iam::{ACCOUNT}:role/{NAME}-worker"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/{NAME}-worker"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{NAME}"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/{NAME}/flows"
ZONE = "arn:aws:route53:::hostedzone/Z0123456789"
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role"

# EC2's calls: what they make, and what they need that is there already.
MAKES = {
    "CreateVpc": ("vpc", ""),
    "CreateSubnet": ("subnet", "vpc"),
    "CreateRouteTable": ("route-table", "vpc"),
    "CreateSecurityGroup": ("security-group", "vpc"),
    "AuthorizeSecurityGroupIngress": ("security-group-rule", "security-group"),
    "AuthorizeSecurityGroupEgress": ("security-group-rule", "security-group"),
    "CreateInternetGateway": ("internet-gateway", ""),
    "AllocateAddress": ("elastic-ip", ""),
    "CreateNatGateway": ("natgateway", "elastic-ip subnet"),
    "CreateVpcEndpoint": ("vpc-endpoint", "vpc route-table"),
    "CreateFlowLogs": ("vpc-flow-log", "vpc"),
    "CreateInstanceConnectEndpoint": ("instance-connect-endpoint", "subnet security-group"),
    "CreateVolume": ("volume", ""),
    "ImportKeyPair": ("key-pair", ""),
    "RunInstances": ("instance volume network-interface", "subnet security-group key-pair"),
}
# EC2's calls that change or remove what is there.
CHANGES = {
    "AssociateRouteTable": "route-table subnet",
    "AttachInternetGateway": "internet-gateway vpc",
    "CreateRoute": "route-table",
    "DeleteFlowLogs": "vpc-flow-log",
    "DeleteInstanceConnectEndpoint": "instance-connect-endpoint",
    "DeleteInternetGateway": "internet-gateway",
    "DeleteKeyPair": "key-pair",
    "DeleteNatGateway": "natgateway",
    "DeleteRoute": "route-table",
    "DeleteRouteTable": "route-table",
    "DeleteSecurityGroup": "security-group",
    "DeleteSubnet": "subnet",
    "DeleteVolume": "volume",
    "DeleteVpc": "vpc",
    "DeleteVpcEndpoints": "vpc-endpoint",
    "DetachInternetGateway": "internet-gateway vpc",
    "DisassociateRouteTable": "route-table subnet",
    "ModifyInstanceAttribute": "instance",
    "ModifySubnetAttribute": "subnet",
    "ModifyVolume": "volume",
    "ModifyVpcAttribute": "vpc",
    "ReleaseAddress": "elastic-ip",
    "RevokeSecurityGroupEgress": "security-group",
    "RevokeSecurityGroupIngress": "security-group",
    "TerminateInstances": "instance",
}


def ec2(kind, context, action):
    """A request of EC2 for one resource."""
    return (
        f"ec2:{action}",
        f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/some-1",
        {"aws:RequestedRegion": REGION, **context},
    )


def tagged(whose, request=NAME):
    """The context of a resource: of ours, of somebody else's (theirs), or of one that this call makes (new)."""
    there = {"ours": {"aws:ResourceTag/Cluster": NAME}, "theirs": {"aws:ResourceTag/Cluster": "another"}, "new": {}}
    # A request has the tags that it gives, whatever else it touches.
    return there[whose] | ({"aws:RequestTag/Cluster": request} if request else {})


def apply_calls():
    """The calls that make everything, by what they are for."""
    for action, (made, needed) in MAKES.items():
        for kind in made.split():
            yield ec2(kind, tagged("new"), action)
        for kind in needed.split():
            yield ec2(kind, tagged("ours"), action)
        for kind in made.split():
            yield ec2(kind, tagged("new") | {"ec2:CreateAction": action}, "CreateTags")
    yield ("ec2:RunInstances", f"arn:aws:ec2:{REGION}::image/ami-1", {"ec2:Owner": "amazon"})
    # Behind the endpoint for SSH; the interface is made by the service, with tags of its own.
    yield ec2("network-interface", {}, "CreateNetworkInterface")
    for kind in ("subnet", "security-group"):
        yield ec2(kind, tagged("ours", None), "CreateNetworkInterface")
    # The group that comes with a VPC is there without a tag.
    yield ec2("security-group", tagged("new"), "CreateTags")
    yield ec2("vpc", tagged("ours", None), "GetSecurityGroupsForVpc")
    roles = {"ec2-instance-connect": "Ec2InstanceConnect", "elasticloadbalancing": "ElasticLoadBalancing"}
    for service, role in roles.items():
        linked = f"{LINKED}/{service}.amazonaws.com/AWSServiceRoleFor{role}"
        yield ("iam:CreateServiceLinkedRole", linked, {"iam:AWSServiceName": f"{service}.amazonaws.com"})
    region = {"aws:RequestedRegion": REGION}
    for action, resource in (("CreateLoadBalancer", "loadbalancer/net/x/1"), ("CreateTargetGroup", "targetgroup/x/1")):
        yield (f"elasticloadbalancing:{action}", f"{BALANCER}:{resource}", tagged("new") | region)
    made = {"elasticloadbalancing:CreateAction": "CreateLoadBalancer"} | tagged("new")
    yield ("elasticloadbalancing:AddTags", f"{BALANCER}:loadbalancer/net/x/1", made)
    yield ("elasticloadbalancing:CreateListener", f"{BALANCER}:loadbalancer/net/x/1", tagged("ours") | region)
    for action, resource in (
        ("ModifyLoadBalancerAttributes", "loadbalancer/net/x/1"), ("ModifyTargetGroupAttributes", "targetgroup/x/1"),
        ("RegisterTargets", "targetgroup/x/1"), ("DeregisterTargets", "targetgroup/x/1"),
        ("DeleteListener", "listener/net/x/1/2"), ("DeleteLoadBalancer", "loadbalancer/net/x/1"),
        ("DeleteTargetGroup", "targetgroup/x/1"),
    ):  # fmt: skip
        yield (f"elasticloadbalancing:{action}", f"{BALANCER}:{resource}", tagged("ours", None))
    for action, kinds in CHANGES.items():
        for kind in kinds.split():
            yield ec2(kind, tagged("ours", None), action)


def other_calls():
    """The calls of other services."""
    for action in ("CreateRole", "PutRolePolicy", "DeleteRolePolicy"):
        yield (f"iam:{action}", ROLE, {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/{NAME}-boundary"})
    for action in ("DeleteRole", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies", "TagRole"):
        yield (f"iam:{action}", ROLE, {})
    for action in ("CreateInstanceProfile", "AddRoleToInstanceProfile", "GetInstanceProfile", "DeleteInstanceProfile"):
        yield (f"iam:{action}", PROFILE, {})
    yield ("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"})
    yield (
        "iam:PassRole",
        f"arn:aws:iam::{ACCOUNT}:role/{NAME}-flows",
        {"iam:PassedToService": "vpc-flow-logs.amazonaws.com"},
    )
    for action in ("CreateSecret", "DeleteSecret", "DescribeSecret", "GetResourcePolicy", "TagResource"):
        yield (f"secretsmanager:{action}", f"{SECRET}/agent-token-AbCdEf", {})
    yield ("secretsmanager:GetSecretValue", f"{SECRET}/kubeconfig-AbCdEf", {})
    for action in ("CreateLogGroup", "DeleteLogGroup", "PutRetentionPolicy", "AssociateKmsKey", "TagResource"):
        yield (f"logs:{action}", LOGS, {})
    yield ("logs:DescribeLogGroups", "*", {})
    for action in (
        "GetHostedZone",
        "DeleteHostedZone",
        "ChangeResourceRecordSets",
        "ListResourceRecordSets",
        "GetDNSSEC",
    ):
        yield (f"route53:{action}", ZONE, {})
    yield ("route53:CreateHostedZone", "*", {})
    yield ("route53:ListHostedZones", "*", {})
    for action in ("CreateGrant", "DescribeKey", "GenerateDataKeyWithoutPlaintext", "Decrypt", "ReEncryptFrom"):
        # What IAM knows of the key's tags does not matter: they take minutes to count.
        yield (f"kms:{action}", KEY, {})
    yield ("kms:ListAliases", "*", {})
    for action in ("Decrypt", "GenerateDataKey"):
        yield (f"kms:{action}", STATE_KEY, {})
    yield ("s3:ListBucket", BUCKET, {})
    for action in ("GetObject", "PutObject", "DeleteObject"):
        yield (f"s3:{action}", f"{BUCKET}/alternate-futures/terraform.tfstate", {})
    # Left out: ssm:GetParameter of Amazon's image, whose ARN names no account, which the simulator does not know.
    for action in (
        "tag:GetResources",
        "servicequotas:GetServiceQuota",
        "ec2:DescribeInstances",
        "sts:GetCallerIdentity",
    ):
        yield (action, f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:ec2/L-1216C47A" if "quotas" in action else "*", {})


def tunnel_calls():
    """What scripts/tunnel.sh asks for."""
    port = {"ec2-instance-connect:remotePort": "22"}
    endpoint = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance-connect-endpoint/eice-1"
    yield ("ec2-instance-connect:OpenTunnel", endpoint, tagged("ours", None) | port)
    machine = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1"
    yield ("ec2-instance-connect:SendSSHPublicKey", machine, tagged("ours", None))


def forbidden():
    """What operators must not do: touch what is somebody else's, or get at more than it takes."""
    for action, (made, needed) in MAKES.items():
        for kind in needed.split():
            yield ec2(kind, tagged("theirs"), action)
        if action != "RunInstances":
            yield ec2(made, tagged("new", "another"), action)
    yield ec2("instance", tagged("new", "another"), "RunInstances")
    for action, kinds in CHANGES.items():
        yield from (ec2(kind, tagged("theirs", None), action) for kind in kinds.split())
    yield ec2("security-group", tagged("theirs"), "CreateTags")
    yield ec2("security-group", tagged("new", "another"), "CreateTags")
    yield ("elasticloadbalancing:CreateListener", f"{BALANCER}:loadbalancer/net/x/1", tagged("theirs"))
    yield ("elasticloadbalancing:DeleteLoadBalancer", f"{BALANCER}:loadbalancer/net/x/1", tagged("theirs", None))
    (opened, key) = tunnel_calls()
    for action, resource, context in (opened, key):
        yield (action, resource, context | tagged("theirs", None))
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
    texts = [path.read_text() for path in sorted((AWS / "bootstrap").glob("operator-*.json.tftpl"))]
    return [json.loads(re.sub(r"\$\{(\w+)\}", lambda found: VALUES[found[1]], text)) for text in texts]


@pytest.mark.parametrize("calls", [apply_calls, other_calls, tunnel_calls])
def test_operators_may_make_what_there_is_reach_it_and_remove_it(policies, calls):
    requests = list(calls())
    answers = simulate(policies, requests)
    assert not [request for request, answer in zip(requests, answers, strict=True) if answer != "Allowed"]


def test_operators_may_do_nothing_else(policies):
    requests = list(forbidden())
    assert len(requests) > 60
    answers = simulate(policies, requests)
    assert not [request for request, answer in zip(requests, answers, strict=True) if answer == "Allowed"]


def test_the_calls_are_those_of_everything_that_is_made():
    """What test_aws_security.py lists for each kind of resource is evaluated here."""
    asked = {request[0] for calls in (apply_calls, other_calls) for request in calls()}
    needed = {action for actions in ACTIONS.values() for action in actions.split()}
    assert needed - asked == set()
