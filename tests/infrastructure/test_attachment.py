"""Guard rails: what is refused around a platform that outlives runs, before anything is touched."""

import datetime
import hashlib
import http.server
import json
import ssl
import threading
import types
from email.utils import format_datetime

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from kubernetes.client import ApiException
from tests_support import scenario

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.base.waiting import in_words, is_transient
from acceptance.cluster.namespace import all_gone
from acceptance.infrastructure import attachment
from acceptance.infrastructure.cluster_lock import LEASE, LEASE_SECONDS
from acceptance.platform.authority import own_certificate
from acceptance.runner import PLUGINS

UID = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/acceptance/leases"
ENVIRONMENT = """
name = "elsewhere"
domain = "example.test"
acme = "live"
[infrastructure]
provisioner = "existing"
kubeconfig = "{kubeconfig}"
cluster_uid = "{uid}"
[gitops]
server = "external"
[gitops.repositories]
platform = "https://git.example.test/platform.git"
"""
ALL = [*PLUGINS, "fixtures.run", "fixtures.components", "fixtures.namespaces", "fixtures.session"]


class ApiServer:
    """As much of an API server as guard rails ask, on 127.0.0.1."""

    def __init__(self, folder):
        self.folder = folder
        self.status, self.clock, self.provider = 200, datetime.timedelta(), "aws:///eu-central-1a/i-0"
        self.lease = None
        self.asked = []
        self.silent = threading.Event()
        authority, certificate, key = own_certificate("localhost")
        (folder / "tls.pem").write_text(certificate + key)
        self.authority = authority
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "tls.pem")
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                api.asked.append(f"{self.command} {self.path.partition('?')[0]}")
                if api.silent.is_set():
                    api.released.wait(30)
                    return
                length = int(self.headers.get("Content-Length") or 0)
                status, body = api.respond(self.command, self.path, json.loads(self.rfile.read(length) or "null"))
                text = json.dumps(body).encode()
                self.send_response_only(status)
                now = datetime.datetime.now(datetime.UTC) + api.clock
                self.send_header("Date", format_datetime(now, usegmt=True))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_PATCH = answer

            def log_message(self, *_):
                pass

        self.released = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.kubeconfig(authority)

    def kubeconfig(self, authority):
        """Write a kubeconfig that trusts an authority."""
        (self.folder / "ca.pem").write_text(authority)
        cluster = {
            "server": f"https://localhost:{self.server.server_address[1]}",
            "certificate-authority": str(self.folder / "ca.pem"),
        }
        document = {
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": "here", "user": {"token": "some-token"}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
        }  # fmt: skip
        (self.folder / "kubeconfig").write_text(yaml.safe_dump(document))

    def respond(self, method, path, body):
        """Status and body of an answer."""
        path = path.partition("?")[0]
        if self.status != 200:
            return self.status, {"message": "no", "reason": "no"}
        if path == "/api/v1/namespaces/kube-system":
            return 200, {"metadata": {"name": "kube-system", "uid": UID}}
        if path == "/api/v1/nodes":
            return 200, {"items": [{"metadata": {"name": "n"}, "spec": {"providerID": self.provider}}]}
        if path.startswith(LEASES):
            if method == "GET" and self.lease is None:
                return 404, {}
            if method in ("POST", "PUT"):
                self.lease = body
            elif method == "PATCH":
                self.lease["spec"] |= body["spec"]
            return 200, self.lease
        return 404, {}


@pytest.fixture
def api(tmp_path):
    """An API server."""
    api = ApiServer(tmp_path)
    yield api
    api.released.set()
    api.server.shutdown()


