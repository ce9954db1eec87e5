"""A machine that would not come back after a reboot is told: a disabled unit, settings that are broken or unread."""

import base64
import subprocess
from types import SimpleNamespace as Thing

import pytest
from kubernetes.client import ApiException

from acceptance.drivers.cluster import reboots
from acceptance.infrastructure.contract import Machine

SERVER = "https://balancer:6443"


def manifest(name, kind="Pod"):
    """A file of static pods, as the look prints it."""
    text = f"kind: {kind}\nmetadata: {{name: {name}, namespace: kube-system}}\n"
    return f"manifest {base64.b64encode(text.encode()).decode()}\n"


KIND = (
    "unit kubelet enabled always\nunit containerd enabled always\nsettings 1000 1000\n"
    "running /usr/bin/kubelet\t--config=/var/lib/kubelet/config.yaml\t--node-ip=10.0.0.1\t--node-labels=\t\n"
    'arguments KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1 --node-labels="\n'
    f"server {SERVER}\n{manifest('etcd')}{manifest('kube-scheduler')}"
)


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        (KIND, ""),
        ("unit k3s enabled always\n", ""),
        ("unit k3s-agent static always\nunit containerd enabled on-failure\n", ""),
        (KIND.replace("kubelet enabled", "kubelet disabled"), "kubelet is disabled, so that no boot starts it"),
        (KIND.replace("containerd enabled", "containerd masked"), "containerd is masked"),
        (KIND.replace("kubelet enabled", "kubelet enabled-runtime"), "kubelet is enabled-runtime"),
        (KIND.replace("settings 1000", "settings 1060"), "changed 60 s after the kubelet had started"),
        ("unit containerd enabled always\n", "none of the units"),
        ("", "none of the units"),
        (KIND.replace("kubelet enabled always", "kubelet enabled no"), "kubelet has Restart=no"),
        (
            KIND + "runtime containerd: toml: line 9: expected\n",
            "containerd cannot read its settings: containerd: toml",
        ),
        (KIND.replace('labels="', 'labels= --no-such=1"'), "the kubelet runs without --no-such=1 of"),
        (KIND.replace('labels="', "labels="), "nobody can read"),
        (KIND.replace(SERVER, "https://elsewhere:6443"), "kubelet.conf leads to https://elsewhere:6443"),
        (KIND + "absent /usr/bin/kubelet\n", "the next start of the kubelet needs /usr/bin/kubelet, which is gone"),
        (
            KIND + "read encryption-provider-config /etc/key.yaml 1060 1000\n",
            "/etc/key.yaml (--encryption-provider-config) changed 60 s after the program that reads it had started",
        ),
        (KIND + "read encryption-provider-config /etc/key.yaml 900 1000\n", ""),
        (KIND + manifest("etcd"), "2 files of /etc/kubernetes/manifests have a pod kube-system/etcd"),
        (KIND + manifest("etcd", "PodTemplate") + "manifest bm90ZXM6IFs=\nmanifest /w==\n", ""),
    ],
)
def test_a_machine_that_would_not_return_is_told(printed, said):
    found = "; ".join(reboots.in_words(printed, {SERVER}))
    assert said in found and bool(found) is bool(said)


def test_a_server_is_not_judged_where_nobody_is_told_one():
    assert reboots.in_words(KIND.replace(SERVER, "https://elsewhere:6443")) == []


def told(*_):
    """kubeadm's cluster-info."""
    return Thing(data={"kubeconfig": f"clusters: [{{cluster: {{server: '{SERVER}'}}}}]"})


def told_nothing(*_):
    raise ApiException(status=404)


def three_machines(answers):
    machines = [Machine(name=name, address="10.0.0.1") for name in ("server", "worker", "worker2")]
    outputs = Thing(control_planes=machines[:1], workers=machines[1:])
    core = Thing(read_namespaced_config_map=told)
    return Thing(outputs=outputs, is_attached=False, on_node=lambda name, *_, **__: answers[name], core=core)


def test_every_machine_is_asked_unless_it_is_somebody_elses():
    broken = KIND.replace("kubelet enabled", "kubelet disabled")
    cluster = three_machines({"server": KIND, "worker": broken, "worker2": KIND})
    assert [text.partition(":")[0] for text in reboots.would_not_return(cluster)] == ["worker"]
    cluster.is_attached = True
    assert reboots.would_not_return(cluster) == []


