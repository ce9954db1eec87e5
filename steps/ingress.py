"""Traefik: its address, routes, redirects and what reaches the pods behind it."""

import secrets
from urllib.parse import urlsplit

import requests
from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import as_json
from acceptance.base.waiting import ROUTE_READY, eventually
from acceptance.clients.docker import docker
from acceptance.clients.web import pinned_session
from acceptance.drivers.server import start_server
from acceptance.platform.authority import NAMESPACE

LOGS = "kubectl -n traefik logs deploy/traefik"
ROUTES = ("traefik.io", "v1alpha1")
REFUSED = "connection refused"


@given("Traefik answers through the load balancer", target_fixture="anyone")
def traefik_answers(traefik, outputs):
    balancer = outputs.load_balancer
    session = pinned_session(balancer.address, balancer.http_port, balancer.https_port)
    # Who issued the certificate is judged by the scenarios on certificates; these judge routing.
    session.verify = False
    return session


@then("its Service is of type LoadBalancer and has an external address", target_fixture="addresses")
def service_has_address(cluster, evidence):
    service = cluster.core.read_namespaced_service("traefik", NAMESPACE)
    evidence.add("kubectl get svc -n traefik traefik", cluster.kubectl("get", "svc", "-n", NAMESPACE, "traefik"))
    assert service.spec.type == "LoadBalancer", f"expected type LoadBalancer, saw {service.spec.type}"
    ingress = service.status.load_balancer.ingress or []
    addresses = [item.ip or item.hostname for item in ingress] or service.spec.external_ips or []
    assert addresses, "the Service has no external address. Try: kubectl -n traefik describe svc traefik"
    return addresses


@then("Traefik answers on each of these addresses")
def answers_on_each(cluster, outputs, environment, images, addresses, evidence):
    cluster.needs_machines()
    request = f"GET / HTTP/1.1\\r\\nHost: www.{environment.domain}\\r\\nConnection: close\\r\\n\\r\\n"
    seen = {}
    for address in addresses:
        # From the platform's network, but from no node: there kube-proxy answers for whatever the Service names.
        answer = docker(
            "run", "--rm", "--network", outputs.network.name, images.tag(images.lock["busybox"]),
            "sh", "-c", f"printf '{request}' | nc -w 5 {address} 80 2>&1", check=False,
        )  # fmt: skip
        seen[address] = answer.partition("\n")[0].strip() or "no answer"
        assert seen[address].startswith("HTTP/1.1 "), (
            f"expected Traefik to answer on {address}, saw {seen[address]}. "
            f"Try: kubectl -n traefik get svc traefik; {LOGS}"
        )
    evidence.add("answer by address", seen)


@given("a server pod", target_fixture="server")
def server_pod(namespace):
    return start_server(namespace)


@given("a server pod that several scenarios have routes to", target_fixture="server")
def common_server_pod(common_server):
    return common_server


def create_route(server, environment, path="/", resolver=None):
    """Create an IngressRoute to the server pod for a host of its own; return the host."""
    namespace = server.namespace
    host = f"{namespace.name}-{secrets.token_hex(2)}.{environment.domain}"
    route = {
        "apiVersion": "/".join(ROUTES), "kind": "IngressRoute", "metadata": {"name": host.partition(".")[0]},
        "spec": {"entryPoints": ["websecure"],
                 "routes": [{"kind": "Rule", "match": f"Host(`{host}`) && PathPrefix(`{path}`)",
                             "services": [{"name": "server", "port": 8080}]}],
                 "tls": {"certResolver": resolver} if resolver else {}},
    }  # fmt: skip
    namespace.cluster.custom.create_namespaced_custom_object(*ROUTES, namespace.name, "ingressroutes", route)
    return host


@when(parsers.parse('an IngressRoute for a new host and the path "{path}" is created'), target_fixture="route")
def new_route(environment, server, path):
    return create_route(server, environment, path), path


@then("requests for that host and path reach the pod")
def route_works(anyone, route, server, evidence):
    host, path = route

    def reach():
        answer = anyone.get(f"https://{host}{path}/below?query=1")
        assert answer.status_code == 200, f"HTTP {answer.status_code}"
        seen = as_json(answer.text)
        assert (seen["pod"], seen["host"]) == (server.pod, host), f"{seen['pod']} was asked for {seen['host']}"
        assert seen["path"] == f"{path}/below?query=1", f"it was asked for {seen['path']}"
        return seen

    evidence.add("answer", eventually(reach, within=ROUTE_READY, what=f"{host} to reach the pod", hint=LOGS))


