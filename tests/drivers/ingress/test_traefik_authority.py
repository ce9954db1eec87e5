"""Certificates that production would not get as promised are found."""

import pytest

from acceptance.base.environment import load_environment
from acceptance.cluster.rendering import DIRECTORIES
from acceptance.drivers.ingress import (
    traefik_authority as authority,
)

BEGIN = "certificatesresolvers.letsencrypt.acme."


@pytest.mark.parametrize(
    ("environment", "more", "count"),
    [
        ("kind", {}, 0),
        ("kind", {"profile": "classic"}, 0),
        ("kind", {"profile": "shortlived"}, 1),
        ("kind", {"profile": "tlsserver"}, 1),
        ("kind", {"profile": "default"}, 1),
        ("rehearsal", {"profile": "default"}, 0),
        ("kind", {"caserver": "https://acme.example.test/dir"}, 1),
        ("kind", {"caserver": "https://acme.example.test/dir", "profile": "shortlived"}, 2),
    ],
)
def test_another_authority_or_a_short_life_is_seen(environment, more, count):
    run = load_environment(environment)
    options = {f"{BEGIN}caserver": DIRECTORIES[run.acme]} | {f"{BEGIN}{name}": value for name, value in more.items()}
    assert len(authority.wrong_authority(options, run)) == count


@pytest.mark.parametrize(
    ("contact", "key", "count"),
    [
        ("system@alternatefutures.ai", "EC256", 0),
        ("ops+certificates@mail.alternate-futures.co.uk", "RSA4096", 0),
        ("", "ec384", 0),
        ("admin@example.com", "EC256", 1),
        ("admin@mail.example.org", "EC256", 1),
        ("admin@example", "EC256", 1),
        ("admin@traefik.local", "EC256", 1),
        ("admin@counterexample.com", "EC256", 0),
        ("admin@home.latest", "EC256", 0),
        ("a@alternatefutures.ai,b@alternatefutures.ai", "EC256", 1),
        ("mailto:a@alternatefutures.ai", "EC256", 1),
        ("alternatefutures.ai", "EC256", 1),
        ("a@10.0.0.1", "EC256", 1),
        ("system@alternatefutures.ai", "RSA8192", 1),
        ("you@example.com", "RSA8192", 2),
    ],
)
def test_an_account_or_a_key_that_the_authority_refuses_is_seen(contact, key, count):
    assert len(authority.refused(contact, key)) == count
    run = load_environment("kind")
    given = {"caserver": DIRECTORIES[run.acme], "email": contact, "keytype": key}
    assert len(authority.wrong_authority({f"{BEGIN}{name}": value for name, value in given.items()}, run)) == count


def test_no_authority_is_the_default_one():
    (said,) = authority.wrong_authority({}, load_environment("kind"))
    assert "the default authority" in said


def test_an_option_that_is_given_twice_is_seen():
    given = ["--ping=true", "--Log.format=json", "--log.format=common", "--accesslog"]
    assert authority.given_twice({"containers": [{"args": given}]}) == ["--log.format"]
    assert authority.given_twice({"containers": [{}]}) == []


def options(name="default", **spec):
    """A TLSOption."""
    return {"kind": "TLSOption", "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize(
    ("here", "there", "count"),
    [
        ([], [], 0),
        ([], [options(minVersion="VersionTLS12")], 0),
        ([], [options(alpnProtocols=["h2", "http/1.1", "acme-tls/1"])], 0),
        ([], [options(alpnProtocols=["h2", "http/1.1"])], 1),
        ([], [options("modern", alpnProtocols=["h2"])], 0),
        ([], [options(cipherSuites=["TLS_RSA_WITH_AES_128_CBC_SHA"])], 1),
        ([options(cipherSuites=["A"])], [options(cipherSuites=["A"])], 0),
        ([options(cipherSuites=["A"])], [options(cipherSuites=["A"], curvePreferences=["X448"])], 1),
        ([], [{"kind": "TLSStore", "metadata": {"name": "default"}}], 0),
    ],
)
def test_tls_options_that_refuse_the_challenge_or_clients_are_seen(here, there, count):
    assert len(authority.unanswered(here, there)) == count
