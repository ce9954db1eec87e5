"""A machine that would not come back after a reboot is told: a disabled unit, settings that nobody has read."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import reboots
from acceptance.infrastructure.contract import Machine

KIND = "unit kubelet enabled\nunit containerd enabled\nsettings 1000 1000\n"


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        (KIND, ""),
        ("unit k3s enabled\n", ""),
        ("unit k3s-agent static\nunit containerd enabled\n", ""),
        (KIND.replace("kubelet enabled", "kubelet disabled"), "kubelet is disabled, so that no boot starts it"),
        (KIND.replace("containerd enabled", "containerd masked"), "containerd is masked"),
        (KIND.replace("kubelet enabled", "kubelet enabled-runtime"), "kubelet is enabled-runtime"),
        (KIND.replace("settings 1000", "settings 1060"), "changed 60 s after the kubelet had started"),
        ("unit containerd enabled\n", "none of the units"),
        ("", "none of the units"),
    ],
)
def test_a_machine_that_would_not_return_is_told(printed, said):
    found = "; ".join(reboots.in_words(printed))
    assert said in found and bool(found) is bool(said)


def test_every_machine_is_asked_unless_it_is_somebody_elses():
    machines = [Machine(name=name, address="10.0.0.1") for name in ("server", "worker")]
    outputs = Thing(control_planes=machines[:1], workers=machines[1:])
    answers = {"server": KIND, "worker": KIND.replace("kubelet enabled", "kubelet disabled")}
    cluster = Thing(outputs=outputs, is_attached=False, on_node=lambda name, *_, **__: answers[name])
    assert [text.partition(":")[0] for text in reboots.would_not_return(cluster)] == ["worker"]
    cluster.is_attached = True
    assert reboots.would_not_return(cluster) == []
