"""Jobs that a restricted namespace refuses, and pods that would get a token, by what is rendered."""

import copy
from types import SimpleNamespace as Thing

import pytest
from tests_support import deployed_objects

from acceptance.drivers.security import rendered_pods
from acceptance.platform.access import NAMESPACE


@pytest.fixture(scope="module", params=["kind", "production"])
def objects(request):
    """The objects of the Applications and of k8s/access, of one place."""
    return deployed_objects(request.param)


def job(kind="Job", labels=None, **spec):
    """A job with one container."""
    template = {"metadata": {"labels": labels or {}}, "spec": {"containers": [{"name": "ask"}], **spec}}
    inner = {"template": template}
    return {
        "kind": kind,
        "metadata": {"name": "synced"},
        "spec": inner if kind == "Job" else {"jobTemplate": {"spec": inner}},
    }


def test_the_platforms_own_pods_get_no_needless_token(objects):
    assert rendered_pods.with_token(objects) == []
    careless = copy.deepcopy(next(item for item in objects if item["kind"] == "Job"))
    careless["spec"]["template"]["spec"]["automountServiceAccountToken"] = True
    assert rendered_pods.with_token([*objects, careless]) == [f"Job {careless['metadata']['name']}"]


DECLINES = {"kind": "ServiceAccount", "metadata": {"name": "ask"}, "automountServiceAccountToken": False}


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (job(), True),
        (job("CronJob"), True),
        (job(automountServiceAccountToken=False), False),
        (job(serviceAccountName="ask"), False),
        (job(serviceAccount="ask"), False),
        (job(serviceAccountName="ask", automountServiceAccountToken=True), True),
        (job(serviceAccountName="other"), True),
        (job(labels={"app": "yb-tserver"}, serviceAccountName="other"), False),
        ({**job(), "metadata": {"name": "synced", "namespace": "argocd"}}, False),
        ({"kind": "ConfigMap", "metadata": {"name": "a"}}, False),
    ],
)
def test_who_would_get_a_token(item, told):
    assert bool(rendered_pods.with_token([DECLINES, item])) is told


def test_the_default_account_counts_as_k8s_access_has_it():
    platform = Thing(render=lambda _: [{**DECLINES, "metadata": {"name": "default"}}])
    places = {"": [job()], "production's ": [job(automountServiceAccountToken=True)]}
    assert rendered_pods.needless_tokens(platform, places) == ["production's Job synced"]


def test_jobs_are_tried_where_the_restricted_standard_is_enforced(objects, monkeypatch):
    tried = []

    def refusal(_, namespace, pod):
        tried.append((namespace, pod["spec"]))
        root = (pod["spec"].get("securityContext") or {}).get("runAsUser") == 0
        return "violates PodSecurity" if root else ""

    monkeypatch.setattr(rendered_pods, "refusal", refusal)
    bad = job("CronJob", securityContext={"runAsUser": 0}, serviceAccountName="backup")
    assert rendered_pods.refused_jobs(None, {"production's ": [*objects, bad]}) == [
        "production's CronJob synced: violates PodSecurity"
    ]
    # The hook of each Application, and the job that prepares the database.
    assert len(tried) > 5 and {namespace for namespace, _ in tried} == {"argocd"} != {NAMESPACE}
    assert not any(key in spec for _, spec in tried for key in rendered_pods.ELSEWHERE)
    with pytest.raises(AssertionError, match="expected jobs"):
        rendered_pods.refused_jobs(None, {"": []})


def test_the_platforms_jobs_meet_the_restricted_standard(objects):
    for name, pod in rendered_pods.pods_of(objects, rendered_pods.JOBS):
        general = pod["spec"]["securityContext"]
        assert general["runAsNonRoot"] and general["seccompProfile"]["type"] == "RuntimeDefault", name
        for part in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
            own = part["securityContext"]
            assert own["allowPrivilegeEscalation"] is False and own["capabilities"]["drop"] == ["ALL"], name