@pytest.fixture
def elsewhere(project, api, monkeypatch, tmp_path):
    """A small project whose environment is a cluster that somebody else provisioned."""
    one, two, three = (f"Thing {number} holds" for number in (1, 2, 3))
    project.feature(
        scenario(title=one)
        + scenario("2.8", tags="@disruptive @disturbs-everything", title=two)
        + scenario("3.1", tags="@writes-to-users", title=three)
    )
    project.environment.write_text(ENVIRONMENT.format(kubeconfig=tmp_path / "kubeconfig", uid=UID))
    for name in ("kubectl", "kubeseal"):
        (tmp_path / "tools").mkdir(exist_ok=True)
        (tmp_path / "tools" / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "tools" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/tools", prepend=":")
    return project


def refused(project, *arguments):
    """What a run says that is refused with exit code 4, having judged nothing."""
    result, verdicts = project.run(*arguments)
    text = result.stdout.str() + result.stderr.str()
    assert result.ret == 4, text
    assert "Remedy" in text
    assert all(entry["outcome"] in ("error", "not selected", "no scenario") for entry in verdicts.values())
    return text


def test_an_attached_run_runs_what_disturbs_nobody_and_frees_its_lock(elsewhere, api):
    result, verdicts = elsewhere.run()
    assert result.ret == 0, result.stdout.str()
    assert verdicts["2.1"]["outcome"] == "passed"
    for number in ("2.8", "3.1"):
        assert verdicts[number]["outcome"] == "not selected"
        assert verdicts[number]["reason"] == "selected by --disruptive --confirm=elsewhere"
    assert api.lease["spec"]["holderIdentity"] == ""


def test_disruptive_scenarios_run_where_the_name_is_typed_out(elsewhere):
    _, verdicts = elsewhere.run("--disruptive", "--confirm=elsewhere")
    assert {verdicts[number]["outcome"] for number in ("2.1", "2.8", "3.1")} == {"passed"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--disruptive"], ["--disruptive", "--confirm=elsewhere"]),
        (["--provision"], ["--provision", "--confirm=elsewhere"]),
        (["--disruptive", "--confirm=production"], ["--confirm=production", "elsewhere"]),
        (["--confirm=kind"], ["--confirm=kind", "elsewhere"]),
        (["--destroy", "--confirm=elsewhere"], ["--destroy", "not made by this project"]),
        (["--reuse"], ["--reuse", "elsewhere"]),
        (["--keep=always"], ["--keep", "elsewhere"]),
        (["--rehearse"], ["--rehearse", "elsewhere"]),
    ],
)
def test_flags_without_their_confirmation_are_refused(elsewhere, api, arguments, words):
    text = refused(elsewhere, *arguments)
    for word in words:
        assert word in text
    assert not api.asked


def test_a_wrong_name_is_refused_on_kind_too(project):
    project.feature(scenario())
    assert "--confirm=production" in refused(project, "--confirm=production")


def test_another_cluster_than_the_environment_names_is_refused(elsewhere, api):
    elsewhere.environment.write_text(elsewhere.environment.read_text().replace(UID, OTHER))
    text = refused(elsewhere)
    assert UID in text
    assert OTHER in text
    assert api.lease is None


def test_another_authority_than_the_environment_names_is_refused(elsewhere):
    text = elsewhere.environment.read_text().replace("cluster_uid", f'cluster_ca_sha256 = "{"0" * 64}"\ncluster_uid')
    elsewhere.environment.write_text(text)
    assert "has the CA" in refused(elsewhere)


def test_the_authority_that_the_environment_names_is_let_pass(elsewhere, api):
    der = x509.load_pem_x509_certificate(api.authority.encode()).public_bytes(Encoding.DER)
    digest = hashlib.sha256(der).hexdigest()
    text = elsewhere.environment.read_text().replace(f'cluster_uid = "{UID}"', f'cluster_ca_sha256 = "{digest}"')
    elsewhere.environment.write_text(text)
    assert elsewhere.run()[0].ret == 0


def test_a_cluster_of_kind_is_no_production(elsewhere, api):
    api.provider = "kind://docker/some/worker"
    assert "kind cluster" in refused(elsewhere)


def test_kind_does_not_follow_a_kubeconfig_that_leads_elsewhere(api, tmp_path):
    settings = load_environment("kind").infrastructure
    document = yaml.safe_load((tmp_path / "kubeconfig").read_text())
    attachment.check_own_kind(tmp_path / "kubeconfig", settings)
    document["clusters"][0]["cluster"]["server"] = "https://api.example.test:6443"
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(document))
    with pytest.raises(UserError, match=r"api\.example\.test"):
        attachment.check_own_kind(tmp_path / "kubeconfig", settings)


def test_expired_credentials_are_named(elsewhere, api):
    api.status = 401
    text = refused(elsewhere)
    assert "wrong or expired" in text
    assert "kubeconfig" in text


def test_a_cluster_that_does_not_answer_is_given_up_in_time(elsewhere, api, monkeypatch):
    api.silent.set()
    assert "did not answer within" in refused(elsewhere)


def test_nothing_listens_there(elsewhere, api):
    api.server.shutdown()
    api.server.server_close()
    assert "cannot be reached" in refused(elsewhere)


def test_a_certificate_of_another_authority_is_refused(elsewhere, api):
    api.kubeconfig(own_certificate("localhost")[0])
    assert "CA other than" in refused(elsewhere)


@pytest.mark.parametrize(("hours", "word"), [(1, "behind"), (-1, "ahead of")])
def test_a_clock_that_is_an_hour_off_is_named(elsewhere, api, hours, word):
    api.clock = datetime.timedelta(hours=hours)
    assert f"{word} the cluster's" in refused(elsewhere)


def test_a_missing_kubeconfig_and_a_missing_context_are_named(elsewhere, tmp_path):
    text = elsewhere.environment.read_text()
    elsewhere.environment.write_text(text.replace("cluster_uid", 'context = "there"\ncluster_uid'))
    assert "there" in refused(elsewhere)
    (tmp_path / "kubeconfig").unlink()
    assert "there is no kubeconfig" in refused(elsewhere)


