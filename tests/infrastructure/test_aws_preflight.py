"""What stands in the way of an apply in an account: asked of moto, by the real command line.

Moto simulates no policies and knows quotas of VPCs alone: both are answered by a program in front of it.
"""

import shutil

import pytest
from aws_cloud import BACKEND, BUCKET, REGION, moto
from aws_tools import AWS, SSH_KEY, programs

from acceptance.base.environment import load_environment
from acceptance.infrastructure.aws_preflight import AwsPreflight
from acceptance.infrastructure.aws_quotas import Quotas

BOUNDARY = "arn:aws:iam::{account}:policy/alternate-futures-production-boundary"
NAME = "alternate-futures-production"
ACCOUNT = "123456789012"

IN_FRONT = """#!/bin/sh
folder=$(dirname "$0")
echo "$*" >>"$folder/calls"
case "$*" in
"iam simulate-principal-policy "*)
  if [ -f "$folder/forbidden" ]; then echo "An error occurred (AccessDenied) when calling the X operation: not you" >&2; exit 254; fi
  names=0 comma=
  printf '{"EvaluationResults": ['
  for word in "$@"; do
    case $word in --action-names) names=1 ;; --*) names=0 ;; *)
      [ $names = 0 ] || { grep -qsx "$word" "$folder/denied" && said=implicitDeny || said=allowed
        printf '%s{"EvalActionName": "%s", "EvalDecision": "%s"}' "$comma" "$word" "$said"; comma=,; } ;;
    esac
  done
  printf ']}' ;;
"service-quotas "*L-1216C47A*) echo '{"Quota": {"Value": 32.0}}' ;;
*) exec PROGRAMS/aws "$@" ;;
esac
"""  # noqa: E501


@pytest.fixture(scope="module")
def cloud():
    """AWS as moto plays it, with what bootstrap/ makes."""
    with moto() as cloud:
        cloud.bootstrap()
        key = cloud.aws("kms", "create-key")["KeyMetadata"]["KeyId"]
        cloud.aws("kms", "create-alias", "--alias-name", f"alias/{NAME}", "--target-key-id", key)
        yield cloud


@pytest.fixture
def preflight(cloud, tmp_path, monkeypatch):
    """An operator's preflight, who has done all that the README says."""
    root = tmp_path / "root"
    shutil.copytree(AWS, root, ignore=shutil.ignore_patterns(".terraform*", "*.s3.tfbackend", "modules", "bootstrap"))
    backend = "".join(f'{key} = "{value}"\n' for key, value in BACKEND.items())
    (root / "environments" / "production.s3.tfbackend").write_text(backend)
    (tmp_path / "aws").write_text(IN_FRONT.replace("PROGRAMS", str(programs())))
    (tmp_path / "aws").chmod(0o755)
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "TF_VAR_dns_zone_id", "TF_VAR_account_id"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in cloud.credentials.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TF_VAR_ssh_public_key", SSH_KEY)
    monkeypatch.setenv("TF_VAR_permissions_boundary", BOUNDARY.format(account=ACCOUNT))
    return AwsPreflight(load_environment("production"), tmp_path / "aws", root)


def told(check):
    """What a check finds, as people read it."""
    return "\n".join(str(problem) for problem in check())


def test_an_account_that_is_ready_has_no_problem(preflight, tmp_path):
    checks = preflight.checks()
    assert list(checks) == ["variables", "credentials", "state", "region", "quotas", "DNS", "rights"]
    assert {name: told(check) for name, check in checks.items()} == dict.fromkeys(checks, "")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert all(f"--region {REGION}" in call for call in calls)
    # Nothing is made: each call only asks.
    verbs = {call.split()[1].partition("-")[0] for call in calls}
    assert verbs == {"get", "describe", "list", "head", "simulate"}


def test_each_operators_own_variables_and_files_are_named_at_once(preflight, monkeypatch):
    monkeypatch.setenv("TF_VAR_ssh_public_key", "ssh-rsa AAAA")
    monkeypatch.delenv("TF_VAR_permissions_boundary")
    (preflight.root / "environments" / "production.s3.tfbackend").unlink()
    text = told(preflight.check_variables)
    assert "production.s3.tfbackend" in text and "Once per account" in text
    assert "TF_VAR_ssh_public_key" in text and "TF_VAR_permissions_boundary" in text
    assert text.count("Remedy: ") == 3


