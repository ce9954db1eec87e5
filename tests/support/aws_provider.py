"""A stand-in for the AWS provider, where that is not to be had: its schema is the real one's, its cloud is nothing.

Run with the wheel of cdktf-cdktf-provider-aws and the folder of the configuration; prints TF_REATTACH_PROVIDERS.
It plans and applies like a provider does: what it would compute is unknown in a plan, and made up on apply.
"""

import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import sys

import grpc
import msgpack
from aws_schema import INSTANCE_TYPES, Provider

PROTO = pathlib.Path(__file__).parent / "tfplugin5.proto"
messages, services = grpc.protos_and_services(PROTO.name)
UNKNOWN = msgpack.ExtType(0, b"\0")
COUNTER = itertools.count(1)
# What AWS gives an account that has asked for CPUs and for nothing else: L-1216C47A are CPUs, L-0263D0A3 Elastic IPs.
QUOTAS = {"L-1216C47A": 32, "L-0263D0A3": 5}


def encode(value):
    """A value as the protocol wants it."""
    return messages.DynamicValue(msgpack=msgpack.packb(value))


def decode(value):
    """A value of the protocol."""
    return (
        msgpack.unpackb(value.msgpack, ext_hook=msgpack.ExtType) if value.msgpack else json.loads(value.json or b"null")
    )


def schema_of(block, top=True):
    """A Block as the protocol's schema. Whatever may be left out may also be computed."""
    attributes = [
        messages.Schema.Attribute(
            name=name, type=json.dumps(kind).encode(), required=name in block.required,
            optional=name not in block.required, computed=top and name not in block.required and isinstance(kind, str),
        )
        for name, kind in block.arguments.items()
    ]  # fmt: skip
    attributes += [
        messages.Schema.Attribute(name=name, type=json.dumps(kind).encode(), computed=True)
        for name, kind in block.computed.items()
    ]
    nested = [
        messages.Schema.NestedBlock(
            type_name=name,
            block=schema_of(inner, top=False),
            nesting=messages.Schema.NestedBlock.LIST,
            min_items=int(name in block.required),
            max_items=int(inner.single),
        )
        for name, inner in block.blocks.items()
    ]
    return messages.Schema.Block(attributes=attributes, block_types=nested)


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


class StandIn(services.ProviderServicer):
    """The provider's service."""

    def __init__(self, wheel, folder):
        text = "\n".join(path.read_text() for path in pathlib.Path(folder).rglob("*.tf"))
        provider = Provider(wheel)
        self.resources, self.data = (
            {name: block for name in sorted(names) if (block := read(name))}
            for names, read in (
                (set(re.findall(r'resource "(aws_\w+)"', text)), provider.resource),
                (set(re.findall(r'data "(aws_\w+)"', text)), provider.data),
            )
        )
        self.configuration = provider.configuration()

    def GetSchema(self, request, context):
        """All that the configuration uses."""
        wrap = lambda block: messages.Schema(block=schema_of(block))  # noqa: E731
        configuration = self.configuration
        # The class wants an alias and gives an id, which are not the provider's.
        configuration.arguments.pop("alias", None)
        configuration.computed = {}
        return messages.GetProviderSchema.Response(
            provider=messages.Schema(block=schema_of(configuration, top=False)),
            resource_schemas={name: wrap(block) for name, block in self.resources.items()},
            data_source_schemas={name: wrap(block) for name, block in self.data.items()},
        )

    def PrepareProviderConfig(self, request, context):
        """Everything is fine."""
        return messages.PrepareProviderConfig.Response(prepared_config=request.config)

    def ValidateResourceTypeConfig(self, request, context):
        """OpenTofu itself has checked it against the schema."""
        return messages.Validate.Response()

    ValidateDataSourceConfig = ValidateResourceTypeConfig

    def UpgradeResourceState(self, request, context):
        """The state is as it was."""
        return messages.UpgradeResourceState.Response(upgraded_state=encode(json.loads(request.raw_state.json)))

    def Configure(self, request, context):
        """Nothing to connect to."""
        return messages.Configure.Response()

    def ReadResource(self, request, context):
        """Nothing changes outside OpenTofu."""
        return messages.ReadResource.Response(new_state=request.current_state)

    def PlanResourceChange(self, request, context):
        """What would be computed is unknown."""
        block = self.resources[request.type_name]
        planned = decode(request.proposed_new_state)
        if decode(request.prior_state) is None:
            for name, kind in {**block.arguments, **block.computed}.items():
                computable = name in block.computed or (name not in block.required and isinstance(kind, str))
                if computable and planned[name] is None:
                    planned[name] = UNKNOWN
        return messages.PlanResourceChange.Response(planned_state=encode(planned), legacy_type_system=True)

    def ApplyResourceChange(self, request, context):
        """What was unknown is made up. A protected load balancer is not deleted."""
        state = decode(request.planned_state)
        before = decode(request.prior_state)
        if state is None and request.type_name == "aws_lb" and before["enable_deletion_protection"] in (True, "true"):
            refusal = messages.Diagnostic(
                severity=messages.Diagnostic.ERROR,
                summary=f"deleting ELBv2 Load Balancer ({before['arn']}): OperationNotPermitted",
                detail="it cannot be deleted because deletion protection is enabled",
            )
            return messages.ApplyResourceChange.Response(new_state=request.prior_state, diagnostics=[refusal])
        block = self.resources[request.type_name]
        for name, kind in {**block.arguments, **block.computed}.items():
            if state is not None and isinstance(state[name], msgpack.ExtType):
                state[name] = invent(name, kind, request.type_name)
        return messages.ApplyResourceChange.Response(new_state=encode(state), legacy_type_system=True)

    def ReadDataSource(self, request, context):
        """What the account would say."""
        name, state = request.type_name, decode(request.config)
        block = self.data[name]
        for key, kind in {**block.arguments, **block.computed}.items():
            if state[key] is None and kind == "string":
                state[key] = invent(key, kind, name)
        if name == "aws_ec2_instance_type":
            state["default_vcpus"], state["memory_size"] = INSTANCE_TYPES.get(state["instance_type"], (1, 1024))
        elif name == "aws_iam_policy_document":
            state["json"] = policy_document(state)
        elif name == "aws_servicequotas_service_quota":
            state["value"] = QUOTAS[state["quota_code"]]
        elif name == "aws_kms_alias":
            # Another one at each look would be another key.
            state["target_key_arn"] = "arn:aws:kms:eu-central-1:123456789012:key/platform"
        elif name == "aws_caller_identity":
            state["account_id"] = "123456789012"
        elif name == "aws_partition":
            state["partition"] = "aws"
        return messages.ReadDataSource.Response(state=encode(state))

    def Stop(self, request, context):
        """Nothing to stop."""
        return messages.Stop.Response()


def main():
    """Command line: serve until standard input ends."""
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
    services.add_ProviderServicer_to_server(StandIn(*sys.argv[1:3]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    address = {"Network": "tcp", "String": f"127.0.0.1:{port}"}
    reattach = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": os.getpid(), "Test": True, "Addr": address}
    print(json.dumps({"registry.opentofu.org/hashicorp/aws": reattach}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
