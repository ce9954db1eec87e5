"""What a new machine learns with the join token: it has to be signed with it, and to name one cluster."""

import base64
import json
from types import SimpleNamespace as Thing

import jwt
import pytest

from acceptance.drivers.cluster import kubeadm_discovery

TOKEN = "abcdef.0123456789abcdef"
AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
SERVER = "https://balancer:6443"


def told(server=SERVER, clusters=1, token=TOKEN):
    """What the API publishes, signed by another program."""
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(AUTHORITY.encode()).decode()}
    kubeconfig = json.dumps({"clusters": [{"name": "", "cluster": cluster}] * clusters})
    identity, _, secret = token.partition(".")
    whole = jwt.api_jws.encode(kubeconfig.encode(), secret, algorithm="HS256", headers={"kid": identity})
    header, _, signature = whole.split(".")
    return {"kubeconfig": kubeconfig, f"jws-kubeconfig-{identity}": f"{header}..{signature}"}


@pytest.mark.filterwarnings("ignore")
def test_it_is_signed_with_the_token_and_no_other():
    assert kubeadm_discovery.is_signed(told(), TOKEN)
    assert not kubeadm_discovery.is_signed(told(), "abcdef.ffffffffffffffff")
    assert not kubeadm_discovery.is_signed(told(), "fedcba.0123456789abcdef")
    assert not kubeadm_discovery.is_signed(
        {**told(), "kubeconfig": told("https://elsewhere:6443")["kubeconfig"]}, TOKEN
    )
    assert not kubeadm_discovery.is_signed({}, TOKEN)


@pytest.mark.filterwarnings("ignore")
def test_it_leads_to_one_place():
    assert kubeadm_discovery.address_and_authority(told()) == (SERVER, AUTHORITY)
    for data in ({}, told(clusters=2)):
        with pytest.raises(AssertionError, match="expected one cluster to join"):
            kubeadm_discovery.address_and_authority(data)


@pytest.mark.parametrize("said", ["ok", "curl: (6) Could not resolve host: api-before-the-move"])
def test_the_worker_trusts_that_authority_alone(said):
    ran = []
    cluster = Thing(on_node=lambda *words, check: ran.append(words) or said)
    assert kubeadm_discovery.answered_there(cluster, "worker", SERVER, AUTHORITY) == said
    assert ran[0][:3] == ("worker", "sh", "-c") and f"printf %s '{AUTHORITY}' | curl" in ran[0][3]
    assert "--cacert /dev/stdin" in ran[0][3] and f"{SERVER}/livez" in ran[0][3]


@pytest.mark.parametrize(("status", "data"), [(200, {"kubeconfig": "x"}), (401, None)])
def test_nothing_told_is_a_failure(monkeypatch, status, data):
    answer = Thing(status_code=status, json=lambda: {"data": data})
    monkeypatch.setattr(kubeadm_discovery, "Caller", lambda cluster: lambda *_: answer)
    if data:
        assert kubeadm_discovery.told(None) == data
    else:
        with pytest.raises(AssertionError, match="as for new machines, saw 401"):
            kubeadm_discovery.told(None)


def answering(answers):
    """A caller that gets these ConfigMaps, and 404 for others."""

    def ask(method, path):
        data = answers.get(path.rpartition("/")[2])
        return Thing(status_code=200 if data is not None else 404, json=lambda: {"data": data})

    return ask


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"kubelet-config": None}, "kubelet-config is answered with 404"),
        ({"kubelet-config": {"kubelet": "kind: ["}}, "kubelet-config has no KubeletConfiguration"),
        ({"kubeadm-config": {}}, "kubeadm-config has no ClusterConfiguration"),
    ],
)
def test_settings_that_a_join_takes_have_to_be_there(monkeypatch, changed, said):
    whole = {
        "kubelet-config": {"kubelet": "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"},
        "kubeadm-config": {"ClusterConfiguration": "kind: ClusterConfiguration\n"},
    }
    monkeypatch.setattr(kubeadm_discovery, "Caller", lambda *_: answering(whole | changed))
    assert kubeadm_discovery.lacking_settings(None, TOKEN) == ([said] if said else [])


@pytest.mark.parametrize("lacking", ["nodes", "certificatesigningrequests"])
def test_rights_that_a_join_takes_have_to_be_there(monkeypatch, lacking):
    caller = Thing(may=lambda verb, group, resource, **_: resource != lacking)
    monkeypatch.setattr(kubeadm_discovery, "Caller", lambda *_: caller)
    found = kubeadm_discovery.lacking_rights(None, TOKEN)
    assert ("see whether a node of its name exists" in found) is (lacking == "nodes") and found
