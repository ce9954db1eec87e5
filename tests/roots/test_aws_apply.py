"""infrastructure/aws applied, applied again and destroyed, with stand-ins for the provider and for what it calls."""

import json
import os
import stat

import pytest
from aws_tools import AWS, PRODUCTION, SSH_KEY, Tofu, variables

from acceptance.infrastructure.contract import Outputs

# What the scripts that apply runs call: nothing of it is there.
AWS_COMMAND = """#!/bin/sh
echo "$@" >>"$CALLS"
case "$*" in
*get-secret-value*) printf 'server: https://balancer.example.test:6443\\n' ;;
*describe-volumes*) echo vol-left-by-a-claim ;;
esac
"""
# Every name leads to the load balancer already: no wait.
LOOKUP_COMMAND = "#!/bin/sh\necho ${ADDRESSES%% *}\n"
KUBECTL_COMMAND = "#!/bin/sh\nfor node in 1 2 3 4 5 6 7; do echo node-$node Ready; done\n"


@pytest.fixture(scope="module")
def applied(provider, tmp_path_factory):
    """The root, applied."""
    folder = tmp_path_factory.mktemp("applied")
    (folder / "bin").mkdir()
    commands = {"aws": AWS_COMMAND, "kubectl": KUBECTL_COMMAND, "look": LOOKUP_COMMAND}
    for name, text in commands.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    calls = folder / "calls"
    calls.touch()
    environment = {
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
        "CALLS": str(calls),
        "LOOKUP": str(folder / "bin" / "look"),
    }
    tofu = Tofu(AWS, folder / "root", {**provider, **environment})
    tofu.variables = [
        *PRODUCTION,
        *variables(
            ssh_public_key=SSH_KEY, state_folder=str(folder / "state"), administrators={"alice": "198.51.100.7/32"}
        ),
    ]
    tofu.calls = calls
    tofu.said = tofu.run("apply", "-auto-approve", *tofu.variables).stdout
    return tofu


def test_the_outputs_meet_the_contract(applied):
    outputs = Outputs.model_validate(applied.outputs())
    assert outputs.cluster_name == "alternate-futures-production"
    assert [len(outputs.control_planes), len(outputs.workers)] == [3, 4]
    assert set(outputs.volumes) == {"database", "redis"}
    assert outputs.workers[0].name.startswith("worker-1-")
    assert (outputs.load_balancer.http_port, outputs.load_balancer.https_port) == (80, 443)
    assert outputs.kubeconfig_path.read_text().startswith("server: https://balancer")
    assert stat.S_IMODE(outputs.kubeconfig_path.stat().st_mode) == 0o600


def test_a_second_apply_changes_nothing(applied):
    assert "No changes." in applied.run("plan", "-detailed-exitcode", *applied.variables).stdout


def made(applied, kind=""):
    """The values of what was made: of a kind, or of all."""
    resources = json.loads(applied.run("show", "-json").stdout)["values"]["root_module"]
    modules = [resources, *resources["child_modules"]]
    every = [it for module in modules for it in module.get("resources", []) if it["mode"] == "managed"]
    return [it["values"] for it in every if not kind or it["type"] == kind]


def test_machines_find_every_control_plane_by_name(applied):
    """With one address alone nothing could join, or come back, once that machine is lost: not even its replacement."""
    addresses = {machine.address for machine in Outputs.model_validate(applied.outputs()).control_planes}
    found = [record for record in made(applied, "aws_route53_record") if record["name"].startswith("api.")]
    assert len(addresses) == 3
    assert {*found[0]["records"]} == addresses
    assert len(found) == 1


def test_each_rule_is_at_the_ends_that_it_names(applied):
    names = {group["id"]: group["tags"]["Name"] for group in made(applied, "aws_security_group") if group["tags"]}
    for way, ends in (("ingress", (1, 0)), ("egress", (0, 1))):
        rules = made(applied, f"aws_vpc_security_group_{way}_rule")
        flows = [rule for rule in rules if rule["referenced_security_group_id"] in names]
        assert len(flows) == 17
        for rule in flows:
            own, other = names[rule["security_group_id"]], names[rule["referenced_security_group_id"]]
            pair = [(own, other)[end].removeprefix("alternate-futures-production-").replace("-", "_") for end in ends]
            assert rule["description"].endswith("-" + "-".join(pair)), (way, rule["description"], pair)


def test_everything_that_can_be_tagged_is_under_the_clusters_tag_and_none_changes_from_run_to_run(applied):
    tags = [values["tags_all"] for values in made(applied) if "tags_all" in values]
    assert len(tags) > 40
    assert all(own["Cluster"] == "alternate-futures-production" for own in tags)
    assert all("Run" not in own for own in tags)


def test_the_state_holds_no_kubeconfig_and_no_token(applied):
    text = applied.run("show", "-json").stdout
    assert "https://balancer.example.test:6443" not in text
    assert "aws_secretsmanager_secret_version" not in text


def test_a_new_image_or_release_replaces_no_machine_by_itself(applied):
    k3s = {"version": "v1.37.0+k3s1", "binary_sha256": "1" * 64, "installer_sha256": "2" * 64}
    assert "No changes." in applied.run("plan", *applied.variables, *variables(k3s=k3s)).stdout


def test_destroy_is_refused_until_the_protection_is_off_and_then_leaves_nothing(applied):
    refused = applied.run("destroy", "-auto-approve", *applied.variables, check=False)
    assert refused.returncode != 0
    assert "prevent_destroy" in refused.stdout + refused.stderr
    assert "aws_instance" in applied.run("state", "list").stdout
    kubeconfig = Outputs.model_validate(applied.outputs()).kubeconfig_path
    unprotected = [*applied.variables, "-var=protected=false"]
    # AWS itself protects the load balancer until an apply says otherwise.
    refused = applied.run(
        "destroy", "-auto-approve", "-target=module.load_balancer.aws_lb.this", *unprotected, check=False
    )
    assert "OperationNotPermitted" in refused.stdout + refused.stderr
    applied.run("apply", "-auto-approve", *unprotected)
    done = applied.run("destroy", "-auto-approve", *unprotected).stdout
    assert not applied.run("state", "list").stdout.strip()
    assert not kubeconfig.exists()
    # Machines go first: a volume that is still attached cannot be removed.
    last_machine = max(
        done.rindex(f'aws_instance.{role}["{name}-1"]: Destruction complete')
        for role, name in (("control_plane", "control-plane"), ("worker", "worker"))
    )
    assert done.index("terraform_data.claimed_volumes: Destroying") > last_machine
    assert "delete-volume --region eu-central-1 --volume-id vol-left-by-a-claim" in applied.calls.read_text()
