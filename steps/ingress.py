"""Traefik: its address, its routes and redirects, and what reaches the pods behind it."""

import secrets

from pytest_bdd import given, parsers, then, when

from acceptance.clients.web import pinned_session
from acceptance.drivers.argocd import application_policies as policies
from acceptance.drivers.ingress import (
    exposure,
    redirects,
    route_admission,
    route_middlewares,
    route_rules,
    scenario_routes,
    traefik_machines,
    traefik_means,
    traefik_options,
    traefik_policies,
    traefik_service,
)
from acceptance.drivers.network.load_balancer import without_traefik
from acceptance.drivers.services import isolated_copies
from acceptance.drivers.workloads import workload_health
from acceptance.drivers.workloads.server_pod import start_server


@given("Traefik answers through the load balancer", target_fixture="anyone")
def traefik_answers(traefik, outputs):
    balancer = outputs.load_balancer
    # Other scenarios judge who issued the certificate; these judge routing.
    return pinned_session(balancer.address, balancer.http_port, balancer.https_port, verify=False)


@then("its Service is of type LoadBalancer and has an external address", target_fixture="addresses")
def service_has_address(cluster, evidence):
    evidence.add("kubectl get svc -n traefik traefik", cluster.kubectl("get", "svc", "-n", "traefik", "traefik"))
    addresses, lacking = scenario_routes.external_addresses(cluster), without_traefik(cluster)
    assert not lacking, (
        f"expected each worker's address among {addresses}, it lacks {lacking}. Try: kubectl -n traefik get svc"
    )
    return addresses


@then("Traefik answers on each of these addresses")
def answers_on_each(cluster, outputs, environment, images, addresses, evidence):
    cluster.needs_machines()
    host, image = f"www.{environment.domain}", images.tag(images.lock["busybox"])
    seen = {address: scenario_routes.answer_at(address, host, outputs.network.name, image) for address in addresses}
    evidence.add("answer by address", seen)
    bad = {at: text for at, text in seen.items() if not scenario_routes.is_open(text)}
    assert not bad, (
        f"expected Traefik on ports 80 and 443 of each external address, saw {bad}. Try: kubectl -n traefik get svc"
    )


@then("its Service keeps no client out, here and in production")
def service_is_open(platform):
    judges = (traefik_service, traefik_means, traefik_machines)
    found = [text for judge in judges for text in judge.troubles(platform)]
    hint = "Try: kubectl kustomize --load-restrictor LoadRestrictionsNone k8s/traefik/overlays/production"
    assert not found, f"expected every client to reach Traefik's Service, but {'; '.join(found)}. {hint}"


@given("a server pod", target_fixture="server")
def server_pod(namespace):
    return start_server(namespace)


@given("a server pod that several scenarios share", target_fixture="server")
def common_server_pod(common_server):
    return common_server


@given("a copy of each service that needs the database or the cache, with neither in reach", target_fixture="copies")
def copies_cut_off(cluster, namespace, auth_service, backend_service):
    return isolated_copies.start_each(cluster, namespace)


@when(parsers.parse('an IngressRoute for a new host and the path "{path}" is created'), target_fixture="route")
def new_route(environment, server, path):
    return scenario_routes.create_route(server, environment, path), path


@then("requests for that host and path reach the pod")
def route_works(anyone, route, server, evidence):
    evidence.add("answer", scenario_routes.wait_reaches_pod(anyone, server, *route))


@then("requests for another path or another host do not")
def other_requests(anyone, cluster, route, environment):
    host, _ = route
    urls = (f"https://{host}/other", f"https://nobody-{secrets.token_hex(3)}.{environment.scenario_domain}/some")
    seen = {url: scenario_routes.statuses_elsewhere(anyone, cluster, url) for url in urls}
    assert all(codes == {404} for codes in seen.values()), (
        f"expected 404 every time for another host or path, saw {seen}"
    )


@then("a route could be added beside the platform's, and theirs be changed")
def routes_are_admitted(cluster, platform):
    found = route_admission.refusals(cluster)
    hint = "Try: kubectl get resourcequotas -A; kubectl get validatingwebhookconfigurations"
    assert not found, f"expected the API server to admit another route, and changes of routes, saw {found}. {hint}"
    kept = traefik_policies.kept_in_everywhere(platform)
    assert not kept, f"expected Traefik to reach each service and its authority, but {'; '.join(kept)}"


@then(parsers.parse('production\'s Traefik is started with the same "{prefix}" options'))
def same_in_production(platform, prefix, evidence):
    evidence.add("options in production", traefik_options.of_production(platform, prefix))
    other = traefik_options.other_in_production(platform, prefix)
    assert not other, f"expected production's Traefik to have the same options of {prefix} as here, saw {other}"


