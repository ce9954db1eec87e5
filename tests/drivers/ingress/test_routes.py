"""Routes that lead elsewhere, redirects that are none, and options that differ in production are seen."""

import http.server
import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest
import requests
import yaml
from built import tool
from kubernetes.client import ApiException
from tests_support import http_server

from acceptance.base.environment import load_environment
from acceptance.base.paths import ROOT
from acceptance.base.yaml_text import documents
from acceptance.clients.kustomize import build
from acceptance.drivers.ingress import (
    access_log,
    redirects,
    route_middlewares,
    route_rules,
    scenario_routes,
    traefik_options,
)

WWW = "www.example.test"
FRONTEND = "default/frontend-service"
KIND = load_environment("kind")


def route(*rules, namespace="default"):
    """The rules of an IngressRoute: pairs of a match and of what it leads to."""
    items = [{"kind": "Rule", "match": match, "services": services} for match, services in rules]
    manifest = {"metadata": {"name": "a", "namespace": namespace}, "spec": {"routes": items, "tls": {}}}
    return route_rules.rules_of(manifest)


def service(name, **more):
    """A Service that a rule leads to."""
    return {"name": name, "port": 3000, **more}


FINE = (f"Host(`{WWW}`)", [service("frontend-service")])
BACKEND = [service("backend-service")]


@pytest.mark.parametrize(
    "rules",
    [
        [(f"Host(`{WWW}`)", [service("frontend-service", weight=99), service("backend-service", weight=1)])],
        [FINE, (f"Host(`{WWW}`) && PathPrefix(`/consulting`)", BACKEND)],
        [FINE, ("PathPrefix(`/products`)", BACKEND)],
        [FINE, ("HostRegexp(`^w.+[.]example[.]test$`)", BACKEND)],
        [FINE, (f'Host("api.example.test") || Host("{WWW}")', BACKEND)],
        [FINE, ("!Host(`api.example.test`)", BACKEND)],
        [FINE, ("Host(`status.example.test`) || PathPrefix(`/products`)", BACKEND)],
        [FINE, ("(Host(`status.example.test`) || PathPrefix(`/products`)) && Method(`GET`)", BACKEND)],
        [FINE, ("Host(`WWW.example.test`)", BACKEND)],
        [FINE, ("HostRegexp(`^(?P<a>[a-z]+)(?<b>x`)", BACKEND)],
        [(f"Host(`{WWW}`)", [service("weighted", kind="TraefikService")])],
        [(f"Host(`{WWW}`)", [service("frontend-service", namespace="elsewhere")])],
        [("Host(`api.example.test`)", BACKEND)],
    ],
)
def test_a_route_that_leads_elsewhere_is_seen(rules):
    assert route_rules.leads_elsewhere(route(*rules), WWW, FRONTEND)


@pytest.mark.parametrize(
    ("match", "seen"),
    [
        ("Host(`w`)", []),
        ('(Host(`w`) || host(`v`)) && (PathPrefix(`/Method(GET)`) || Path("/!Query(`a`)"))', []),
        ("Host(`w`) && (Method(`GET`) || Method(`POST`))", ["Method", "Method"]),
        ("Host(`w`) && !ClientIP(`203.0.113.0/24`)", ["!ClientIP"]),
        ("Host(`w`) && !Query(`utm_source`, `mail`)", ["!Query"]),
        ("Host(`w`) && ! PathPrefix(`/admin`)", ["!PathPrefix"]),
        ("Host(`w`) && !(Path(`/a`) || Path(`/b`))", ["!(...)"]),
    ],
)
def test_what_tells_requests_for_a_host_apart_is_seen(match, seen):
    (rule,) = route((match, [service("frontend-service")]))
    assert rule.untried == seen
    rules = route(FINE, (f"Host(`{WWW}`) && {match.replace('Host(`w`)', f'Host(`{WWW}`)')}", FINE[1]))
    assert bool(route_rules.leads_elsewhere(rules, WWW, FRONTEND)) is bool(seen)


