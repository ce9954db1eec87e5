"""DNS servers that keep old settings, and settings of the pod network that are no JSON, are told."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import unread_settings
from acceptance.drivers.cluster.unread_settings import broken, led_elsewhere
from acceptance.infrastructure.contract import Machine

STARTED = "[INFO] plugin/reload: Running configuration SHA512 = 12\n"
FAILED = "[ERROR] plugin/reload: Corefile changed but reload failed: unknown directive\n"
LOADED = "[INFO] Reloading\n[INFO] Reloading complete\n"
UNREAD = "[WARNING] plugin/reload: Corefile parse failed: unexpected EOF\n"
GOOD = {"cni-conf.json": '{"name": "cbr0"}', "net-conf.json": '{"Network": "10.244.0.0/16"}', "notes": "{"}


def cluster(log, data=None, recent=None):
    def read(*_, since_seconds=None, tail_lines):
        return log if since_seconds is None or recent is None else recent

    pod = Thing(metadata=Thing(name="coredns-1", namespace="kube-system"),
                status=Thing(conditions=[Thing(type="Ready", status="True")]))  # fmt: skip
    maps = [Thing(data=data)] if data else []
    return Thing(core=Thing(
        list_namespaced_pod=lambda *_, **__: Thing(items=[pod]), read_namespaced_pod_log=read,
        list_config_map_for_all_namespaces=lambda **_: Thing(items=maps),
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("log", "data", "said"),
    [
        (STARTED, GOOD, ""),
        (STARTED, None, ""),
        (STARTED + FAILED, GOOD, "coredns-1 could not load"),
        (STARTED + FAILED + LOADED, GOOD, ""),
        (STARTED + LOADED + FAILED, GOOD, "coredns-1 could not load"),
        (STARTED + UNREAD, GOOD, "coredns-1 could not load"),
        ("another server's log\n", {**GOOD, "net-conf.json": '{"Network": '}, "net-conf.json of kube-flannel-cfg"),
    ],
)
def test_what_the_next_start_could_not_read_is_told(log, data, said):
    found = "; ".join(broken(cluster(log, data)))
    assert said in found and bool(found) is bool(said)


def test_what_was_mended_a_while_ago_is_let_pass():
    assert broken(cluster(STARTED + UNREAD, recent="")) == []


COMMON = "https://balancer:6443"
PROXY = "apiVersion: v1\nkind: Config\nclusters:\n- cluster: {{server: {}}}\n  name: default\n"


@pytest.mark.parametrize(
    ("data", "common", "attached", "told"),
    [
        ({"kubeconfig.conf": PROXY.format(COMMON), "config.conf": "kind: KubeProxyConfiguration\n"}, COMMON, False, ""),
        (
            {"kubeconfig.conf": PROXY.format("https://old-balancer:6443")},
            COMMON,
            False,
            "leads to https://old-balancer",
        ),
        ({"kubeconfig.conf": "kind: Config\nclusters: ["}, COMMON, False, "leads to no server"),
        ({"kubeconfig.conf": PROXY.format("https://old-balancer:6443")}, "", False, ""),
        ({"kubeconfig.conf": PROXY.format("https://old-balancer:6443")}, COMMON, True, ""),
    ],
)
def test_a_kubeconfig_of_kube_proxy_that_leads_elsewhere_is_told(monkeypatch, data, common, attached, told):
    monkeypatch.setattr(unread_settings, "common_server", lambda _: common)
    maps = Thing(list_namespaced_config_map=lambda *_, **__: Thing(items=[Thing(data=data)]))
    found = "; ".join(led_elsewhere(Thing(core=maps, is_attached=attached)))
    assert told in found and bool(found) is bool(told)


@pytest.mark.parametrize(
    ("text", "running", "told"),
    [
        ("kind: KubeProxyConfiguration\nmode: iptables\n", "iptables", ""),
        ("kind: KubeProxyConfiguration\nmode: ''\n", "iptables", ""),
        ("kind: KubeProxyConfiguration\nmode: null\n", "nftables", ""),
        ("kind: KubeProxyConfiguration\nmode: nftables\n", "", ""),
        ("kind: KubeProxyConfiguration\nmode: nftables\n", "404 page not found", ""),
        ("kind: KubeProxyConfiguration\nmode: nftables\n", "iptables", "says mode nftables, but these run in others"),
        ("kind: KubeProxyConfiguration\nmode: ipvss\n", "iptables", "mode 'ipvss', with which none could be started"),
        ("kind: KubeletConfiguration\n", "iptables", "says kind KubeletConfiguration"),
        ("kind: KubeProxyConfiguration\n\tmode: iptables\n", "iptables", "cannot be read"),
        ("", "iptables", "cannot be read"),
    ],
)
def test_settings_with_which_no_proxy_could_be_started_are_told(text, running, told):
    machines = [Machine(name="one", address="10.0.0.1")]
    listed = [Thing(data={"config.conf": text, "kubeconfig.conf": PROXY})]
    cluster = Thing(
        is_attached=False, outputs=Thing(control_planes=machines, workers=[]), on_node=lambda *_: f"{running}\n",
        core=Thing(list_namespaced_config_map=lambda *_, **__: Thing(items=listed)),
    )  # fmt: skip
    found = "; ".join(unread_settings.unlike_proxies(cluster))
    assert told in found and bool(found) is bool(told)
    cluster.is_attached = True
    assert unread_settings.unlike_proxies(cluster) == []
