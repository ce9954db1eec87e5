"""Everything that deletes a claim together with its pod or StatefulSet is found, here and in production."""

from types import SimpleNamespace

import pytest

from acceptance.drivers.data import kept_claims


def stateful(policy=None):
    """A StatefulSet as the API writes it."""
    spec = {} if policy is None else {"persistentVolumeClaimRetentionPolicy": policy}
    return {"kind": "StatefulSet", "metadata": {"name": "redis"}, "spec": spec}


def claim(*owners):
    """A claim, and the owner that it is deleted with."""
    return {"kind": "PersistentVolumeClaim", "metadata": {"name": "data-redis-0", "ownerReferences": [*owners]}}


OWNER = {"kind": "StatefulSet", "name": "redis"}
KEPT = {"whenDeleted": "Retain", "whenScaled": "Retain"}
GONE = KEPT | {"whenDeleted": "Delete"}


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        (None, []),
        (KEPT, []),
        (GONE, ["the StatefulSet redis has whenDeleted: Delete for its claims"]),
        ({"whenScaled": "Delete"}, ["the StatefulSet redis has whenScaled: Delete for its claims"]),
    ],
)
def test_a_policy_that_deletes_claims_is_seen(policy, found):
    assert kept_claims.deleted_with([stateful(policy)]) == found


def platform(sets, claims, rendered):
    """A platform with StatefulSets and claims, and what production renders."""
    apps = SimpleNamespace(list_namespaced_stateful_set=lambda *_, **__: SimpleNamespace(items=sets))
    core = SimpleNamespace(list_namespaced_persistent_volume_claim=lambda *_, **__: SimpleNamespace(items=claims))
    cluster = SimpleNamespace(apps=apps, core=core, api=SimpleNamespace(sanitize_for_serialization=lambda found: found))
    return SimpleNamespace(cluster=cluster, rendering=SimpleNamespace(production=lambda _: rendered))


def test_claims_that_stay_are_no_trouble():
    assert kept_claims.not_kept(platform([stateful(KEPT)], [claim()], [stateful(), {"kind": "Service"}]), "redis") == []


def test_here_owners_and_production_are_told_apart():
    found = kept_claims.not_kept(platform([stateful(GONE)], [claim(OWNER)], [stateful(GONE)]), "redis")
    assert found == [
        "the StatefulSet redis has whenDeleted: Delete for its claims",
        "the claim data-redis-0 is deleted with the StatefulSet redis",
        "in production the StatefulSet redis has whenDeleted: Delete for its claims",
    ]


def test_nothing_to_judge_is_a_failure():
    with pytest.raises(AssertionError, match="expected a StatefulSet of redis"):
        kept_claims.not_kept(platform([], [], [stateful()]), "redis")