def test_what_a_rule_of_another_host_tells_apart_is_its_own_business():
    rules = route(FINE, ("Host(`argocd.example.test`) && Header(`Content-Type`, `application/grpc`)", BACKEND))
    assert route_rules.leads_elsewhere(rules, WWW, FRONTEND) == []


def test_a_right_route_beside_others_is_let_pass():
    rules = route(FINE, ("Host(`api.example.test`)", BACKEND))
    assert route_rules.leads_elsewhere(rules, WWW, FRONTEND) == []
    assert route_rules.hosts(rules) == ["api.example.test", WWW]


@pytest.mark.parametrize(
    ("match", "takes", "named"),
    [
        ("Host(`www.example.test`)", True, True),
        ("Host(`api.example.test`) && (Path(`/a`) || PathPrefix(`/b || c`))", False, True),
        ("(Path(`/a`) || PathPrefix(`/b`)) && Host(`www.example.test`)", True, True),
        ("Host(`api.example.test`) || Host(`auth.example.test`)", False, True),
        ("Host(`api.example.test`) || PathPrefix(`/a`)", True, False),
        ("HostRegexp(`^api[.]`)", False, False),
        ("PathPrefix(`/(a`)", True, False),
    ],
)
def test_what_a_match_takes(match, takes, named):
    (rule,) = route((match, BACKEND))
    assert rule.may_take(WWW) is takes
    assert bool(route_rules.unnamed_hosts([rule])) is not named


RETRY = {"default/retry": {"retry": {"attempts": 4}}, "default/pages": {"errors": {"status": ["503"]}}}
RETRY |= {"default/small": {"buffering": {"maxRequestBodyBytes": 1024}}}


def test_middlewares_of_an_entry_point_are_seen():
    given = {
        "entrypoints.websecure.address": ":8443",
        "entrypoints.websecure.http.middlewares": "default-retry@kubernetescrd,default-small@kubernetescrd,x@file",
    }
    seen = route_middlewares.at_entry_points(given, RETRY)
    assert [kinds for _, kinds in seen] == [["retry"], ["buffering"], []]
    assert seen[1][0] == "all of websecure goes through default-small@kubernetescrd (buffering)"


@pytest.mark.parametrize(
    ("names", "changes", "hides"),
    [(["retry"], False, False), (["retry", "small"], True, False), (["pages"], True, True), (["gone"], True, False)],
)
def test_a_middleware_that_changes_requests_is_seen(names, changes, hides):
    found = [replace(rule, middlewares=tuple(f"default/{name}" for name in names)) for rule in route(FINE)]
    assert bool(route_middlewares.changed_on_the_way(found, RETRY)) is changes
    assert bool(route_middlewares.hides_a_503(found, RETRY)) is hides


@pytest.mark.parametrize(
    ("more", "tls", "is_odd"),
    [
        ({}, {"certResolver": "letsencrypt"}, False),
        ({"weight": 1, "passHostHeader": True, "kind": "Service", "strategy": "wrr"}, {}, False),
        ({"serversTransport": "brisk"}, {}, True),
        ({"sticky": {"cookie": {}}}, {}, True),
        ({"passHostHeader": False}, {}, True),
        ({"healthCheck": {"path": "/"}}, {}, True),
        ({}, {"options": {"name": "old"}}, True),
    ],
)
def test_a_way_to_a_service_that_changes_requests_is_seen(more, tls, is_odd):
    found = [replace(rule, tls=tls) for rule in route((FINE[0], [service("frontend-service", **more)]))]
    assert bool(route_middlewares.odd_ways(found)) is is_odd


