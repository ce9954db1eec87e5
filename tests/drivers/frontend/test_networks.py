"""A server that turns visitors of some networks away is found."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.frontend import networks


def door(refuses):
    """A pod that refuses some addresses in one of the headers that name them."""

    def get(path, headers=None):
        is_odd = any(refuses in value for value in (headers or {}).values()) if refuses else False
        return Thing(status_code=403 if is_odd else 200, content=b"" if is_odd else b"the page")

    return Thing(get=get)


@pytest.mark.parametrize(("refuses", "count"), [("", 0), ("8.8.8.8", 1), (".", 5), (":", 1), ("192.168.", 0)])
def test_a_network_that_is_turned_away_is_told(refuses, count):
    found = networks.turned_away({"frontend-1": door(refuses), "frontend-2": door("")}, "/")
    assert len(found.get("frontend-1", [])) == count and "frontend-2" not in found
