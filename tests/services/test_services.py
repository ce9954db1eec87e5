"""The reference services, as far as no cluster is needed: tokens, settings, locks, manifests and images."""

import ast
import json
import re
import secrets
import time
from datetime import UTC, datetime

import jwt
import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.clients import docker
from acceptance.drivers.api.wallet import ALL, FEWEST, USUAL, Wallet, forged, jwt_in
from acceptance.drivers.services.service import debug_level, written
from acceptance.images import build, lock

SERVICES = ("auth", "backend", "frontend")
SECRET = secrets.token_urlsafe(48)
GOOD = ("its JWT", "a JWT signed with the value of the Secret", "a JWT of 4 KiB")
BAD = (
    "its JWT with another subject",
    "its JWT with another signature",
    "its JWT without its signature",
    "a JWT that expired",
    "a JWT that is not valid yet",
    "a JWT signed with another secret",
    "a JWT with the algorithm none",
    "a JWT signed by HS512",
    "something that is no JWT",
)


@pytest.fixture
def auth(monkeypatch):
    """The authentication service's code, without its packages that only the image has."""
    monkeypatch.syspath_prepend(ROOT / "services" / "auth")
    from auth_service import settings, tokens

    return tokens, settings


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_jwt_holds(auth, kind):
    tokens, _ = auth
    good, expires = tokens.issue(SECRET, "0xabc", "id", 60)
    assert tokens.check(SECRET, forged(kind, good, SECRET))["sub"] == "0xabc"
    assert 0 < expires.timestamp() - time.time() <= 60


def test_a_long_jwt_is_as_long_as_it_is_called(auth):
    tokens, _ = auth
    good, _ = tokens.issue(SECRET, "0xabc", "id", 60)
    assert 4096 <= len(forged("a JWT of 4 KiB", good, SECRET)) < 5000


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_jwt_is_refused(auth, kind):
    tokens, _ = auth
    good, _ = tokens.issue(SECRET, "0xabc", "id", 60)
    with pytest.raises(tokens.Refused):
        tokens.check(SECRET, forged(kind, good, SECRET))


def test_a_jwt_that_never_expires_is_refused(auth):
    tokens, _ = auth
    with pytest.raises(tokens.Refused):
        tokens.check(SECRET, jwt.encode({"sub": "0xabc"}, SECRET, "HS256"))


def test_the_database_gets_a_hash_and_no_token(auth):
    tokens, _ = auth
    token = tokens.new_token()
    assert token != tokens.new_token()
    assert re.fullmatch(r"[0-9a-f]{64}", tokens.hash_of(token)) and token not in tokens.hash_of(token)


def test_settings_have_the_ports_of_the_plan_and_refuse_what_is_missing(auth):
    _, settings = auth
    given = {"JWT_SECRET": SECRET, "DATABASE_URL": "postgresql://", "REDIS_URL": "redis://"}
    assert settings.read(given).port == 3001
    assert settings.read(given | {"PORT": "3999", "NODE_ENV": "production"}).port == 3999
    assert not settings.read(given).production
    with pytest.raises(ValueError, match="REDIS_URL"):
        settings.read({key: value for key, value in given.items() if key != "REDIS_URL"})
    with pytest.raises(ValueError, match="shorter"):
        settings.read(given | {"JWT_SECRET": "short"})


def test_a_message_says_what_eip_4361_asks_for():
    text = Wallet().message("www.example.test", "a" * 16, chain=5)
    assert text.startswith("www.example.test wants you to sign in with your Ethereum account:\n0x")
    for line in ("URI: https://www.example.test", "Version: 1", "Chain ID: 5", "Nonce: " + "a" * 16, "Issued At: "):
        assert f"\n{line}" in text
    assert re.search(r"\nExpiration Time: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", text)


def test_fields_that_eip_4361_leaves_open_are_left_out_or_stand_in_its_order():
    fewest = Wallet().message("www.example.test", "a" * 16, fields=FEWEST)
    assert re.search(r"account:\n0x[0-9a-fA-F]{40}\n\n\nURI: ", fewest)
    assert re.search(r"\nIssued At: [^\n]+$", fewest)
    names = [line.partition(":")[0] for line in Wallet().message("a.test", "a" * 16, fields=ALL).splitlines()[5:]]
    assert names[:5] == ["URI", "Version", "Chain ID", "Nonce", "Issued At"]
    assert names[5:9] == ["Expiration Time", "Not Before", "Request ID", "Resources"]


def test_times_in_other_zones_are_the_same_times():
    lines = Wallet().message("a.test", "a" * 16, fields=ALL).splitlines()
    told = {name: time for name, _, time in (line.partition(": ") for line in lines) if time[4:5] == "-"}
    assert [time[-6:] for time in told.values()] == ["-05:00", "-05:00", "+05:30"]
    begins, ends = (datetime.fromisoformat(told[name]) for name in ("Not Before", "Expiration Time"))
    assert begins < datetime.now(UTC) < ends
    # Who overlooks the zones takes it for one that ended, and for one that is not valid yet.
    assert told["Expiration Time"][:19] < datetime.now(UTC).isoformat()[:19] < told["Not Before"][:19]