def held(seconds):
    """A Lease that somebody renewed some seconds ago."""
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)
    spec = {
        "holderIdentity": "run-1 on laptop", "leaseDurationSeconds": LEASE_SECONDS,
        "renewTime": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }  # fmt: skip
    return {"metadata": {"name": LEASE, "resourceVersion": "7"}, "spec": spec}


def test_a_lock_of_another_run_is_respected(elsewhere, api):
    api.lease = held(5)
    assert "run-1 on laptop" in refused(elsewhere)


def test_the_lock_of_a_dead_run_is_taken_over(elsewhere, api):
    api.lease = held(LEASE_SECONDS + 5)
    result, _ = elsewhere.run()
    assert result.ret == 0
    assert "left behind" in result.stdout.str()


def test_programs_that_are_missing_are_named(elsewhere, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no-cache"))
    (tmp_path / "tools" / "kubeseal").unlink()
    assert "kubeseal" in refused(elsewhere)


PRODUCTION = (ROOT / "environments" / "production.toml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[unverifiable]", '[stand_ins]\nK3s = "kind"\n[unverifiable]', ["no stand-ins", "stand_ins names K3s"]),
        ('acme = "staging"', 'acme = "pebble"', ["pebble"]),
        ('server = "external"', 'server = "in-cluster"', ["gitops.server is in-cluster"]),
        ("generate = false", "generate = true", ["secrets.generate"]),
        ('provisioner = "aws"', 'provisioner = "kind"', ["infrastructure.variables"]),
        ("acme_roots", "# acme_roots", ["acme_roots"]),
        ('JWT_SECRET = "AF', 'JWT = "AF', ["secrets.variables.JWT"]),
    ],
)
def test_production_with_stand_ins_is_refused(tmp_path, old, new, words):
    assert old in PRODUCTION
    path = tmp_path / "own.toml"
    path.write_text(PRODUCTION.replace(old, new, 1))
    with pytest.raises(UserError) as error:
        load_environment(str(path))
    for word in words:
        assert word.replace("no stand-ins", "real systems") in str(error.value)


def test_existing_has_to_say_which_cluster_it_means(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(ENVIRONMENT.format(kubeconfig="x", uid=UID).replace("cluster_uid", "# cluster_uid"))
    with pytest.raises(UserError, match="needs cluster_uid"):
        load_environment(str(path))


def namespace(name, message):
    """A namespace that is going, as the API lists it."""
    condition = types.SimpleNamespace(status="True", message=message)
    return types.SimpleNamespace(
        metadata=types.SimpleNamespace(name=name), status=types.SimpleNamespace(conditions=[condition])
    )


def test_a_namespace_that_is_stuck_is_named_with_its_reason_unless_it_is_of_another_run():
    stuck = {"old": [namespace("scenario-1", "finalizers")], "new": [namespace("scenario-2", "finalizers: x/held")]}

    def listed(label_selector, **_):
        run = label_selector.rpartition("=")[2]
        return types.SimpleNamespace(items=stuck.get(run, []))

    cluster = types.SimpleNamespace(core=types.SimpleNamespace(list_namespace=listed))
    with pytest.raises(AssertionError, match=r"^still there: scenario-2 \(finalizers: x/held\)$"):
        all_gone(cluster, "new")
    assert all_gone(cluster, "another")


def test_a_missing_right_is_named():
    error = ApiException(status=403, reason="Forbidden")
    error.body = json.dumps({"message": 'secrets "jwt" is forbidden: User "x" cannot get resource "secrets"'})
    text = in_words(error)
    assert 'cannot get resource "secrets"' in text
    assert "k8s/acceptance" in text
    status = {
        "kind": "Status",
        "message": 'pods "auth-1" is forbidden: User "x" cannot create "pods/exec"',
        "code": 403,
    }
    body = json.dumps(status, separators=(",", ":")).encode()
    refused = ApiException(status=0, reason=f"Handshake status 403 Forbidden -+-+- {{}} -+-+- {body!r}")
    assert 'pods "auth-1" is forbidden: User "x" cannot create "pods/exec". Try' in in_words(refused)
    assert not is_transient(refused)


def test_a_plan_says_what_would_be_done_and_does_nothing(elsewhere, api, monkeypatch):
    elsewhere.pytester.makeconftest(f"pytest_plugins = {ALL!r}")
    result, verdicts = elsewhere.run("--dry-run")
    text = result.stdout.str()
    assert result.ret == 0, text + result.stderr.str()
    assert "created: nothing" in text
    assert "2.8  not selected (selected by --disruptive --confirm=elsewhere)" in text
    assert not verdicts
    assert not api.asked
    text = elsewhere.run("--dry-run", "--disruptive", "--confirm=elsewhere")[0].stdout.str()
    assert "DISTURBS users" in text


def test_a_step_that_nobody_defines_is_refused(elsewhere):
    elsewhere.pytester.makeconftest(f"pytest_plugins = {ALL!r}")
    elsewhere.feature(scenario(step="nobody knows it"))
    assert "the step 'nobody knows it', which is not defined" in refused(elsewhere, "--dry-run")
