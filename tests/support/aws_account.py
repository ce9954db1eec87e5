"""What an account of AWS's has, outside OpenTofu's state; it refuses what AWS refuses.

Each resource is a file, KIND/ID.json, so that a test can look, take something away or change it. What the account is
to do is in settings.json: `quotas` by code, seconds that making something `takes` by kind, the operator's `policies`,
and the `endpoint` of moto, where as much of it is as possible (aws_in_moto.py).
"""

import contextlib
import functools
import json
import subprocess
import threading
import urllib.parse
from pathlib import Path

from aws_actions import actions
from aws_schema import INSTANCE_TYPES

from acceptance.infrastructure.aws_calls import AwsPlatform

ACCOUNT = "123456789012"
REGION = "eu-central-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/platform"
STATE_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/state"
# What an account has that asked for CPUs and for nothing else.
CPUS, ADDRESSES = "L-1216C47A", "L-0263D0A3"
QUOTAS = {CPUS: 32, ADDRESSES: 5}
# Names that an account gives once: the attribute, and what AWS says otherwise.
UNIQUE = {
    "aws_cloudwatch_log_group": ("name", "ResourceAlreadyExistsException: The specified log group already exists"),
    "aws_iam_instance_profile": ("name", "EntityAlreadyExists: Instance Profile {} already exists."),
    "aws_iam_role": ("name", "EntityAlreadyExists: Role with name {} already exists."),
    "aws_key_pair": ("key_name", "InvalidKeyPair.Duplicate: The keypair already exists"),
    "aws_lb": ("name", "ELBv2 Load Balancer ({}) already exists"),
    "aws_lb_target_group": ("name", "ELBv2 Target Group ({}) already exists"),
    "aws_secretsmanager_secret": ("name", "ResourceExistsException: the secret {} already exists."),
}
# What is not removed while something of these kinds is in it.
USED_BY = {
    "aws_security_group": (
        "aws_instance", "aws_lb", "aws_ec2_instance_connect_endpoint", "aws_vpc_security_group_ingress_rule",
        "aws_vpc_security_group_egress_rule",
    ),
    "aws_subnet": ("aws_instance", "aws_lb", "aws_nat_gateway", "aws_ec2_instance_connect_endpoint"),
    "aws_vpc": ("aws_subnet", "aws_security_group", "aws_internet_gateway", "aws_vpc_endpoint"),
}  # fmt: skip


class Refused(Exception):
    """AWS says no; the text is what it says."""


