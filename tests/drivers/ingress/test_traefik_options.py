"""Options that change every request, and options that differ in production, are found."""

import shutil

import pytest
import yaml
from built import tool

from acceptance.base.paths import ROOT
from acceptance.base.yaml_text import documents
from acceptance.clients.kustomize import build
from acceptance.drivers.ingress import (
    traefik_options,
)


@pytest.mark.parametrize(
    ("option", "is_odd"),
    [
        ("--serversTransport.forwardingTimeouts.responseHeaderTimeout=10s", True),
        ("--serversTransport.insecureSkipVerify=true", False),
        ("--serversTransport.maxIdleConnsPerHost=-1", True),
        ("--entryPoints.websecure.http.encodedCharacters.allowEncodedHash=false", True),
        ("--entryPoints.websecure.http.encodedCharacters.allowEncodedQuestionMark=False", True),
        ("--entryPoints.web.http.encodedCharacters.allowEncodedSemicolon=false", True),
        ("--entryPoints.websecure.http.encodedCharacters.allowEncodedSlash=true", False),
        ("--entryPoints.websecure.http.encodedCharacters.allowEncodedBackSlash=false", False),
        ("--entryPoints.websecure.http.encodedCharacters.allowEncodedNullCharacter=false", False),
        ("--entryPoints.websecure.http.sanitizePath=false", True),
        ("--entryPoints.websecure.http.sanitizePath=true", False),
        ("--core.defaultRuleSyntax=v2", True),
        ("--core.defaultRuleSyntax=v3", False),
        ("--entryPoints.websecure.transport.respondingTimeouts.idleTimeout=5s", True),
        ("--serversTransport.forwardingTimeouts.dialTimeout=5s", False),
        ("--serversTransport.rootCAs=/ca.crt", True),
        ("--configFile=/data/traefik.yml", True),
        ("--entryPoints.websecure.transport.respondingTimeouts.writeTimeout=30s", True),
        ("--entryPoints.websecure.transport.respondingTimeouts.writeTimeout=0s", False),
        ("--entrypoints.websecure.address=:8443", False),
        ("--ping=true", False),
        ("--entryPoints.websecure.transport.respondingTimeouts.readTimeout=8s", True),
        ("--entryPoints.websecure.transport.respondingTimeouts.readTimeout=8", True),
        ("--entryPoints.websecure.transport.respondingTimeouts.readTimeout=1m", False),
        ("--entryPoints.websecure.transport.respondingTimeouts.readTimeout=0", False),
        ("--providers.file.filename=/etc/routes/more.yml", True),
        ("--providers.kubernetesIngress", True),
        ("--providers.kubernetesIngress=false", False),
        ("--providers.kubernetesCRD=true", False),
        ("--providers.kubernetesCRD.allowEmptyServices=true", False),
        ("--providers.providersThrottleDuration=1s", False),
        ("--entryPoints.metrics.transport.respondingTimeouts.readTimeout=8s", False),
        ("--ping.entryPoint=websecure", True),
        ("--metrics.prometheus.entryPoint=metrics", False),
    ],
)
def test_options_that_change_every_request_are_seen(option, is_odd):
    spec = {"containers": [{"args": [option]}]}
    assert bool(traefik_options.on_the_way(traefik_options.options_of(spec))) is is_odd


@pytest.mark.parametrize(
    ("container", "count"),
    [
        ({"command": ["traefik"], "args": ["--ping=true"]}, 0),
        ({"command": ["traefik", "--serversTransport.forwardingTimeouts.responseHeaderTimeout=10s"]}, 1),
        ({"command": ["sh", "-c", "exec traefik --core.defaultRuleSyntax=v2"]}, 1),
        ({"command": ["/usr/local/bin/traefik"], "args": ["--core.defaultRuleSyntax=v2"]}, 1),
        ({"args": ["traefik", "-core.defaultRuleSyntax=v2"]}, 1),
        ({"volumeMounts": [{"name": "a", "mountPath": "/etc/traefik/traefik.yml"}]}, 1),
        ({"volumeMounts": [{"name": "a", "mountPath": "/etc/traefik/"}]}, 1),
        ({"volumeMounts": [{"name": "a", "mountPath": "/home/nonroot/.config"}]}, 1),
        ({"volumeMounts": [{"name": "a", "mountPath": "/etc/traefik/certificates"}]}, 0),
        ({"volumeMounts": [{"name": "a", "mountPath": "/data"}]}, 0),
    ],
)
def test_options_in_a_command_or_a_file_are_seen(container, count):
    assert len(traefik_options.on_every_way({"containers": [container]})) == count
    beside = [{"name": "sidecar", "args": ["--core.x"]}, {"name": "traefik", **container}]
    assert len(traefik_options.on_every_way({"containers": beside})) == count


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (["--ping.entryPoint=web"], 1),
        (["--ping.entryPoint=web", "--ping.manualRouting=true"], 0),
        (["--metrics.prometheus=true", "--metrics.prometheus.entryPoint=web"], 1),
        (["--metrics.prometheus.entryPoint=web", "--metrics.prometheus.manualRouting"], 0),
        (["--ping.entryPoint=websecure", "--ping=true"], 0),
        (["--entrypoints.web.http.redirections.entrypoint.to=web"], 0),
    ],
)
def test_pages_of_traefik_itself_over_plain_http_are_seen(given, count):
    options = traefik_options.options_of({"containers": [{"args": given}]})
    assert len(traefik_options.own_pages(options, ["web"])) == count


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ([], ()),
        (["--entryPoints.websecure.asDefault=true", "--entryPoints.web.address=:8000"], ("websecure",)),
        (["--entryPoints.websecure.asDefault"], ("websecure",)),
        (["--entryPoints.web.asDefault=true", "--entryPoints.websecure.asDefault=true"], ("web", "websecure")),
        (["--entryPoints.websecure.asDefault=false"], ()),
    ],
)
def test_the_entry_points_of_routes_that_name_none(given, names):
    assert traefik_options.by_default(traefik_options.options_of({"containers": [{"args": given}]})) == names