STATEMENT = (r'r"(?:(?P<statement>[^\n]+)\n)?\n"', r'r"(?P<statement>[^\n]+)\n\n"')
MILLISECONDS = (r"(?:\.\d{1,9})?", "")
WORDS = (r"(?P<statement>[^\n]+)", r"(?P<statement>[\w .,]+)")
PAGES = (r"(?P<resources>(?:\n- \S+)+)", r"(?P<resources>(?:\n- https?://\S+)+)")
WESTERN = (r"(?:Z|[+-]\d\d:\d\d)", r"(?:Z|-\d\d:\d\d)")


@pytest.mark.parametrize(
    ("optional", "needed", "fields", "taken"),
    [
        (*STATEMENT, USUAL, True),
        (*STATEMENT, FEWEST, False),
        (*STATEMENT, ALL, True),
        (*MILLISECONDS, USUAL, False),
        (*MILLISECONDS, FEWEST, True),
        (*MILLISECONDS, ALL, True),
        *((*pair, USUAL, True) for pair in (WORDS, PAGES, WESTERN)),
        *((*pair, ALL, False) for pair in (WORDS, PAGES, WESTERN)),
    ],
)
def test_the_reference_reads_every_message_and_who_reads_fewer_does_not(optional, needed, fields, taken):
    source = (ROOT / "services" / "auth" / "auth_service" / "siwe_messages.py").read_text()
    assert optional in source
    for text, is_read in ((source, True), (source.replace(optional, needed), taken)):
        patterns = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
        names = {"re": re}
        exec(compile(ast.Module(patterns[1:], []), "siwe_messages", "exec"), names)
        assert bool(names["MESSAGE"].fullmatch(Wallet().message("a.test", "a" * 16, fields=fields))) is is_read


def test_the_jwt_is_found_in_any_field():
    token = jwt.encode({"sub": "0xabc"}, SECRET, "HS256")
    assert jwt_in({"token": "af_x", "session": token}) == token
    with pytest.raises(AssertionError, match="token"):
        jwt_in({"token": "af_x"})


@pytest.mark.parametrize("service", ["auth", "backend"])
def test_python_packages_are_locked_with_hashes_and_without_hosts(service):
    text = (ROOT / "services" / service / "requirements.txt").read_text()
    packages = re.findall(r"^[a-z0-9][^\n=]*==", text, re.MULTILINE)
    assert len(packages) > 10
    assert text.count("--hash=sha256:") >= len(packages)
    assert "://" not in text


def test_npm_packages_are_locked_with_hashes_and_without_hosts():
    lock = json.loads((ROOT / "services" / "frontend" / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert all("resolved" not in package and "integrity" in package for package in packages.values())


@pytest.mark.parametrize("service", SERVICES)
def test_images_of_services_run_as_no_root(service):
    last = (ROOT / "services" / service / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)
    assert lock.read_lock()[service].recipe == f"../services/{service}"


def test_python_services_share_their_first_layers():
    first = [(ROOT / "services" / name / "Dockerfile").read_text().split("\n\n")[0] for name in ("auth", "backend")]
    assert first[0].splitlines()[1:] == first[1].splitlines()[1:]


@pytest.mark.parametrize("service", SERVICES)
def test_an_update_of_a_service_loses_nothing(service):
    spec = yaml.safe_load((ROOT / "k8s" / f"{service}-service" / "base" / "deployment.yaml").read_text())["spec"]
    pod = spec["template"]["spec"]
    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    constraint = pod["topologySpreadConstraints"][0]
    assert constraint["whenUnsatisfiable"] == "DoNotSchedule" and constraint["matchLabelKeys"] == ["pod-template-hash"]
    assert pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"] == 5


def test_only_the_bases_that_recipes_name_are_made():
    maker = build.Images("build")
    assert [base.short for base in maker.recipes.bases([maker.lock["auth"]])] == ["debian:bookworm-slim"]
    assert [base.short for base in maker.recipes.bases([maker.lock["frontend"]])] == ["debian:bookworm-slim", "node:20"]
    assert [base.short for base in maker.recipes.bases([maker.lock["probe"]])] == [
        "debian:bookworm-slim",
        "golang:1.26",
    ]


def test_what_tools_leave_in_a_recipe_changes_no_hash(tmp_path, monkeypatch):
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.setattr(lock, "IMAGES", tmp_path)
    entry = lock.Entry("some", "node", recipe="some")
    before = lock.inputs_hash(entry, {})
    (tmp_path / "some" / "node_modules").mkdir()
    (tmp_path / "some" / "node_modules" / "left").write_text("over")
    assert lock.inputs_hash(entry, {}) == before


def test_builds_get_the_settings_of_package_registries_as_secrets(tmp_path, monkeypatch):
    (tmp_path / ".npmrc").write_text("fund=false\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(docker, "SETTINGS", {"npmrc": ("~/.npmrc",), "pip": ("~/pip.conf",)})
    assert docker.registry_settings() == ["--secret", f"id=npmrc,src={tmp_path}/.npmrc"]


def test_debug_lines_are_told_from_others():
    assert debug_level('{"level": "DEBUG", "message": "some"}') and debug_level("[debug] some")
    assert debug_level('{"level": 20, "msg": "some"}') and not debug_level('{"level": 30, "msg": "debug is off"}')
    assert debug_level('{"severity": "debug"}') and debug_level('{"level": "verbose"}')
    assert not debug_level('{"level": "INFO", "message": "debug lines are off"}') and not debug_level("ready")


def test_the_time_before_a_line_of_a_log_is_read():
    assert written("2026-11-24T22:06:07.376176123Z").timestamp() == pytest.approx(1795557967.376176)
