"""What a client gets once its counter was removed."""

import contextlib
from types import SimpleNamespace

import pytest

from acceptance.criteria.evidence import Evidence
from acceptance.drivers.api.rate_limits import End
from steps.rate_limits import answered_again


@pytest.mark.parametrize(("end", "wrong"), [(End(60, 1060), False), (End(-1, -1), True)])
def test_a_second_window_without_an_end_is_seen(end, wrong):
    client = SimpleNamespace(call=lambda: 401, end=lambda: end, key="rate-limit:me", last=None)
    with pytest.raises(AssertionError, match="it never does") if wrong else contextlib.nullcontext():
        answered_again(client, Evidence())
