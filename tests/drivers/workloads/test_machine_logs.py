"""The size at which production's kubelets rotate logs is read from what starts them."""

import pytest

from acceptance.drivers.workloads.machine_logs import log_sizes, shortest_log

MEBIBYTE = 1024**2


def test_productions_machines_keep_ten_mebibytes():
    assert shortest_log() >= 10 * MEBIBYTE


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("kubelet-arg = []", 10),
        ('kubelet-arg = ["container-log-max-size=1Mi"]', 1),
        ('"container-log-max-size=50Mi"', 50),
        ("containerLogMaxSize: 2Mi", 2),
        ('containerLogMaxSize: "2Mi"', 2),
    ],
)
def test_a_size_of_its_own_is_read(text, size, tmp_path):
    assert log_sizes([text]) == [size * MEBIBYTE]
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "one").write_text(text)
    assert shortest_log(tmp_path) == size * MEBIBYTE