@then("requests for another path or another host do not")
def other_requests(anyone, route, environment):
    host, _ = route
    for url in (f"https://{host}/other", f"https://nobody-{secrets.token_hex(3)}.{environment.domain}/some"):
        code = anyone.get(url).status_code
        assert code == 404, f"expected 404 for {url}, saw {code}"


@when("a browser asks for a page over plain HTTP", target_fixture="plain")
def ask_plain(anyone, environment, evidence):
    url = f"http://www.{environment.domain}/consulting?from=mail&x=1"
    answer = anyone.get(url, allow_redirects=False)
    head = anyone.head(url, allow_redirects=False)
    evidence.add("answers", {
        "GET": [answer.status_code, answer.headers.get("Location")],
        "HEAD": [head.status_code, head.headers.get("Location")],
        "note": "Traefik 3 answers HEAD, which `curl -I` sends, with 308: judged is GET, which browsers send",
    })  # fmt: skip
    return url, answer


@then("the answer is 301 to the same host, path and query over HTTPS")
def is_redirect(plain, outputs):
    url, answer = plain
    assert answer.status_code == 301, (
        f"expected 301 for GET {url}, saw {answer.status_code}. Try: kubectl -n traefik get deploy traefik -o yaml"
    )
    asked, told = urlsplit(url), urlsplit(answer.headers.get("Location", ""))
    assert told.scheme == "https", f"expected a Location with https, saw {answer.headers.get('Location')}"
    seen = (told.hostname, told.path, told.query, told.port or 443)
    assert seen == (asked.hostname, asked.path, asked.query, 443), f"expected the same page, saw {told.geturl()}"


@then("a request over HTTPS reaches the pod as plain HTTP, marked as forwarded from HTTPS")
def plain_behind(anyone, route, evidence):
    host, _ = route

    def reach():
        answer = anyone.get(f"https://{host}/")
        assert answer.status_code == 200, f"HTTP {answer.status_code}"
        return as_json(answer.text)

    seen = eventually(reach, within=ROUTE_READY, what=f"{host} to reach the pod", hint=LOGS)
    evidence.add("what the pod saw", seen)
    assert seen["tls"] is False, "the pod was reached over TLS"
    protocol = seen["headers"].get("X-Forwarded-Proto")
    assert protocol == ["https"], f"expected X-Forwarded-Proto: https, the pod saw {protocol}"


@then("every Service behind a route takes plain HTTP")
def plain_http_behind(cluster, server, routes, applications, evidence):
    listed = {}
    for route in cluster.custom.list_cluster_custom_object(*ROUTES, "ingressroutes")["items"]:
        home = route["metadata"]["namespace"]
        if home.startswith("scenario"):
            # This scenario's own is judged by what its pod saw; another's may be going.
            continue
        for rule in route["spec"]["routes"]:
            for service in rule.get("services", []):
                assert service.get("scheme") in (None, "http"), (
                    f"the route {home}/{route['metadata']['name']} speaks TLS to its Service: {service}"
                )
                url = f"http://{service['name']}.{home}:{service['port']}/"
                try:
                    listed[url] = as_json(server.namespace.execute(server.pod, "/probe", "http", "GET", url))["status"]
                except AssertionError as error:
                    if REFUSED in str(error):
                        # It has no pod that is ready, and speaks neither.
                        listed[url] = REFUSED
                        continue
                    raise AssertionError(f"expected plain HTTP at {url}, saw: {error}") from error
                # What servers say to plain HTTP on a port that speaks TLS.
                assert listed[url] != 400, f"expected plain HTTP at {url}, it is answered with 400: does it speak TLS?"
    evidence.add("HTTP code by Service behind a route", listed)
    assert set(listed.values()) - {REFUSED}, f"no Service behind a route takes connections: {', '.join(listed)}"


@then(parsers.parse("requests for that host are answered with {code:d}"))
def answered_with(anyone, route, code, evidence):
    host, _ = route

    def answered():
        try:
            seen = anyone.get(f"https://{host}/").status_code
        except requests.RequestException as error:
            raise AssertionError(f"{type(error).__name__}") from error
        assert seen == code, f"HTTP {seen}"
        return seen

    eventually(answered, within=ROUTE_READY, what=f"HTTP {code} for {host}", hint=LOGS)


def tell(server, path):
    """Tell the server pod itself, past Service and route, which is not for pods that are not Ready."""
    core = server.namespace.cluster.core
    core.connect_post_namespaced_pod_proxy_with_path(f"{server.pod}:8080", server.namespace.name, path)


@when("the pod is no longer healthy")
def unhealthy(server):
    tell(server, "unhealthy")


@when("the pod is healthy again")
def healthy_again(server):
    tell(server, "healthy")
