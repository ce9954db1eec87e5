"""Hosts that Traefik orders no certificate for: left out of a route's domains, or served by a default certificate."""

import base64
import datetime
from types import SimpleNamespace as Thing

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from kubernetes.client import ApiException

from acceptance.drivers.ingress import certified_hosts
from acceptance.drivers.ingress.certified_hosts import hosts_by_default, hosts_left_out, left_out
from acceptance.drivers.ingress.route_rules import Rule


def rule(name, *hosts, **tls):
    match = " || ".join(f"Host(`{host}`)" for host in hosts)
    return Rule(name, "default", match, tls={"certResolver": "letsencrypt", **tls})


WWW, ALL = {"main": "www.site.test"}, {"main": "*.site.test"}


@pytest.mark.parametrize(
    ("rules", "out"),
    [
        ([rule("auth", "auth.site.test")], []),
        ([rule("auth", "auth.site.test", domains=[WWW])], ["auth.site.test"]),
        ([rule("auth", "auth.site.test", domains=[])], []),
        ([rule("auth", "auth.site.test", domains=[{**WWW, "sans": ["Auth.site.test"]}])], []),
        ([rule("auth", "auth.site.test", domains=[{"main": "site.test", "sans": ["*.site.test"]}])], []),
        ([rule("auth", "a.b.site.test", domains=[{"main": "*.site.test"}])], ["a.b.site.test"]),
        ([rule("auth", "site.test", domains=[{"main": "*.site.test"}])], ["site.test"]),
        # Another route's certificate is presented for its hosts, too.
        ([rule("auth", "auth.site.test", domains=[WWW]), rule("all", "x.site.test", domains=[ALL])], []),
        ([Rule("none", "default", "Host(`none.site.test`)")], []),
    ],
)  # fmt: skip
def test_a_host_that_no_order_names_is_told(rules, out):
    by_dns = {"certificatesresolvers.letsencrypt.acme.dnschallenge.provider": "route53"}
    assert [text.split()[0] for text in left_out(rules, by_dns)] == out


TLS = {
    "certificatesresolvers.letsencrypt.acme.tlschallenge": "true",
    "certificatesresolvers.dns.acme.dnschallenge": "true",
}


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([rule("auth", "auth.site.test", domains=[ALL])], "['*.site.test'], of which its challenge can get []"),
        ([rule("auth", "site.test", domains=[{"main": "site.test", "sans": ["*.site.test"]}])], "can get []"),
        ([rule("auth", "auth.site.test", domains=[ALL, {"main": "auth.site.test"}])], ""),
        ([rule("auth", "auth.site.test", domains=[ALL], certResolver="dns")], ""),
        ([rule("auth", "auth.site.test", domains=[ALL]), rule("all", "x.site.test")], "auth.site.test of default/auth"),
    ],
)
def test_a_wildcard_that_the_challenge_cannot_get_covers_nobody(rules, said):
    found = left_out(rules, TLS)
    assert len(found) == bool(said) and said in "".join(found)


def test_production_is_looked_at_as_well(monkeypatch):
    monkeypatch.setattr(certified_hosts.route_rules, "all_rules", lambda _: [rule("www", "www.site.test")])
    there = [rule("auth", "auth.site.test", domains=[WWW])]
    monkeypatch.setattr(certified_hosts.route_rules, "production_rules", lambda _: there)
    spec = {"containers": [{"args": ["--certificatesresolvers.letsencrypt.acme.tlschallenge=true"]}]}
    monkeypatch.setattr(certified_hosts, "running_specs", lambda _: {"traefik-1": spec})
    monkeypatch.setattr(certified_hosts, "production_spec", lambda _: spec)
    assert hosts_left_out(Thing(cluster=None)) == [
        "production's auth.site.test of default/auth, whose certificates are for ['www.site.test']"
    ]


def certificate(common, *names):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(item) for item in names]), False)
    return base64.b64encode(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)).decode()


@pytest.mark.parametrize(
    ("store", "data", "taken"),
    [
        ("default", {"tls.crt": certificate("any", "*.site.test")}, ["auth.site.test", "www.site.test"]),
        ("default", {"tls.crt": certificate("www.site.test")}, ["www.site.test"]),
        ("default", {"tls.crt": certificate("fallback", "old.example.test")}, []),
        ("default", {"tls.crt": ""}, []),
        ("default", None, []),
        ("other", {"tls.crt": certificate("any", "*.site.test")}, []),
    ],
)
def test_a_default_certificate_for_a_routed_host_is_told(monkeypatch, store, data, taken):
    rules = [rule("www", "www.site.test"), rule("auth", "auth.site.test")]
    monkeypatch.setattr(certified_hosts.route_rules, "all_rules", lambda _: rules)

    def secret(name, namespace):
        assert (name, namespace) == ("by-default", "default")
        if data is None:
            raise ApiException(404)
        return Thing(data=data)

    named = {"defaultCertificate": {"secretName": "by-default"}}
    items = [
        {"metadata": {"name": store, "namespace": "default"}, "spec": named},
        {"metadata": {"name": "default", "namespace": "other"}, "spec": {"defaultGeneratedCert": {}}},
    ]
    custom = Thing(list_cluster_custom_object=lambda *_: {"items": items})
    cluster = Thing(custom=custom, core=Thing(read_namespaced_secret=secret))
    assert hosts_by_default(cluster) == ({"default/default": taken} if taken else {})
