"""A port-forward that starts, that starts at the second try, and that never does."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base.errors import UserError
from acceptance.clients.port_forward import port_forward, start

# What kubectl does: the first call fails, the others forward, or all of them refuse.
KUBECTL = """#!/bin/sh
echo try >>"{folder}/tries"
if [ "$(wc -l <"{folder}/tries")" -le {failures} ]; then echo "{error}"; exit 1; fi
echo "Forwarding from 127.0.0.1:4321 -> 80"
exec sleep 60
"""


@pytest.fixture
def cluster(tmp_path):
    """A cluster whose kubectl fails some times, saying something."""

    def make(failures, error):
        kubectl = tmp_path / "kubectl"
        kubectl.write_text(KUBECTL.format(folder=tmp_path, failures=failures, error=error))
        kubectl.chmod(0o755)
        return Thing(kubectl_command=[kubectl], tries=tmp_path / "tries")

    return make


def test_a_forward_listens_until_the_end_of_the_block(cluster):
    with port_forward(cluster(0, ""), "git", "svc/git", 80) as address:
        assert address == "127.0.0.1:4321"


def test_a_forward_is_started_again_if_the_kubelet_was_away(cluster):
    made = cluster(1, "error: error upgrading connection: EOF")
    with port_forward(made, "git", "svc/git", 80) as address:
        assert address == "127.0.0.1:4321"
    assert len(made.tries.read_text().split()) == 2


def test_what_is_refused_is_not_tried_again(cluster):
    made = cluster(99, "error: services git not found")
    with pytest.raises(UserError, match="services git not found"):
        start(made, "git", "svc/git", 80)
    assert len(made.tries.read_text().split()) == 1
