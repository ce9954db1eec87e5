"""Variables of a root: from its file, the shell, or their defaults."""

import pytest
from aws_tools import AWS

from acceptance.infrastructure.tfvars import assignments, variables


def test_the_variables_of_production(monkeypatch):
    monkeypatch.setenv("TF_VAR_region", "eu-north-1")
    monkeypatch.setenv("TF_VAR_ssh_public_key", "ssh-ed25519 AAAA me")
    monkeypatch.delenv("TF_VAR_dns_zone_id", raising=False)
    found = variables(AWS, "environments/production.tfvars")
    # A file of variables wins over the shell.
    assert found["region"] == "eu-central-1"
    assert found["zones"] == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    assert (found["workers"], found["worker_type"]) == (4, "m6i.xlarge")
    assert found["ssh_public_key"] == "ssh-ed25519 AAAA me"
    assert (found["nat_per_zone"], found["dns_zone_id"], found["state_key"]) == (
        False, None, "alias/alternate-futures-state"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "value"),
    [('a = "b" # why', "b"), ("a = 3", 3), ("a = true", True), ('a = ["x", "y"]', ["x", "y"]), ("a=null", None)],
)
def test_plain_values_are_read(tmp_path, line, value):
    (tmp_path / "file").write_text(f'm = {{\n  a = "inner"\n}}\n{line}\n')
    assert assignments(tmp_path / "file") == {"a": value}