def test_traefik_has_no_such_option():
    base = yaml.safe_load((ROOT / "k8s" / "traefik" / "base" / "deployment.yaml").read_text())
    assert traefik_options.on_the_way(traefik_options.options_of(base["spec"]["template"]["spec"])) == []


@pytest.fixture(scope="module")
def traefik(tmp_path_factory):
    """The spec of Traefik's pods by overlay; of upstream's manifests, only what is patched."""
    folder = tmp_path_factory.mktemp("k8s")
    for name in ("traefik", "environment"):
        shutil.copytree(ROOT / "k8s" / name, folder / name)
    (folder / "upstream" / "traefik").mkdir(parents=True)
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding"}
    binding |= {
        "metadata": {"name": "traefik-ingress-controller"},
        "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "default"}],
    }
    for name, text in (("definition-v1", ""), ("rbac", yaml.safe_dump(binding))):
        (folder / "upstream" / "traefik" / f"kubernetes-crd-{name}.yml").write_text(text)

    def spec(overlay):
        built = documents(build(tool("kubectl"), folder / "traefik" / "overlays" / overlay))
        (found,) = [item for item in built if item["kind"] == "Deployment"]
        return found["spec"]["template"]["spec"]

    return spec


@pytest.mark.parametrize("prefix", ["providers.", "entrypoints."])
def test_production_is_started_with_the_options_that_are_proven_on_kind(traefik, prefix):
    here, there = (
        traefik_options.below(traefik_options.options_of(traefik(name)), prefix) for name in ("kind", "production")
    )
    assert here
    assert here == there


def test_the_resolver_of_production_renews_as_the_one_whose_renewal_is_seen_on_kind(traefik):
    kind, production = (traefik_options.options_of(traefik(name)) for name in ("kind", "production"))
    proven = traefik_options.resolver(kind, "shortlived")
    assert proven
    assert traefik_options.resolver(production, "letsencrypt") == proven
    kind["certificatesresolvers.letsencrypt.acme.certificatesduration"] = "24"
    assert traefik_options.resolver(kind, "letsencrypt") != proven


@pytest.mark.parametrize(
    ("option", "value", "is_own"),
    [
        ("preferredchain", "ISRG Root X1", True),
        ("eab.kid", "a", True),
        ("clienttimeout", "3m", True),
        ("clienttimeout", "1s", False),
        ("certificatesduration", "24", False),
        ("tlschallenge.delay", "3s", False),
    ],
)
def test_what_a_resolver_has_for_itself_does_not_decide_about_renewal(option, value, is_own):
    plain = {"certificatesresolvers.letsencrypt.acme.tlschallenge": "true"}
    given = plain | {f"certificatesresolvers.letsencrypt.acme.{option}": value}
    same = traefik_options.resolver(given, "letsencrypt") == traefik_options.resolver(plain, "letsencrypt")
    assert same is is_own


def test_a_resolver_that_is_not_there_is_said():
    with pytest.raises(AssertionError, match="saw none of that name"):
        traefik_options.resolver({}, "letsencrypt")


@pytest.mark.parametrize("overlay", ["kind", "production"])
def test_a_store_that_is_not_on_a_claim_is_seen(traefik, overlay):
    spec = traefik(overlay)
    assert traefik_options.stores_not_on_claims(overlay, spec) == []
    spec["volumes"] = [{"name": item["name"], "emptyDir": {}} for item in spec["volumes"]]
    assert traefik_options.stores_not_on_claims(overlay, spec)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"entrypoints.websecure.address": ":8443"}, 0),
        ({"entrypoints.websecure.forwardedheaders.insecure": "true"}, 1),
        ({"entrypoints.websecure.forwardedheaders.insecure": "false"}, 0),
        ({"entrypoints.web.proxyprotocol.trustedips": "10.0.0.0/16,127.0.0.1/32"}, 0),
        ({"entrypoints.web.forwardedheaders.trustedips": "10.0.0.0/16,0.0.0.0/0"}, 1),
    ],
)
def test_only_a_load_balancer_in_front_is_believed(options, count):
    assert len(traefik_options.believes(options)) == count


@pytest.mark.parametrize("overlay", ["kind", "production"])
@pytest.mark.parametrize(("change", "is_opened"), [
    ({}, False),
    ({"fsGroupChangePolicy": "Always"}, True),
    ({"fsGroupChangePolicy": "Always", "fsGroup": None}, False),
])  # fmt: skip
def test_a_store_that_a_group_may_read_from_the_next_start_on_is_seen(traefik, overlay, change, is_opened):
    spec = traefik(overlay)
    spec["securityContext"] = {**spec["securityContext"], **change}
    assert bool(traefik_options.opened_at_start(overlay, spec)) is is_opened


def test_a_group_is_given_stores_by_default():
    assert traefik_options.opened_at_start("here", {"securityContext": {"fsGroup": 65532}})
    assert not traefik_options.opened_at_start("here", {})