@pytest.mark.parametrize(
    ("option", "is_odd"),
    [
        ("--serversTransport.forwardingTimeouts.responseHeaderTimeout=10s", True),
        ("--core.defaultRuleSyntax=v2", True),
        ("--configFile=/data/traefik.yml", True),
        ("--entryPoints.websecure.transport.respondingTimeouts.writeTimeout=30s", True),
        ("--entryPoints.websecure.transport.respondingTimeouts.writeTimeout=0s", False),
        ("--entrypoints.websecure.address=:8443", False),
        ("--ping=true", False),
    ],
)
def test_options_that_change_every_request_are_seen(option, is_odd):
    spec = {"containers": [{"args": [option]}]}
    assert bool(traefik_options.on_the_way(traefik_options.options_of(spec))) is is_odd


def test_traefik_has_no_such_option():
    base = yaml.safe_load((ROOT / "k8s" / "traefik" / "base" / "deployment.yaml").read_text())
    assert traefik_options.on_the_way(traefik_options.options_of(base["spec"]["template"]["spec"])) == []


@pytest.mark.parametrize(
    ("name", "spec", "turns_away"),
    [
        ("default", {"minVersion": "VersionTLS13"}, True),
        ("default", {"clientAuth": {"clientAuthType": "RequireAndVerifyClientCert"}}, True),
        ("default", {"minVersion": "VersionTLS12", "sniStrict": True}, False),
        ("modern", {"minVersion": "VersionTLS13"}, False),
    ],
)
def test_tls_options_of_every_route_that_turn_clients_away_are_seen(name, spec, turns_away):
    assert bool(route_middlewares.default_tls([{"metadata": {"name": name}, "spec": spec}])) is turns_away


def test_headers_that_are_too_large_for_somebody_are_seen_before_anybody_waits_for_a_log():
    marked = access_log.Marked(asked={"mark-a": "GET /", "mark-b": "GET /x"})
    marked.answers = {"mark-a": SimpleNamespace(status_code=200), "mark-b": SimpleNamespace(status_code=431)}
    assert access_log.by_pod(None, marked, {}) == ({}, ["GET /x with headers of 8 KiB: 431"])
    assert 7_500 < sum(len(name) + len(value) for name, value in access_log.LARGE.items()) < 8_192


def test_middlewares_are_of_the_routes_namespace_or_of_the_one_they_name():
    rule = {"match": "Host(`a`)", "middlewares": [{"name": "retry"}, {"name": "strip", "namespace": "elsewhere"}]}
    (found,) = route_rules.rules_of({"metadata": {"name": "a", "namespace": "default"}, "spec": {"routes": [rule]}})
    assert found.middlewares == ("default/retry", "elsewhere/strip")


@pytest.mark.parametrize("way", ["nativeLB", "nodePortLB"])
def test_a_route_past_the_pods_own_addresses_is_seen(way):
    assert route_middlewares.hides_a_503(route((FINE[0], [service("frontend-service", **{way: True})])), {})
    assert not route_middlewares.hides_a_503(route((FINE[0], [service("frontend-service", **{way: False})])), {})


def test_the_paths_of_rules_are_asked_for_as_well():
    rules = route(FINE, (f"Host(`www.{KIND.domain}`) && (Path(`/a`) || PathPrefix(`/b`))", BACKEND))
    pages = redirects.pages(KIND, rules)
    for path in ("/a", "/b", "/consulting", KIND.services.logo_path, f"/consulting{redirects.QUERY}"):
        assert f"http://www.{KIND.domain}{path}" in pages
    assert any("http://nobody-" in page for page in pages)


def test_each_path_of_a_service_is_asked_for_in_clear_whether_a_rule_names_its_host_or_not():
    rules = route((f"Host(`api.{KIND.domain}`) && PathPrefix(`/old`)", BACKEND))
    pages = redirects.pages_of(KIND, rules, "api")
    assert {f"http://api.{KIND.domain}{path}" for path in ("/old", "/health", KIND.services.graphql_path)} <= {*pages}
    assert all(page.startswith(f"http://api.{KIND.domain}/") for page in pages)
    assert f"http://www.{KIND.domain}/consulting" in redirects.pages_of(KIND, rules, "www")
    with pytest.raises(AssertionError, match="no path of the host"):
        redirects.pages_of(KIND, [], "status")


