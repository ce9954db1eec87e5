"""A kubelet that the API knows by another name than its machine's is told."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster.kubelet_identities import mistaken


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("system:node:worker\n", {}),
        ("absent\n", {}),
        ("system:node:worker2", {"worker": "system:node:worker2"}),
        ("kubernetes-admin", {"worker": "kubernetes-admin"}),
        ("", {"worker": ""}),
    ],
)
def test_a_kubelet_under_another_name_is_told(printed, seen):
    outputs = Thing(workers=[Thing(name="worker")])
    cluster = Thing(is_attached=False, outputs=outputs, on_node=lambda *_, check: printed)
    assert mistaken(cluster) == seen
    cluster.is_attached = True
    assert mistaken(cluster) == {}
