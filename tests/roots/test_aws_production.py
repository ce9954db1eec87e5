"""The root infrastructure/aws from init to destroy as a run does it: its own backend, encryption and class.

The state lies in moto's bucket, encrypted by moto's key. The machines are the stand-in provider's.
"""

import http.server
import re
import subprocess

import pytest
from aws_cloud import BUCKET
from aws_like import resources
from tests_support import http_server, reply

from acceptance.base.errors import UserError
from acceptance.drivers.operations.handbooks import read_blocks

STATE = "alternate-futures/terraform.tfstate"


@pytest.fixture(scope="module")
def first(aws_like, patch):
    """The first operator, who has applied."""
    made = aws_like.operator()
    made.init()
    assert made.resources() == []
    made.said = []
    patch.setattr("acceptance.infrastructure.aws_apply_log.say", made.said.append)
    made.outputs = made.apply()
    return made


def test_apply_ends_with_the_outputs_and_an_encrypted_state_in_the_bucket(first, aws_like, tmp_path):
    assert [len(first.outputs.control_planes), len(first.outputs.workers)] == [3, 4]
    assert first.outputs.kubeconfig_path.read_text().startswith("server: https://balancer")
    aws_like.cloud.aws("s3api", "get-object", "--bucket", BUCKET, "--key", STATE, str(tmp_path / "state"))
    text = (tmp_path / "state").read_text()
    assert "encrypted_data" in text
    assert "aws_instance" not in text
    assert not list(first.root.glob("*.tfstate*"))


def test_the_records_to_make_are_said_while_apply_waits_for_them(first):
    assert [line for line in first.said if re.fullmatch(r"  +www\.alternatefutures\.ai\. A [0-9.]+", line)]
    assert not [line for line in first.said if "Executing" in line]


def test_what_was_made_is_in_the_account_and_nothing_else(first, aws_like):
    assert len(aws_like.account.all()) == len(resources(first))


def test_leftovers_are_what_moto_has_by_tag_by_name_and_as_a_zone(first):
    left = first.leftovers()
    assert set(left) == {"resources", "roles", "zones"}
    assert left["roles"] == ["control-plane", "worker", "flows"]
    assert left["zones"] == ["alternate-futures-production.internal."]
    kinds = {re.split("[:/]", arn)[5] for arn in left["resources"]}
    assert {"vpc", "subnet", "security-group", "instance", "volume", "natgateway", "secret"} <= kinds
    assert {"loadbalancer", "targetgroup", "internet-gateway", "route-table"} <= kinds


def test_a_second_apply_changes_nothing(first):
    before = first.log.read_text()
    assert first.apply() == first.outputs
    assert "0 added, 0 changed, 0 destroyed" in first.log.read_text()[len(before) :]


def test_the_state_names_what_was_made(first):
    assert {"module.load_balancer.aws_lb.this", "module.networking.aws_vpc.this"} <= set(first.resources())


def test_opentofu_by_hand_finds_what_a_run_made(first, monkeypatch):
    """As the commands in docs/operations.md do it, in the folders of this test."""
    (block,) = [found.text for found in read_blocks("operations.md") if "export TF_DATA_DIR" in found.text]
    for old, new in {
        '"${XDG_STATE_HOME:-$HOME/.local/state}/alternate-futures/production"': str(first.folder),
        "-chdir=infrastructure/aws": f"-chdir={first.root}", ". ~/.config/alternate-futures/production.env": "",
    }.items():  # fmt: skip
        assert old in block
        block = block.replace(old, new)
    # These are what the line above reads from a file.
    for variable in ("TF_VAR_state_folder", "TF_DATA_DIR"):
        monkeypatch.delenv(variable, raising=False)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f'kubeconfig_path = "{first.outputs.kubeconfig_path}"' in done.stdout


class Refuses(http.server.BaseHTTPRequestHandler):
    """AWS for a user without any rights."""

    def do_POST(self):
        reply(self, b"<Error><Code>AccessDenied</Code><Message>you may not</Message></Error>", 403, "application/xml")

    do_GET = do_HEAD = do_POST

    def log_message(self, *_):
        pass


def test_a_state_that_cannot_be_read_is_not_an_empty_one(first, monkeypatch):
    with http_server(Refuses) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{address}")
        with pytest.raises(UserError):
            first.resources()


def test_a_second_operator_finds_the_state_and_gets_a_kubeconfig(first, aws_like):
    second = aws_like.operator()
    outputs = second.apply()
    assert outputs.workers == first.outputs.workers
    assert outputs.kubeconfig_path.is_relative_to(second.folder)
    assert outputs.kubeconfig_path.is_file()


def test_an_operator_whose_kubeconfig_is_gone_gets_it_again(first):
    path = first.apply().kubeconfig_path
    path.unlink()
    assert first.apply().kubeconfig_path.read_text().startswith("server: https://balancer")


def test_destroy_takes_the_protection_off_first_and_leaves_nothing(first, aws_like):
    first.destroy()
    assert first.resources() == []
    assert aws_like.account.all() == []
    # Moto still lists the machines, which are terminated, as AWS does for an hour.
    assert first.aws("ec2", "describe-instances")["Reservations"]
    assert first.leftovers() == {}
    text = first.log.read_text()
    assert text.rindex("module.load_balancer.aws_lb.this: Modifications complete") < text.rindex(
        "module.load_balancer.aws_lb.this: Destruction complete"
    )


def test_destroy_of_what_was_never_made_makes_nothing(first):
    first.destroy()
    assert first.resources() == []
