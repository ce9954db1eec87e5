"""An apply of infrastructure/aws that is stopped or killed half-way is finished by the next one."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aws_cloud import BUCKET
from aws_like import resources, type_block

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT

LOCK = "alternate-futures/terraform.tfstate.tflock"
VOLUME = 'module.storage.aws_ebs_volume.this["redis"]'
NAT = 'module.networking.aws_nat_gateway.this["eu-central-1a"]'
# A run's process, as far as it applies: signals end it as they end a run.
RUN = """
import sys
from pathlib import Path
from aws_like import infrastructure
from acceptance.runner.plugin import end_politely
end_politely()
infrastructure(Path(sys.argv[1])).apply()
"""


@pytest.fixture
def made(aws_like):
    """An operator in a new account."""
    aws_like.begin()
    return aws_like.operator()


@pytest.fixture
def begun(tmp_path):
    """Starts an apply in a process of its own; returns it once OpenTofu has begun to make something."""
    said = tmp_path / "said"
    started = []

    def begin(made, what):
        paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
        before = made.log.read_text() if made.log.exists() else ""
        with said.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", RUN, made.log.parent], env={**os.environ, "PYTHONPATH": paths},
                stderr=file, start_new_session=True,
            )  # fmt: skip
        started.append(process)
        deadline = time.monotonic() + 180
        while f"{what}: Creating..." not in (made.log.read_text()[len(before) :] if made.log.exists() else ""):
            assert process.poll() is None and time.monotonic() < deadline, said.read_text()
            time.sleep(0.05)
        process.said = said
        return process

    yield begin
    for process in started:
        kill(process)


def kill(process):
    """End a run and all that it has started, at once."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    with contextlib.suppress(OSError):
        for child in children.read_text().split():
            os.killpg(int(child), signal.SIGKILL)
    process.kill()
    process.wait(20)


def is_locked(aws_like):
    """Whether the state's lock file is in the bucket."""
    listed = aws_like.cloud.aws("s3api", "list-objects-v2", "--bucket", BUCKET)
    return LOCK in [item["Key"] for item in listed.get("Contents", [])]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_told_to_stop_ends_what_it_has_begun_and_the_next_one_goes_on(made, begun, aws_like, number):
    # Longer than the ten seconds after which other programs are killed.
    aws_like.account.set(takes={"aws_nat_gateway": 11})
    process = begun(made, NAT)
    process.send_signal(number)
    assert process.wait(180) != 0
    assert "tofu was asked to stop" in process.said.read_text()
    text = made.log.read_text()
    assert "Interrupt received" in text
    assert f"{NAT}: Creation complete" in text
    assert "aws_instance" not in text.partition("Interrupt received")[2]
    assert not is_locked(aws_like)
    assert 0 < len(resources(made)) == len(aws_like.account.all())
    outputs = made.apply()
    assert len(outputs.workers) == 4
    assert len(resources(made)) == len(aws_like.account.all())
    assert len(aws_like.account.all("aws_nat_gateway")) == 1


def test_a_second_ctrl_c_does_not_wait(made, begun, aws_like):
    aws_like.account.set(takes={"aws_nat_gateway": 50})
    process = begun(made, NAT)
    process.send_signal(signal.SIGINT)
    while "asked to stop" not in process.said.read_text():
        time.sleep(0.05)
    began = time.monotonic()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0
    assert time.monotonic() - began < 20


def test_after_a_kill_the_next_run_names_the_lock_and_the_command_that_removes_it(provisioned, begun, aws_like):
    there = len(aws_like.account.all())
    # Somebody has deleted it; making it again takes longer than the run lives.
    volume = next(found["id"] for _, found in aws_like.account.all("aws_ebs_volume") if found["size"] == 20)
    aws_like.cloud.aws("ec2", "delete-volume", "--volume-id", volume)
    aws_like.account.set(takes={"aws_ebs_volume": 20})
    kill(begun(provisioned, VOLUME))
    aws_like.account.set(takes={})
    assert is_locked(aws_like)
    with pytest.raises(UserError, match=r"the state is locked: .*@.* began OperationTypeApply at 20") as error:
        provisioned.apply()
    (command,) = re.findall(r"`(tofu .* force-unlock .*?)`", error.value.remedy)
    assert "docs/operations.md" in error.value.remedy
    words = shlex.split(command.replace("infrastructure/aws", str(provisioned.root)))
    environment = {**os.environ, "TF_DATA_DIR": str(provisioned.folder / "tofu")}
    done = subprocess.run(words, env=environment, input="yes\n", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not is_locked(aws_like)
    provisioned.apply()
    assert len(resources(provisioned)) == len(aws_like.account.all()) == there


def test_what_a_killed_run_lost_track_of_is_taken_in_as_the_handbook_has_it(provisioned, aws_like):
    there = len(aws_like.account.all())
    assert "not in the state" not in type_block(provisioned, "not in the state: $arn")
    # As if the state had not been written since.
    provisioned.tofu("state", "rm", VOLUME)
    volume = next(found["id"] for _, found in aws_like.account.all("aws_ebs_volume") if found["size"] == 20)
    assert type_block(provisioned, "not in the state: $arn").strip().endswith(f"volume/{volume}")
    provisioned.tofu("import", VOLUME, volume)
    provisioned.tofu("state", "rm", "module.networking.aws_iam_role.flows")
    with pytest.raises(UserError) as error:
        provisioned.apply()
    assert "An apply was killed" in error.value.remedy
    type_block(provisioned, "aws_iam_role.flows")
    provisioned.apply()
    assert len(resources(provisioned)) == len(aws_like.account.all()) == there


def test_a_disk_whose_creation_was_cut_short_is_kept_as_the_handbook_has_it(provisioned, aws_like):
    there = aws_like.account.all("aws_ebs_volume")
    provisioned.tofu("taint", VOLUME)
    with pytest.raises(UserError) as error:
        provisioned.apply()
    assert "tofu untaint" in error.value.remedy
    type_block(provisioned, "tofu -chdir=infrastructure/aws untaint")
    provisioned.apply()
    assert aws_like.account.all("aws_ebs_volume") == there


def test_the_handbook_removes_a_lock(made, aws_like, tmp_path):
    made.init()
    lock = "a52a2b5c-0000-4000-8000-000000000000"
    (tmp_path / "lock").write_text(f'{{"ID": "{lock}"}}')
    aws_like.cloud.aws("s3api", "put-object", "--bucket", BUCKET, "--key", LOCK, "--body", str(tmp_path / "lock"))
    type_block(made, "force-unlock", LOCK=lock)
    assert not is_locked(aws_like)
