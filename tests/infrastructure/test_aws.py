"""Infrastructure that outlives runs: the calls of OpenTofu and AWS, and what an attached run knows about machines."""

import json
import shutil
import types

import pytest
from tests_support import kubeconfig

from acceptance.base import paths
from acceptance.base.environment import SecretSettings, load_environment
from acceptance.base.errors import UserError
from acceptance.base.paths import INFRASTRUCTURE
from acceptance.criteria.verdicts import Unverifiable
from acceptance.infrastructure import tools
from acceptance.infrastructure.attached import AttachedInfrastructure
from acceptance.infrastructure.aws import AwsInfrastructure, is_current
from acceptance.infrastructure.contract import Machine
from acceptance.platform.secrets import values_of

WORKER = Machine(name="worker-1-i-0abc", address="10.0.1.7")
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $@" >>{folder}/calls
case "$*" in
  *"Values=i-0dead"*) echo '{{"Reservations": [{{"Instances": [{{"State": {{"Name": "terminated"}}}}]}}]}}' ;;
  *"describe-instances"*) echo '{{"Reservations": [{{"Instances": [{{"State": {{"Name": "stopped"}}, "InstanceType": "c6i.large"}}]}}]}}' ;;
  *"describe-instance-types"*) echo '{{"InstanceTypes": [{{"VCpuInfo": {{"DefaultVCpus": 2}}, "MemoryInfo": {{"SizeInMiB": 4096}}}}]}}' ;;
  *"describe-load-balancers"*) echo '{{"LoadBalancers": [{{"State": {{"Code": "active"}}}}]}}' ;;
  *"get-resources"*) cat {folder}/tagged.json ;;
  *"describe-key"*) echo '{{"KeyMetadata": {{"KeyState": "PendingDeletion"}}}}' ;;
  *"describe-nat-gateways"*) echo '{{"NatGateways": []}}' ;;
  *"list-hosted-zones"*) cat {folder}/zones.json ;;
  *"get-role"*"-worker"*) echo '{{}}' ;;
  *"get-role"*) echo "An error occurred (NoSuchEntity) when calling the GetRole operation" >&2; exit 254 ;;
  *"state pull"*) echo '{{"resources": [1]}}' ;;
  *"state list"*) echo module.load_balancer.aws_lb.this ;;
  "-chdir="*" apply "*) echo "Plan: 9 to add"; echo "module.x.aws_nat_gateway.this: Creation complete after 9s" ;;
  *" output "*) cat {folder}/outputs.json ;;
esac
"""  # noqa: E501


def node(provider, memory="3900000Ki", cpu="2", ready="True"):
    """A node as the API has it."""
    conditions = [types.SimpleNamespace(type="Ready", status=ready)]
    return types.SimpleNamespace(
        spec=types.SimpleNamespace(provider_id=provider),
        status=types.SimpleNamespace(capacity={"cpu": cpu, "memory": memory}, conditions=conditions),
    )


def tagged(folder, *resources, service="ec2"):
    """Have AWS list resources under the platform's tag, and no private zone."""
    listed = [{"ResourceARN": f"arn:aws:{service}:x:1:{resource}"} for resource in resources]
    (folder / "tagged.json").write_text(json.dumps({"ResourceTagMappingList": listed}))
    (folder / "zones.json").write_text(json.dumps({"HostedZones": []}))


