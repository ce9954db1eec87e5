"""Copies of a service whose URL leads nowhere."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.services import nowhere_copies
from acceptance.drivers.services.isolated_copies import READY

URLS = {
    "DATABASE_URL": "postgresql://platform:a%40b@yb:5433/main?sslmode=disable",
    "REDIS_URL": "redis://:pw@redis:6379/0",
}
CONTAINER = {
    "name": "auth",
    "image": "auth:1",
    "env": [
        {"name": "PORT", "value": "3001"},
        *({"name": key, "valueFrom": {"secretKeyRef": {"name": "some", "key": key}}} for key in URLS),
    ],
}


@pytest.mark.parametrize(
    ("url", "led"),
    [
        (URLS["DATABASE_URL"], "postgresql://platform:a%40b@127.0.0.1:9/main?sslmode=disable"),
        (URLS["REDIS_URL"], "redis://:pw@127.0.0.1:9/0"),
        ("redis://redis:6379", "redis://127.0.0.1:9"),
        ("postgresql://u:p@a:1,b:2/main", "postgresql://u:p@127.0.0.1:9/main"),
    ],
)
def test_only_the_host_of_a_url_changes(url, led):
    assert nowhere_copies.led_nowhere(url) == led


class Namespace:
    """A namespace in which the copies are made; READY are those whose Secret `is_ready` accepts."""

    name = "scenario"

    def __init__(self, is_ready):
        self.is_ready, self.made, self.gone = is_ready, {}, []
        delete = lambda name, _: self.gone.append(name)  # noqa: E731
        self.cluster = Thing(core=Thing(delete_namespaced_secret=delete))

    def create(self, manifest):
        self.made.setdefault(manifest["metadata"]["name"], {})[manifest["kind"]] = manifest


def service():
    core = Thing(list_namespaced_config_map=lambda _: Thing(items=[]))
    template = {"spec": {"containers": [CONTAINER]}}
    cluster = Thing(core=core, api=Thing(sanitize_for_serialization=lambda found: found))
    deployment = Thing(spec=Thing(template=template))
    return Thing(
        name="auth-service",
        namespace=Thing(name="default", cluster=cluster),
        deployment=lambda: deployment,
        running=lambda: ["pod"],
        environment=lambda _: {**URLS, "OTHER": "1"},
    )


@pytest.fixture
def judged(monkeypatch):
    def judge(key, is_ready):
        namespace = Namespace(is_ready)

        def wait_state(_, name):
            return READY if is_ready(namespace.made[name]["Secret"]["stringData"]) else "probes that failed: 2"

        monkeypatch.setattr(nowhere_copies.isolated_copies, "wait_state", wait_state)
        monkeypatch.setattr(nowhere_copies, "delete_now", lambda _, name: namespace.gone.append(name))
        return nowhere_copies.states(service(), namespace, key), namespace

    return judge


@pytest.mark.parametrize("key", URLS)
def test_a_service_that_has_the_address_elsewhere_is_seen(judged, key):
    (good, nowhere), _ = judged(key, lambda urls: "127.0.0.1" not in str(urls))
    assert (good, nowhere) == (READY, "probes that failed: 2")
    (_, nowhere), _ = judged(key, lambda _: True)
    assert nowhere == READY


def test_copies_have_their_urls_from_a_secret_of_their_own_and_leave_nothing(judged):
    _, namespace = judged("REDIS_URL", lambda _: True)
    assert sorted(namespace.gone) == sorted([*namespace.made] * 2)
    texts = [manifests["Secret"]["stringData"] for manifests in namespace.made.values()]
    led = {**URLS, "REDIS_URL": "redis://:pw@127.0.0.1:9/0"}
    assert URLS in texts and led in texts and len(texts) == 2
    for name, manifests in namespace.made.items():
        pod = manifests["Pod"]
        taken = {item["name"]: item for item in pod["spec"]["containers"][0]["env"]}
        assert taken["DATABASE_URL"]["valueFrom"]["secretKeyRef"] == {"name": name, "key": "DATABASE_URL"}
        assert "pw" not in str(pod) and pod["spec"]["dnsConfig"]["searches"] == ["default.svc.cluster.local"]


def test_a_service_without_the_url_is_told():
    lacking = service()
    lacking.environment = lambda _: {}
    with pytest.raises(AssertionError, match="expected REDIS_URL in the process"):
        nowhere_copies.states(lacking, None, "REDIS_URL")
