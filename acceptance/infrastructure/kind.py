"""Provisioning with OpenTofu, and what its outputs say. Source: infrastructure/outputs.md."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import KindSettings
from acceptance.base.labels import KIND_LABEL, LABEL
from acceptance.base.paths import INFRASTRUCTURE, STATE
from acceptance.base.progress import say
from acceptance.base.secrecy import register_secret
from acceptance.base.user import user
from acceptance.clients import engine
from acceptance.clients.docker import docker, inspect
from acceptance.clients.process import Ended, run
from acceptance.criteria.verdicts import Unverifiable
from acceptance.images.build import Images
from acceptance.images.registry import REGISTRY_NAME
from acceptance.infrastructure.containers import limits, other_networks, published
from acceptance.infrastructure.contract import Infrastructure, Machine, NotRemoved, Outputs
from acceptance.infrastructure.leftovers import leftovers, remove_containers, remove_network, still_there
from acceptance.infrastructure.restarted import put_right, wait_api
from acceptance.infrastructure.subnet import subnet_of

APPLY_TIMEOUT = 600


class KindInfrastructure(Infrastructure):
    """The root infrastructure/kind."""

    def __init__(self, environment: Environment, run_id: str, images: Images, tools: Path, log: Path):
        super().__init__(environment)
        assert isinstance(environment.infrastructure, KindSettings)
        self.settings = environment.infrastructure
        self.run_id = run_id
        self.images = images
        self.tools = tools
        self.log = log
        self.root = INFRASTRUCTURE / "kind"

    def tofu(self, *arguments: str, check: bool = True) -> str:
        """Run tofu in the root; its output goes to the log unless requested."""
        self.folder.mkdir(parents=True, exist_ok=True)
        quiet = arguments[0] in ("output", "state", "show", "plan")
        return run(
            [self.tools / "tofu", f"-chdir={self.root}", *arguments],
            log=None if quiet else self.log,
            environment=self.variables(),
            timeout=APPLY_TIMEOUT,
            check=check,
        ).stdout

    def variables(self) -> dict[str, str]:
        """OpenTofu's settings as environment variables."""
        settings = self.settings
        lock = self.images.lock
        mirror = self.images.folder(lock["tofu-provider-docker-tool"])
        configuration = self.folder / "tofu.rc"
        configuration.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
        return {
            **({"DOCKER_HOST": endpoint} if (endpoint := engine.endpoint()) else {}),
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_DATA_DIR": str(self.folder / "tofu"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            "TF_VAR_state_passphrase": register_secret(passphrase()),
            "TF_VAR_name": self.name,
            "TF_VAR_run": self.run_id,
            "TF_VAR_user": user(),
            "TF_VAR_control_planes": str(settings.control_planes),
            "TF_VAR_workers": str(settings.workers),
            "TF_VAR_subnet": subnet_of(self.name, settings.subnet),
            "TF_VAR_http_port": str(settings.http_port),
            "TF_VAR_https_port": str(settings.https_port),
            "TF_VAR_node_image": self.images.tag(lock["node"]),
            "TF_VAR_load_balancer_image": self.images.tag(lock["load-balancer"]),
            "TF_VAR_coredns_tag": lock["coredns"].reference.rpartition(":")[2],
            "TF_VAR_restricted_host": json.dumps(engine.lacks_sys_resource()),
            "TF_VAR_tools": json.dumps(
                {"kind": f"{self.tools}/kind", "kubectl": f"{self.tools}/kubectl", "docker": engine.client()}
            ),
            "TF_VAR_state_folder": str(self.folder),
            "TF_VAR_registry": REGISTRY_NAME,
        }

    def init(self) -> None:
        """Prepare the root: provider from the mirror, state outside the checkout."""
        (self.root / ".terraform.lock.hcl").unlink(missing_ok=True)
        state = self.folder / "terraform.tfstate"
        self.tofu("init", "-reconfigure", f"-backend-config=path={state}")

    def apply(self) -> Outputs:
        """Provision what is missing and return the outputs. An interrupted run's leftovers are removed or finished."""
        self.init()
        # Only one run at a time holds the suite's lock, so a lock on the state was left by a killed run.
        (self.folder / ".terraform.tfstate.lock.info").unlink(missing_ok=True)
        self.reconcile_state()
        self.tofu("apply", "-auto-approve", "-no-color")
        empty, text = self.plan_is_empty()
        if not empty:
            raise UserError(f"applying twice would change something:\n{text[-1500:]}", f"fix {self.root}")
        return self.outputs()

    def attach(self) -> Outputs:
        """Read the outputs of a kept platform; only what an engine's restart stopped beside its nodes is started.

        Raises UserError if there is none, or if its API does not answer after a restart.
        """
        if not (self.folder / "terraform.tfstate").exists():
            raise UserError(f"there is no platform {self.name} to reuse", "run `make up`, or leave out --reuse")
        if not (self.folder / "tofu").exists():
            self.init()
        running, expected = self.nodes_running()
        # Scenarios judge missing nodes; but without any, there is no platform.
        if not running:
            raise UserError(f"none of the {expected} nodes of {self.name} is running", "make down, then make up")
        outputs = self.outputs()
        if put_right(self.name):
            wait_api(self.name, self.tools / "kubectl", outputs.kubeconfig_path)
        return outputs

    def nodes_running(self) -> tuple[int, int]:
        """How many nodes run and how many are expected, including kind's load balancer for several control planes."""
        running = docker("ps", "--quiet", "--filter", f"label={KIND_LABEL}={self.name}").split()
        return len(running), self.settings.control_planes + self.settings.workers + (self.settings.control_planes > 1)

    def reconcile_state(self) -> None:
        """Reconcile state and engine: recreate stopped or missing nodes, remove unknown leftovers."""
        known = set(self.tofu("state", "list", check=False).split())
        running, expected = self.nodes_running()
        if "terraform_data.cluster" in known and running != expected:
            say(f"  {running} of {expected} nodes are running: recreating the cluster")
            backup = self.folder / "terraform.tfstate.forgotten"
            self.tofu("state", "rm", f"-backup={backup}", "terraform_data.cluster")
            remove_containers(f"label={KIND_LABEL}={self.name}")
        balancer = inspect("container", f"{self.name}-load-balancer")
        if balancer and ("docker_container.load_balancer" not in known or not balancer["State"]["Running"]):
            docker("rm", "--force", "--volumes", balancer["Id"])
        if "docker_network.nodes" not in known and inspect("network", self.name):
            remove_containers(f"label={KIND_LABEL}={self.name}")
            remove_network(self.name)
        for key in ("database", "redis"):
            if f'docker_volume.data["{key}"]' not in known and inspect("volume", f"{self.name}-{key}"):
                remove_containers(f"label={KIND_LABEL}={self.name}")
                docker("volume", "rm", "--force", f"{self.name}-{key}")

    def plan_is_empty(self) -> tuple[bool, str]:
        """Whether another apply would change nothing, and what tofu said."""
        text = self.tofu("plan", "-no-color", "-detailed-exitcode", check=False)
        return "No changes." in text, text

    def outputs(self) -> Outputs:
        """The outputs of the root. Raises UserError if they break the contract."""
        raw = json.loads(self.tofu("output", "-json"))
        try:
            return Outputs.model_validate({key: value["value"] for key, value in raw.items()})
        except ValidationError as error:
            raise UserError(
                f"the outputs of {self.root.name} break the contract of infrastructure/outputs.md:\n{error}",
                "run `make down`, then again",
            ) from error

    def destroy(self) -> None:
        """Remove everything that apply created. Raises NotRemoved if anything is left, which is what 1.12 judges."""
        try:
            self.tofu("destroy", "-auto-approve", "-no-color")
        except Ended:
            raise
        except UserError as error:
            raise NotRemoved(error.problem, error.remedy) from error
        self.destroyed = True

    def leftovers(self) -> dict[str, list[str]]:
        """What is left of it in the engine."""
        return leftovers(self.name, self.folder)

    def still_there(self, before: dict[str, list[str]]) -> dict[str, list[str]]:
        """What the engine or this machine still has of earlier leftovers."""
        return still_there(before)

    def resources(self) -> list[str]:
        """The resources in the state. Raises UserError if it cannot be read, which differs from an empty one."""
        return self.tofu("state", "list").split()

    def is_running(self, machine: Machine) -> bool:
        """Whether the node's container runs."""
        return bool((inspect("container", machine.name) or {}).get("State", {}).get("Status") == "running")

    def capacity(self, machine: Machine) -> tuple[float, float]:
        """The engine's limits of its container. Raises Unverifiable if there are none: a share is not its own."""
        found = limits((inspect("container", machine.name) or {}).get("HostConfig") or {})
        if not found:
            raise Unverifiable(
                "the nodes are containers that share one host's CPUs and memory; each reports the whole host as its own"
            )
        host = [float(word) for word in docker("info", "--format", "{{.NCPU}} {{.MemTotal}}").split()]
        return found.get("cores", host[0]), found.get("memory", host[1])

    def foreign_resources(self) -> list[str]:
        """What is on the network beside this platform, or all of it; its machines' other networks and open ports."""
        outputs = self.provisioned
        assert outputs.network
        name = outputs.network.name
        network = inspect("network", name)
        assert network, f"expected a network {name}, but the engine has none"
        if LABEL not in network["Labels"]:
            return [f"the network {name}, which was not made by this suite: {network['Labels']}"]
        machines = sorted(machine.name for machine in [*outputs.control_planes, *outputs.workers])
        reached = [*machines, f"{name}-external-load-balancer"]
        ours = {*reached, f"{name}-load-balancer", REGISTRY_NAME}
        found = [container["Name"] for container in network["Containers"].values()]
        outside = [f"the network {other} of {own}" for own in machines for other in other_networks(own, name)]
        outside += [f"the published port {text} of {own}" for own in reached for text in published(own)]
        return [text for text in found if text not in ours] + outside

    def balancer_runs(self) -> bool:
        """Whether the load balancer's container runs."""
        container = inspect("container", self.provisioned.load_balancer.id)
        return bool(container and container["State"]["Running"])

    def balancer_listens(self, port: int) -> bool:
        """Whether HAProxy listens, checked inside its container: outside, Docker's proxy accepts any connection."""
        connect = f"socat -u OPEN:/dev/null TCP4:127.0.0.1:{port},connect-timeout=3 && echo yes"
        return docker("exec", self.provisioned.load_balancer.id, "sh", "-c", connect, check=False) == "yes"


def passphrase() -> str:
    """The passphrase of state and plan, from a file with mode 600 outside the checkout, created on first use."""
    path = STATE / "state-passphrase"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()


def evidence_of(outputs: Outputs) -> dict[str, Any]:
    """The outputs as evidence."""
    return outputs.model_dump(mode="json")
