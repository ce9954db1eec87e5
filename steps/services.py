"""The three services: replicas, settings from Secrets and ConfigMaps, Services and health."""

import pytest
from pytest_bdd import given, parsers, then

from acceptance.base.deadlines import CERTIFICATE_ISSUED, HEALTHY_AGAIN, POD_READY, Deadline
from acceptance.base.waiting import consistently, eventually
from acceptance.drivers.services import production_settings, readiness, service_ports
from acceptance.drivers.services.calls_per_node import ask_often, on_each
from acceptance.drivers.services.concurrent_calls import not_answered
from acceptance.drivers.services.service import Api, Service, in_words, shape
from acceptance.drivers.workloads import replicas
from acceptance.platform.secrets import read_secret

FRESH = 20
"""Requests over new connections, each of which the load balancer, Traefik and the Service balance separately."""
STAYS = Deadline(4, "criteria 8.1, 9.1, 10.1: replicas that run, not one that is there at times")
HOSTS = {"auth-service": "auth", "backend-service": "api", "frontend-service": "www"}


@pytest.fixture
def auth(auth_service, default):
    """Auth, as it runs."""
    return Service(default, "auth-service")


@pytest.fixture
def backend(backend_service, default):
    """The backend, as it runs."""
    return Service(default, "backend-service")


@pytest.fixture
def frontend(frontend_service, default):
    """The frontend, as it runs."""
    return Service(default, "frontend-service")


def over_https(web, environment, name):
    """HTTPS to a service as users have it, once its host has a certificate. Raises TimedOut."""
    api = Api.over_https(web, environment.domain, HOSTS[name])
    eventually(lambda: api.get("/"), within=CERTIFICATE_ISSUED, what=f"an answer from {api.base}")
    return api


@pytest.fixture
def auth_api(auth, web, routes, environment):
    """HTTPS to auth, through the load balancer."""
    return over_https(web, environment, auth.name)


@pytest.fixture
def backend_api(backend, web, routes, environment):
    """HTTPS to the backend, through the load balancer."""
    return over_https(web, environment, backend.name)


@pytest.fixture
def auth_doors(auth, auth_api, data_client):
    """Auth over HTTPS, and from a client pod through its Service and at each of its pods; by endpoint."""
    return {"HTTPS": auth_api, **auth.doors(data_client)}


@pytest.fixture
def backend_doors(backend, backend_api, data_client):
    """The backend over HTTPS, and from a client pod through its Service and at each of its pods; by endpoint."""
    return {"HTTPS": backend_api, **backend.doors(data_client)}


@given("auth is deployed", target_fixture="service")
def auth_deployed(auth, evidence):
    return deployed(auth, evidence)


@given("the backend is deployed", target_fixture="service")
def backend_deployed(backend, evidence):
    return deployed(backend, evidence)


@given("the frontend is deployed", target_fixture="service")
def frontend_deployed(frontend, evidence):
    return deployed(frontend, evidence)


def deployed(service, evidence):
    """A service whose rollout is complete, so that the deployed version is judged. Raises TimedOut."""
    evidence.add(f"pods of {service.name}", service.describe())
    return service


@then(parsers.parse("at least {count:d} of its pods are ready on different workers"), target_fixture="replicas")
def pods_on_workers(service, outputs, count, evidence):
    workers = {worker.name for worker in outputs.workers}
    what = f"{count} pods of {service.name} to be ready on different workers"
    eventually(lambda: service.spread(count, workers), within=POD_READY, what=what, hint=service.hint)
    pods = consistently(lambda: service.spread(count, workers), during=STAYS, what=what, hint=service.hint)
    evidence.add("pods and their nodes", {pod.metadata.name: pod.spec.node_name for pod in pods})
    return pods


@then(parsers.parse("nothing can scale it below {count:d} replicas, here and in production"))
def nothing_scales_down(service, platform, count):
    wrong = replicas.ways_below(platform, service.name, count)
    hint = "Try: kubectl get horizontalpodautoscalers -A"
    assert not wrong, f"expected nothing to scale {service.name} below {count} pods, saw {wrong}. {hint}"


@then(parsers.parse('no autoscaler changes how many pods "{name}" has, here and in production'))
def nothing_resizes(platform, name):
    found = replicas.resized(platform, name)
    hint = "Try: kubectl get horizontalpodautoscalers -A"
    assert not found, f"expected the pods of {name} to stay as many as they are, saw {found}. {hint}"


@then(parsers.parse('each of these pods answers "{path}" individually'))
def each_pod_answers(service, replicas, path, data_client, evidence):
    doors = service.doors(data_client)
    seen = {pod.metadata.name: doors[pod.metadata.name].get(path) for pod in replicas}
    evidence.add(f"{path} by pod", {name: in_words(answer) for name, answer in seen.items()})
    wrong = {name: in_words(answer) for name, answer in seen.items() if answer.status_code != 200}
    assert seen and not wrong, (
        f"expected 200 for {path} from each pod of {service.name}, saw {wrong or 'no pod'}. Try: {service.hint}"
    )


@then(parsers.parse('its pods take "{key}" from the Secret "{secret}"'), target_fixture="from_secret")
def pods_take_from_secret(service, cluster, key, secret, evidence):
    seen = {pod.metadata.name: service.source_of(pod.spec, key) for pod in service.running()}
    seen[f"the Deployment {service.name}"] = service.source_of(service.deployment().spec.template.spec, key)
    evidence.add(f"where {key} comes from", seen)
    takes = set(seen.values()) == {f"{secret}/{key}"}
    assert takes, f"expected {service.name} to take {key} from the Secret {secret}, saw {seen}"
    value = (read_secret(cluster, secret, service.namespace.name) or {}).get(key)
    assert value, f"expected {key} in a Secret {secret}. Try: kubectl describe sealedsecret {secret}"
    return key, value


