"""Environment files: read, or refused with the key, the file and what is known."""

import pytest

from acceptance.base.environment import known_environments, load_environment
from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.base.service_settings import HEADINGS, ServiceSettings

KIND = (ROOT / "environments" / "kind.toml").read_text()


@pytest.mark.parametrize("name", known_environments())
def test_every_environment_of_the_project_is_valid(name):
    assert load_environment(name).name == name


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(KIND.replace("workers = 2", "workers = 3"))
    assert load_environment(str(path)).infrastructure.workers == 3


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("workers = 2", "workerz = 2", ["infrastructure.workerz", "unknown key", "workers", "own.toml"]),
        ("workers = 2", 'workers = "two"', ["infrastructure.workers", "integer"]),
        ("http_port = 80", "http_port = 70000", ["infrastructure.http_port", "less than 65536"]),
        ("workers = 2", 'subnet = "private"', ["infrastructure.subnet"]),
        ('name = "kind"', "", ["name", "required"]),
        ('name = "kind"', 'name = "kind', ["not TOML", "line"]),
        ('name = "kind"', 'name = "a-name-of-more-than-20"', ["name", "at most 20 characters"]),
        ('mode = "auto"', 'mode = "guess"', ["images.mode", "'auto', 'pull' or 'build'"]),
    ],
)
def test_bad_files_are_refused(tmp_path, old, new, words):
    assert old in KIND
    path = tmp_path / "own.toml"
    path.write_text(KIND.replace(old, new))
    with pytest.raises(UserError) as error:
        load_environment(str(path))
    for word in words:
        assert word in str(error.value)


def test_a_mirror_for_each_registry(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(KIND.replace('mode = "auto"', 'mode = "auto"\nupstream = {"quay.io" = "harbor.example.test/quay"}'))
    assert load_environment(str(path)).images.upstream == {"quay.io": "harbor.example.test/quay"}


def test_the_second_services_differ_from_the_reference_services_by_settings_alone():
    other, kind = (load_environment(name).model_dump() for name in ("other-services", "kind"))
    assert {key for key in kind if kind[key] != other[key]} == {"name", "patches", "images", "services", "stand_ins"}
    assert other["images"] == {**kind["images"], "services": "tests/other_services"}
    assert other["stand_ins"].keys() == kind["stand_ins"].keys()


def test_a_folder_without_a_service_is_refused(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(KIND.replace('mode = "auto"', 'mode = "auto"\nservices = "images"'))
    with pytest.raises(UserError, match=r"images.services: images/auth/Dockerfile, .* not found"):
        load_environment(str(path))


def test_headings_that_are_not_given_are_the_defaults():
    given = ServiceSettings(headings={"/": "We ship apps"})
    assert given.headings == {**HEADINGS, "/": "We ship apps"}


def test_two_pages_with_one_heading_are_refused():
    with pytest.raises(ValueError, match="the same heading"):
        ServiceSettings(headings={"/": "Products"})


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
