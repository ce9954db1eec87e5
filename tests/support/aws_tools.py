"""Tools of the tests of infrastructure/aws, made on demand in the cache and keyed by their lock."""

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from built import tool
from warm_aws import lend

from acceptance.base.paths import CACHE, INFRASTRUCTURE, ROOT

AWS = INFRASTRUCTURE / "aws"
CLOUD_INIT = AWS / "modules" / "k3s-cluster" / "cloud-init"
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILTWC4QHwB4g3EiDBti5tJuutUe1KKUxS8auwubZKz+b test"
PRODUCTION = ["-input=false", f"-var-file={AWS}/environments/production.tfvars"]


@contextlib.contextmanager
def once(folder):
    """Whether `folder` has to be created; only one process creates it, and it counts once it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = not (folder / "whole").exists()
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
        yield missing
        (folder / "whole").touch()


def pip(python, *arguments):
    """Run pip; show its output if it failed."""
    command = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def keyed(name, requirements):
    """The cache's folder for a file of requirements."""
    digest = hashlib.sha256((AWS / requirements).read_bytes()).hexdigest()[:16]
    return CACHE / "checks" / f"{name}-{digest}"


@functools.cache
def programs():
    """The folder of programs that requirements-check.txt installs (python, checkov, shellcheck, aws, moto_server)."""
    folder = keyed("programs", "requirements-check.txt")
    with once(folder) as missing:
        if missing:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            pip(
                folder / "bin" / "python",
                "install",
                "--quiet",
                "--require-hashes",
                "-r",
                AWS / "requirements-check.txt",
            )
        lend(folder)
    return folder / "bin"


def provider_wheel():
    """The wheel that states the AWS provider's arguments; it is read, never installed."""
    folder = keyed("provider", "requirements-provider.txt")
    with once(folder) as missing:
        if missing:
            requirements = AWS / "requirements-provider.txt"
            pip(
                sys.executable, "download", "--quiet", "--no-deps", "--require-hashes", "-r", requirements, "-d", folder
            )
    return next(folder.glob("*.whl"))


class Tofu:
    """OpenTofu on a copy of a configuration, without backend and state encryption, which need an account."""

    def __init__(self, source, folder, environment=None):
        self.program = tool("tofu")
        self.folder = folder
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        versions = folder / "versions.tf"
        versions.write_text(without_blocks(versions.read_text(), "backend", "encryption"))
        # No configuration file of the machine's: it may name another source of providers.
        self.environment = {
            **os.environ,
            "TF_CLI_CONFIG_FILE": "/dev/null",
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
        }
        self.environment |= environment or {}
        self.run("init", "-backend=false")

    def run(self, *arguments, check=True):
        """Run tofu; return the completed process. Colours are off."""
        done = subprocess.run(
            [self.program, f"-chdir={self.folder}", *colourless(arguments)],
            capture_output=True, text=True, env=self.environment, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    def outputs(self):
        """The outputs of the state."""
        return {key: value["value"] for key, value in json.loads(self.run("output", "-json").stdout).items()}


def colourless(arguments):
    """A tofu command with -no-color, where it knows that."""
    return arguments if arguments[0] == "state" else [arguments[0], "-no-color", *arguments[1:]]


def without_blocks(text, *kinds):
    """Configuration without the blocks of some kinds."""
    kept, depth = [], 0
    for line in text.splitlines(keepends=True):
        if depth or line.strip().startswith(tuple(f"{kind} " for kind in kinds)):
            depth += line.count("{") - line.count("}")
            continue
        kept.append(line)
    return "".join(kept)


@contextlib.contextmanager
def stand_in_provider(folder, account=None):
    """Serve a stand-in for the AWS provider; yields the environment that leads OpenTofu to it.

    `account` is the folder of what the account has (aws_account.py), by default a new one.
    """
    script = Path(__file__).with_name("aws_provider.py")
    new = tempfile.TemporaryDirectory()
    process = subprocess.Popen(
        [programs() / "python", script, provider_wheel(), folder, account or new.name],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=script.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield {"TF_REATTACH_PROVIDERS": line}
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
        process.stderr.close()
        new.cleanup()


MACHINES = """
locals {
  cluster = {
    name          = "some-cluster"
    region        = "eu-central-1"
    registration  = "api.some-cluster.internal"
    api_host      = "balancer.example.test"
    api_addresses = ["203.0.113.1", "203.0.113.2"]
    secrets       = { for name in ["server-token", "agent-token", "kubeconfig"] : name => "some-cluster/${name}" }
    k3s           = { version = "v1.36.4+k3s1", binary_sha256 = "BINARY", installer_sha256 = "INSTALLER" }
  }
  servers = { control-plane-1 = true, control-plane-2 = false, control-plane-3 = false }
}
module "server" {
  for_each  = local.servers
  source    = "./cloud-init"
  role      = "server"
  machine   = each.key
  first     = each.value
  zone      = "eu-central-1a"
  cluster   = local.cluster
  ebs_chart = "2.66.0"
  zones     = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  key_arn   = "arn:aws:kms:eu-central-1:123456789012:key/some"
  volumes = {
    database = { id = "vol-0database", size = 100, zone = "eu-central-1a" }
    redis    = { id = "vol-0redis", size = 20, zone = "eu-central-1a" }
  }
}
module "worker" {
  source  = "./cloud-init"
  role    = "agent"
  machine = "worker-1"
  zone    = "eu-central-1b"
  cluster = local.cluster
}
output "packed" {
  value = merge(
    { for name, machine in module.server : name => machine.user_data_base64 },
    { worker-1 = module.worker.user_data_base64 },
  )
}
output "machines" {
  value = merge(
    { for name, machine in module.server : name => machine.user_data },
    { worker-1 = module.worker.user_data },
  )
}
"""


def rendered_user_data(folder, output="machines", binary="BINARY", installer="INSTALLER"):
    """User data of three servers and a worker by machine, as OpenTofu renders it.

    `output` is `machines` for its text, `packed` for what AWS gets; the others are the checksums of K3s's programs.
    """
    source = folder / "machines"
    shutil.copytree(CLOUD_INIT, source / "cloud-init")
    (source / "main.tf").write_text(
        MACHINES.replace('"BINARY"', f'"{binary}"').replace('"INSTALLER"', f'"{installer}"')
    )
    (source / "versions.tf").write_text('terraform {\n  required_version = ">= 1.12"\n}\n')
    tofu = Tofu(source, folder / "rendered")
    tofu.run("apply", "-auto-approve")
    return tofu.outputs()[output]


def variables(**values):
    """Variables as arguments."""
    return [f"-var={key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in values.items()]
