"""Machines some of which have cores and memory of their own, and certificates that are about to expire."""

import base64
import datetime
import ipaddress
from types import SimpleNamespace as Thing

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from acceptance.clients.tls import Chain
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.cluster.machines import capacities, days_left, in_kubeconfig, not_for_host


def capacity(machine):
    if machine.name == "shared":
        raise Unverifiable("it shares its host's")
    return 1.0, 4e9


@pytest.mark.parametrize(("names", "known"), [(["shared", "small"], {"small": (1.0, 4e9)}), (["shared"], {})])
def test_a_machine_that_shares_its_cores_hides_no_other(names, known):
    seen, unknown = capacities(Thing(capacity=capacity), [Thing(name=name) for name in names])
    assert seen == known and isinstance(unknown, Unverifiable)


def test_where_all_have_their_own_all_are_told():
    assert capacities(Thing(capacity=capacity), [Thing(name="small")]) == ({"small": (1.0, 4e9)}, None)


def certificate(days):
    """A certificate of a kubeconfig's user that ends in `days`, as the kubeconfig has it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "admin")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=days))
    return base64.b64encode(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)).decode()


def test_the_days_left_of_a_kubeconfigs_certificates_are_told(tmp_path):
    users = [
        {"name": "year", "user": {"client-certificate-data": certificate(365)}},
        {"name": "day", "user": {"client-certificate-data": certificate(1)}},
        {"name": "token", "user": {"token": "a"}},
        {"name": "nobody", "user": None},
    ]
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump({"users": users}))
    assert days_left(in_kubeconfig(Thing(kubeconfig_path=file, is_attached=False))) == {"year": 365, "day": 1}
    assert in_kubeconfig(Thing(kubeconfig_path=file, is_attached=True)) == {}


def test_the_first_certificate_to_end_counts():
    shown = {"one": [Thing(days_left=300.0), Thing(days_left=0.96)], "two": [Thing(days_left=364.0)], "silent": []}
    assert days_left(shown) == {"one": 1, "two": 364}


def shown(*names):
    """The chain of an API server whose certificate is for these names and addresses."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name, later = x509.Name([]), now + datetime.timedelta(days=1)
    made = [
        x509.IPAddress(ipaddress.ip_address(text)) if text[0].isdigit() else x509.DNSName(text)
        for text in ("10.96.0.1", *names)
    ]
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, later)
    signed = builder.add_extension(x509.SubjectAlternativeName(made), critical=False).sign(key, hashes.SHA256())
    return Chain(signed, ())


@pytest.mark.parametrize("host", ["balancer", "10.0.0.9"])
def test_an_api_server_that_is_not_for_the_common_address_is_told(host):
    chains = {"first": [shown(host, "first")], "second": [shown(host), shown("second")], "third": []}
    assert not_for_host(chains, host) == ["second"]
