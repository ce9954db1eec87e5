"""A copy of a sealing key is recognised in any encoding; other keys are ignored."""

import base64
import datetime
import textwrap
from types import SimpleNamespace as Thing

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from acceptance.base.errors import UserError
from acceptance.drivers.secrets import sealing, sealing_keys
from acceptance.platform.secrets import KEY_LABEL

KEY = rsa.generate_private_key(65537, 1024)
OTHER = rsa.generate_private_key(65537, 1024)


def written(key=KEY, *, form="PKCS8", encoding="PEM"):
    plain = serialization.NoEncryption()
    how = getattr(serialization.PrivateFormat, form)
    return key.private_bytes(getattr(serialization.Encoding, encoding), how, plain)


PEM = written().decode()


def secret(value, namespace="default", **metadata):
    data = {"old": base64.b64encode(value).decode()}
    return {"kind": "Secret", "metadata": {"namespace": namespace, "name": "a", **metadata}, "data": data}


def config_map(text, namespace="default"):
    return {"kind": "ConfigMap", "metadata": {"namespace": namespace, "name": "a"}, "data": {"old": text}}


NOTED = {"kind": "ConfigMap", "metadata": {"namespace": "default", "name": "a", "annotations": {"a": PEM}}}


@pytest.mark.parametrize(
    "item",
    [
        secret(written()),
        secret(written(form="TraditionalOpenSSL")),
        secret(written(encoding="DER")),
        secret(base64.b64encode(written())),
        config_map(PEM),
        config_map(f"key: |\n{textwrap.indent(PEM, '    ')}"),
        config_map(PEM.replace("\n", "\\n")),
        config_map(base64.encodebytes(written(encoding="DER")).decode()),
        config_map(PEM, "sealed-secrets"),
        NOTED,
    ],
)
def test_a_copy_is_found_in_each_form(item):
    keys = {sealing_keys.public_bytes(KEY.public_key())}
    (found,) = sealing_keys.copies([item], keys)
    assert found.endswith("/a has the private key")


@pytest.mark.parametrize(
    "item",
    [
        secret(written(), "sealed-secrets"),
        secret(written(), "scenario-1"),
        secret(written(OTHER)),
        secret(b"text"),
        config_map("text " * 100),
        config_map("A" * 400),
        {"kind": "ConfigMap", "metadata": {"namespace": "default", "name": "a"}},
    ],
)
def test_whatever_else_there_is_is_no_copy(item):
    assert sealing_keys.copies([item], {sealing_keys.public_bytes(KEY.public_key())}) == []


@pytest.mark.parametrize(("days", "lasts"), [(3650, True), (31, True), (29, False), (1, False)])
def test_a_certificate_that_ends_soon_is_seen(days, lasts):
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    assert sealing_keys.lasts(Thing(not_valid_after_utc=ends)) is lasts


def keys(*labels):
    """A controller whose keys have these labels."""
    items = [
        Thing(
            metadata=Thing(name=f"key-{label}", labels={KEY_LABEL: label}, creation_timestamp=moment), type="tls",
            data={"tls.key": base64.b64encode(written(key)).decode()},
        )
        for moment, (label, key) in enumerate(zip(labels, (KEY, OTHER), strict=False))
    ]  # fmt: skip
    return Thing(key_secrets=lambda: items)


def test_only_keys_that_the_next_start_loads_count():
    tool = keys("compromised", "active")
    assert sealing_keys.newest_key(tool).metadata.name == "key-active"
    assert sealing_keys.public_keys(tool) == [sealing_keys.public_bytes(OTHER.public_key())]
    assert len(sealing_keys.public_keys(keys("active", "active"))) == 2


def test_a_value_that_no_loaded_key_opens_is_told(monkeypatch, tmp_path):
    def unseal(tool, text, pem, folder):
        if "key-compromised" not in pem:
            raise UserError("no key could decrypt secret", "seal it again")
        return {"VALUE": "right"}

    monkeypatch.setattr(sealing, "unseal", unseal)
    with pytest.raises(AssertionError, match="one of the 1 keys that the controller loads when it starts"):
        sealing.open_with_own_key(keys("compromised", "active"), "k8s/secrets/a.yaml", "", tmp_path)