class Account:
    """An account, in a folder; `serves` it to OpenTofu, or only looks at its files, as tests do."""

    def __init__(self, folder, *, serves=False):
        self.serves = serves
        self.folder = Path(folder)
        self.lock = threading.RLock()
        self.denied = set()
        self.tags = {}

    @functools.cached_property
    def moto(self):
        """The part of it that is in moto; None without an `endpoint`."""
        if not self.serves or "endpoint" not in self.settings:
            return None
        # Where tests run its library is not installed.
        from aws_in_moto import InMoto

        return InMoto(self.settings["endpoint"], REGION)

    @property
    def settings(self):
        """What a test wants of it."""
        path = self.folder / "settings.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def set(self, **settings):
        """Add to its settings."""
        (self.folder / "settings.json").write_text(json.dumps(self.settings | settings))

    def path(self, kind, identity):
        """Where a resource is kept."""
        return self.folder / kind / f"{urllib.parse.quote(identity, safe='')}.json"

    def all(self, kind="*"):
        """What there is of a kind: (kind, attributes) each."""
        return [(path.parent.name, json.loads(path.read_text())) for path in self.folder.glob(f"{kind}/*.json")]

    def get(self, kind, identity):
        """A resource, or None if it is gone, from moto perhaps."""
        path = self.path(kind, identity)
        if path.exists() and self.moto and not self.moto.is_there(kind, json.loads(path.read_text())):
            path.unlink()
        return json.loads(path.read_text()) if path.exists() else None

    def find(self, kind, name):
        """A resource by its id, or by the name that only it may have."""
        key = UNIQUE.get(kind, ("id",))[0]
        return next((found for _, found in self.all(kind) if name in (found["id"], found[key])), None)

    def put(self, kind, state):
        """Keep a resource as it is now."""
        path = self.path(kind, state["id"])
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, as a reader sees it.
        path.with_suffix(".part").write_text(json.dumps(state, indent=1))
        path.with_suffix(".part").replace(path)

    def is_called_by(self, tags):
        """Ask IAM what the operator may do to the platform whose tags the provider sets; conditions are evaluated."""
        self.denied, self.tags = set(), tags
        if not (policies := self.settings.get("policies")):
            return
        calls = AwsPlatform(tags["Cluster"], ACCOUNT, REGION, "the-bucket", STATE_KEY, KEY).every_call()
        keys = ("action", "resource", "context")
        wanted = {"policies": policies, "requests": [dict(zip(keys, call, strict=True)) for call in calls]}
        command = ["node", Path(self.settings["simulator"]) / "simulate.mjs"]
        done = subprocess.run(command, input=json.dumps(wanted), capture_output=True, text=True, check=True)
        answers = json.loads(done.stdout)
        self.denied = {call[0] for call, said in zip(calls, answers, strict=True) if said["answer"] != "Allowed"}

    def check_right(self, kind, *, removes):
        """Raise Refused if the operator may not make one of these, or remove it."""
        for action in actions(kind, removes=removes):
            if action in self.denied:
                who = f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/session"
                raise Refused(f"UnauthorizedOperation: User: {who} is not authorized to perform: {action}")

    def check_room(self, kind, state):
        """Raise Refused if a name is taken or a quota used up."""
        if kind in UNIQUE:
            key, refusal = UNIQUE[kind]
            if any(found[key] == state[key] for _, found in self.all(kind)):
                raise Refused(refusal.format(state[key]))
        quotas = QUOTAS | self.settings.get("quotas", {})
        if kind == "aws_instance":
            machines = [state, *(found for _, found in self.all(kind))]
            cpus = sum(INSTANCE_TYPES[found["instance_type"]][0] for found in machines)
            if cpus > quotas[CPUS]:
                raise Refused(
                    "VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of "
                    f"{quotas[CPUS]} allows for the instance bucket that the specified instance type belongs to."
                )
        if kind == "aws_eip" and len(self.all(kind)) >= quotas[ADDRESSES]:
            raise Refused("AddressLimitExceeded: The maximum number of addresses has been reached.")

    def check_free(self, kind, there):
        """Raise Refused for what is protected or in use."""
        if kind == "aws_lb" and there["enable_deletion_protection"] in (True, "true"):
            raise Refused(
                f"OperationNotPermitted: Load balancer '{there['arn']}' cannot be deleted because deletion protection "
                "is enabled"
            )
        for user in USED_BY.get(kind, ()):
            for _, found in self.all(user):
                # Its own rules go with a group.
                if found.get("security_group_id") != there["id"] and f'"{there["id"]}"' in json.dumps(found):
                    raise Refused(f"DependencyViolation: resource {there['id']} has a dependent object")

    def make(self, kind, state):
        """Take in a new resource, which is given what moto computes. Raises Refused."""
        with self.lock:
            self.check_right(kind, removes=False)
            self.check_room(kind, state)
            state.update(self.moto.make(kind, state, self.tags) if self.moto else {})
            self.put(kind, state)

    def change(self, kind, state):
        """Take in a resource's new attributes. Raises Refused."""
        with self.lock:
            self.check_right(kind, removes=False)
            self.put(kind, state)

    def remove(self, kind, identity):
        """Remove a resource, if it is there. Raises Refused."""
        with self.lock:
            if there := self.get(kind, identity):
                self.check_right(kind, removes=True)
                self.check_free(kind, there)
                if self.moto:
                    self.moto.remove(kind, there)
                with contextlib.suppress(FileNotFoundError):
                    self.path(kind, identity).unlink()
