"""What an account has in moto, too: what AWS finds by tag, by name or as a hosted zone, as far as moto has it.

Moto gives these their ids. Not there, because moto has no such thing or nobody looks for it there: rules, routes and
associations, listeners and targets, flow logs, the endpoint for SSH, policies of roles, DNS records.
"""

import functools
from dataclasses import dataclass

import boto3
from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Kind:
    """How a kind is made (gives what moto computes), looked at (raises ClientError, or gives nothing), and removed."""

    service: str
    make: object
    look: object
    remove: object


def ec2(word, made, look, remove, **arguments):
    """A kind of EC2's: its create call and its place in the answer, its describe call with its key, its delete call."""
    create, answer, field = made
    describe, ids, listed = look
    delete, identity = remove

    def make(aws, state, tags):
        found = getattr(aws, create)(
            TagSpecifications=[{"ResourceType": word, "Tags": tags}],
            **{name: state[key] for name, key in arguments.items()},
        )
        return {"id": (found[answer] if answer else found)[field]}

    return Kind(
        "ec2",
        make,
        # NAT gateways are listed for an hour after they were deleted.
        lambda aws, state: [
            found for found in getattr(aws, describe)(**{ids: [state["id"]]})[listed] if found.get("State") != "deleted"
        ],
        lambda aws, state: getattr(aws, delete)(**{identity: state["id"]}),
    )


def make_gateway(aws, state, tags):
    """An internet gateway, attached."""
    specification = [{"ResourceType": "internet-gateway", "Tags": tags}]
    identity = aws.create_internet_gateway(TagSpecifications=specification)["InternetGateway"]["InternetGatewayId"]
    aws.attach_internet_gateway(InternetGatewayId=identity, VpcId=state["vpc_id"])
    return {"id": identity}


def remove_gateway(aws, state):
    """Detach and remove it."""
    aws.detach_internet_gateway(InternetGatewayId=state["id"], VpcId=state["vpc_id"])
    aws.delete_internet_gateway(InternetGatewayId=state["id"])


def make_address(aws, state, tags):
    """An Elastic IP."""
    found = aws.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    return {"id": found["AllocationId"], "allocation_id": found["AllocationId"], "public_ip": found["PublicIp"]}


def make_key_pair(aws, state, tags):
    """A key pair; its id is its name."""
    aws.import_key_pair(
        KeyName=state["key_name"], PublicKeyMaterial=state["public_key"].encode(),
        TagSpecifications=[{"ResourceType": "key-pair", "Tags": tags}],
    )  # fmt: skip
    return {"id": state["key_name"]}


def make_instance(aws, state, tags):
    """A machine; an image that moto does not know stands for Amazon's."""
    (found,) = aws.run_instances(
        ImageId="ami-12c6146b", InstanceType=state["instance_type"], MinCount=1, MaxCount=1,
        SubnetId=state["subnet_id"], SecurityGroupIds=state["vpc_security_group_ids"],
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )["Instances"]  # fmt: skip
    return {"id": found["InstanceId"], "private_ip": found["PrivateIpAddress"]}


def look_for_instance(aws, state):
    """A machine that was not terminated."""
    (found,) = aws.describe_instances(InstanceIds=[state["id"]])["Reservations"][0]["Instances"]
    return found["State"]["Name"] != "terminated"


def make_role(aws, state, tags):
    """A role."""
    policy = state["assume_role_policy"]
    found = aws.create_role(RoleName=state["name"], AssumeRolePolicyDocument=policy, Tags=tags)["Role"]
    return {"id": state["name"], "arn": found["Arn"]}


def make_zone(aws, state, tags):
    """A private hosted zone."""
    network = {"VPCRegion": aws.meta.region_name, "VPCId": state["vpc"][0]["vpc_id"]}
    found = aws.create_hosted_zone(Name=state["name"], CallerReference=state["name"], VPC=network)["HostedZone"]
    identity = found["Id"].rpartition("/")[2]
    aws.change_tags_for_resource(ResourceType="hostedzone", ResourceId=identity, AddTags=tags)
    return {"id": identity, "zone_id": identity}


def make_balancer(aws, state, tags):
    """A network load balancer."""
    subnets = [mapping["subnet_id"] for mapping in state["subnet_mapping"]]
    (found,) = aws.create_load_balancer(Name=state["name"], Type="network", Subnets=subnets, Tags=tags)["LoadBalancers"]
    return {"id": found["LoadBalancerArn"], "arn": found["LoadBalancerArn"], "dns_name": found["DNSName"]}


def make_targets(aws, state, tags):
    """A target group."""
    about = {"Protocol": state["protocol"], "Port": int(state["port"]), "VpcId": state["vpc_id"], "Tags": tags}
    (found,) = aws.create_target_group(Name=state["name"], **about)["TargetGroups"]
    return {"id": found["TargetGroupArn"], "arn": found["TargetGroupArn"]}


def make_secret(aws, state, tags):
    """A secret without a value."""
    found = aws.create_secret(Name=state["name"], Tags=tags)
    return {"id": found["ARN"], "arn": found["ARN"]}


