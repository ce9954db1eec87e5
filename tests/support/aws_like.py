"""AWS as production meets it here: moto, the stand-in provider with its account, and operators with own machines.

The state lies in moto's bucket, encrypted by moto's key; the code that provisions is production's.
"""

import collections
import contextlib
import os
import shutil
import subprocess

from aws_account import Account
from aws_cloud import BACKEND, moto
from aws_tools import AWS, SSH_KEY, programs, stand_in_provider
from built import tool

from acceptance.base.environment import load_environment
from acceptance.drivers.operations.handbooks import read_blocks
from acceptance.infrastructure.aws import AwsInfrastructure

# The kubeconfig and the nodes that machines would have made; everything else is for moto to answer.
COMMANDS = {
    "aws": """#!/bin/sh
case "$*" in
*get-secret-value*) printf 'server: https://balancer.example.test:6443\\n' ;;
*) exec {programs}/aws "$@" ;;
esac
""",
    "kubectl": "#!/bin/sh\nfor node in 1 2 3 4 5 6 7; do echo node-$node Ready; done\n",
    "lookup": "#!/bin/sh\necho ${ADDRESSES%% *}\n",
}


def write_tools(folder):
    """Make the folder of an operator's programs."""
    folder.mkdir()
    (folder / "tofu").symlink_to(tool("tofu"))
    for program, text in COMMANDS.items():
        (folder / program).write_text(text.replace("{programs}", str(programs())))
        (folder / program).chmod(0o755)
    return folder


def infrastructure(folder):
    """Production's infrastructure as the operator has it whose machine is this folder."""
    made = AwsInfrastructure(load_environment("production"), None, folder / "tools", folder / "tofu.log")
    made.root, made.folder = folder / "root", folder / "state"
    return made


def resources(made):
    """The addresses in the state of what AWS has; data sources and OpenTofu's own resources are not."""
    kinds = ((address, address.partition("[")[0].split(".")) for address in made.resources())
    return [address for address, words in kinds if words[-2].startswith("aws_") and "data" not in words]


def type_block(made, text, **variables):
    """Type the handbook's block that has a text, where it leads to OpenTofu on an operator's machine."""
    (block,) = [found.text for found in read_blocks("operations.md") if text in found.text]
    block = block.replace("-chdir=infrastructure/aws", f"-chdir={made.root}")
    environment = {**os.environ, "TF_DATA_DIR": str(made.folder / "tofu"), "TF_VAR_state_folder": str(made.folder)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=made.log.parent, env={**environment, **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
    return done.stdout


class AwsLike:
    """An account, and the cloud that answers for it."""

    def __init__(self, cloud, folder):
        self.cloud = cloud
        self.folder = folder
        self.account = Account(folder / "account")
        self.operators = 0
        self.whole = None

    def begin(self, **settings):
        """Everything is as in a new account; `settings` are its own (aws_account.py)."""
        self.whole = None
        self.cloud.reset()
        self.cloud.bootstrap()
        shutil.rmtree(self.account.folder, ignore_errors=True)
        self.account.folder.mkdir()
        self.account.set(endpoint=self.cloud.url, **settings)

    def operator(self):
        """Production's infrastructure on an operator's machine: a checkout, tools and a folder of its own."""
        self.operators += 1
        folder = self.folder / f"operator-{self.operators}"
        ignore = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.s3.tfbackend")
        shutil.copytree(AWS, folder / "root", ignore=ignore)
        backend = "".join(f'{key} = "{value}"\n' for key, value in BACKEND.items())
        (folder / "root" / "environments" / "production.s3.tfbackend").write_text(backend)
        write_tools(folder / "tools")
        return infrastructure(folder)

    def provisioned(self):
        """An operator whose platform is there: the one of the test before, if that has left as much as it found.

        Making a platform takes some five CPU seconds.
        """
        if self.whole is None or self.count() != self.whole[1]:
            self.begin()
            made = self.operator()
            made.apply()
            self.whole = (made, self.count())
        self.account.set(takes={})
        return self.whole[0]

    def count(self):
        """How many there are of each kind in the account."""
        return collections.Counter(kind for kind, _ in self.account.all())


@contextlib.contextmanager
def aws_like(folder, patch):
    """Serve both; `patch` puts this process where an operator's shell is, with no region, for the variables name it."""
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "TF_VAR_region"):
        patch.delenv(variable, raising=False)
    (folder / "account").mkdir()
    with moto() as cloud, stand_in_provider(AWS, folder / "account") as provider:
        found = AwsLike(cloud, folder)
        found.begin()
        tools = write_tools(folder / "tools")
        settings = provider | cloud.credentials | {
            "TF_CLI_CONFIG_FILE": "/dev/null", "TF_VAR_ssh_public_key": SSH_KEY, "PAUSE": "0.1",
            "TF_VAR_administrators": '{ alice = "198.51.100.7/32" }', "LOOKUP": str(tools / "lookup"),
            "PATH": f"{tools}:{os.environ['PATH']}",
        }  # fmt: skip
        for variable, value in settings.items():
            patch.setenv(variable, value)
        yield found