@when("each path of each host is requested over plain HTTP", target_fixture="plain")
def ask_plain(anyone, cluster, environment, routes, argocd_route, evidence):
    addresses = redirects.pages(environment, route_rules.all_rules(cluster))
    evidence.add("asked for", {"methods": redirects.METHODS, "addresses": addresses})
    return redirects.judged(anyone, addresses)


@then("GET is answered with 301 to the same host, path and query over HTTPS")
def are_redirects(plain):
    assert not plain["GET"], (
        f"expected 301 to the same page over HTTPS, saw {plain['GET']}. Try: {scenario_routes.LOGS}"
    )


@then("every other method is redirected to the same page over HTTPS")
def none_in_clear(plain):
    wrong = {method: found for method, found in plain.items() if found}
    assert not wrong, f"expected 301 or 308 to the same page over HTTPS, saw {wrong}. Try: {scenario_routes.LOGS}"


@then("no route of the platform accepts plain HTTP, here and in production")
def no_route_in_clear(platform):
    wrong = route_rules.in_clear(platform) + traefik_options.pages_in_clear(platform)
    assert not wrong, (
        f"expected routes at the entry point {route_rules.HTTPS} only, saw {wrong}. Try: {scenario_routes.HINT}"
    )


@then("a request over HTTPS reaches the pod as plain HTTP with the header X-Forwarded-Proto: https")
def plain_behind(anyone, route, server, evidence):
    seen = scenario_routes.wait_reaches_pod(anyone, server, *route)
    evidence.add("what the pod saw", seen)
    assert seen["tls"] is False, f"expected plain HTTP between Traefik and pod {server.pod}, saw TLS"
    protocol = seen["headers"].get("X-Forwarded-Proto")
    assert protocol == ["https"], f"expected X-Forwarded-Proto: https at pod {server.pod}, saw {protocol}"


@then("every Service behind a route accepts plain HTTP")
def plain_http_behind(cluster, server, routes, applications, evidence):
    seen = scenario_routes.plain_http_statuses(server, route_rules.platform_rules(cluster))
    evidence.add("HTTP status by Service behind a route", seen)
    assert set(seen.values()) - {scenario_routes.REFUSED}, (
        f"expected Services behind routes to accept connections, but none of these does: {', '.join(seen)}"
    )


@then("nothing bypasses Traefik's routes")
def nothing_past_routes(cluster):
    others = route_rules.other_routes(cluster) + exposure.ways_past_routes(cluster)
    assert not others, f"expected only Traefik's IngressRoutes to lead to pods, saw {others}"


@then(parsers.parse("requests for that host are answered with {code:d}"), target_fixture="answered_before")
def answered_with(anyone, route, code):
    scenario_routes.stays_answered_with(anyone, route[0], code)
    return code


@then(parsers.parse("requests for that host are answered with {code:d}, and with nothing else meanwhile"))
def only_answered_with(anyone, route, code, answered_before):
    scenario_routes.stays_answered_with(anyone, route[0], code, before=answered_before)


@when("the pod becomes unhealthy")
def unhealthy(server):
    scenario_routes.tell(server, "unhealthy")


@when("the pod is healthy again")
def healthy_again(server):
    scenario_routes.tell(server, "healthy")


@then("none of these copies is Ready, so none of them would receive traffic")
def copies_are_not_ready(namespace, copies, evidence):
    seen = {name: isolated_copies.wait_state(namespace, name) for name in copies}
    evidence.add("copies that reach neither database nor cache", seen)
    ready = [name for name, state in seen.items() if state == isolated_copies.READY]
    hint = "Try: kubectl get deployments -o yaml | grep -A 3 readinessProbe, and request its path without a database"
    assert not ready, f"expected no copy without its dependencies to be ready, but {', '.join(ready)} is. {hint}"


@then("an unhealthy pod of a service receives no traffic after half a minute, here and in production")
def pods_are_taken_out(platform, auth_service, backend_service, frontend_service):
    found = policies.troubles(policies.workloads_everywhere(platform), workload_health.stays_in_service)
    hint = "kubectl get deployments -o yaml | grep -A 6 readinessProbe"
    assert not found, (
        f"expected an unhealthy pod to get no requests after {workload_health.OUT} s, saw {found}. Try: {hint}"
    )


@then("the platform's routes would also answer with 503, here and in production")
def platform_answers_so(platform, routes, argocd_route):
    wrong = route_middlewares.hidden_503s(platform)
    assert not wrong, f"expected routes to answer 503 where no pod is healthy, saw {wrong}. Try: {scenario_routes.HINT}"
