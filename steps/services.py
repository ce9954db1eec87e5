"""The three services: replicas, settings from Secrets and ConfigMaps, Services and health."""

import pytest
from pytest_bdd import given, parsers, then

from acceptance.base.conditions import as_json, describe
from acceptance.base.waiting import HEALTHY_AGAIN, POD_READY, eventually
from acceptance.drivers.services import Service
from acceptance.platform.secrets import read_secret


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


@pytest.fixture
def auth_api(auth):
    """HTTP to auth."""
    return auth.api()


@pytest.fixture
def backend_api(backend):
    """HTTP to the backend."""
    return backend.api()


@given("auth is deployed", target_fixture="service")
def auth_deployed(auth):
    return auth


@given("the backend is deployed", target_fixture="service")
def backend_deployed(backend):
    return backend


@given("the frontend is deployed", target_fixture="service")
def frontend_deployed(frontend):
    return frontend


@then(parsers.parse("at least {count:d} of its pods are ready, on different workers"), target_fixture="replicas")
def pods_on_workers(service, outputs, count, evidence):
    workers = {worker.name for worker in outputs.workers}

    def spread():
        pods = service.pods()
        nodes = {pod.metadata.name: pod.spec.node_name for pod in pods}
        seen = {pod.metadata.name: describe(pod) for pod in service.namespace.pods(f"app={service.name}")}
        assert len(pods) >= count, f"{len(pods)} ready of {seen}"
        assert set(nodes.values()) <= workers, f"pods that are not on workers: {nodes}"
        assert len(set(nodes.values())) >= min(count, len(workers)), f"pods on one worker: {nodes}"
        return pods

    what = f"{count} pods of {service.name} ready on different workers"
    pods = eventually(spread, within=POD_READY, what=what, hint=service.hint)
    evidence.add("pods and their nodes", {pod.metadata.name: pod.spec.node_name for pod in pods})
    return pods


@then(parsers.parse('each of these pods answers "{path}" by itself'))
def each_pod_answers(service, replicas, path, data_client, evidence):
    seen = {}
    for pod in replicas:
        answer = as_json(data_client("http", "GET", f"http://{pod.status.pod_ip}:{service.port}{path}"))
        seen[pod.metadata.name] = answer["status"]
        assert answer["status"] == 200, (
            f"{pod.metadata.name} answered {path} with {answer['status']}. Try: {service.hint}"
        )
    evidence.add(f"status of {path} by pod", seen)


@then(parsers.parse('its pods take "{key}" from the Secret "{secret}"'), target_fixture="from_secret")
def pods_take_from_secret(service, cluster, key, secret, evidence):
    container = service.container()
    found = [item for item in container.env or [] if item.name == key]
    assert found, f"the Deployment {service.name} sets no {key}"
    reference = found[0].value_from and found[0].value_from.secret_key_ref
    assert reference, f"{key} of the Deployment {service.name} is no reference to a Secret"
    assert (reference.name, reference.key) == (secret, key), f"{key} comes from {reference.name}/{reference.key}"
    values = read_secret(cluster, secret, service.namespace.name)
    assert values, f"there is no Secret {secret}. Try: kubectl describe sealedsecret {secret}"
    evidence.add("where the Deployment takes it from", {"variable": key, "Secret": secret, "key": reference.key})
    return key, values[key]


@then("the process in each of its pods runs with that value")
def process_has_value(service, from_secret, evidence):
    key, value = from_secret
    seen = {}
    for pod in service.running():
        started_with = service.environment(pod).get(key)
        seen[pod.metadata.name] = "the value of the Secret" if started_with == value else "another value, or none"
    evidence.add(f"{key} in /proc/1/environ", seen)
    other = [name for name, text in seen.items() if text != "the value of the Secret"]
    assert not other, (
        f"the process in {', '.join(other)} runs without the Secret's value of {key}. "
        f"Try: kubectl rollout restart deployment/{service.name}"
    )


@then(parsers.parse('the process in each of its pods runs with "{key}" set to "{value}"'))
def process_has(service, key, value, evidence):
    seen = {pod.metadata.name: service.environment(pod).get(key) for pod in service.running()}
    evidence.add(f"{key} in /proc/1/environ", seen)
    assert set(seen.values()) == {value}, f"expected {key}={value} in each process, saw {seen}"


@then(parsers.parse("its Service is of type ClusterIP and has port {port:d}"))
def service_has_port(service, cluster, port, evidence):
    found = cluster.core.read_namespaced_service(service.name, service.namespace.name)
    evidence.add("Service", cluster.kubectl("get", "-n", service.namespace.name, "service", service.name))
    assert found.spec.type == "ClusterIP", f"the Service {service.name} is of type {found.spec.type}"
    assert found.spec.cluster_ip not in (None, "None"), f"the Service {service.name} has no address"
    ports = [item.port for item in found.spec.ports]
    assert port in ports, f"the Service {service.name} has the ports {ports}"


@then(parsers.parse('a pod is answered at "{url}"'))
def pod_is_answered(data_client, url, evidence):
    answer = as_json(data_client("http", "GET", url))
    evidence.add(f"GET {url} from a pod", {"status": answer["status"], "body": answer["body"][:300]})
    assert answer["status"] == 200, f"{url} answered {answer['status']}: {answer['body'][:200]}"


@then(parsers.parse('GET "{path}" is answered with {status:d}'))
def path_is_answered(service, path, status, evidence):
    def answered():
        answer = service.api().get(path)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text[:200]}"
        return {"status": answer.status_code, "body": answer.text[:300]}

    what = f"{status} for GET {path} of {service.name}"
    evidence.add(f"GET {path}", eventually(answered, within=HEALTHY_AGAIN, what=what, hint=service.hint))
