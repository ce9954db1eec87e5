"""Limits of the load balancer, as HAProxy reports them."""

import pytest

from acceptance.infrastructure.haproxy import limits_of_process


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("Name: HAProxy\nMaxconn: 4096\nConnRateLimit: 0\nSessRateLimit: 0\n", {"Maxconn": "4096"}),
        ("Maxconn: 30\nConnRateLimit: 30\n", {"Maxconn": "30", "ConnRateLimit": "30"}),
        ("Name: HAProxy\n", {}),
    ],
)
def test_limits_of_the_whole_process_are_read(told, found):
    assert limits_of_process(told) == found
