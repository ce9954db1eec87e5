"""A copy that is cut off from its dependencies, and one that does not notice."""

from types import SimpleNamespace as Thing

import pytest
import requests
from tests_support import json_answer

from acceptance.base.deadlines import Deadline
from acceptance.base.service_settings import ServiceSettings
from acceptance.base.waiting import TimedOut
from acceptance.drivers.api import lost_dependencies
from acceptance.drivers.api.lost_dependencies import HEALTH, Needy, health_paths, says
from acceptance.drivers.network.cuts import DROP, RESET


class Machines:
    """Machines on which rules are installed and removed again."""

    def __init__(self):
        self.rules = []

    def on_node(self, node, *command, check=True):
        text = " ".join(command)
        if "delete" in command:
            self.rules.clear()
        elif "list" not in command:
            self.rules.append(text)
        return "\n".join(self.rules)


class Health:
    """A copy that is healthy and answers queries unless it is cut off, or always if it caches."""

    def __init__(self, machines, remembers=False):
        self.machines, self.remembers, self.hangs = machines, remembers, False

    def get(self, path):
        if self.hangs and self.machines.rules:
            raise requests.ReadTimeout("nothing")
        made = requests.Response()
        made.status_code = 503 if self.machines.rules and not self.remembers else 200
        made.url, made.request = path, requests.Request("GET", "http://copy/health").prepare()
        made._content = b"{}"
        return made

    def post(self, path, body, **_):
        return self.get(path)


def needy(monkeypatch, remembers=False, settings=None):
    monkeypatch.setattr(lost_dependencies, "NOTICED", Deadline(0.2, "a test"))
    machines = Machines()
    api = Health(machines, remembers)
    pod = Thing(metadata=Thing(name="backend-copy-1"), status=Thing(pod_ip="10.0.0.9"))
    namespace = Thing(name="default", cluster=machines)
    copy = Thing(name="backend-copy", namespace=namespace, pod=lambda: pod, api=lambda _: api)
    return Needy(copy, None, ["worker"], Thing(services=settings or ServiceSettings()), "its JWT"), machines


def test_a_copy_is_unhealthy_while_it_is_cut_off_and_no_longer(monkeypatch):
    copy, machines = needy(monkeypatch)
    assert "answered 200" in copy.wait_says(healthy=True)
    with copy.cut_off({"10.0.0.1", "10.0.0.2"}, RESET) as heal:
        (rule,) = machines.rules
        assert "ip saddr 10.0.0.9 ip daddr 10.0.0.1 reject with tcp reset" in rule and "daddr 10.0.0.2" in rule
        assert "answered 503" in copy.wait_says(healthy=False)
        heal()
        assert "answered 200" in copy.wait_says(healthy=True)
    assert machines.rules == []


def test_a_copy_that_remembers_its_health_is_seen(monkeypatch):
    copy, machines = needy(monkeypatch, remembers=True)
    with pytest.raises(TimedOut, match="a status other than 200"), copy.cut_off({"10.0.0.1"}, RESET):
        copy.wait_says(healthy=False)
    assert machines.rules == []


def test_a_copy_that_is_cut_off_from_nothing_proves_nothing(monkeypatch):
    copy, _ = needy(monkeypatch)
    with pytest.raises(AssertionError, match=r"cut off the copy .*, saw none"), copy.cut_off([], RESET):
        pass


@pytest.mark.parametrize(
    ("remembers", "hangs", "said"),
    [(False, False, ""), (True, False, "answered 200"), (False, True, "no answer (Read")],
)
def test_a_copy_that_serves_what_it_cannot_know_or_hangs_is_seen(monkeypatch, remembers, hangs, said):
    copy, _ = needy(monkeypatch, remembers)
    copy.api.hangs = hangs
    assert "answered 200" in copy.serves()[0]
    with copy.cut_off({"10.0.0.1"}, DROP):
        seen = copy.serves()[0]
    assert said in seen and bool(seen) == bool(said)


@pytest.mark.parametrize(("counts", "said"), [("sees {count} products", "answered 200"), ("", "")])
def test_a_protected_query_that_does_not_need_the_database_is_seen(monkeypatch, counts, said):
    settings = ServiceSettings(protected_counts=counts)
    copy, _ = needy(monkeypatch, settings=settings)
    post = copy.api.post

    def posted(path, body, token=None, **_):
        assert token in (None, "its JWT")
        return json_answer(200, {"data": {"protectedQuery": "0xabc sees 0 products"}}) if token else post(path, body)

    copy.api.post = posted
    with copy.cut_off({"10.0.0.1"}, DROP):
        seen = copy.serves()[0]
    assert said in seen and bool(seen) == bool(said)


@pytest.mark.parametrize(("uses", "said"), [(1, ""), (2, "answered 201")])
def test_who_is_let_in_without_the_cache_is_let_in_once(monkeypatch, uses, said):
    copy, _ = needy(monkeypatch)
    statuses = [201] * uses + [401] * 2
    copy.works = [lambda: Thing(status_code=statuses.pop(0), text="{}", url="/", request=Thing(method="POST"))]
    with copy.cut_off({"10.0.0.1"}, RESET, stores=False):
        seen = copy.serves()[0]
    assert said in seen and bool(seen) == bool(said)


