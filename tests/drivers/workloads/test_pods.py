"""The volumes that a pod has its data on."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.workloads.pods import volume_at


def pod(**volume):
    kinds = {"persistent_volume_claim": None, "empty_dir": None, **volume}
    disk = Thing(name="disk0", **kinds, to_dict=lambda: {"name": "disk0", **kinds})
    mount = Thing(name="disk0", mount_path="/mnt/disk0")
    # What a service mesh puts into a pod comes first.
    containers = [Thing(name="linkerd-proxy", volume_mounts=None), Thing(name="database", volume_mounts=[mount])]
    spec = Thing(containers=containers, volumes=[disk])
    return Thing(metadata=Thing(name="yb-tserver-2"), spec=spec)


CLAIMED = pod(persistent_volume_claim=Thing(claim_name="disk0-yb-tserver-2"))


def namespace(claim=("Bound", None), volume=("Bound", None)):
    """A namespace with one claim and its volume, each with its phase and when it was deleted."""

    def item(phase, deleted, **spec):
        metadata = Thing(name="pvc-1", deletion_timestamp=deleted)
        return Thing(metadata=metadata, status=Thing(phase=phase), spec=Thing(**spec))

    claim = item(*claim, volume_name="pvc-1")
    volume = item(*volume, capacity={"storage": "1Gi"}, storage_class_name="database")
    core = Thing(
        read_namespaced_persistent_volume_claim=lambda *_: claim, read_persistent_volume=lambda *_: volume
    )  # fmt: skip
    return Thing(name="default", cluster=Thing(core=core))


def test_a_volume_that_stays_is_named():
    assert volume_at(namespace(), CLAIMED, "/mnt/disk0") == "pvc-1 (1Gi, database)"


@pytest.mark.parametrize(
    ("seen", "where", "word"),
    [
        (namespace(), pod(empty_dir=Thing()), "empty_dir"),
        (namespace(claim=("Pending", None)), CLAIMED, "claim disk0-yb-tserver-2 of pod yb-tserver-2 is Pending"),
        # They are there until the pod goes, and its data goes with them.
        (namespace(claim=("Bound", "2027-01-01")), CLAIMED, "claim disk0-yb-tserver-2 of pod yb-tserver-2 is Terminat"),
        (namespace(volume=("Bound", "2027-01-01")), CLAIMED, "volume pvc-1 is Terminating"),
    ],
)
def test_a_volume_that_goes_is_told(seen, where, word):
    with pytest.raises(AssertionError, match=word):
        volume_at(seen, where, "/mnt/disk0")
