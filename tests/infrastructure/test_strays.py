"""What has no label is found by its name; other platforms' and the registry's is left alone."""

from types import SimpleNamespace

import pytest

from acceptance.base.infrastructure_settings import KindSettings
from acceptance.base.labels import PLATFORM_LABEL
from acceptance.infrastructure import strays
from acceptance.infrastructure.engine_lock import HOLDER
from acceptance.infrastructure.strays import knows, unlabelled, users_kubeconfigs

NAME = "alternate-futures"
OTHERS = {f"{NAME}-rehearsal", *strays.SHARED}


@pytest.mark.parametrize(
    ("line", "name", "is_stray"),
    [
        (f"{NAME}-scratch\t", NAME, True),
        (f"{NAME}-scratch\tsomeones.label=x", NAME, True),
        # With a label, `leftovers` sees it.
        (f"{NAME}-scratch\t{PLATFORM_LABEL}={NAME}", NAME, False),
        (f"{NAME}\t", NAME, False),
        (f"{NAME}-lock\t{HOLDER}=somebody", NAME, False),
        (f"{NAME}-rehearsal\t", NAME, False),
        (f"{NAME}-rehearsal-redis\t", NAME, False),
        (f"{NAME}-registry\t", NAME, False),
        ("shop-database\t", NAME, False),
        (f"{NAME}-rehearsal-scratch\t", f"{NAME}-rehearsal", True),
        (f"{NAME}-scratch\t", f"{NAME}-rehearsal", False),
    ],
)
def test_what_is_named_after_a_platform_and_has_no_label(line, name, is_stray):
    assert bool(unlabelled(line, name, {*OTHERS, NAME} - {name})) is is_stray


def test_a_context_that_was_exported_is_found(monkeypatch, tmp_path):
    exported, other, broken = tmp_path / "exported", tmp_path / "other", tmp_path / "broken"
    exported.write_text(f"contexts:\n- {{name: kind-{NAME}, context: {{}}}}\n")
    other.write_text(f"contexts:\n- {{name: kind-{NAME}-rehearsal, context: {{}}}}\nclusters:\n")
    broken.write_text("{")
    assert knows(exported, f"kind-{NAME}")
    assert not any(knows(path, f"kind-{NAME}") for path in (other, broken))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", f"{exported}:{tmp_path / 'none'}")
    assert users_kubeconfigs() == [exported]
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config.old").write_text("{}")
    assert users_kubeconfigs() == [exported, tmp_path / ".kube" / "config.old"]


def test_copies_of_credentials_in_the_states_folder_are_found(monkeypatch, tmp_path):
    monkeypatch.setattr(strays, "docker", lambda *_: "")
    monkeypatch.setattr(strays, "STATE", tmp_path)
    monkeypatch.setattr(strays, "users_kubeconfigs", list)
    folder = tmp_path / "kind"
    for place in ("api-server", "api-server.before", "tofu"):
        (folder / place).mkdir(parents=True)
        (folder / place / "encryption.yaml").write_text("kind: EncryptionConfiguration\n")
    for name in ("kubeconfig", "kubeconfig.before"):
        (folder / name).write_text(f"contexts: [{{name: kind-{NAME}}}]")
    (folder / "terraform.tfstate").write_bytes(b"\xff\xfe")
    settings = SimpleNamespace(infrastructure=KindSettings.model_construct())
    platform = SimpleNamespace(name=NAME, folder=folder, environment=settings)
    assert strays.strays(platform) == {
        "kubeconfigs": [str(folder / "kubeconfig.before")],
        "keys": [str(folder / "api-server.before" / "encryption.yaml")],
    }


def test_everything_is_listed_once(monkeypatch, tmp_path):
    def docker(kind, *words):
        return f"{NAME}-scratch\t\n{NAME}-other-redis\t" if kind == "volume" and "{{.Name}}" in words[-1] else ""

    monkeypatch.setattr(strays, "docker", docker)
    monkeypatch.setattr(strays, "STATE", tmp_path)
    (tmp_path / "other").mkdir()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(f"contexts: [{{name: kind-{NAME}}}]")
    monkeypatch.setattr(strays, "users_kubeconfigs", lambda: [kubeconfig])
    settings = KindSettings.model_construct()
    platform = SimpleNamespace(
        name=NAME, folder=tmp_path / "kind", environment=SimpleNamespace(infrastructure=settings)
    )
    assert strays.strays(platform) == {"volumes": [f"{NAME}-scratch"], "kubeconfigs": [str(kubeconfig)]}
    platform.folder = tmp_path
    assert strays.strays(platform) == {"volumes": [f"{NAME}-scratch"]}
    platform.environment.infrastructure = object()
    assert strays.strays(platform) == {}
