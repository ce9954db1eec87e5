"""KUBECONFIG as a list: the one file that exists is taken, several are refused."""

import pytest

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.base.kubeconfig import named_kubeconfig
from acceptance.base.paths import STATE
from acceptance.commands import backup_keys
from acceptance.infrastructure.attachment import kubeconfig_of


def of_production():
    """What a run against production takes."""
    return kubeconfig_of(load_environment("production"))


def of_backup():
    """What a backup of the keys takes."""
    return backup_keys.ask_all()[0]


@pytest.fixture(params=[named_kubeconfig, of_production, of_backup])
def taken(request, monkeypatch):
    """Who asks for it."""
    monkeypatch.setenv("KEYS_FILE", "backup")
    monkeypatch.setenv("KEYS_PASSPHRASE", "a long passphrase")
    return request.param


@pytest.mark.parametrize("form", ["{one}", "{one}:", ":{none}:{one}:{one}", "{none}:{one}"])
def test_the_one_that_exists_is_taken(taken, tmp_path, monkeypatch, form):
    one = tmp_path / "with a space" / "one"
    one.parent.mkdir()
    one.touch()
    monkeypatch.setenv("KUBECONFIG", form.format(one=one, none=tmp_path / "none"))
    assert taken() == one


def test_several_are_refused_with_a_remedy(taken, tmp_path, monkeypatch):
    files = [tmp_path / name for name in ("one", "two")]
    for file in files:
        file.touch()
    monkeypatch.setenv("KUBECONFIG", ":".join(map(str, files)))
    with pytest.raises(UserError, match="KUBECONFIG names 2 files") as error:
        taken()
    assert all(str(file) in error.value.problem for file in files)
    assert "set it to the one file" in error.value.remedy


@pytest.mark.parametrize("value", ["", ":", None])
def test_without_one_it_is_the_environments_own(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("KUBECONFIG", raising=False)
    else:
        monkeypatch.setenv("KUBECONFIG", value)
    assert named_kubeconfig() is None
    assert of_production() == STATE / "production" / "kubeconfig"


def test_of_several_that_do_not_exist_the_first_is_named(monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/nowhere/one:/nowhere/two")
    assert str(named_kubeconfig()) == "/nowhere/one"
