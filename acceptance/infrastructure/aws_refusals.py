"""What to do when OpenTofu or AWS refuses to go on with an apply or a destroy of infrastructure/aws."""

from __future__ import annotations

import re

from acceptance.base.errors import UserError

LOCKED = re.compile(
    r"Lock Info:.*?\bID: +(\S+).*?\bOperation: +(\S+).*?\bWho: +(\S+).*?\bCreated: +([^\n]+)",
    re.DOTALL,
)
BY_HAND = "docs/operations.md, `An apply was killed`"
REMEDIES = {
    r"UnauthorizedOperation|AccessDenied|not authorized to perform":
        "attach both operators' policies as bootstrap/ creates them: infrastructure/aws/README.md, `Once per account`; "
        "`make preflight ENV=production` names every right that is missing",
    r"(?<!Request)LimitExceeded":
        "ask AWS for a higher quota (`make preflight ENV=production` prints the command), or free what the account "
        "uses; then type the same command again",
    r"AlreadyExists|ResourceExists|\.Duplicate\b|DuplicateLoadBalancerName|DuplicateTargetGroupName|already exists":
        f"if a killed run of this platform made it, take it into the state: {BY_HAND}; else choose another `name`",
    r"DependencyViolation":
        "something that OpenTofu does not know uses it: find it by `aws ec2 describe-network-interfaces` with the id "
        "as filter, remove it, and type the same command again",
    r"deletion protection|OperationNotPermitted":
        "destroy by `pytest --env=production --destroy --confirm=production`, which lifts the protection first",
    r"nstance cannot be destroyed|prevent_destroy set":
        f"an interrupted apply may have left it marked for replacement: `tofu untaint`, {BY_HAND}",
}  # fmt: skip
"""Remedies by what the refusal says."""


def explained(error: UserError, variables: str) -> UserError:
    """The error with a remedy for what was refused; as it was, if nothing is known about it.

    `variables` is the file that OpenTofu's commands get. A lock is named with its owner and the command to remove it.
    """
    if found := LOCKED.search(error.problem):
        lock, operation, who, since = (text.strip() for text in found.groups())
        return UserError(
            f"the state is locked: {who} began {operation} at {since} (lock {lock})",
            "wait for that run if it still works. If it was killed, remove the lock: "
            f"`tofu -chdir=infrastructure/aws force-unlock -var-file={variables} {lock}`, in a shell as in {BY_HAND}",
        )
    for pattern, remedy in REMEDIES.items():
        if re.search(pattern, error.problem):
            return type(error)(error.problem, remedy)
    return error
