"""infrastructure/aws is hardened: checkov finds nothing, and what checkov does not check is asserted here."""

import json
import re
import subprocess

import hcl2
import pytest
from aws_actions import ACTIONS
from aws_tools import AWS, programs
from built import tool

SOURCES = sorted(AWS.rglob("*.tf"))
SKIP = re.compile(r"#checkov:skip=(CKV2?_AWS_\d+):(.+)")
# What the node's machinery must never be given in clear: only the names of shelves in the secret store are.
SECRET_WORDS = re.compile(r"(?i)\b(token|password|secret|passphrase)\b\s*=\s*(?!.*(secrets|SECRET_))")


@pytest.fixture(scope="module")
def checkov():
    """Checkov's report."""
    command = [
        programs() / "checkov",
        "--directory",
        AWS,
        "--framework",
        "terraform",
        "--output",
        "json",
        "--quiet",
        "--compact",
    ]
    done = subprocess.run([*command, "--skip-download"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith(("{", "[")), done.stdout[-1000:] + done.stderr[-2000:]
    return json.loads(done.stdout)


def test_checkov_finds_nothing(checkov):
    found = [
        f"{check['check_id']} {check['resource']}: {check['check_name']}"
        for check in checkov["results"]["failed_checks"]
    ]
    assert not found
    assert checkov["summary"]["parsing_errors"] == 0


def test_what_checkov_is_told_to_skip_is_little_and_has_a_reason():
    skips = [found for path in SOURCES for found in SKIP.findall(path.read_text())]
    assert len(skips) <= 10
    assert all(len(reason.split()) >= 5 for _, reason in skips)


def resources(kind, paths=SOURCES):
    """Each (name, body) of a kind of resource."""
    for path in paths:
        with path.open() as file:
            for found in hcl2.load(file).get("resource", []):
                for type_name, named in found.items():
                    if type_name.strip('"') == kind:
                        yield from ((name.strip('"'), body) for name, body in named.items() if isinstance(body, dict))


def open_to_the_world(paths):
    """Rules that admit everyone at other ports than 80 and 443."""
    return [
        name
        for name, body in resources("aws_vpc_security_group_ingress_rule", paths)
        if str(body.get("cidr_ipv4", "")).strip('"') == "0.0.0.0/0" and name != "users"
    ] + [name for name, body in resources("aws_security_group", paths) if "ingress" in body or "egress" in body]


def unencrypted_disks(paths):
    """Disks that are not declared as encrypted with our key; the default is unencrypted."""
    disks = [(name, body) for name, body in resources("aws_ebs_volume", paths)]
    for name, body in resources("aws_instance", paths):
        disks += [(name, disk) for disk in body.get("root_block_device", [{}])]
    return [name for name, disk in disks if str(disk.get("encrypted")).lower() != "true" or "kms_key_id" not in disk]


def reachable_credentials(paths):
    """Machines whose metadata service still answers version 1."""
    return [
        name
        for name, body in resources("aws_instance", paths)
        if [str(options.get("http_tokens")).strip('"') for options in body.get("metadata_options", [])] != ["required"]
    ]


def tokens_in_user_data(paths):
    """Lines of cloud-init's sources that give a secret rather than say where it is."""
    return [
        f"{path.name}: {line.strip()}"
        for path in paths
        for line in path.read_text().splitlines()
        if SECRET_WORDS.search(line)
    ]


def test_6443_is_not_open_to_the_world():
    assert not open_to_the_world(SOURCES)


def test_every_disk_is_encrypted_by_our_key():
    assert not unencrypted_disks(SOURCES)


def test_every_machine_requires_imdsv2():
    assert not reachable_credentials(SOURCES)


def test_user_data_holds_no_token():
    assert not tokens_in_user_data(sorted((AWS / "modules" / "k3s-cluster" / "cloud-init").glob("*.tf")))


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (open_to_the_world, 'resource "aws_vpc_security_group_ingress_rule" "api" {\n cidr_ipv4 = "0.0.0.0/0"\n}'),
        (open_to_the_world, 'resource "aws_security_group" "x" {\n ingress {\n  from_port = 6443\n }\n}'),
        (unencrypted_disks, 'resource "aws_ebs_volume" "x" {\n type = "gp3"\n}'),
        (unencrypted_disks, 'resource "aws_instance" "x" {\n root_block_device {\n  volume_type = "gp3"\n }\n}'),
        (reachable_credentials, 'resource "aws_instance" "x" {\n}'),
        (tokens_in_user_data, 'locals {\n  token = random_password.token.result\n}'),
    ],
)  # fmt: skip
def test_what_checkov_does_not_see_is_seen(tmp_path, check, text):
    path = tmp_path / "wrong.tf"
    path.write_text(text)
    assert check([path])


def test_no_value_of_a_secret_passes_through_the_state():
    assert not list(resources("aws_secretsmanager_secret_version"))
    assert not list(resources("random_password"))
    assert not [path for path in SOURCES if "aws_secretsmanager_secret_version" in path.read_text()]


def test_workers_read_the_agents_token_only():
    text = (AWS / "modules" / "k3s-cluster" / "iam.tf").read_text()
    assert re.search(r'worker\s*=\s*{ read = \[local\.shelf\["agent-token"\]\], write = \[\] }', text)


def test_everything_is_in_opentofus_format():
    done = subprocess.run(
        [tool("tofu"), "fmt", "-check", "-recursive", "-diff", AWS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_files_are_short_and_named_by_role():
    assert not [path for path in SOURCES if path.name == "main.tf"]
    assert max(len(path.read_text().splitlines()) for path in SOURCES) <= 230


def test_the_service_that_writes_flow_logs_may_look_for_their_group():
    text = (AWS / "modules" / "networking" / "vpc.tf").read_text()
    document = text.partition('data "aws_iam_policy_document" "flows" {')[2].partition("\n}\n")[0]
    granted = dict(re.findall(r"actions += (\[.*\])\n +resources = (\[.*\])", document))
    assert granted['["logs:DescribeLogGroups"]'] == '["*"]'


def granted():
    """The actions that the operators' policies grant, as patterns."""
    for path in sorted((AWS / "bootstrap").glob("operator-*.json.tftpl")):
        for statement in json.loads(path.read_text())["Statement"]:
            actions = statement["Action"]
            yield from ([actions] if isinstance(actions, str) else actions)


def test_operators_may_make_and_remove_everything_that_is_made():
    used = {
        found
        for path in SOURCES
        if "bootstrap" not in path.parts
        for found in re.findall(r'^resource "(aws_\w+)"', path.read_text(), re.MULTILINE)
    }
    assert used == set(ACTIONS)
    patterns = [re.compile(action.replace("*", ".*")) for action in granted()]
    for kind, actions in ACTIONS.items():
        for action in actions.split():
            assert any(pattern.fullmatch(action) for pattern in patterns), f"{kind} needs {action}"


def test_operators_may_do_no_more_than_that():
    actions = set(granted())
    assert not {action for action in actions if action.split(":")[1] == "*" or action == "*"}
    services = {action.split(":")[0] for action in actions}
    assert services == {
        "ec2",
        "ec2-instance-connect",
        "elasticloadbalancing",
        "iam",
        "kms",
        "logs",
        "route53",
        "s3",
        "secretsmanager",
        "servicequotas",
        "ssm",
        "sts",
        "tag",
    }
    assert not actions & {"iam:CreateUser", "iam:CreateAccessKey", "iam:AttachRolePolicy", "iam:CreatePolicyVersion"}