class Cluster:
    """An API with objects by the plural of their kind."""

    def __init__(self, **items):
        self.items = items
        self.custom = self

    def list_cluster_custom_object(self, group, version, plural):
        """The objects; 404 where the kind is not known."""
        if plural not in self.items:
            raise ApiException(status=404)
        return {"items": self.items[plural]}


def test_other_kinds_of_routes_are_seen():
    past = {"metadata": {"namespace": "default", "name": "past"}}
    own = {"metadata": {"namespace": "scenario-1", "name": "own"}}
    assert route_rules.other_routes(Cluster(ingressroutetcps=[past, own])) == ["ingressroutetcps default/past"]
    assert route_rules.other_routes(Cluster(ingresses=[])) == []


@pytest.mark.parametrize(
    ("entry_points", "said"),
    [
        (["websecure"], []),
        (["web"], ["default/a is attached to the entry points ['web']"]),
        (["web", "websecure"], ["default/a is attached to the entry points ['web', 'websecure']"]),
        (None, ["default/a is attached to the entry points (all)"]),
    ],
)
def test_a_route_that_takes_requests_in_clear_is_seen(entry_points, said):
    spec = {"routes": [{"match": FINE[0], "services": FINE[1]}], "entryPoints": entry_points}
    rules = route_rules.rules_of({"metadata": {"name": "a", "namespace": "default"}, "spec": spec})
    assert route_rules.taken_in_clear(rules) == said


def test_the_routes_of_the_platform_take_none():
    folders = (ROOT / "k8s" / "ingress" / "base", ROOT / "k8s" / "argocd" / "route")
    files = [file for folder in folders for file in folder.glob("*ingressroute.yaml")]
    rules = [rule for file in files for item in documents(file.read_text()) for rule in route_rules.rules_of(item)]
    assert len(rules) >= 4 and not route_rules.taken_in_clear(rules)


