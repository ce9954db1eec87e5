"""The lock in the cluster: who gets it, who is refused and why, and that it is released."""

import datetime
import types

import pytest
import yaml
from kubernetes import client
from kubernetes.client import ApiException

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.infrastructure import cluster_lock
from acceptance.infrastructure.cluster_lock import LEASE_SECONDS, NAMESPACE, ClusterLock


class Api:
    """Leases and namespaces of an API server, in place of the client's calls."""

    def __init__(self, monkeypatch):
        self.lease, self.namespaces, self.status = None, {NAMESPACE}, {}
        leases = client.CoordinationV1Api
        monkeypatch.setattr(leases, "read_namespaced_lease", self.read)
        monkeypatch.setattr(leases, "create_namespaced_lease", self.create)
        monkeypatch.setattr(leases, "replace_namespaced_lease", self.replace)
        monkeypatch.setattr(client.CoreV1Api, "create_namespace", self.create_namespace)

    def check(self, verb):
        if status := self.status.get(verb):
            raise ApiException(status=status, reason="no")

    def read(self, name, namespace, **options):
        assert options["_request_timeout"]
        self.check("get")
        if self.lease is None:
            raise ApiException(status=404)
        return types.SimpleNamespace(spec=types.SimpleNamespace(**vars(self.lease.spec)), version=self.lease.version)

    def create(self, namespace, body, **_):
        self.check("create")
        if namespace not in self.namespaces:
            raise ApiException(status=404)
        self.write(body.spec, 1)

    def replace(self, name, namespace, body, **_):
        self.check("update")
        if body.version != self.lease.version:
            raise ApiException(status=409)
        self.write(body.spec, body.version + 1)

    def create_namespace(self, body):
        manifest = yaml.safe_load((ROOT / "k8s" / "acceptance" / "base" / "namespace.yaml").read_text().split("---")[0])
        assert body["metadata"] == manifest["metadata"], "whoever comes first creates the same namespace"
        self.namespaces.add(body["metadata"]["name"])

    def write(self, spec, version):
        fields = ("holder_identity", "lease_duration_seconds", "acquire_time", "renew_time")
        spec = types.SimpleNamespace(**{name: getattr(spec, name) for name in fields})
        self.lease = types.SimpleNamespace(spec=spec, version=version)

    def held(self, seconds, holder="run-1 on laptop"):
        moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)
        self.write(
            types.SimpleNamespace(
                holder_identity=holder, lease_duration_seconds=LEASE_SECONDS, acquire_time=moment, renew_time=moment
            ),
            7,
        )


@pytest.fixture
def api(monkeypatch):
    return Api(monkeypatch)


@pytest.fixture
def lock():
    lock = ClusterLock(client.ApiClient(client.Configuration(host="https://api.example.test")), "run-2")
    yield lock
    lock.ended.set()


@pytest.mark.parametrize("create", [True, False])
def test_it_is_taken_renewed_and_given_back(api, lock, create, monkeypatch):
    monkeypatch.setattr(cluster_lock, "LEASE_SECONDS", 1)
    lock.acquire(create=create)
    first = api.lease.spec
    assert first.holder_identity.startswith("run-2 on ")
    for _ in range(100):
        if api.lease.version > 2:
            break
        lock.ended.wait(0.05)
    assert api.lease.spec.renew_time > first.renew_time
    assert api.lease.spec.acquire_time == first.acquire_time
    lock.release()
    assert (api.lease.spec.holder_identity, api.lease.spec.lease_duration_seconds) == ("", 1)
    following = ClusterLock(client.ApiClient(), "run-3")
    following.acquire(create=False)
    following.ended.set()
    assert api.lease.spec.holder_identity.startswith("run-3 on ")


def test_a_run_that_lives_is_named(api, lock):
    api.held(5)
    with pytest.raises(UserError, match="run-1 on laptop, seen 5 s ago"):
        lock.acquire(create=True)
    assert api.lease.version == 7


def test_a_dead_run_loses_it(api, lock, capsys):
    api.held(LEASE_SECONDS + 5)
    lock.acquire(create=False)
    assert api.lease.spec.holder_identity.startswith("run-2 on ")
    assert "the lock of run-1 on laptop was left behind 65 s ago" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("verb", "status", "words"),
    [
        ("get", 403, "may not get leases"),
        ("create", 403, "may not create and update leases"),
        ("create", 409, "another run has just taken the lock"),
        ("get", 500, "500 no"),
    ],
)
def test_what_the_api_refuses_is_said(api, lock, verb, status, words):
    api.status[verb] = status
    with pytest.raises(UserError, match=words):
        lock.acquire(create=True)
    assert api.lease is None


def test_another_run_that_was_faster_keeps_it(api, lock, monkeypatch):
    api.held(LEASE_SECONDS + 5)
    monkeypatch.setattr(cluster_lock, "say", lambda _: api.held(0, "run-9 on desk") or setattr(api.lease, "version", 8))
    with pytest.raises(UserError, match="another run has just taken the lock"):
        lock.acquire(create=True)
    assert api.lease.spec.holder_identity == "run-9 on desk"


def test_its_namespace_is_made_only_by_who_may_provision(api, lock):
    api.namespaces.clear()
    with pytest.raises(UserError, match="there is no namespace acceptance"):
        lock.acquire(create=False)
    lock.acquire(create=True)
    assert api.namespaces == {NAMESPACE}


def test_a_lock_that_another_run_took_over_is_not_given_back(api, lock, capsys):
    lock.acquire(create=False)
    api.held(0, "run-9 on desk")
    lock.release()
    assert api.lease.spec.holder_identity == "run-9 on desk"
    assert "it belongs to run-9 on desk now" in capsys.readouterr().err
