"""Sync records whose commits were taken out of the repository."""

import copy
import datetime
from types import SimpleNamespace as Thing

import pytest
import yaml
from kubernetes.client import ApiException

from acceptance.base.paths import ROOT
from acceptance.clients.git import Repository
from acceptance.drivers.argocd.lost_revisions import known_commits, lost_revisions, not_on_claims, repositories_since

URL = "http://git.git.svc.cluster.local/platform.git"
MADE = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)


def application(name, revision, url=URL, deployed="2026-11-02T10:00:00Z"):
    entry = {"revision": revision, "deployedAt": deployed, "source": {"repoURL": url}}
    return {"metadata": {"name": name}, "status": {"history": [entry]}}


@pytest.mark.parametrize(
    ("item", "since", "lost"),
    [
        (application("redis", "a" * 40), MADE, {}),
        (application("redis", "b" * 40), MADE, {"redis": ["bbbbbbbb"]}),
        (application("redis", "b" * 40, url="https://charts.example.test"), MADE, {}),
        (application("redis", "b" * 40, deployed="2026-10-30T10:00:00Z"), MADE, {}),
        (application("redis", "b" * 40, deployed="2026-10-30T10:00:00Z"), None, {"redis": ["bbbbbbbb"]}),
        ({"metadata": {"name": "new"}, "status": {}}, MADE, {}),
        ({"metadata": {"name": "new"}}, MADE, {}),
    ],
)
def test_a_record_without_its_commit_is_told(item, since, lost):
    assert lost_revisions([item], URL, {"a" * 40}, since) == lost


def test_a_history_that_was_squashed_is_gone_although_a_clone_has_it(tmp_path):
    there = Repository("there", "", lambda: "", tmp_path, "user", "password")
    here = Repository("here", "", lambda: str(there.folder), tmp_path, "user", "password")
    there.git("commit", "--quiet", "--allow-empty", "--message", "first")
    first = there.head()
    there.git("tag", "v1")
    there.git("commit", "--quiet", "--allow-empty", "--message", "second")
    second = there.head()
    here.fetch()
    assert known_commits(here) == {first, second}
    there.git("reset", "--quiet", "--hard", there.git("commit-tree", "-m", "All in one", "HEAD^{tree}"))
    assert known_commits(here) == {first, there.head()}
    there.git("tag", "--delete", "v1")
    assert known_commits(here) == {there.head()}


def test_git_elsewhere_is_not_made_anew_with_the_cluster():
    def missing(*_):
        raise ApiException(404)

    claim = Thing(metadata=Thing(creation_timestamp=MADE))
    inside = Thing(core=Thing(read_namespaced_persistent_volume_claim=lambda *_: claim))
    outside = Thing(core=Thing(read_namespaced_persistent_volume_claim=missing))
    assert repositories_since(inside) == MADE and repositories_since(outside) is None


OURS = yaml.safe_load((ROOT / "k8s" / "git" / "deployment.yaml").read_text())["spec"]["template"]["spec"]


def judged(spec, server="in-cluster"):
    pods = [Thing(metadata=Thing(name="git-1"), spec=spec)] if spec else []
    cluster = Thing(
        core=Thing(list_namespaced_pod=lambda *_, **__: Thing(items=pods)),
        api=Thing(sanitize_for_serialization=lambda item: item),
    )
    return not_on_claims(cluster, Thing(server=server))


def changed(change):
    spec = copy.deepcopy(OURS)
    change(spec)
    return spec


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda _: None, ""),
        (lambda spec: spec["containers"][0]["volumeMounts"][0].update(mountPath="/srv/"), ""),
        (lambda spec: spec["volumes"].__setitem__(0, {"name": "repositories", "emptyDir": {}}), "on emptyDir"),
        (lambda spec: spec["containers"][0]["volumeMounts"].pop(0), "on no volume"),
        (lambda spec: spec["containers"][0]["volumeMounts"][0].update(mountPath="/srv/git-old"), "on no volume"),
        (
            lambda spec: (
                spec["containers"][0]["volumeMounts"].append({"name": "tmp", "mountPath": "/srv/git"})
                or spec["containers"][0]["volumeMounts"][0].update(mountPath="/srv")
            ),
            "on emptyDir",
        ),
    ],
)
def test_a_history_that_a_pod_takes_with_it_is_told(change, told):
    found = judged(changed(change))
    assert bool(found) is bool(told) and told in "".join(found)


def test_a_server_elsewhere_keeps_its_history_itself():
    assert judged(None, "external") == []
    with pytest.raises(AssertionError, match="saw none"):
        judged(None)
