"""A stand-in for the AWS provider, where that is not to be had: its schema is the real one's, its cloud an account.

Run with the wheel of cdktf-cdktf-provider-aws, the folder of the configuration and the account's (aws_account.py);
prints TF_REATTACH_PROVIDERS. It plans and applies like a provider does: what it would compute is unknown in a plan,
and made up on apply. What there is it asks the account.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import sys
import time

import grpc
import msgpack
from aws_account import ACCOUNT, KEY, QUOTAS, Account, Refused
from aws_inventions import invent, policy_document
from aws_schema import INSTANCE_TYPES, Provider

PROTO = pathlib.Path(__file__).parent / "tfplugin5.proto"
messages, services = grpc.protos_and_services(PROTO.name)
UNKNOWN = msgpack.ExtType(0, b"\0")


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


def refusal(doing, kind, said):
    """An error as the provider words it."""
    return messages.Diagnostic(severity=messages.Diagnostic.ERROR, summary=f"{doing} {kind}: {said}")


class StandIn(services.ProviderServicer):
    """The provider's service."""

    def __init__(self, wheel, folder, account):
        self.account = Account(account, serves=True)
        self.tags: dict = {}
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
        """The account learns under which tag everything will be made."""
        (given,) = decode(request.config)["default_tags"] or [{}]
        self.tags = given.get("tags") or {}
        self.account.is_called_by(self.tags)
        return messages.Configure.Response()

    def ReadResource(self, request, context):
        """What the account has by now, which may be nothing."""
        there = self.account.get(request.type_name, decode(request.current_state)["id"])
        return messages.ReadResource.Response(new_state=encode(there))

    def ImportResourceState(self, request, context):
        """What the account has under an id or a name."""
        there = self.account.find(request.type_name, request.id)
        if not there:
            return messages.ImportResourceState.Response(
                diagnostics=[refusal("importing", request.type_name, "no such")]
            )
        found = messages.ImportResourceState.ImportedResource(type_name=request.type_name, state=encode(there))
        return messages.ImportResourceState.Response(imported_resources=[found])

    def PlanResourceChange(self, request, context):
        """What would be computed is unknown, except the tags."""
        block = self.resources[request.type_name]
        planned = decode(request.proposed_new_state)
        if decode(request.prior_state) is None:
            for name, kind in {**block.arguments, **block.computed}.items():
                computable = name in block.computed or (name not in block.required and isinstance(kind, str))
                if computable and planned[name] is None:
                    planned[name] = UNKNOWN
        # As AWS's provider does it: a tag that changes is a change of everything that carries it.
        if planned is not None and "tags_all" in planned:
            planned["tags_all"] = self.tags | (planned["tags"] or {})
        return messages.PlanResourceChange.Response(planned_state=encode(planned), legacy_type_system=True)

    def ApplyResourceChange(self, request, context):
        """The account makes, changes or removes it, or says why not. What was unknown is made up."""
        kind, state, before = request.type_name, decode(request.planned_state), decode(request.prior_state)
        block = self.resources[kind]
        for name, type_name in {**block.arguments, **block.computed}.items():
            if state is not None and isinstance(state[name], msgpack.ExtType):
                state[name] = invent(name, type_name, kind)
        try:
            if state is None:
                self.account.remove(kind, before["id"])
            elif before is None:
                if self.has_taken_its_time(kind, context):
                    self.account.make(kind, state)
            else:
                self.account.change(kind, state)
        except Refused as error:
            said = refusal("deleting" if state is None else "creating", kind, str(error))
            return messages.ApplyResourceChange.Response(
                new_state=request.prior_state, diagnostics=[said], legacy_type_system=True
            )
        return messages.ApplyResourceChange.Response(new_state=encode(state), legacy_type_system=True)

    def has_taken_its_time(self, kind, context):
        """Wait as long as making one takes; False if OpenTofu was killed meanwhile."""
        until = time.monotonic() + self.account.settings.get("takes", {}).get(kind, 0)
        while context.is_active() and time.monotonic() < until:
            time.sleep(0.1)
        return context.is_active()

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
            state["value"] = (QUOTAS | self.account.settings.get("quotas", {}))[state["quota_code"]]
        elif name == "aws_kms_alias":
            # Another one at each look would be another key.
            state["target_key_arn"] = KEY
        elif name == "aws_caller_identity":
            state["account_id"] = ACCOUNT
        elif name == "aws_partition":
            state["partition"] = "aws"
        return messages.ReadDataSource.Response(state=encode(state))

    def Stop(self, request, context):
        """What was begun is ended, as a call of AWS's that was made goes on."""
        return messages.Stop.Response()


def main():
    """Command line: serve until standard input ends."""
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
    services.add_ProviderServicer_to_server(StandIn(*sys.argv[1:4]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    address = {"Network": "tcp", "String": f"127.0.0.1:{port}"}
    reattach = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": os.getpid(), "Test": True, "Addr": address}
    print(json.dumps({"registry.opentofu.org/hashicorp/aws": reattach}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
