"""The suite's repositories are its own, whatever Git variables its environment has."""

import subprocess

import pytest

from acceptance.base.errors import UserError
from acceptance.clients.git import Repository
from acceptance.clients.process import run


def git(folder, *arguments):
    """Run git in a folder, as its user does, and return what it printed."""
    author = ["-c", "user.name=someone", "-c", "user.email=someone@example.test"]
    done = subprocess.run(["git", "-C", folder, *author, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def theirs(tmp_path):
    """A user's own repository with one commit, and a file that is not committed."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    (folder / "work.txt").write_text("committed")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "work")
    (folder / "work.txt").write_text("not committed yet")
    return folder


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_DIR": "{theirs}/.git"},
        {"GIT_DIR": "{theirs}/.git", "GIT_WORK_TREE": "{theirs}", "GIT_INDEX_FILE": "{theirs}/.git/index"},
        {"GIT_WORK_TREE": "{theirs}"},
        {"GIT_OBJECT_DIRECTORY": "{theirs}/.git/objects"},
        {"GIT_NAMESPACE": "theirs"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.worktree", "GIT_CONFIG_VALUE_0": "{theirs}"},
    ],
    ids=lambda variables: "+".join(variables),
)
def test_a_repository_that_the_environment_names_is_left_alone(tmp_path, monkeypatch, theirs, variables):
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", remote)
    before = git(theirs, "rev-parse", "main"), git(theirs, "status", "--porcelain"), git(theirs, "log", "--oneline")
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(theirs=theirs))
    ours = Repository("platform", str(remote), lambda: str(remote), tmp_path / "ours", "platform", "password-of-ours")
    commit = ours.commit({"k8s/x.yaml": "kind: X"}, "The platform")
    for name in variables:
        monkeypatch.delenv(name)
    after = git(theirs, "rev-parse", "main"), git(theirs, "status", "--porcelain"), git(theirs, "log", "--oneline")
    assert after == before
    assert (theirs / "work.txt").read_text() == "not committed yet"
    assert git(remote, "rev-parse", "main") == commit


def clones(tmp_path, count):
    """A bare repository, and clones of it as lanes have them."""
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", remote)
    folders = [tmp_path / f"lane-{number}" for number in range(count)]
    return remote, [Repository("platform", str(remote), lambda: str(remote), folder, "", "") for folder in folders]


def test_who_pushes_at_the_same_time_comes_on_top_of_the_others(tmp_path):
    remote, (first, second) = clones(tmp_path, 2)
    first.commit({"one.yaml": "a", "two.yaml": "a"}, "Begin")
    fetch, theirs = second.fetch, []

    def fetch_then_be_overtaken():
        base = fetch()
        if len(theirs) < 2:
            theirs.append(first.commit({"one.yaml": f"b{len(theirs)}"}, "Somebody else's"))
        return base

    second.fetch = fetch_then_be_overtaken
    ours = second.commit({"two.yaml": "b"}, "Ours")
    assert git(remote, "rev-parse", "main") == ours and len(theirs) == 2
    assert git(remote, "show", "main:one.yaml") == "b1" and git(remote, "show", "main:two.yaml") == "b"
    assert first.has_same("two.yaml", ours, first.commit({"one.yaml": "c"}, "Later"))
    assert second.has_same("two.yaml", first.tip(), ours) and not second.has_same("two.yaml", theirs[0], ours)


def test_a_push_that_is_refused_is_not_tried_again(tmp_path):
    remote, (ours,) = clones(tmp_path, 1)
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho tried >>tried\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(UserError, match="git push"):
        ours.commit({"one.yaml": "a"}, "Refused")
    assert (remote / "tried").read_text() == "tried\n"


@pytest.mark.parametrize("name", ["GIT_DIR", "TF_WORKSPACE", "TF_CLI_ARGS_apply", "TF_DATA_DIR", "KUBECTL_PLUGINS"])
def test_no_child_is_steered_from_outside(monkeypatch, name):
    monkeypatch.setenv(name, "somewhere")
    monkeypatch.setenv("TF_VAR_region", "kept")
    printed = run(["env"], environment={"OWN": "ours"}).stdout.splitlines()
    assert not [line for line in printed if line.startswith(f"{name}=")]
    assert {"TF_VAR_region=kept", "OWN=ours"} <= set(printed)