@pytest.fixture
def aws(tmp_path, monkeypatch):
    """Production's infrastructure, with an `aws` and a `tofu` that write down how they were called."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("aws", "tofu"):
        (tools / name).write_text(PROGRAM.format(folder=tmp_path))
        (tools / name).chmod(0o755)
    made = AwsInfrastructure(load_environment("production"), None, tools, tmp_path / "tofu.log")
    made.folder, made.root = tmp_path / "state", tmp_path / "root"
    (made.root / "environments").mkdir(parents=True)
    shutil.copy(INFRASTRUCTURE / "aws" / "variables.tf", made.root)
    (made.root / "environments" / "production.s3.tfbackend").write_text("")
    (made.root / "environments" / "production.tfvars").write_text('name = "x"\nregion = "eu-north-1"\n')
    made.nodes = {WORKER.name: node(f"k3s://{WORKER.name}")}
    tagged(tmp_path, "vpc/vpc-1")
    made.calls = tmp_path / "calls"
    return made


def test_provisioning_uses_the_backend_and_the_variables_that_the_environment_names(aws, tmp_path, capfd):
    machine = {"name": "x", "address": "10.0.0.1"}
    outputs = {
        "cluster_name": "alternate-futures-production", "kubeconfig_path": "/somewhere/kubeconfig",
        "load_balancer": {"address": "lb.example", "http_port": 80, "https_port": 443, "id": "arn"},
        "control_planes": [machine], "workers": [machine],
        "network": {"id": "vpc-1", "name": "n", "subnet": "10.0.0.0/16"}, "volumes": {},
    }  # fmt: skip
    (tmp_path / "outputs.json").write_text(json.dumps({key: {"value": value} for key, value in outputs.items()}))
    assert aws.apply().cluster_name == "alternate-futures-production"
    said = capfd.readouterr()
    assert "1 of 9 resources created, costing about 0.05 US dollars an hour" in said.out + said.err
    calls = aws.calls.read_text()
    variables = "-var-file=environments/production.tfvars"
    assert f"init {variables} -reconfigure -backend-config=environments/production.s3.tfbackend" in calls
    assert f"apply {variables} -auto-approve -no-color" in calls
    # The state's encryption takes the variables, whatever is asked of it.
    assert all(variables in call for call in calls.splitlines() if call.startswith("tofu"))


def test_without_the_states_bucket_nothing_is_provisioned(aws):
    (aws.root / "environments" / "production.s3.tfbackend").unlink()
    with pytest.raises(UserError, match="Once per account"):
        aws.apply()
    assert not aws.calls.exists()


def test_destroy_takes_the_protection_off(aws):
    aws.destroy()
    changes = [call for call in aws.calls.read_text().splitlines() if "-auto-approve" in call]
    assert [call.split()[2] for call in changes] == ["apply", "destroy"]
    assert all("-var=protected=false" in call for call in changes)


def test_what_aws_deleted_and_still_lists_is_no_leftover(aws, tmp_path):
    tagged(tmp_path, "vpc/vpc-1", "instance/i-0dead", "natgateway/nat-1", "instance/i-0abc")
    assert aws.leftovers()["resources"] == ["arn:aws:ec2:x:1:instance/i-0abc", "arn:aws:ec2:x:1:vpc/vpc-1"]
    tagged(tmp_path, "instance/i-0dead", service="ec2")
    tagged(tmp_path, "key/some-key", service="kms")
    assert "resources" not in aws.leftovers()


def test_roles_and_zones_that_no_tag_finds_are_leftovers(aws, tmp_path):
    (tmp_path / "zones.json").write_text(
        json.dumps({"HostedZones": [{"Name": f"{aws.name}.internal."}, {"Name": "alternatefutures.ai."}]})
    )
    left = aws.leftovers()
    assert (left["roles"], left["zones"]) == (["worker"], [f"{aws.name}.internal."])


def test_aws_says_whether_a_machine_runs_and_what_it_has(aws):
    assert not aws.is_running(WORKER)
    assert aws.capacity(WORKER) == (2.0, 4096 * 2**20)
    assert aws.balancer_runs()
    calls = aws.calls.read_text().splitlines()
    assert any("--instance-ids i-0abc" in call for call in calls)
    assert all("--region eu-north-1" in call for call in calls)


def test_a_node_of_another_name_is_found_by_its_address(aws):
    assert not aws.is_running(Machine(name="some-node", address="10.0.1.9"))
    assert "Name=private-ip-address,Values=10.0.1.9" in aws.calls.read_text()


def test_elsewhere_a_machine_has_what_its_node_counts_and_the_kernel_keeps():
    attached = AttachedInfrastructure(load_environment("production"), None)
    attached.nodes = {WORKER.name: node("openstack:///x"), "worker-2": node("kind://docker/a/worker", ready="False")}
    cores, memory = attached.capacity(WORKER)
    assert (cores, memory >= 4 * 10**9) == (2.0, True)
    assert attached.is_running(WORKER)
    other = Machine(name="worker-2", address="10.0.1.8")
    assert not attached.is_running(other)
    with pytest.raises(Unverifiable):
        attached.capacity(other)
    with pytest.raises(Unverifiable):
        attached.foreign_resources()
    with pytest.raises(UserError):
        attached.destroy()


def test_missing_programs_depend_on_what_is_to_be_done(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    production = load_environment("production")
    assert tools.missing_tools(production, changes=False) == ["kubectl", "kubeseal", "aws"]
    assert tools.missing_tools(production, changes=True) == ["kubectl", "kubeseal", "aws", "tofu"]


def test_secrets_of_production_come_from_the_variables_that_it_names(monkeypatch):
    settings = load_environment("production").secrets
    monkeypatch.delenv("AF_POSTGRES_PASSWORD", raising=False)
    with pytest.raises(UserError, match="set the variable AF_POSTGRES_PASSWORD"):
        values_of("database-credentials", settings)
    monkeypatch.setenv("AF_POSTGRES_PASSWORD", "p@ss/word")
    values = values_of("database-credentials", settings)
    assert values["POSTGRES_PASSWORD"] == "p@ss/word"
    assert values["DATABASE_URL"].startswith("postgresql://platform:p%40ss%2Fword@")
    with pytest.raises(UserError, match="name one in the environment file"):
        values_of("jwt-secret", SecretSettings(generate=False))
    assert len(values_of("jwt-secret", SecretSettings())["JWT_SECRET"]) > 40


@pytest.mark.parametrize(("days", "current"), [(None, False), (10, False), (200, True)])
def test_a_kubeconfig_is_fetched_again_before_its_certificate_expires(tmp_path, days, current):
    path = tmp_path / "kubeconfig"
    if days is not None:
        path.write_text(kubeconfig(days))
    assert is_current(path) is current
