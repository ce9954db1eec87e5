"""A copy of a sealing key is recognised in any encoding; other keys are ignored."""

import base64
import datetime
import textwrap
from types import SimpleNamespace as Thing

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from acceptance.drivers.secrets import sealing_keys

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
