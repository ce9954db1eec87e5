"""TLSOptions that refuse clients are found."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.ingress import tls_options

AES = "TLS_ECDHE_{}_WITH_AES_128_GCM_SHA256"
CHACHA = "TLS_ECDHE_{}_WITH_CHACHA20_POLY1305_SHA256"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, ""),
        ({"minVersion": "VersionTLS13"}, "clients with TLS 1.2"),
        ({"clientAuth": {"clientAuthType": "RequireAndVerifyClientCert"}}, "without a certificate"),
        ({"minVersion": "VersionTLS12", "sniStrict": True}, ""),
        ({"maxVersion": "VersionTLS12"}, "no older TLS than 1.3"),
        ({"maxVersion": "VersionTLS13"}, ""),
        ({"cipherSuites": [CHACHA.format("ECDSA")]}, "AES-GCM"),
        ({"cipherSuites": [CHACHA.format("ECDSA"), AES.format("ECDSA")]}, ""),
        ({"cipherSuites": ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]}, ""),
        ({"cipherSuites": []}, ""),
        ({"curvePreferences": ["X25519"]}, "these curves"),
        ({"curvePreferences": ["CurveP521", "CurveP384"]}, "these curves"),
        ({"curvePreferences": ["X25519", "CurveP256"]}, ""),
        ({"curvePreferences": ["secp256r1"]}, ""),
    ],
)
def test_clients_that_are_refused_are_told(spec, said):
    found = tls_options.refusals(spec)
    assert len(found) == bool(said) and said in "".join(found)
    assert bool(tls_options.of_every_route([{"metadata": {"name": "default"}, "spec": spec}])) is bool(said)
    assert tls_options.of_every_route([{"metadata": {"name": "modern"}, "spec": spec}]) == []


@pytest.mark.parametrize(
    ("types", "suites", "is_refused"),
    [
        (["EC256", "EC256"], AES.format("ECDSA"), False),
        (["EC256"], AES.format("RSA"), True),
        (["RSA2048"], AES.format("ECDSA"), True),
        ([], AES.format("RSA"), False),
        (["EC384", "RSA4096"], AES.format("RSA"), False),
    ],
)
def test_ciphers_have_to_fit_the_key(types, suites, is_refused):
    given = {f"certificatesresolvers.r{number}.acme.keytype": one for number, one in enumerate(types)}
    assert bool(tls_options.refusals({"cipherSuites": [suites]}, tls_options.keys_of(given))) is is_refused


def test_the_running_ones_and_productions_are_both_read(monkeypatch):
    def options(**spec):
        return {"kind": "TLSOption", "metadata": {"name": "default", "namespace": "default"}, "spec": spec}

    pod = {"containers": [{"args": ["--certificatesresolvers.a.acme.keytype=EC256"]}]}
    monkeypatch.setattr(tls_options, "running_specs", lambda _: {"traefik-1": pod})
    monkeypatch.setattr(tls_options, "production_spec", lambda _: pod)
    custom = Thing(list_cluster_custom_object=lambda *_: {"items": [options(curvePreferences=["X25519"])]})
    rendering = Thing(
        production=lambda part: [options(maxVersion="VersionTLS12"), {"kind": "Service"}] if part == "traefik" else []
    )
    here, there = tls_options.refused_everywhere(Thing(cluster=Thing(custom=custom), rendering=rendering))
    assert here.startswith("every route has") and "X25519" in here
    assert there.startswith("in production every route") and "VersionTLS12" in there
