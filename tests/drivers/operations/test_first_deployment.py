"""docs/first-deployment.md: each block is typed here, in order, or says what tried it, or why nothing did.

OpenTofu has the stand-in provider, the AWS command line moto. Programs that would reach a cluster or the internet are
replaced.
"""

import os
import re
import subprocess

import pytest
from aws_cloud import moto
from aws_tools import AWS, SSH_KEY, programs, stand_in_provider
from built import tool

from acceptance.base.environment import load_environment
from acceptance.base.paths import ROOT
from acceptance.commands.preflight import check_secrets
from acceptance.drivers.operations.handbooks import copy_project, read_blocks

PAGE = "first-deployment.md"
BLOCKS = read_blocks(PAGE)
MARK = re.compile(r"\A# (Tried by|Not tried: )")
TYPED = [block for block in BLOCKS if not MARK.match(block.text)]
UID = "01234567-89ab-cdef-0123-456789abcdef"
PROGRAMS = {
    "curl": "#!/bin/sh\necho 198.51.100.7\n",
    "kubectl": f"#!/bin/sh\nprintf {UID}\n",
    "ssh": "#!/bin/sh\nexit 1\n",
}


@pytest.fixture(scope="module")
def operator(tmp_path_factory):
    """Runs a block in a copy of the project, as a user with an empty home."""
    home = tmp_path_factory.mktemp("home")
    checkout = copy_project(home / "checkout")
    for name, text in PROGRAMS.items():
        (home / name).write_text(text)
        (home / name).chmod(0o755)
    for name, found in (("tofu", tool("tofu")), ("aws", programs() / "aws")):
        (home / name).symlink_to(found)
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519.pub").write_text(SSH_KEY)
    git = ["git", "-c", "init.defaultBranch=main", "-C", str(checkout)]
    names = {f"GIT_{who}_{what}": "a@example.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "environments"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "first"], check=True, env=os.environ | names)
    with stand_in_provider(AWS / "bootstrap") as provider, moto() as cloud:
        environment = {**os.environ, **provider, **cloud.credentials, **names, "HOME": str(home)}
        environment |= {"TF_CLI_CONFIG_FILE": "/dev/null", "CHECKPOINT_DISABLE": "1", "XDG_STATE_HOME": str(home / "s")}
        environment["PATH"] = f"{home}:{os.environ['PATH']}"
        for name in [name for name in environment if name.startswith(("AF_", "TF_VAR_", "AWS_PROFILE"))]:
            del environment[name]

        def type_block(block):
            # Whoever sits there says yes to whatever OpenTofu is about to do.
            with subprocess.Popen(["yes", "yes"], stdout=subprocess.PIPE) as person:
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", block.text],
                    cwd=checkout, env=environment, stdin=person.stdout, capture_output=True, text=True, check=False,
                )  # fmt: skip
                person.terminate()
            assert done.returncode == 0, f"{block.place}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
            return done.stdout

        type_block.checkout, type_block.home = checkout, home
        yield type_block


@pytest.fixture(scope="module")
def said(operator):
    """What each block that is typed printed, by its heading; all are typed in order."""
    return {(block.heading, block.line): operator(block) for block in TYPED}


def found(said, heading):
    """What the blocks below a heading printed."""
    return "".join(text for (where, _), text in said.items() if where.startswith(heading))


def test_every_block_is_for_production_and_typed_or_says_why_not():
    assert {block.mode for block in BLOCKS} == {"production"}
    assert 5 <= len(TYPED) < len(BLOCKS)
    for block in BLOCKS:
        first = block.text.splitlines()[0]
        for path in re.findall(r"\b(?:tests/[\w/]+\.py|README\.md)", first):
            assert (ROOT / path).is_file(), block.place
        assert (
            first.startswith("# Not tried: ") or not first.startswith("# Tried by") or re.search(r"\.(py|md)\b", first)
        )


def test_the_commands_are_typed_in_order_from_nothing_to_nothing(operator, said):
    assert "Apply complete!" in found(said, "2.")
    last = found(said, "8.")
    assert "Destroy complete!" in last
    assert '"ResourceTagMappingList": []' in last
    assert not (operator.checkout / "infrastructure/aws/environments/production.s3.tfbackend").exists()


def test_the_file_of_what_is_ones_own_is_private_and_complete(operator, said, monkeypatch):
    path = operator.home / ".config/alternate-futures/production.env"
    assert path.stat().st_mode & 0o077 == 0
    given = dict(re.findall(r"^export (\w+)=[\"'](.*)[\"']$", path.read_text(), re.MULTILINE))
    assert given["TF_VAR_ssh_public_key"] == SSH_KEY
    assert given["TF_VAR_administrators"] == '{ me = "198.51.100.7/32" }'
    assert given["TF_VAR_permissions_boundary"].startswith("arn:aws:")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    # With it, preflight misses no secret; the token of GitHub is added by hand.
    assert not list(check_secrets(load_environment("production")))
    assert "AF_WEBHOOK_SECRET" in given


def test_the_cluster_that_is_meant_is_written_into_the_environments_file(operator, said):
    environment = load_environment(str(operator.checkout / "environments" / "production.toml"))
    assert environment.infrastructure.cluster_uid == UID


def test_the_dry_run_says_what_a_deployment_would_do(said):
    text = found(said, "6.")
    assert "created if missing: what `tofu -chdir=infrastructure/aws plan` lists" in text
    assert "destroyed at the end: nothing" in text


def test_what_it_says_of_costs_is_what_is_estimated():
    month = int(re.search(r"\*\*sum\*\*.*\*\*(\d+)\*\*", (ROOT / "docs" / "measurements.md").read_text())[1])
    hourly = float(re.search(r"about ([\d.]+) US dollars an hour", (ROOT / "docs" / PAGE).read_text())[1])
    assert abs(month / 730 - hourly) < 0.05
