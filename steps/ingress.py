"""Traefik: its address, routes, redirects and what reaches the pods behind it."""

import secrets

from pytest_bdd import given, parsers, then, when

from acceptance.clients.web import pinned_session
from acceptance.drivers import routing
from acceptance.drivers.server import start_server

NOTE = "Traefik 3 answers HEAD, which `curl -I` sends, with 308: judged is GET, which browsers send"


@given("Traefik answers through the load balancer", target_fixture="anyone")
def traefik_answers(traefik, outputs):
    balancer = outputs.load_balancer
    session = pinned_session(balancer.address, balancer.http_port, balancer.https_port)
    # Who issued the certificate is judged by the scenarios on certificates; these judge routing.
    session.verify = False
    return session


@then("its Service is of type LoadBalancer and has an external address", target_fixture="addresses")
def service_has_address(cluster, evidence):
    evidence.add("kubectl get svc -n traefik traefik", cluster.kubectl("get", "svc", "-n", "traefik", "traefik"))
    return routing.external_addresses(cluster)


@then("Traefik answers on each of these addresses")
def answers_on_each(cluster, outputs, environment, images, addresses, evidence):
    cluster.needs_machines()
    host, image = f"www.{environment.domain}", images.tag(images.lock["busybox"])
    seen = {address: routing.answer_at(address, host, outputs.network.name, image) for address in addresses}
    evidence.add("answer by address", seen)
    bad = {at: text for at, text in seen.items() if not (text.startswith("HTTP/1.1 ") and "443 open" in text)}
    assert not bad, f"expected Traefik on ports 80 and 443, saw {bad}. Try: kubectl -n traefik get svc"


@given("a server pod", target_fixture="server")
def server_pod(namespace):
    return start_server(namespace)


@given("a server pod that several scenarios have routes to", target_fixture="server")
def common_server_pod(common_server):
    return common_server


@when(parsers.parse('an IngressRoute for a new host and the path "{path}" is created'), target_fixture="route")
def new_route(environment, server, path):
    return routing.create_route(server, environment, path), path


@then("requests for that host and path reach the pod")
def route_works(anyone, route, server, evidence):
    evidence.add("answer", routing.wait_reaches_pod(anyone, server, *route))


@then("requests for another path or another host do not")
def other_requests(anyone, route, environment):
    host, _ = route
    for url in (f"https://{host}/other", f"https://nobody-{secrets.token_hex(3)}.{environment.scenario_domain}/some"):
        code = anyone.get(url).status_code
        assert code == 404, f"expected 404 for {url}, saw {code}"


@when("a browser asks every host for a page over plain HTTP", target_fixture="plain")
def ask_plain(anyone, cluster, routes, argocd_route, evidence):
    hosts = routing.hosts_of_routes(cluster)
    assert hosts, "there is no route"
    urls = [f"http://{host}/consulting?from=mail&x=1" for host in hosts]
    heads = {url: anyone.head(url, allow_redirects=False).status_code for url in urls}
    evidence.add("HEAD", {"status": heads, "note": NOTE})
    return [anyone.get(url, allow_redirects=False) for url in urls]


@then("each answer is 301 to the same host, path and query over HTTPS")
def are_redirects(plain, evidence):
    evidence.add("GET", {answer.url: [answer.status_code, answer.headers.get("Location")] for answer in plain})
    wrong = [text for answer in plain if (text := routing.is_same_page_over_https(answer))]
    assert not wrong, f"expected 301 to the same page over HTTPS, saw {wrong}. {routing.LOGS}"


@then("a request over HTTPS reaches the pod as plain HTTP, marked as forwarded from HTTPS")
def plain_behind(anyone, route, server, evidence):
    seen = routing.wait_reaches_pod(anyone, server, *route)
    evidence.add("what the pod saw", seen)
    assert seen["tls"] is False, "the pod was reached over TLS"
    protocol = seen["headers"].get("X-Forwarded-Proto")
    assert protocol == ["https"], f"expected X-Forwarded-Proto: https, the pod saw {protocol}"


@then("every Service behind a route takes plain HTTP")
def plain_http_behind(cluster, server, routes, applications, evidence):
    services = routing.routed_services(cluster)
    seen = {f"{home}/{item['name']}": routing.plain_http_status(server, home, item) for home, item in services}
    evidence.add("HTTP status by Service behind a route", seen)
    assert set(seen.values()) - {routing.REFUSED}, f"no Service behind a route takes connections: {', '.join(seen)}"


@then(parsers.parse("requests for that host are answered with {code:d}"))
def answered_with(anyone, route, code):
    routing.stays_answered_with(anyone, route[0], code)


@when("the pod is no longer healthy")
def unhealthy(server):
    routing.tell(server, "unhealthy")


@when("the pod is healthy again")
def healthy_again(server):
    routing.tell(server, "healthy")
