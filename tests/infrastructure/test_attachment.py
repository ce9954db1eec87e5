"""Guard rails: what is refused on a long-lived platform, before anything is touched."""

import datetime
import hashlib

import pytest
import yaml
from api_server import UID, ApiServer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests_support import scenario

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.infrastructure import attachment
from acceptance.infrastructure.cluster_lock import LEASE, LEASE_SECONDS
from acceptance.platform.authority import own_certificate
from acceptance.runner import PLUGINS

OTHER = "99999999-2222-3333-4444-555555555555"
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


@pytest.fixture
def api(tmp_path):
    """An API server."""
    api = ApiServer(tmp_path)
    yield api
    api.released.set()
    api.server.shutdown()


@pytest.fixture
def elsewhere(project, api, monkeypatch, tmp_path):
    """A small project whose environment is a cluster that was provisioned elsewhere."""
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
    """The output of a run that is refused with exit code 4 before it has judged anything."""
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
    """A Lease that was renewed some seconds ago."""
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


def test_existing_has_to_say_which_cluster_it_means(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(ENVIRONMENT.format(kubeconfig="x", uid=UID).replace("cluster_uid", "# cluster_uid"))
    with pytest.raises(UserError, match="needs cluster_uid"):
        load_environment(str(path))


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


def test_a_step_that_needs_what_none_before_it_provides_is_refused(elsewhere):
    elsewhere.pytester.makeconftest(f"pytest_plugins = {ALL!r}")
    elsewhere.feature(scenario(step="it is used"), "@then('it is used')\ndef _used(thing):\n    pass\n")
    assert "the step 'it is used' needs thing, which nothing before it provides" in refused(elsewhere, "--dry-run")
