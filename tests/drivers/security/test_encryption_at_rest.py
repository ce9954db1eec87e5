"""Keys that encrypt Secrets: how many of their bytes differ, counted where they are."""

import base64
import subprocess
from types import SimpleNamespace

import pytest

from acceptance.drivers.security import encryption_at_rest

KUBEADM = """apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox:
          keys:
            - name: key1
              secret: {first}
            - name: key2
              secret: {quote}{second}{quote}
      - identity: {{}}
"""
K3S = '{{"providers":[{{"aescbc":{{"keys":[{{"name":"a","secret":"{first}"}},{{"name":"b","secret":"{second}"}}]}}}}]}}'
RANDOM = bytes((7 * number + 3) % 251 for number in range(32))


@pytest.mark.parametrize(
    "form",
    [*(KUBEADM.replace("{quote}", quote) for quote in ('"', "'", "")), K3S],
    ids=["double", "single", "none", "k3s"],
)
@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (RANDOM, RANDOM[::-1], []),
        (RANDOM, bytes(32), ["1 different bytes of 32"]),
        (b"secret" * 5 + b"!!", RANDOM, ["6 different bytes of 32"]),
        (RANDOM[:16], RANDOM, []),
    ],
)
def test_keys_that_are_not_random_are_told(tmp_path, form, first, second, told):
    path = tmp_path / "encryption.yaml"
    path.write_text(
        form.format(**{name: base64.b64encode(key).decode() for name, key in (("first", first), ("second", second))})
    )
    command = ["sh", "-c", encryption_at_rest.COUNT, "sh", str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert len(said.split()) == 4 and encryption_at_rest.predictable(said) == told


@pytest.mark.parametrize(
    ("provider", "told"),
    [
        ("kms: {apiVersion: v2, name: vault, endpoint: unix:///run/vault.sock}", 0),
        ('{"kms":{"apiVersion":"v2","name":"vault"}}', 0),
        ("identity: {}", 1),
        ("secretbox: {keys: [{name: one, secret: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='}]}", 1),
    ],
    ids=["kms", "kms-json", "identity", "zeros"],
)
def test_a_key_is_in_the_file_or_with_a_service(tmp_path, provider, told):
    path = tmp_path / "encryption.yaml"
    path.write_text(f"resources:\n  - resources: [secrets]\n    providers:\n      - {provider}\n")
    command = ["sh", "-c", encryption_at_rest.COUNT, "sh", str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert len(encryption_at_rest.predictable(said)) == told


def test_each_api_server_is_asked(monkeypatch):
    files = {name: SimpleNamespace(path=f"/etc/{name}.yaml") for name in ("one", "two")}
    monkeypatch.setattr(encryption_at_rest, "key_files", lambda *_: files)
    cluster = SimpleNamespace(
        on_node=lambda name, *command: "32\n1\n" if command[-1] == "/etc/two.yaml" else "32\n30\n"
    )
    found = encryption_at_rest.predictable_keys(SimpleNamespace(cluster=cluster), None)
    assert found == {"two": ["1 different bytes of 32"]}