ANSWERS = {
    "/right": {"GET": 301, "HEAD": 308, "POST": 308},
    "/not-for-options": {"GET": 301, "HEAD": 308, "POST": 308, "OPTIONS": 204},
    "/temporary": {"GET": 302, "HEAD": 302, "POST": 302},
    "/only-get": {"GET": 301, "HEAD": 200, "POST": 201},
    "/elsewhere": {"GET": 301, "HEAD": 301, "POST": 301},
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as ANSWERS says."""

    def answer(self):
        """The status of a path, with a Location."""
        path, _, query = self.path.partition("?")
        self.send_response(ANSWERS[path].get(self.command, ANSWERS[path]["POST"]))
        host = self.headers["Host"].partition(":")[0]
        target = "/" if path == "/elsewhere" else f"{path}{'?' if query else ''}{query}"
        self.send_header("Location", f"https://{host}{target}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture(scope="module")
def address():
    """Where a server answers."""
    with http_server(Handler) as address:
        yield f"http://{address}"


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/right", []),
        ("/right?from=mail&x=1", []),
        ("/temporary", [*redirects.METHODS]),
        ("/only-get", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"]),
        ("/not-for-options", ["OPTIONS"]),
        ("/elsewhere", [*redirects.METHODS]),
    ],
)
def test_what_is_no_redirect_to_the_same_page_is_seen(address, path, wrong):
    found = redirects.judged(requests.Session(), [address + path])
    assert [method for method, texts in found.items() if texts] == wrong


def test_who_was_asked_is_read_from_the_access_log():
    lines = [
        json.dumps({"RequestPath": "/products?mark-aa", "ServiceAddr": "10.0.0.1:3000"}),
        json.dumps({"RequestPath": "/x?mark-bb"}),
        json.dumps({"RequestPath": "/x?mark-of-somebody-else", "ServiceAddr": "10.0.0.9:3000"}),
    ]
    assert access_log.addresses(lines, ["mark-aa", "mark-bb", "mark-cc"]) == {"mark-aa": "10.0.0.1", "mark-bb": ""}


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("HTTP/1.1 301 Moved Permanently\n443 open", True),
        ("HTTP/1.1 404 Not Found\n443 open", True),
        ("HTTP/1.1 503 Service Unavailable\n443 open", False),
        ("HTTP/1.1 301 Moved Permanently\n443 closed", False),
        ("nc: can't connect\n443 open", False),
    ],
)
def test_what_an_address_answers(text, is_open):
    assert scenario_routes.is_open(text) is is_open


class Web:
    """A session whose answers have these statuses, the last one for ever."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)

    def get(self, *_, **__):
        """The next answer."""
        answer = requests.Response()
        answer.status_code = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return answer


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """No test waits for seconds."""
    monkeypatch.setattr(scenario_routes, "STAYS", scenario_routes.Deadline(0.5, "the test"))
    monkeypatch.setattr(scenario_routes, "ROUTE_READY", scenario_routes.Deadline(1, "the test"))


@pytest.mark.parametrize("statuses", [(200, 503, 404), (200, 404, 503), (200, 502, 502, 503), (200,)])
def test_a_503_that_does_not_stay_or_comes_late_is_seen(statuses):
    with pytest.raises(AssertionError):
        scenario_routes.stays_answered_with(Web(*statuses), WWW, 503, before=200)


def test_a_503_that_stays_is_let_pass():
    scenario_routes.stays_answered_with(Web(200, 200, 503), WWW, 503, before=200)


@pytest.fixture(scope="module")
def traefik(tmp_path_factory):
    """The spec of Traefik's pods by overlay; of what upstream brings, as much as is patched."""
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


def test_a_resolver_that_is_not_there_is_said():
    with pytest.raises(AssertionError, match="there is no resolver"):
        traefik_options.resolver({}, "letsencrypt")


@pytest.mark.parametrize("overlay", ["kind", "production"])
def test_a_store_that_is_not_on_a_claim_is_seen(traefik, overlay):
    spec = traefik(overlay)
    assert traefik_options.stores_not_on_claims(overlay, spec) == []
    spec["volumes"] = [{"name": item["name"], "emptyDir": {}} for item in spec["volumes"]]
    assert traefik_options.stores_not_on_claims(overlay, spec)


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


class Pod:
    """A server pod whose requests get an answer, or the error of one."""

    def __init__(self, answer, ready=True):
        self.answer, self.pod, self.namespace, self.cluster, self.core = answer, "server", self, self, self
        subset = SimpleNamespace(addresses=["10.1.0.5"] if ready else None)
        self.endpoints = SimpleNamespace(items=[SimpleNamespace(subsets=[subset])])

    def execute(self, *_):
        """What the probe prints."""
        if isinstance(self.answer, str):
            raise AssertionError(self.answer)
        return json.dumps(self.answer)

    def list_namespaced_endpoints(self, *_, **__):
        """Where the Service leads."""
        return self.endpoints


REFUSED = "/probe http GET in pod server: dial tcp 10.96.0.7:80: connect: connection refused"


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        (Pod({"status": 404, "body": ""}), 404),
        (Pod({"status": 400, "body": "GET query missing"}), 400),
        (Pod({"status": 400, "body": "Client sent an HTTP request to an HTTPS server."}), None),
        (Pod(REFUSED, ready=False), scenario_routes.REFUSED),
        # Its pods are ready, and somebody keeps this one from them: nothing was judged.
        (Pod(REFUSED), None),
    ],
)
def test_what_a_service_says_to_plain_http(pod, expected):
    if expected is None:
        with pytest.raises(AssertionError):
            scenario_routes.plain_http_status(pod, "default", service("backend-service"))
    else:
        assert scenario_routes.plain_http_status(pod, "default", service("backend-service")) == expected
