"""Names of certificates that production's records do not lead to are found."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.ingress import public_names
from acceptance.drivers.ingress.route_rules import Rule

TLS = {"certificatesresolvers.letsencrypt.acme.tlschallenge": "true"}
DNS = {"certificatesresolvers.letsencrypt.acme.dnschallenge.provider": "route53"}
KNOWN = ["www.site.test", "*.acceptance.site.test"]


def rule(match, **tls):
    return Rule("www", "default", match, tls={"certResolver": "letsencrypt", **tls})


@pytest.mark.parametrize(
    ("rules", "options", "lost"),
    [
        ([rule("Host(`www.site.test`)")], TLS, []),
        ([rule("Host(`www.site.test`) || Host(`site.test`)")], TLS, ["site.test"]),
        (
            [rule("Host(`www.site.test`)", domains=[{"main": "www.site.test", "sans": ["site.test"]}])],
            TLS,
            ["site.test"],
        ),
        ([rule("Host(`a.acceptance.site.test`)")], TLS, []),
        ([rule("Host(`old.site.test`)")], DNS, []),
        ([Rule("www", "default", "Host(`old.site.test`)")], TLS, []),
    ],
)
def test_a_name_without_a_record_is_told(rules, options, lost):
    found = public_names.not_led_to(rules, KNOWN, options)
    assert [text.split()[4].rstrip(",") for text in found] == lost


def test_the_hosts_are_read_where_records_are_made(monkeypatch):
    text = public_names.VARIABLES.read_text()
    assert "www.site.test" in public_names.hosts_with_records(text, "site.test")
    bare = 'variable "hosts" {\n  default = [\n    "", "www",\n  ]\n}\n'
    assert public_names.hosts_with_records(bare, "site.test") == ["site.test", "www.site.test"]
    with pytest.raises(AssertionError, match="saw none"):
        public_names.hosts_with_records('variable "others" {\n  default = ["a"]\n}\n', "site.test")
    spec = {"containers": [{"args": [f"--{name}={value}" for name, value in TLS.items()]}]}
    monkeypatch.setattr(public_names, "production_spec", lambda _: spec)
    monkeypatch.setattr(public_names.route_rules, "production_rules", lambda _: [rule("Host(`old.site.test`)")])
    (found,) = public_names.without_records(Thing(environment=Thing(domain="site.test")))
    assert found.startswith("no record leads to old.site.test, for which default/www orders")
