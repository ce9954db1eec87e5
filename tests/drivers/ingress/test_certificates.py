"""Days left by a certificate's lifetime (12.4), and certificates that nothing renews (4.4)."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from acceptance.base.environment import load_environment
from acceptance.clients.tls import Chain
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.ingress import certificates
from acceptance.drivers.ingress.certificates import certified_by, judge_days_left, margin, with_certificates
from acceptance.drivers.ingress.route_rules import Rule

KEY = ec.generate_private_key(ec.SECP256R1())


def chain(lifetime, age):
    """A chain whose certificate was issued `age` days ago for `lifetime` days."""
    # As Let's Encrypt does: an hour back, and a second short.
    began = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=age, hours=1)
    ends = began + datetime.timedelta(days=lifetime, seconds=-1)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.example.test")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    builder = builder.serial_number(1).not_valid_before(began).not_valid_after(ends)
    return Chain(builder.sign(KEY, hashes.SHA256()), ())


@pytest.mark.parametrize(("lifetime", "wanted"), [(90, 60), (64, 42.7), (45, 30), (398, 60), (29, 60), (6, 60)])
def test_the_margin_is_two_thirds_of_what_the_authority_issues(lifetime, wanted):
    assert margin(chain(lifetime, 0), 60) == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize(("lifetime", "age"), [(90, 0), (90, 29), (64, 0), (64, 21), (45, 0), (45, 14)])
def test_a_certificate_in_its_first_third_passes(lifetime, age):
    judge_days_left({"www": chain(lifetime, age)}, 60)


@pytest.mark.parametrize(("lifetime", "age"), [(90, 31), (90, 60.5), (64, 25), (45, 15.5)])
def test_one_that_is_not_due_yet_is_neither_passed_nor_failed(lifetime, age):
    with pytest.raises(Unverifiable, match=r"renewed at 30 days left .criterion 4.6.*www"):
        judge_days_left({"www": chain(lifetime, age)}, 60)


@pytest.mark.parametrize(("lifetime", "age"), [(90, 62), (90, 85), (64, 36), (45, 17), (29, 0), (6, 0)])
def test_one_that_was_due_or_was_issued_for_too_short_a_time_fails(lifetime, age):
    # Another one that is not due yet does not hide it.
    with pytest.raises(AssertionError, match=r"saw \{'api'"):
        judge_days_left({"www": chain(90, 40), "api": chain(lifetime, age)}, 60)


def test_production_expects_what_is_between():
    assert "12.4" in load_environment("production").unverifiable


@pytest.mark.parametrize(
    ("tls", "said"),
    [
        ({"certResolver": "letsencrypt"}, "letsencrypt"),
        ({"certResolver": "letsencrypt", "domains": [{"main": "www"}]}, "letsencrypt"),
        ({"certResolver": "letsencrypt", "secretName": "www-tls"}, "letsencrypt beside secretName: www-tls"),
        ({"certResolver": "letsencrypt", "store": {"name": "old"}}, "letsencrypt beside store: {'name': 'old'}"),
        ({}, "none"),
    ],
)
def test_a_certificate_that_nobody_renews_is_told(tls, said):
    assert certified_by(Rule("www", "default", "Host(`www`)", tls=tls)) == said


def test_a_store_of_certificates_is_told():
    kept = {"metadata": {"name": "default"}, "spec": {"certificates": [{"secretName": "www-tls"}]}}
    generated = {"metadata": {"name": "default"}, "spec": {"defaultGeneratedCert": {"resolver": "letsencrypt"}}}
    assert with_certificates([kept, generated]) == ["the TLSStore default has [{'secretName': 'www-tls'}]"]


@pytest.mark.parametrize(("name", "has"), [("shortlived", True), ("letsencrypt", False)])
def test_a_resolver_is_there_if_every_pod_of_traefik_has_it(monkeypatch, name, has):
    def spec(*names):
        return {"containers": [{"args": [f"--certificatesresolvers.{item}.acme.email=x" for item in names]}]}

    specs = {"traefik-1": spec("shortlived", "letsencrypt"), "traefik-2": spec("shortlived")}
    monkeypatch.setattr(certificates.traefik_options, "running_specs", lambda _: specs)
    assert certificates.has_resolver(None, name) is has