KINDS = {
    "aws_vpc": ec2(
        "vpc", ("create_vpc", "Vpc", "VpcId"), ("describe_vpcs", "VpcIds", "Vpcs"), ("delete_vpc", "VpcId"),
        CidrBlock="cidr_block",
    ),
    "aws_subnet": ec2(
        "subnet", ("create_subnet", "Subnet", "SubnetId"), ("describe_subnets", "SubnetIds", "Subnets"),
        ("delete_subnet", "SubnetId"), CidrBlock="cidr_block", VpcId="vpc_id", AvailabilityZone="availability_zone",
    ),
    "aws_security_group": ec2(
        "security-group", ("create_security_group", None, "GroupId"),
        ("describe_security_groups", "GroupIds", "SecurityGroups"), ("delete_security_group", "GroupId"),
        GroupName="name", Description="description", VpcId="vpc_id",
    ),
    "aws_route_table": ec2(
        "route-table", ("create_route_table", "RouteTable", "RouteTableId"),
        ("describe_route_tables", "RouteTableIds", "RouteTables"), ("delete_route_table", "RouteTableId"),
        VpcId="vpc_id",
    ),
    "aws_ebs_volume": ec2(
        "volume", ("create_volume", None, "VolumeId"), ("describe_volumes", "VolumeIds", "Volumes"),
        ("delete_volume", "VolumeId"), AvailabilityZone="availability_zone", Size="size", VolumeType="type",
    ),
    "aws_nat_gateway": ec2(
        "natgateway", ("create_nat_gateway", "NatGateway", "NatGatewayId"),
        ("describe_nat_gateways", "NatGatewayIds", "NatGateways"), ("delete_nat_gateway", "NatGatewayId"),
        SubnetId="subnet_id", AllocationId="allocation_id",
    ),
    "aws_internet_gateway": Kind(
        "ec2", make_gateway,
        lambda aws, state: aws.describe_internet_gateways(InternetGatewayIds=[state["id"]])["InternetGateways"],
        remove_gateway,
    ),
    "aws_eip": Kind(
        "ec2", make_address, lambda aws, state: aws.describe_addresses(AllocationIds=[state["id"]])["Addresses"],
        lambda aws, state: aws.release_address(AllocationId=state["id"]),
    ),
    "aws_key_pair": Kind(
        "ec2", make_key_pair, lambda aws, state: aws.describe_key_pairs(KeyNames=[state["id"]])["KeyPairs"],
        lambda aws, state: aws.delete_key_pair(KeyName=state["id"]),
    ),
    "aws_instance": Kind(
        "ec2", make_instance, look_for_instance, lambda aws, state: aws.terminate_instances(InstanceIds=[state["id"]])
    ),
    "aws_iam_role": Kind(
        "iam", make_role, lambda aws, state: aws.get_role(RoleName=state["id"]),
        lambda aws, state: aws.delete_role(RoleName=state["id"]),
    ),
    "aws_route53_zone": Kind(
        "route53", make_zone, lambda aws, state: aws.get_hosted_zone(Id=state["id"]),
        lambda aws, state: aws.delete_hosted_zone(Id=state["id"]),
    ),
    "aws_lb": Kind(
        "elbv2", make_balancer, lambda aws, state: aws.describe_load_balancers(LoadBalancerArns=[state["id"]]),
        lambda aws, state: aws.delete_load_balancer(LoadBalancerArn=state["id"]),
    ),
    "aws_lb_target_group": Kind(
        "elbv2", make_targets, lambda aws, state: aws.describe_target_groups(TargetGroupArns=[state["id"]]),
        lambda aws, state: aws.delete_target_group(TargetGroupArn=state["id"]),
    ),
    "aws_secretsmanager_secret": Kind(
        "secretsmanager", make_secret, lambda aws, state: aws.describe_secret(SecretId=state["id"]),
        lambda aws, state: aws.delete_secret(SecretId=state["id"], ForceDeleteWithoutRecovery=True),
    ),
}  # fmt: skip


class InMoto:
    """The part of an account that is in moto, at an endpoint."""

    def __init__(self, endpoint, region):
        session = boto3.Session("test", "test", region_name=region)
        self.client = functools.cache(lambda service: session.client(service, endpoint_url=endpoint))

    def make(self, kind, state, tags):
        """Make it there, if it can be; what moto computed."""
        if kind not in KINDS:
            return {}
        listed = [{"Key": key, "Value": value} for key, value in {**tags, **(state["tags"] or {})}.items()]
        return KINDS[kind].make(self.client(KINDS[kind].service), state, listed)

    def is_there(self, kind, state):
        """Whether moto has it; true for what it cannot have."""
        if kind not in KINDS:
            return True
        try:
            return bool(KINDS[kind].look(self.client(KINDS[kind].service), state))
        except ClientError:
            return False

    def remove(self, kind, state):
        """Remove it there."""
        if kind in KINDS:
            KINDS[kind].remove(self.client(KINDS[kind].service), state)
