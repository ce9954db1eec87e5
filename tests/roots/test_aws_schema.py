"""infrastructure/aws uses only what the AWS provider's own schema allows."""

import functools

import hcl2
import pytest
from aws_schema import Provider
from aws_tools import AWS, provider_wheel

FILES = sorted(AWS.rglob("*.tf"))
LANGUAGE = {"count", "for_each", "depends_on", "lifecycle", "provider", "provisioner", "connection"}


@functools.cache
def provider():
    """The provider's schema."""
    return Provider(provider_wheel())


def unquoted(name):
    """A label or key without the quotes that the parser leaves on it."""
    return name.strip('"')


def blocks(path, kind):
    """Each (type, name, body) of a kind of block in a file of ours."""
    with path.open() as file:
        for found in hcl2.load(file).get(kind, []):
            for type_name, rest in found.items():
                for name, body in rest.items() if isinstance(rest, dict) else []:
                    if isinstance(body, dict):
                        yield unquoted(type_name), unquoted(name), body


def problems(body, schema, where, top=True):
    """The unknown and the missing required arguments of a block, by the schema."""
    said = {unquoted(key) for key in body if not key.startswith("__")} - (LANGUAGE if top else set())
    dynamic = {unquoted(key): content for entry in body.get("dynamic", []) for key, content in entry.items()}
    said = said - {"dynamic"} | set(dynamic)
    found = [
        f"{where}: no argument or block {name}" for name in sorted(said - set(schema.arguments) - set(schema.blocks))
    ]
    found += [f"{where}: {name} is required" for name in sorted(schema.required - said)]
    for name, inner in schema.blocks.items():
        written = body.get(name, [])
        if isinstance(written, str) or (written and name not in said):
            continue
        for part in written if isinstance(written, list) else [written]:
            found += problems(part, inner, f"{where}.{name}", top=False)
        for part in dynamic.get(name, {}).get("content", []):
            found += problems(part, inner, f"{where}.{name}", top=False)
        if inner.single and len(written) > 1:
            found.append(f"{where}: only one {name} is allowed")
    return found


def all_problems(paths):
    """What is wrong in some files, and how many blocks were looked at."""
    found, seen = [], 0
    for path in paths:
        for kind, read in (("resource", provider().resource), ("data", provider().data)):
            for type_name, name, body in blocks(path, kind):
                if type_name.startswith("aws_"):
                    seen += 1
                    schema = read(type_name)
                    where = f"{path.name}: {type_name}.{name}"
                    found += problems(body, schema, where) if schema else [f"{where}: no such {kind}"]
    return found, seen


def test_every_resource_argument_and_block_is_the_providers():
    found, seen = all_problems(FILES)
    assert not found
    assert seen >= 60


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('resource "aws_vpcs" "x" {\n cidr_block = "10.0.0.0/16"\n}', "no such resource"),
        ('resource "aws_vpc" "x" {\n cidr = "10.0.0.0/16"\n}', "no argument or block cidr"),
        ('resource "aws_kms_alias" "x" {\n}', "target_key_id is required"),
        (
            'resource "aws_lb_target_group" "x" {\n health_check {\n  protokol = "TCP"\n }\n}',
            "no argument or block protokol",
        ),
        ('resource "aws_lb" "x" {\n dynamic "subnet_maping" {\n  for_each = []\n  content {}\n }\n}', "subnet_maping"),
        ('resource "aws_lb_listener" "x" {\n load_balancer_arn = "a"\n default_action {\n }\n}', "type is required"),
        ('data "aws_ssm_parameter" "x" {\n}', "name is required"),
    ],
)
def test_a_mistake_is_found(tmp_path, text, problem):
    path = tmp_path / "wrong.tf"
    path.write_text(text)
    assert problem in "\n".join(all_problems([path])[0])


def test_the_schema_is_that_of_the_pinned_provider():
    wheel = Provider(provider_wheel())
    metadata = next(name for name in wheel.archive.namelist() if name.endswith("/METADATA"))
    version = wheel.archive.read(metadata).decode().partition("hashicorp/aws provider version ")[2].split()[0]
    pinned = [path for path in AWS.rglob("versions.tf") if "hashicorp/aws" in path.read_text()]
    assert len(pinned) == 6
    for path in pinned:
        assert f'version = "{version}"' in path.read_text(), path
