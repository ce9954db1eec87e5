"""What on a machine others than root may read."""

import subprocess

import pytest

from acceptance.drivers.strangers import search


def found(folder):
    done = subprocess.run(["sh", "-c", search(str(folder))], capture_output=True, text=True, check=True)
    return [line.rpartition("/")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("-----BEGIN EC PRIVATE KEY-----\nMHc", True),
        ("-----BEGIN PRIVATE KEY-----\nMHc", True),
        ("users:\n- user:\n    client-key-data: LS0t", True),
        ("kind: EncryptionConfiguration\nresources: []", True),
        ("-----BEGIN CERTIFICATE-----\nMIIB", False),
        ("clusters:\n- cluster:\n    certificate-authority-data: LS0t", False),
    ],
)
def test_what_opens_the_cluster_is_found_whatever_it_is_called(tmp_path, text, opens):
    (tmp_path / "notes of last year.txt").write_text(text)
    assert bool(found(tmp_path)) is opens