@pytest.mark.parametrize(
    ("status", "text", "is_error"),
    [(503, "", True), (200, '{"errors": ["no database"]}', True), (200, "{}", False), (401, "", False)],
)
def test_an_error_of_the_service_is_told_apart(status, text, is_error):
    made = Thing(status_code=status, text=text, url="/", request=Thing(method="POST"))
    assert lost_dependencies.is_error(made) is is_error


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (500, False)])
def test_health_is_200_or_anything_else(status, healthy):
    made = Thing(status_code=status, url="/health", text="", request=Thing(method="GET"))
    assert says(Thing(get=lambda _: made), HEALTH, healthy=healthy)
    with pytest.raises(AssertionError, match=f"answered {status}"):
        says(Thing(get=lambda _: made), HEALTH, healthy=not healthy)


@pytest.mark.parametrize(
    ("name", "public", "body", "paths"),
    [
        ("auth-copy", "/api/health", {"status": "healthy", "redis": True}, [HEALTH, "/api/health"]),
        ("auth-copy", "/api/health", {"status": "healthy"}, [HEALTH]),
        ("auth-copy", HEALTH, {"status": "healthy", "redis": True}, [HEALTH]),
        ("backend-copy", "/api/health", {"status": "healthy", "redis": True}, [HEALTH]),
    ],
)
def test_health_is_asked_where_users_ask_if_it_says_the_same(name, public, body, paths):
    bodies = {HEALTH: {"status": "healthy", "redis": True}, public: body}
    api = Thing(get=lambda path: json_answer(200, bodies[path]))
    settings = ServiceSettings(auth_health_path=public)
    assert health_paths(name, api, Thing(services=settings)) == paths


def test_a_page_that_stays_healthy_for_users_is_seen(monkeypatch):
    copy, _ = needy(monkeypatch)
    copy.paths = [HEALTH, "/api/health"]
    get = copy.api.get
    copy.api.get = lambda path: json_answer(200, {}, "GET", f"http://copy{path}") if path != HEALTH else get(path)
    with pytest.raises(TimedOut, match="/api/health answered 200"), copy.cut_off({"10.0.0.1"}, DROP):
        copy.wait_says(healthy=False)


class Kubelet:
    """A machine that ends processes when it is told to, and starts them again unless it is broken."""

    def __init__(self, *, broken=False):
        self.broken, self.restarts, self.told = broken, 3, []

    def on_node(self, node, *command):
        self.told.append((node, command[-1]))
        self.restarts += not self.broken

    def pod(self, name):
        status = Thing(container_id="containerd://abc", restart_count=self.restarts)
        return Thing(spec=Thing(node_name="worker"), status=Thing(container_statuses=[status]))


@pytest.mark.parametrize(("broken", "deaf"), [(False, False), (False, True), (True, False)])
def test_a_process_is_ended_and_has_to_be_started_again_but_need_not_listen_at_once(monkeypatch, broken, deaf):
    copy, machines = needy(monkeypatch)
    machines.rules = ["a cut"]
    monkeypatch.setattr(lost_dependencies, "LISTENS", Deadline(0.2, "a test"))
    kubelet = Kubelet(broken=broken)
    copy.copy.namespace = Thing(name="default", cluster=kubelet, pod=kubelet.pod)
    monkeypatch.setattr(lost_dependencies, "FIRST_TRIES", 0)
    monkeypatch.setattr(lost_dependencies, "POD_READY", Deadline(0.2, "a test"))
    if broken:
        with pytest.raises(TimedOut, match="to be started again"):
            copy.start_anew()
    else:
        copy.api.hangs = deaf
        assert copy.start_anew() == "1 times"
    ((node, command),) = kubelet.told
    assert node == "worker" and '$1 == "abc"' in command and command.endswith("kill -KILL $process")
    assert copy.noticed == lost_dependencies.POD_READY


@pytest.mark.parametrize(("line", "shown"), [("no database", {}), ("no database for its JWT", {"backend-copy-1": 1})])
def test_a_credential_in_the_log_of_what_failed_is_seen(monkeypatch, line, shown):
    copy, _ = needy(monkeypatch)
    copy.copy.log = lambda: ["began", line]
    assert copy.shown() == shown


def test_a_signature_is_a_credential_too():
    posted = []

    def post(path, body, **_):
        posted.append(body)
        return json_answer(503, {})

    api = Thing(get=lambda *_, **__: json_answer(200, {"nonce": "0123456789abcdef"}), post=post)
    environment = Thing(services=ServiceSettings(), domain="example.org")
    (work,), credentials = lost_dependencies.works_of("auth-copy", api, environment, "its JWT")
    assert work().status_code == 503 and credentials == [posted[0]["signature"]]
