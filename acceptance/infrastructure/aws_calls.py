"""The AWS calls that an apply, a tunnel and a destroy of infrastructure/aws make, with what IAM checks for each.

AWS checks each resource that a call touches; a call is allowed if every resource is. Source: AWS's service
authorization reference; the resources of infrastructure/aws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Context = dict[str, str]
Call = tuple[str, str, Context]
"""An action, the resource that it touches, and the keys that policy conditions look at."""

MAKES: dict[str, tuple[str, str]] = {
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
"""EC2 calls: what they create, and which existing resources they need."""
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
    "ModifySecurityGroupRules": "security-group",
    "MonitorInstances": "instance",
    "ModifySubnetAttribute": "subnet",
    "ModifyVolume": "volume",
    "ModifyVpcAttribute": "vpc",
    "ReleaseAddress": "elastic-ip",
    "ReplaceRoute": "route-table",
    "RevokeSecurityGroupEgress": "security-group",
    "RevokeSecurityGroupIngress": "security-group",
    "StartInstances": "instance",
    "StopInstances": "instance",
    "TerminateInstances": "instance",
    "UnmonitorInstances": "instance",
}
"""EC2 calls that change or remove existing resources."""
LOOKS = {
    "ec2": (
        "AccountAttributes Addresses AddressesAttribute AvailabilityZones FlowLogs Images InstanceConnectEndpoints "
        "InstanceCreditSpecifications InstanceTypeOfferings InstanceTypes Instances InternetGateways KeyPairs "
        "NatGateways NetworkAcls NetworkInterfaces PrefixLists RouteTables SecurityGroupRules SecurityGroups Subnets "
        "Tags Volumes VpcAttribute VpcEndpoints Vpcs"
    ),
    "elasticloadbalancing": (
        "ListenerAttributes Listeners LoadBalancerAttributes LoadBalancers Tags TargetGroupAttributes TargetGroups "
        "TargetHealth"
    ),
}
"""What the provider and the scripts describe, by service; without a resource, as AWS checks most of these calls."""
ROLE_CALLS = (
    "DeleteRole GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies TagRole "
    "UpdateAssumeRolePolicy"
)
PROFILE_CALLS = (
    "CreateInstanceProfile AddRoleToInstanceProfile GetInstanceProfile DeleteInstanceProfile "
    "RemoveRoleFromInstanceProfile TagInstanceProfile"
)
SECRET_CALLS = "CreateSecret DeleteSecret DescribeSecret GetResourcePolicy TagResource UpdateSecret"
LOG_CALLS = (
    "CreateLogGroup DeleteLogGroup PutRetentionPolicy AssociateKmsKey TagResource ListTagsForResource ListTagsLogGroup"
)
ZONE_CALLS = (
    "GetHostedZone DeleteHostedZone ChangeResourceRecordSets ListResourceRecordSets GetDNSSEC ChangeTagsForResource "
    "ListTagsForResource AssociateVPCWithHostedZone"
)
KEY_CALLS = "CreateGrant DescribeKey GenerateDataKeyWithoutPlaintext Decrypt Encrypt ReEncryptFrom"


@dataclass(frozen=True)
class AwsPlatform:
    """Where the platform is provisioned, and what bootstrap/ created for it. Keys are ARNs."""

    name: str
    account: str
    region: str
    bucket: str
    state_key: str
    key: str
    partition: str = "aws"

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """The ARN of a resource: ours, in our region, by default."""
        place = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{place}:{self.account if account is None else account}:{resource}"

    def role(self, which: str) -> str:
        """The ARN of one of the roles that an apply creates."""
        return self.arn("iam", f"role/{self.name}-{which}", region="")

    def ec2(self, kind: str, context: Context, action: str) -> Call:
        """An EC2 call for one resource."""
        return f"ec2:{action}", self.arn("ec2", f"{kind}/some-1"), {"aws:RequestedRegion": self.region, **context}

    def tagged(self, whose: str, request: str | None = "") -> Context:
        """The context of a resource: ours, another owner's (theirs), or one that a call creates (new).

        `request`: the tag that the call sets, ours by default. A request has the tags that it sets, whatever else it
        touches.
        """
        there = {"ours": {"aws:ResourceTag/Cluster": self.name}, "theirs": {"aws:ResourceTag/Cluster": "another"}}
        given = {} if request is None else {"aws:RequestTag/Cluster": request or self.name}
        return there.get(whose, {}) | given

    def machine_calls(self) -> Iterator[Call]:
        """The calls that create and remove network, machines and volumes."""
        new, ours, untagged = self.tagged("new"), self.tagged("ours"), self.tagged("ours", None)
        for action, (made, needed) in MAKES.items():
            for kind in made.split():
                yield self.ec2(kind, new, action)
                yield self.ec2(kind, new | {"ec2:CreateAction": action}, "CreateTags")
            for kind in needed.split():
                yield self.ec2(kind, ours, action)
        yield "ec2:RunInstances", self.arn("ec2", "image/ami-1", account=""), {"ec2:Owner": "amazon"}
        # For the SSH endpoint; the service creates the interface, with its own tags.
        yield self.ec2("network-interface", {}, "CreateNetworkInterface")
        for kind in ("subnet", "security-group"):
            yield self.ec2(kind, untagged, "CreateNetworkInterface")
        # A VPC's default security group has no tag.
        yield self.ec2("security-group", new, "CreateTags")
        yield self.ec2("vpc", untagged, "GetSecurityGroupsForVpc")
        for action, kinds in CHANGES.items():
            for kind in kinds.split():
                yield self.ec2(kind, untagged, action)
        for service, looks in LOOKS.items():
            yield from ((f"{service}:Describe{look}", "*", {}) for look in looks.split())

    def balancer_calls(self) -> Iterator[Call]:
        """The calls for the load balancer, and for the service-linked roles that a new account lacks."""
        new, ours = self.tagged("new"), self.tagged("ours", None)
        region = {"aws:RequestedRegion": self.region}
        balancer, group = "loadbalancer/net/x/1", "targetgroup/x/1"
        for action, resource, context in (
            ("CreateLoadBalancer", balancer, new | region),
            ("CreateTargetGroup", group, new | region),
            ("AddTags", balancer, new | {"elasticloadbalancing:CreateAction": "CreateLoadBalancer"}),
            ("CreateListener", balancer, self.tagged("ours") | region),
            ("ModifyLoadBalancerAttributes", balancer, ours),
            ("RemoveTags", balancer, ours),
            ("SetSecurityGroups", balancer, ours),
            ("ModifyTargetGroupAttributes", group, ours),
            ("RegisterTargets", group, ours),
            ("DeregisterTargets", group, ours),
            ("DeleteListener", "listener/net/x/1/2", ours),
            ("DeleteLoadBalancer", balancer, ours),
            ("DeleteTargetGroup", group, ours),
        ):
            yield f"elasticloadbalancing:{action}", self.arn("elasticloadbalancing", resource), context
        linked = {"ec2-instance-connect": "Ec2InstanceConnect", "elasticloadbalancing": "ElasticLoadBalancing"}
        for service, role in linked.items():
            host = f"{service}.amazonaws.com"
            arn = self.arn("iam", f"role/aws-service-role/{host}/AWSServiceRoleFor{role}", region="")
            yield "iam:CreateServiceLinkedRole", arn, {"iam:AWSServiceName": host}

    def other_calls(self) -> Iterator[Call]:
        """The calls of all other services."""
        boundary = self.arn("iam", f"policy/{self.name}-boundary", region="")
        for action in ("CreateRole", "PutRolePolicy", "DeleteRolePolicy"):
            yield f"iam:{action}", self.role("worker"), {"iam:PermissionsBoundary": boundary}
        for role, service in (("worker", "ec2"), ("flows", "vpc-flow-logs")):
            yield "iam:PassRole", self.role(role), {"iam:PassedToService": f"{service}.amazonaws.com"}
        profile = self.arn("iam", f"instance-profile/{self.name}-worker", region="")
        for service, actions, resource in (
            ("iam", ROLE_CALLS, self.role("worker")),
            ("iam", PROFILE_CALLS, profile),
            # The calls of a preflight.
            ("iam", "SimulatePrincipalPolicy", self.arn("iam", "user/some-operator", region="")),
            ("secretsmanager", SECRET_CALLS, self.arn("secretsmanager", f"secret:{self.name}/agent-token-AbCdEf")),
            ("secretsmanager", "GetSecretValue", self.arn("secretsmanager", f"secret:{self.name}/kubeconfig-AbCdEf")),
            ("logs", LOG_CALLS, self.arn("logs", f"log-group:/{self.name}/flows")),
            ("logs", "DescribeLogGroups", "*"),
            ("route53", ZONE_CALLS, self.arn("route53", "hostedzone/Z0123456789", region="", account="")),
            ("route53", "GetChange", self.arn("route53", "change/C0123456789", region="", account="")),
            ("route53", "CreateHostedZone ListHostedZones ListHostedZonesByName", "*"),
            # The key's tags are ignored: they take minutes to take effect in IAM.
            ("kms", KEY_CALLS, self.key),
            ("kms", "ListAliases", "*"),
            ("kms", "Decrypt GenerateDataKey", self.state_key),
            ("s3", "ListBucket", self.arn("s3", self.bucket, region="", account="")),
            ("s3", "GetObject PutObject DeleteObject",
             self.arn("s3", f"{self.bucket}/alternate-futures/terraform.tfstate", region="", account="")),
            # Left out: ssm:GetParameter of Amazon's image, whose ARN names no account; it is checked by calling it.
            ("tag", "GetResources", "*"),
            ("sts", "GetCallerIdentity", "*"),
            ("servicequotas", "GetServiceQuota", self.arn("servicequotas", "ec2/L-1216C47A")),
        ):  # fmt: skip
            for action in actions.split():
                yield f"{service}:{action}", resource, {}

    def tunnel_calls(self) -> Iterator[Call]:
        """The calls of scripts/tunnel.sh."""
        ours = self.tagged("ours", None)
        endpoint = self.arn("ec2", "instance-connect-endpoint/eice-1")
        yield "ec2-instance-connect:OpenTunnel", endpoint, ours | {"ec2-instance-connect:remotePort": "22"}
        yield "ec2-instance-connect:SendSSHPublicKey", self.arn("ec2", "instance/i-1"), ours

    def every_call(self) -> list[Call]:
        """All calls."""
        return [*self.machine_calls(), *self.balancer_calls(), *self.other_calls(), *self.tunnel_calls()]
