"""One machine in a container, as AWS would boot it: cloud-init under systemd, with its user data."""

import json
import re
import time

from aws_tools import CLOUD_INIT

from acceptance.clients import engine
from acceptance.clients.docker import docker

LABEL = "alternate-futures.dev/machines"


NETWORK = "machines"


POD = """
ip link delete outside 2>/dev/null; ip netns delete pod 2>/dev/null
ip netns add pod && ip link add outside type veth peer name inside netns pod &&
ip address replace 198.18.0.1/24 dev outside && ip link set outside up &&
ip netns exec pod ip address add 198.18.0.2/24 dev inside && ip netns exec pod ip link set inside up &&
ip netns exec pod ip route add default via 198.18.0.1 &&
iptables --table nat --append POSTROUTING --source 198.18.0.0/24 --jump MASQUERADE && ip netns exec pod {command}
"""


class Machine:
    """One machine. It begins with nothing but its image and its user data."""

    def __init__(self, account, slot, number, user_data):
        self.account, self.slot = account, slot
        self.container = f"{NETWORK}-{number}-{slot}"
        self.instance = f"i-{number:017x}"
        self.node = f"{slot}-{self.instance}"
        self.address = str(account.subnet[10 + number])
        server = slot.startswith("control-plane")
        self.register(server)
        seed = account.folder / "seeds" / self.instance
        seed.mkdir(parents=True)
        (seed / "user-data").write_bytes(user_data)
        (seed / "meta-data").write_text(json.dumps({"instance-id": self.instance}))
        prepared = account.folder / "prepared" / ("server" if server else "agent")
        # All servers have the internal zone's name.
        names = ["--network-alias", "api.some-cluster.internal"] if server else []
        docker(
            "run", "--detach", "--tty", "--name", self.container, "--hostname", f"ip-{self.address.replace('.', '-')}",
            "--label", LABEL, "--network", NETWORK, "--ip", self.address, *names, "--dns", "127.0.0.1",
            "--privileged", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
            "--cgroupns=private", "--tmpfs", "/tmp", "--tmpfs", "/run", "--volume", "/var",
            "--volume", "/lib/modules:/lib/modules:ro", "--volume", f"{prepared}:/stand-in:ro",
            "--volume", f"{seed}:/var/lib/cloud/seed/nocloud:ro",
            "--volume", f"{account.folder / 'ca.pem'}:/etc/ssl/certs/ca-certificates.crt:ro",
            "--env", f"GATEWAY={account.gateway}", "--env", f"RESTRICTED={str(engine.lacks_sys_resource()).lower()}",
            *(part for name in ("HTTP_PROXY", "HTTPS_PROXY") for part in ("--env", f"{name}=")), account.image,
        )  # fmt: skip

    def register(self, server):
        """Have the metadata service know this machine."""
        path = self.account.folder / "machines.json"
        role, source = ("control-plane", "control-planes.tf") if server else ("worker", "workers.tf")
        hops = int(re.search(r"http_put_response_hop_limit = (\d+)", (CLOUD_INIT.parent / source).read_text())[1])
        known = json.loads(path.read_text()) | {
            self.address: {"instance-id": self.instance, "role": role, "hops": hops}
        }
        (path.with_suffix(".part")).write_text(json.dumps(known))
        path.with_suffix(".part").replace(path)

    def run(self, *command, check=True, timeout=120):
        """Run a command on the machine; return what it printed."""
        return docker("exec", self.container, *command, check=check, timeout=timeout)

    def exists(self, path):
        """Whether a file is there."""
        return self.run("sh", "-c", f"test -e {path} && echo yes", check=False) == "yes"

    def from_a_pod(self, command):
        """Run a command as a pod of this machine would, one hop behind it; return what it printed."""
        return self.run("sh", "-c", POD.format(command=command), check=False)

    def kubectl(self, *arguments, check=True):
        """kubectl as on a server of production."""
        return self.run("k3s", "kubectl", *arguments, check=check)

    def nodes(self):
        """The nodes by name, as this server knows them; none while its API does not answer."""
        answer = self.kubectl("get", "nodes", "--output", "json", check=False)
        return {node["metadata"]["name"]: node for node in json.loads(answer or '{"items": []}')["items"]}

    def await_ready(self, *machines):
        """Wait until the nodes of some machines, and no others, are there and Ready."""
        wanted = {machine.node for machine in machines}
        self.await_(f"not Ready, or others: {sorted(wanted)}", lambda: ready(self.nodes()) == wanted)

    def journal(self, unit="k3s-node"):
        """What a unit said."""
        return self.run("journalctl", "--no-pager", "--output=cat", "--unit", unit, check=False)

    def installed(self):
        """The installer's calls."""
        return [json.loads(line) for line in self.run("cat", "/var/lib/stand-in/calls").splitlines()]

    def await_(self, what, condition, seconds=420):
        """Wait until a condition holds; otherwise fail with the machine's log."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{self.container}: {what}\n{self.journal()[-6000:]}"
            time.sleep(2)

    def joined(self):
        """Wait until the machine says that it is a node; return it."""
        self.await_("it is no node", lambda: self.exists("/etc/alternate-futures/joined"))
        return self

    def restart(self):
        """Reboot it."""
        docker("restart", "--time", "30", self.container, timeout=120)

    def lose(self):
        """Remove it with its disk."""
        docker("rm", "--force", "--volumes", self.container)


def ready(nodes):
    """The names of nodes if all are Ready; else None."""
    states = [
        condition["status"]
        for node in nodes.values()
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    ]
    return set(nodes) if all(state == "True" for state in states) else None
