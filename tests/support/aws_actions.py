"""What AWS is asked to make, look at and remove each kind of resource of infrastructure/aws."""

ACTIONS = {
    "aws_cloudwatch_log_group": "logs:CreateLogGroup logs:TagResource logs:DeleteLogGroup logs:PutRetentionPolicy",
    "aws_default_security_group": "ec2:RevokeSecurityGroupIngress",
    "aws_ebs_volume": "ec2:CreateVolume ec2:CreateTags ec2:DeleteVolume",
    "aws_ec2_instance_connect_endpoint": "ec2:CreateInstanceConnectEndpoint ec2:DeleteInstanceConnectEndpoint",
    "aws_eip": "ec2:AllocateAddress ec2:ReleaseAddress",
    "aws_flow_log": "ec2:CreateFlowLogs ec2:DeleteFlowLogs iam:PassRole",
    "aws_iam_instance_profile": (
        "iam:CreateInstanceProfile iam:TagInstanceProfile iam:DeleteInstanceProfile iam:AddRoleToInstanceProfile "
        "iam:RemoveRoleFromInstanceProfile"
    ),
    "aws_iam_role": "iam:CreateRole iam:TagRole iam:GetRole iam:DeleteRole",
    "aws_iam_role_policy": "iam:PutRolePolicy iam:GetRolePolicy iam:DeleteRolePolicy",
    "aws_instance": "ec2:RunInstances ec2:TerminateInstances iam:PassRole",
    "aws_internet_gateway": "ec2:CreateInternetGateway ec2:AttachInternetGateway ec2:DeleteInternetGateway",
    "aws_key_pair": "ec2:ImportKeyPair ec2:DeleteKeyPair",
    "aws_lb": (
        "elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:AddTags "
        "elasticloadbalancing:ModifyLoadBalancerAttributes elasticloadbalancing:DeleteLoadBalancer"
    ),
    "aws_lb_listener": "elasticloadbalancing:CreateListener elasticloadbalancing:DeleteListener",
    "aws_lb_target_group": "elasticloadbalancing:CreateTargetGroup elasticloadbalancing:DeleteTargetGroup",
    "aws_lb_target_group_attachment": "elasticloadbalancing:RegisterTargets elasticloadbalancing:DeregisterTargets",
    "aws_nat_gateway": "ec2:CreateNatGateway ec2:DeleteNatGateway",
    "aws_route": "ec2:CreateRoute ec2:DeleteRoute",
    "aws_route53_record": "route53:ChangeResourceRecordSets route53:GetChange",
    "aws_route53_zone": (
        "route53:CreateHostedZone route53:ChangeTagsForResource route53:ListTagsForResource route53:DeleteHostedZone"
    ),
    "aws_route_table": "ec2:CreateRouteTable ec2:DeleteRouteTable",
    "aws_route_table_association": "ec2:AssociateRouteTable ec2:DisassociateRouteTable",
    "aws_secretsmanager_secret": (
        "secretsmanager:CreateSecret secretsmanager:TagResource secretsmanager:DescribeSecret "
        "secretsmanager:DeleteSecret"
    ),
    "aws_security_group": "ec2:CreateSecurityGroup ec2:DeleteSecurityGroup",
    "aws_subnet": "ec2:CreateSubnet ec2:DeleteSubnet",
    "aws_vpc": "ec2:CreateVpc ec2:DeleteVpc",
    "aws_vpc_endpoint": "ec2:CreateVpcEndpoint ec2:DeleteVpcEndpoints",
    "aws_vpc_security_group_egress_rule": "ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupEgress",
    "aws_vpc_security_group_ingress_rule": "ec2:AuthorizeSecurityGroupIngress ec2:RevokeSecurityGroupIngress",
}
"""The operators' policies must grant these; the stand-in provider refuses what they do not."""
REMOVES = ("Delete", "Release", "Terminate", "Disassociate", "Deregister", "Revoke", "Remove")


def actions(kind, *, removes):
    """What it takes to make one of a kind, or to remove it."""
    return [name for name in ACTIONS.get(kind, "").split() if name.split(":")[1].startswith(REMOVES) == removes]