def test_without_credentials_nothing_else_is_asked(preflight, monkeypatch, tmp_path):
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    checks = preflight.checks()
    assert list(checks) == ["variables", "credentials"]
    assert "AWS does not say who you are: " in told(checks["credentials"])
    assert "Unable to locate credentials" in told(checks["credentials"])


def test_another_account_than_the_boundarys_is_refused(preflight, monkeypatch):
    monkeypatch.setenv("TF_VAR_permissions_boundary", BOUNDARY.format(account="999999999999"))
    assert f"account {ACCOUNT}, but the variables name 999999999999" in told(preflight.check_credentials)


def test_a_bucket_and_keys_that_bootstrap_has_not_made_are_named(preflight):
    (preflight.root / "environments" / "production.s3.tfbackend").write_text('bucket = "nobodys"\n')
    preflight.values["name"] = "another"
    text = told(preflight.check_state)
    assert "the state bucket nobodys does not answer: Not Found" in text
    assert "no key alias/another" in text
    assert BUCKET not in text


def test_zones_and_machines_that_the_region_does_not_have_are_named(preflight):
    preflight.values |= {"zones": ["eu-central-1a", "eu-central-1z"], "worker_type": "m6i.nothing"}
    text = told(preflight.check_region)
    assert "no zone eu-central-1z" in text
    assert "eu-central-1a offers no m6i.nothing" in text


def test_what_others_have_counts_against_the_quota_and_what_is_ours_does_not(preflight, cloud):
    taken = [cloud.aws("ec2", "allocate-address", "--domain", "vpc")["AllocationId"] for _ in range(2)]
    try:
        text = told(preflight.check_quotas)
        assert "Elastic IPs: 4 needed, 2 in use, but the account's limit is 5" in text
        assert "--quota-code L-0263D0A3 --desired-value 6" in text
        cloud.aws("ec2", "create-tags", "--resources", *taken, "--tags", f"Key=Cluster,Value={NAME}")
        assert Quotas(preflight.aws, preflight.values).addresses() == (4, 0)
    finally:
        for identity in taken:
            cloud.aws("ec2", "release-address", "--allocation-id", identity)


def test_more_machines_than_the_account_may_run_are_told_before_they_are_rented(preflight, monkeypatch):
    preflight.values["workers"] = 8
    counted = Quotas(preflight.aws, preflight.values)
    for other in ("addresses", "balancers", "networks"):
        monkeypatch.setattr(counted, other, lambda: (0, 0))
    monkeypatch.setattr(Quotas, "limit", lambda *_: 32.0)
    (problem,) = counted.too_small()
    assert "virtual CPUs of standard instances: 38 needed, 0 in use, but the account's limit is 32" in str(problem)


def test_the_zone_has_to_be_the_domains(preflight, cloud):
    made = cloud.aws("route53", "create-hosted-zone", "--name", "example.test", "--caller-reference", "1")
    identity = made["HostedZone"]["Id"].rpartition("/")[2]
    preflight.values["dns_zone_id"] = identity
    assert f"the zone {identity} is example.test., not the public one of alternatefutures.ai" in told(
        preflight.check_dns
    )
    preflight.values["dns_zone_id"] = "ZNOTHING"
    assert "there is no zone ZNOTHING" in told(preflight.check_dns)


def test_calls_that_iam_would_deny_are_named(preflight, tmp_path):
    (tmp_path / "denied").write_text("ec2:CreateVpc\nelasticloadbalancing:CreateListener\n")
    text = told(preflight.check_rights)
    assert "ec2:CreateVpc (vpc/some-1)" in text and "elasticloadbalancing:CreateListener" in text
    assert "you may not make 2 of " in text
    (call,) = {
        line for line in (tmp_path / "calls").read_text().splitlines() if "iam:PassRole" in line and "flows" in line
    }
    assert '"ContextKeyValues": ["vpc-flow-logs.amazonaws.com"]' in call


def test_that_nobody_may_ask_iam_is_a_problem_of_its_own(preflight, tmp_path):
    (tmp_path / "forbidden").touch()
    assert "IAM does not say what you may do: not you" in told(preflight.check_rights)
