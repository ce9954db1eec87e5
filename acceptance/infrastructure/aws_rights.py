"""Whether IAM would allow calls, asked without making them (iam:SimulatePrincipalPolicy).

A simulation covers the caller's policies and permissions boundary, but may miss what an organization also forbids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from acceptance.base.errors import UserError
from acceptance.clients.aws import Aws
from acceptance.infrastructure.aws_calls import Call, Context

AT_ONCE = 8
"""Concurrent simulations."""
NUMBERS = {"ec2-instance-connect:remotePort"}
"""Context keys with numeric values."""


def principal(aws: Aws, arn: str) -> str:
    """The ARN to simulate for a caller: the user, or the role behind a session."""
    found = re.match(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/", arn)
    if not found:
        return arn
    try:
        # A session's ARN does not contain the role's path.
        return str(aws.ask("iam", "get-role", "--role-name", found[3])["Role"]["Arn"])
    except UserError:
        return f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}"


def denied(aws: Aws, source: str, calls: Iterable[Call]) -> list[str]:
    """The calls that a principal may not make, in words. Raises UserError if IAM may not be queried."""
    groups: dict[tuple[str, str], list[str]] = {}
    for action, resource, context in calls:
        groups.setdefault((resource, json.dumps(context, sort_keys=True)), []).append(action)

    def ask(group: tuple[tuple[str, str], list[str]]) -> list[str]:
        (resource, context), actions = group
        refused = refused_actions(aws, source, actions, resource, json.loads(context))
        return [f"{action} ({resource.rpartition(':')[2]})" for action in refused]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [text for texts in pool.map(ask, groups.items()) for text in texts]


def refused_actions(aws: Aws, source: str, actions: list[str], resource: str, context: Context) -> list[str]:
    """The actions on one resource that IAM would not allow."""
    entries = [
        {
            "ContextKeyName": key,
            "ContextKeyValues": [value],
            "ContextKeyType": "numeric" if key in NUMBERS else "string",
        }
        for key, value in context.items()
    ]
    answer = aws.ask(
        "iam", "simulate-principal-policy", "--policy-source-arn", source, "--resource-arns", resource,
        "--action-names", *actions, *(["--context-entries", json.dumps(entries)] if entries else []),
    )  # fmt: skip
    return [item["EvalActionName"] for item in answer["EvaluationResults"] if item["EvalDecision"] != "allowed"]
