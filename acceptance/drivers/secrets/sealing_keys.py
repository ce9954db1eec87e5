"""The Sealed Secrets controller's keys, and the certificate that it serves."""

from __future__ import annotations

import base64
import binascii
import contextlib
import datetime
import re
from collections.abc import Iterable, Iterator
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from acceptance.base.conditions import as_json
from acceptance.base.errors import UserError
from acceptance.drivers.secrets.sealing import ACTIVE, LOGS, loaded_keys
from acceptance.drivers.workloads.platform_state import is_scenarios
from acceptance.platform.secrets import KEY_LABEL, NAMESPACE, SealedSecrets

PEM = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----([A-Za-z0-9+/=\s\\]+)-----END \1-----")
"""A private key, however its lines are wrapped, indented or quoted."""
WRAPPED = re.compile(rb"[A-Za-z0-9+/=\s]{200,}")
LASTS = datetime.timedelta(days=30)
"""Minimum remaining validity of the certificate: kubeseal refuses an expired one; the key is renewed as often."""
KEY_BITS = 2048
"""Minimum size of an RSA key (NIST SP 800-57, until 2030)."""


def public_bytes(key: Any) -> bytes:
    """A public key in DER, for comparison."""
    return bytes(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def private_key(item: Any) -> Any:
    """The private key in one of the controller's Secrets."""
    return serialization.load_pem_private_key(base64.b64decode(item.data["tls.key"]), password=None)


def public_keys(tool: SealedSecrets) -> list[bytes]:
    """The public half of each key that the controller loads when it starts."""
    return [public_bytes(private_key(item).public_key()) for item in loaded_keys(tool)]


def certificate_beside(item: Any) -> x509.Certificate:
    """The certificate in one of the controller's Secrets."""
    return x509.load_pem_x509_certificate(base64.b64decode(item.data["tls.crt"]))


def newest_key(tool: SealedSecrets) -> Any:
    """The Secret of the controller's newest key. Raises AssertionError unless the controller loads it at its start."""
    found = tool.key_secrets()
    assert found, f"expected a key, but no Secret in {NAMESPACE} has the label {KEY_LABEL}. Try: {LOGS}"
    newest = max(found, key=lambda item: item.metadata.creation_timestamp)
    label = newest.metadata.labels[KEY_LABEL]
    assert label == ACTIVE, (
        f"the Secret {newest.metadata.name} in {NAMESPACE} is labelled {label}, not {ACTIVE}: "
        "the controller ignores it at its next start"
    )
    return newest


def wrong_keys(tool: SealedSecrets) -> list[str]:
    """What is wrong with the controller's keys: not RSA, shorter than KEY_BITS, or with another key's certificate."""
    found = []
    for item in tool.key_secrets():
        key, name = private_key(item), item.metadata.name
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
            found.append(f"{name} is {type(key).__name__} of {key.key_size} bits")
        elif public_bytes(certificate_beside(item).public_key()) != public_bytes(key.public_key()):
            found.append(f"the certificate in {name} has another key")
    return found


def fetch_certificate(tool: SealedSecrets) -> str:
    """The certificate that kubeseal fetches, as PEM. Raises AssertionError with kubeseal's message."""
    try:
        return tool.certificate()
    except UserError as error:
        said = error.problem.splitlines()[-1].strip()
        hint = "kubectl -n sealed-secrets get endpointslices,pods"
        raise AssertionError(
            f"expected the controller's certificate, saw kubeseal's message {said!r}. Try: {hint}"
        ) from error


def is_valid_now(certificate: x509.Certificate) -> bool:
    """Whether a certificate is valid now."""
    now = datetime.datetime.now(datetime.UTC)
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def lasts(certificate: x509.Certificate) -> bool:
    """Whether a certificate can be used for sealing until the controller creates the next one."""
    return certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC) > LASTS


def private_keys_in(data: bytes) -> Iterator[bytes]:
    """The public key of each private key in a value: as PEM, as DER, or either in base64."""
    with contextlib.suppress(ValueError, TypeError, UnsupportedAlgorithm):
        yield public_bytes(serialization.load_der_private_key(data, password=None).public_key())
    for _, body in PEM.findall(data):
        yield from private_keys_in(decoded(re.sub(rb"\\[nr]|\s|\\", b"", body)))
    if WRAPPED.fullmatch(data):
        yield from private_keys_in(decoded(b"".join(data.split())))


def decoded(text: bytes) -> bytes:
    """The bytes of a base64 text; empty if it is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def values_of(item: dict[str, Any]) -> list[bytes]:
    """The values of a Secret or ConfigMap, and its annotations, which may repeat them."""
    data = {key: str(value).encode() for key, value in (item.get("data") or {}).items()}
    plain = [decoded(value) for value in data.values()] if item["kind"] == "Secret" else [*data.values()]
    binary = [decoded(str(value).encode()) for value in (item.get("binaryData") or {}).values()]
    notes = [str(value).encode() for value in (item["metadata"].get("annotations") or {}).values()]
    return [*plain, *binary, *notes]


def copies(items: Iterable[dict[str, Any]], keys: set[bytes]) -> list[str]:
    """The Secrets outside the controller's namespace, and the ConfigMaps, that contain one of these keys, in words."""
    return [
        f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']} has the private key"
        for item in items
        if not (item["kind"] == "Secret" and item["metadata"]["namespace"] == NAMESPACE) and not is_scenarios(item)
        if any(key in keys for value in values_of(item) for key in private_keys_in(value))
    ]


def copies_of_keys(tool: SealedSecrets) -> list[str]:
    """Copies of the controller's keys elsewhere in the cluster; attached runs see ConfigMaps only."""
    keys = {public_bytes(private_key(item).public_key()) for item in tool.key_secrets()}
    kinds = "configmaps" if tool.cluster.is_attached else "secrets,configmaps"
    items = as_json(tool.cluster.kubectl("get", kinds, "--all-namespaces", "--output=json"))["items"]
    return copies(items, keys)
