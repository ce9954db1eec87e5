"""What the stand-in for the AWS provider makes up, or works out by itself, in place of AWS."""

import itertools
import json

COUNTER = itertools.count(1)


def invent(name, kind, type_name):
    """A value for what a cloud would have computed."""
    number = next(COUNTER)
    if kind == "number":
        return number
    if kind == "bool":
        return False
    if isinstance(kind, list):
        return [] if kind[0] == "list" else {}
    if kind != "string":
        return None
    if name in ("private_ip", "public_ip"):
        return f"{'10.0.0' if name == 'private_ip' else '203.0.113'}.{number % 250 + 1}"
    if name == "dns_name":
        return f"balancer-{number}.elb.example.test"
    if name.endswith("arn"):
        return f"arn:aws:stand-in:eu-central-1:123456789012:{type_name}/{number}"
    return f"{type_name.removeprefix('aws_').replace('_', '-')}-{number:08x}"


def policy_document(config):
    """The JSON of an aws_iam_policy_document."""
    statements = []
    for given in config["statement"] or []:
        statement = {"Effect": given["effect"] or "Allow", "Action": given["actions"]}
        if given["sid"]:
            statement["Sid"] = given["sid"]
        if given["resources"]:
            statement["Resource"] = given["resources"]
        for principal in given["principals"] or []:
            statement.setdefault("Principal", {})[principal["type"]] = principal["identifiers"]
        for condition in given["condition"] or []:
            statement.setdefault("Condition", {}).setdefault(condition["test"], {})[condition["variable"]] = condition[
                "values"
            ]
        statements.append(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