@then("the process in each of its pods runs with that value")
def process_has_value(service, from_secret, evidence):
    key, value = from_secret
    pods = service.running()
    other = [pod.metadata.name for pod in pods if service.environment(pod).get(key) != value]
    evidence.add(f"{key} in /proc/1/environ", {"pods": len(pods), "with another value, or none": other})
    hint = f"Try: kubectl rollout restart deployment/{service.name}"
    assert not other, (
        f"expected the Secret's value of {key} in each process, but {', '.join(other)} has another. {hint}"
    )


@then(parsers.parse('the process in each of its pods runs with "{key}" set to "{value}"'))
def process_has(service, key, value, evidence):
    seen = {pod.metadata.name: service.environment(pod).get(key) for pod in service.running()}
    evidence.add(f"{key} in /proc/1/environ", seen)
    assert set(seen.values()) == {value}, f"expected {key}={value} in each process of {service.name}, saw {seen}"


@then(parsers.parse('production sets "{key}" to "{value}", too'))
def production_has(service, platform, key, value, evidence):
    seen = production_settings.in_production(platform, service.name).get(key)
    evidence.add(f"{key} in production", seen)
    assert seen == value, f"expected {key}={value} of {service.name} in production's overlay, saw {seen}"


@then("it is told that it runs in production, here and by production's overlay")
def told_of_production(service, platform, environment):
    wrong = production_settings.not_for_production(service, platform, environment.services.mode_variable)
    assert not wrong, f"expected {service.name} to be told that it runs in production, saw {wrong}. Try: {service.hint}"


@then(parsers.parse("in production its Service is of that type, leads to its pods, and has port {port:d}"))
def production_service(service, platform, port):
    wrong = production_settings.wrong_in_production(platform, service.name, port)
    assert not wrong, f"expected {service.name} on port {port}, inside the cluster only, in production, saw {wrong}"


@then(parsers.parse('production opens no Service of "{name}" to clients outside its cluster'))
def production_opens_none(platform, name):
    found = production_settings.opened_in_production(platform, name)
    assert not found, f"expected only Services inside the cluster in production's overlay of {name}, saw {found}"


@then(parsers.parse("its Service is of type ClusterIP and has port {port:d}"))
def service_has_port(service, port, evidence):
    spec = service_ports.check(service.namespace, service.name, port)
    evidence.add("Service", {"address": spec.cluster_ip, "ports": [item.port for item in spec.ports]})
    assert spec.cluster_ip not in (None, "None"), (
        f"expected a ClusterIP of the Service {service.name}, saw {spec.cluster_ip}"
    )
    what = f"the Service {service.name} to route to the pods of its Deployment"
    eventually(service.behind, within=HEALTHY_AGAIN, what=what, hint=service.hint)


@then(parsers.parse('a pod on each worker gets an answer from "{url}"'))
def pods_are_answered(service, data_client, outputs, url, evidence):
    target, _, path = url.removeprefix("http://").partition("/")
    own = {shape(door.get(f"/{path}").text) for door in service.pod_doors(data_client).values()}
    with on_each({worker.name for worker in outputs.workers}, data_client) as clients:
        for node, client in clients.items():
            answers = ask_often(client, node, *service_ports.split(target), f"/{path}", FRESH)
            evidence.add(f"{FRESH} times GET {url} from a pod on {node}", sorted({in_words(one) for one in answers}))
            wrong = [in_words(one) for one in answers if one.status_code != 200 or shape(one.text) not in own]
            assert not wrong, f"expected 200 and an answer like {own} at {url} from {node}, saw {wrong[:3]}"


@then(parsers.parse('GET "{path}" is answered with {status:d}'))
@then(parsers.parse('GET "{path}" is answered with {status:d}, over HTTPS, by the Service and by each pod'))
def path_is_answered(service, web, routes, environment, data_client, path, status, evidence):
    doors = {"HTTPS": over_https(web, environment, service.name), **service.doors(data_client)}
    for where, api in doors.items():
        answers = [api.get(path) for _ in range(FRESH)]
        evidence.add(f"{FRESH} times GET {path}, {where}", sorted({in_words(answer) for answer in answers}))
        wrong = [in_words(answer) for answer in answers if answer.status_code != status]
        assert not wrong, (
            f"expected {status} for {path} every time ({where}), but {len(wrong)} of {FRESH} were not: {wrong[0]}"
        )


@then(parsers.parse('{count:d} concurrent requests for "{path}" are each answered with {status:d}, at every endpoint'))
def path_is_answered_at_once(service, web, routes, environment, data_client, count, path, status):
    doors = {"HTTPS": over_https(web, environment, service.name), **service.doors(data_client)}
    wrong = {where: found for where, api in doors.items() if (found := not_answered(api, path, status, count))}
    first = {where: f"{len(found)}, the first: {found[0]}" for where, found in wrong.items()}
    expected = f"expected {status} for {path} each time when {count} clients ask at once"
    assert doors and not wrong, f"{expected}, saw other answers: {first}. Try: {service.hint}"


@then("its pods pass their probes throughout, and stay ready")
def stays_ready(service, cut, data_client):
    wrong = readiness.failing(service, data_client, cut[1])
    hint = "Try: kubectl describe pods; the probes of a service ask for what it cannot do any work without"
    assert not wrong, f"expected {service.name} to be healthy without what only some requests need, saw {wrong}. {hint}"
