"""The keys of the Sealed Secrets controller, and the certificate that it hands out."""

from __future__ import annotations

import base64
import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from acceptance.base.errors import UserError
from acceptance.drivers.sealing import LOGS
from acceptance.platform.secrets import KEY_LABEL, NAMESPACE, SealedSecrets

ACTIVE = "active"
"""The value of KEY_LABEL by which the controller finds a key when it starts; it leaves others alone."""
KEY_BITS = 2048
"""Least size of an RSA key (NIST SP 800-57, until 2030)."""


def public_bytes(key: Any) -> bytes:
    """A public key in a form that can be compared."""
    return bytes(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def private_key(item: Any) -> Any:
    """The private key in one of the controller's Secrets."""
    return serialization.load_pem_private_key(base64.b64decode(item.data["tls.key"]), password=None)


def certificate_beside(item: Any) -> x509.Certificate:
    """The certificate in one of the controller's Secrets."""
    return x509.load_pem_x509_certificate(base64.b64decode(item.data["tls.crt"]))


def newest_key(tool: SealedSecrets) -> Any:
    """The Secret of the controller's newest key. Raises AssertionError if there is none that it keeps after a start."""
    found = tool.key_secrets()
    assert found, f"no Secret in {NAMESPACE} has the label {KEY_LABEL}. Try: {LOGS}"
    newest = max(found, key=lambda item: item.metadata.creation_timestamp)
    label = newest.metadata.labels[KEY_LABEL]
    assert label == ACTIVE, f"{newest.metadata.name} is labelled {label}: the controller does not take it at its start"
    return newest


def wrong_keys(tool: SealedSecrets) -> list[str]:
    """What is wrong with any of the controller's keys: no RSA key of 2048 bits or more, or another's certificate."""
    found = []
    for item in tool.key_secrets():
        key, name = private_key(item), item.metadata.name
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
            found.append(f"{name} is {type(key).__name__} of {key.key_size} bits")
        elif public_bytes(certificate_beside(item).public_key()) != public_bytes(key.public_key()):
            found.append(f"the certificate in {name} has another key")
    return found


def fetch_certificate(tool: SealedSecrets) -> str:
    """The certificate that kubeseal fetches, as PEM. Raises AssertionError with what it said."""
    try:
        return tool.certificate()
    except UserError as error:
        said = error.problem.splitlines()[-1].strip()
        hint = "kubectl -n sealed-secrets get endpointslices,pods"
        raise AssertionError(f"expected the certificate; kubeseal said {said!r}. Try: {hint}") from error


def is_valid_now(certificate: x509.Certificate) -> bool:
    """Whether now lies between its beginning and its end."""
    now = datetime.datetime.now(datetime.UTC)
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