def test_a_control_plane_alone_may_use_itself():
    itself = KIND.replace(SERVER, "https://10.0.0.1:6443")
    cluster = three_machines({"server": itself, "worker": itself, "worker2": KIND})
    assert [text.partition(":")[0] for text in reboots.would_not_return(cluster)] == ["worker"]
    cluster.core.read_namespaced_config_map = told_nothing
    assert reboots.would_not_return(cluster) == []


def test_the_look_is_a_shell_command_and_reads_the_files(tmp_path):
    (tmp_path / "kubelet.conf").write_text(f"clusters:\n- cluster:\n    server: {SERVER}\n")
    for name in ("etcd.yaml", "etcd.yaml.bak", ".hidden"):
        (tmp_path / name).write_text("kind: Pod\nmetadata: {name: etcd}\n")
    look = reboots.LOOK.replace(reboots.KUBECONFIG, f"{tmp_path}/kubelet.conf").replace(
        reboots.MANIFESTS, f"{tmp_path}"
    )
    # Nothing is said of units where no systemctl is.
    printed = subprocess.run(["sh", "-c", look], capture_output=True, text=True).stdout
    texts = reboots.by_word(printed)
    assert texts["server"] == [SERVER] and len(texts["manifest"]) == 3
    assert reboots.doubled(texts["manifest"]) == [f"2 files of {reboots.MANIFESTS} have a pod default/etcd"]


@pytest.mark.parametrize(
    ("gone", "unit", "told"),
    [
        ([], "kubelet", []),
        (["config.yaml"], "kubelet", ["config.yaml"]),
        (["kubelet", "flags.env"], "kubelet", ["flags.env", "kubelet"]),
        (["client.pem"], "kubelet", ["client.pem"]),
        (["kubelet.conf", "client.pem"], "kubelet", ["kubelet.conf"]),
        (["config.yaml", "flags.env", "kubelet.conf", "client.pem"], "kubelet", []),
        (["config.yaml"], "k3s", []),
    ],
)
def test_a_file_that_the_next_start_needs_is_told(tmp_path, gone, unit, told):
    """The part of the look about kubeadm's files, with a stand-in for systemd and for the kubelet's process."""
    paths = {name: tmp_path / name for name in ("config.yaml", "flags.env", "kubelet.conf", "client.pem", "kubelet")}
    for path in paths.values():
        path.write_text("a: b\n")
    paths["kubelet.conf"].write_text(
        f"users:\n- user:\n    client-certificate: {tmp_path}/client.pem\n    client-key: {tmp_path}/client.pem\n"
    )
    for name in gone:
        paths[name].write_text("")
        paths[name].unlink(missing_ok=name != "client.pem")
    (tmp_path / "cmdline").write_bytes(f"{tmp_path}/kubelet\0--config=x\0".encode())
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(
        f'#!/bin/sh\ncase "$*" in *is-active*{unit}|*MainPID*{unit}) echo 7;; *) echo 0; exit 3;; esac\n'
    )
    systemctl.chmod(0o755)
    look = reboots.LOOK.replace("/proc/$pid/cmdline", f"{tmp_path}/cmdline")
    for before, name in (
        (reboots.SETTINGS, "config.yaml"),
        (reboots.FLAGS, "flags.env"),
        (reboots.KUBECONFIG, "kubelet.conf"),
    ):
        look = look.replace(before, f"{tmp_path}/{name}")
    done = subprocess.run(["sh", "-c", look], capture_output=True, text=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    absent = [text.rpartition("/")[2] for text in reboots.by_word(done.stdout)["absent"]]
    assert sorted({*absent}) == told


def test_the_runtime_is_asked_by_its_own_command(tmp_path):
    """The part of the look about containerd, with a stand-in for its process."""
    runtime = tmp_path / "containerd"
    runtime.write_text(
        '#!/bin/sh\n[ "$*" = "--config /etc/x.toml config dump" ] || exit 0\necho toml: broken >&2; exit 1\n'
    )
    runtime.chmod(0o755)
    (tmp_path / "systemctl").write_text(
        '#!/bin/sh\ncase "$*" in *MainPID*containerd) echo 7;; *) echo 0; exit 3;; esac\n'
    )
    (tmp_path / "systemctl").chmod(0o755)
    (tmp_path / "cmdline").write_bytes(b"\0".join([str(runtime).encode(), b"--config", b"/etc/x.toml"]) + b"\0")
    look = reboots.LOOK.replace("/proc/$pid/cmdline", f"{tmp_path}/cmdline")
    done = subprocess.run(["sh", "-c", look], capture_output=True, text=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert reboots.by_word(done.stdout)["runtime"] == ["toml: broken"]
