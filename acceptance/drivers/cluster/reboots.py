"""Whether a machine would come back after a reboot as it runs now. Source: 2.1 and 2.8.

A unit that runs and is not enabled, or settings that nobody has read since they changed, show only then.
"""

from __future__ import annotations

from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.machines import every_machine

STARTED = ("enabled", "static", "indirect", "generated", "alias")
"""What `systemctl is-enabled` says of units that a boot starts, or that another unit does."""
KUBELETS = ("kubelet", "k3s", "k3s-agent")
"""The units that run a kubelet: kubeadm's, and K3s' on a server and on an agent."""
SETTINGS = "/var/lib/kubelet/config.yaml"
LOOK = (
    f"for unit in {' '.join(KUBELETS)} containerd; do if systemctl is-active --quiet $unit; then "
    'echo "unit $unit $(systemctl is-enabled $unit 2>&1)"; fi; done; '
    f"if [ -e {SETTINGS} ] && systemctl is-active --quiet kubelet; then echo "
    f'"settings $(stat -c %Y {SETTINGS}) '
    '$(date -d "$(systemctl show -p ExecMainStartTimestamp --value kubelet)" +%s)"; fi'
)
"""Prints `unit NAME STATE` for each unit that runs, and when the kubelet's settings changed and when it started, in
seconds since 1970."""


def would_not_return(cluster: Cluster) -> list[str]:
    """The machines that a reboot would bring up otherwise than they run, in words. Attached ones are not asked."""
    if cluster.is_attached:
        return []
    looks = {
        item.name: cluster.on_node(item.name, "sh", "-c", LOOK, check=False) for item in every_machine(cluster.outputs)
    }
    return [f"{name}: {text}" for name, printed in looks.items() for text in in_words(printed)]


def in_words(printed: str) -> list[str]:
    """What LOOK's output says against a reboot, in words."""
    lines = [line.split() for line in printed.splitlines()]
    units = {words[1]: words[2] for words in lines if words[:1] == ["unit"] and len(words) == 3}
    said = [f"{unit} is {state}, so that no boot starts it" for unit, state in units.items() if state not in STARTED]
    if not {*units} & {*KUBELETS}:
        said.append(f"none of the units {', '.join(KUBELETS)} runs")
    for words in (words for words in lines if words[:1] == ["settings"] and len(words) == 3):
        late = int(words[1]) - int(words[2])
        # The kubelet reads them when it starts.
        said += [f"{SETTINGS} changed {late} s after the kubelet had started"] if late > 0 else []
    return said
